// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// One UDP or echo socket of the scripted host.
struct ScriptedDatagramSocket {
    struct Datagram: Equatable {
        var bytes: [UInt8]
        var source: Endpoint?
        var destination: IPAddress?
    }

    var token: FlowToken
    var route: OutboundRoute?
    var local: Endpoint?
    var peer: Endpoint?
    var isOpen = true
    var sent: [[UInt8]] = []
    var segmentByteCounts: [Int] = []
    var hopLimits: [UInt8] = []
    /// Waits to be received.
    var queue: [Datagram] = []
    var errors: [DatagramError] = []
    /// What came back with an error.
    var quote: [UInt8] = []
    /// The next send fails with this error number.
    var sendError: Int32 = 0
}

extension ScriptedSockets {
    static var firstDatagramSocket: Int32 { 10_000 }

    /// The datagram socket opened as number `index`.
    subscript(datagram index: Int) -> ScriptedDatagramSocket {
        get { datagramSockets[index] }
        _modify { yield &datagramSockets[index] }
    }

    /// Datagrams arrive at the socket opened as number `index`.
    mutating func peerSends(_ datagrams: [ScriptedDatagramSocket.Datagram], toSocket index: Int) {
        datagramSockets[index].queue += datagrams
        post(datagramSockets[index].token, isReadable: true)
    }

    mutating func addDatagramSocket(_ token: FlowToken) -> Int32 {
        datagramSockets.append(ScriptedDatagramSocket(token: token))
        return Self.firstDatagramSocket + Int32(datagramSockets.count - 1)
    }

    mutating func closeDatagram(_ socket: Int32) {
        datagramSockets[Int(socket - Self.firstDatagramSocket)].isOpen = false
    }

    private func index(_ socket: Int32) -> Int { Int(socket - Self.firstDatagramSocket) }
}

extension ScriptedSockets: DatagramSockets {
    mutating func openDatagram(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        let socket = addDatagramSocket(token)
        datagramSockets[index(socket)].route = route
        return SocketOutcome(socket: socket, code: 0)
    }

    mutating func openReply(from local: Endpoint, to peer: Endpoint, token: FlowToken) -> SocketOutcome {
        let socket = addDatagramSocket(token)
        datagramSockets[index(socket)].local = local
        datagramSockets[index(socket)].peer = peer
        return SocketOutcome(socket: socket, code: 0)
    }

    mutating func openEcho(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        openDatagram(route, token: token)
    }

    mutating func setHopLimit(_ socket: Int32, to hopLimit: UInt8, version: IPVersion) {
        datagramSockets[index(socket)].hopLimits.append(hopLimit)
    }

    mutating func postDatagram(
        _ payload: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena
    ) -> Bool {
        guard departures.count < 64 else { return false }
        departures.append(Departure(bytes: arena.array(payload), segmentByteCount: segmentByteCount))
        return true
    }

    var postedDatagramCount: Int { departures.count }

    mutating func sendDatagrams(_ socket: Int32, _ range: Range<Int>) -> Int32 {
        let index = index(socket)
        if datagramSockets[index].sendError != 0 {
            defer { datagramSockets[index].sendError = 0 }
            return -datagramSockets[index].sendError
        }
        for departure in departures[range] {
            datagramSockets[index].sent.append(departure.bytes)
            datagramSockets[index].segmentByteCounts.append(departure.segmentByteCount)
        }
        return Int32(range.count)
    }

    mutating func expectDatagram(_ room: Slice, arena: inout Arena) -> Bool {
        rooms.append(room)
        return true
    }

    mutating func receiveDatagrams(_ socket: Int32) -> Int32 {
        let index = index(socket)
        let count = min(rooms.count, datagramSockets[index].queue.count)
        guard count > 0 else { return -11 }
        for place in 0..<count {
            let datagram = datagramSockets[index].queue[place]
            arrivals.append(
                DatagramArrival(
                    source: datagram.source, sourceScope: 0, destination: datagram.destination,
                    interfaceIndex: 0, byteCount: datagram.bytes.count, segmentByteCount: 0, hopLimit: nil,
                    isTruncated: false))
            memory.store(datagram.bytes, at: rooms[place].offset)
        }
        datagramSockets[index].queue.removeFirst(count)
        return Int32(count)
    }

    func arrival(_ index: Int) -> DatagramArrival { arrivals[index] }

    mutating func clearDatagrams() {
        rooms.removeAll(keepingCapacity: true)
        arrivals.removeAll(keepingCapacity: true)
        departures.removeAll(keepingCapacity: true)
    }

    mutating func takeError(
        _ socket: Int32, into room: Slice, _ error: inout DatagramError, arena: inout Arena
    ) -> Int32 {
        let index = index(socket)
        guard !datagramSockets[index].errors.isEmpty else { return -11 }
        error = datagramSockets[index].errors.removeFirst()
        let quote = Array(datagramSockets[index].quote.prefix(room.byteCount))
        arena.store(quote, at: room.offset)
        return 0
    }

    func port(of socket: Int32) -> UInt16 { datagramSockets[index(socket)].local?.port ?? 0 }
}
