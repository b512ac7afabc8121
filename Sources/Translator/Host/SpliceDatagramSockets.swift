// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Datagram sockets of flows that bypass the link, and datagrams that go on as they came.
protocol SpliceDatagramSockets: ~Copyable {
    /// A socket bound to `local` and connected to `peer`; its edges are reported, runs of equal datagrams come as one.
    ///
    /// - Parameter mustBind: with another port it would be of no use.
    mutating func openSplicedDatagrams(
        at target: SpliceTarget, from local: Endpoint, to peer: Endpoint, mustBind: Bool, token: FlowToken
    ) -> SocketOutcome
    /// Adds a datagram, or a run to be cut into datagrams of `segmentByteCount`, to those that leave next; false when
    /// there are enough.
    mutating func relay(_ bytes: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena) -> Bool
    /// Sends what was added, in order, and forgets it; how many could not leave.
    mutating func sendRelayed(on socket: Int32) -> Int
}

extension LinuxSockets: SpliceDatagramSockets {
    mutating func openSplicedDatagrams(
        at target: SpliceTarget, from local: Endpoint, to peer: Endpoint, mustBind: Bool, token: FlowToken
    ) -> SocketOutcome {
        let version = peer.address.version
        let socket =
            switch target {
            case .host: SocketCalls.openUDP(version)
            case .namespace: namespace.take(.udp, version)
            }
        guard socket >= 0 else { return SocketOutcome(socket: -1, code: -socket) }
        var code = SocketCalls.set(.reuseAddress, to: 1, on: socket)
        if code == 0 { code = SocketCalls.set(.reportsErrors(version), to: 1, on: socket) }
        // A run that the kernel keeps together is passed on at a tenth of the cost; without it all works, too.
        _ = SocketCalls.set(.mergesDatagrams, to: 1, on: socket)
        _ = SocketCalls.set(.receiveBuffer, to: Self.datagramBufferByteCount, on: socket)
        if code == 0 {
            code = SocketCalls.bind(socket, to: local, version: version)
            if code < 0, !mustBind {
                let anyPort = Endpoint(address: local.address, port: 0)
                code = SocketCalls.bind(socket, to: anyPort, version: version)
            }
        }
        if code == 0 { code = SocketCalls.connect(socket, to: peer, version: version) }
        if code == 0 { code = reactor.watch(socket, token: token.rawValue, for: .readable) }
        if code == 0 { return SocketOutcome(socket: socket, code: 0) }
        _ = CShims.close(socket)
        return SocketOutcome(socket: -1, code: -code)
    }

    /// What may wait in a socket; the kernel gives as much as `net.core.rmem_max` allows.
    private static var datagramBufferByteCount: Int32 { 4 << 20 }

    mutating func relay(
        _ bytes: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena
    ) -> Bool {
        var departure = DatagramDeparture()
        departure.segmentByteCount = segmentByteCount < bytes.byteCount ? segmentByteCount : 0
        return relayed.post(arena.vector(bytes), departure: departure, socketVersion: version)
    }

    mutating func sendRelayed(on socket: Int32) -> Int {
        var position = 0
        var lostCount = 0
        var isRetried = false
        while position < relayed.count {
            let sent = relayed.send(on: socket, position..<relayed.count)
            if sent > 0 {
                position += Int(sent)
                isRetried = false
            } else if sent != -EAGAIN, !isRetried {
                // An error of an earlier datagram is told before this one leaves: it says nothing about this one.
                isRetried = true
            } else {
                position += 1
                lostCount += 1
                isRetried = false
            }
        }
        relayed.removeAll()
        return lostCount
    }
}
