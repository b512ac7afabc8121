// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// The scripted host has no bypass: everything goes by the link.
extension ScriptedSockets: SpliceSockets {
    var spliceRoom: Slice { Slice(offset: 0, byteCount: 0) }
    var hasSparePipe: Bool { false }

    mutating func connectSpliced(
        _ destination: Endpoint, from source: IPAddress?, at target: SpliceTarget, token: FlowToken
    ) -> SocketOutcome {
        SocketOutcome(socket: -1, code: 111)
    }

    mutating func takePipe() -> SplicedConnection.Pipe? { nil }
    mutating func givePipe(_ pipe: SplicedConnection.Pipe, isEmpty: Bool) {}
    mutating func fill(_ pipe: SplicedConnection.Pipe, from socket: Int32) -> Int { -11 }
    mutating func drain(_ pipe: SplicedConnection.Pipe, byteCount: Int, to socket: Int32) -> Int { -11 }
    mutating func receive(_ socket: Int32, into room: Slice, peeks: Bool, arena: inout Arena) -> Int { -11 }
    mutating func send(_ socket: Int32, _ bytes: Slice, arena: inout Arena) -> Int { -11 }
    mutating func store(_ bytes: Slice, in pipe: SplicedConnection.Pipe, arena: inout Arena) -> Bool { false }
    mutating func spareDescriptors() -> Bool { false }
    mutating func refuseConnection(_ listener: Int32) -> Bool { false }
}

extension ScriptedSockets: SpliceDatagramSockets {
    mutating func openSplicedDatagrams(
        at target: SpliceTarget, from local: Endpoint, to peer: Endpoint, mustBind: Bool, token: FlowToken
    ) -> SocketOutcome {
        SocketOutcome(socket: -1, code: 111)
    }

    mutating func relay(_ bytes: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena) -> Bool
    {
        false
    }

    mutating func sendRelayed(on socket: Int32) -> Int { 0 }
}
