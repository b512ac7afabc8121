// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

import CShims

/// The host's datagram and echo sockets as the engine uses them. Every call returns at once; an outcome below
/// zero is an errno.
protocol DatagramSockets: ~Copyable {
    /// A socket bound as the route asks and connected to its destination; its edges are reported.
    mutating func openDatagram(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome
    /// A socket that replies as `local` to one peer of a listening socket.
    mutating func openReply(from local: Endpoint, to peer: Endpoint, token: FlowToken) -> SocketOutcome
    /// A socket for echo requests to the route's destination (`net.ipv4.ping_group_range`).
    mutating func openEcho(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome
    mutating func setHopLimit(_ socket: Int32, to hopLimit: UInt8, version: IPVersion)
    /// Posts one datagram of a connected socket, or a run cut into datagrams of `segmentByteCount` bytes; false:
    /// send what is posted first.
    mutating func postDatagram(
        _ payload: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena
    ) -> Bool
    var postedDatagramCount: Int { get }
    /// Sends those of `range` in order: how many left before one was refused, or -errno of the first.
    mutating func sendDatagrams(_ socket: Int32, _ range: Range<Int>) -> Int32
    /// Room for one datagram of the next `receiveDatagrams`; false when there is enough.
    mutating func expectDatagram(_ room: Slice, arena: inout Arena) -> Bool
    /// Receives into the room that was given: how many, or -errno.
    mutating func receiveDatagrams(_ socket: Int32) -> Int32
    func arrival(_ index: Int) -> DatagramArrival
    /// Forgets the room and what came, or what was posted.
    mutating func clearDatagrams()
    /// Takes one entry of the error queue; 0 or -errno.
    mutating func takeError(
        _ socket: Int32, into room: Slice, _ error: inout DatagramError, arena: inout Arena
    )
        -> Int32
    /// The socket's own port.
    func port(of socket: Int32) -> UInt16
}

extension LinuxSockets: DatagramSockets {
    mutating func openDatagram(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        let version = route.destination.address.version
        let socket = SocketCalls.openUDP(version)
        guard socket >= 0 else { return SocketOutcome(socket: -1, code: -socket) }
        var code = Self.reportErrors(socket, version)
        let source = Endpoint(address: route.source ?? .unspecified(version), port: route.sourcePort)
        if code == 0, source.port != 0 || route.source != nil {
            code = SocketCalls.bind(socket, to: source, version: version)
        }
        if code == 0 { code = bindInterface(socket, route, version) }
        return finish(socket, code, route.destination, route.scope, version, token)
    }

    mutating func openReply(from local: Endpoint, to peer: Endpoint, token: FlowToken) -> SocketOutcome {
        let version = peer.address.version
        let socket = SocketCalls.openUDP(version)
        guard socket >= 0 else { return SocketOutcome(socket: -1, code: -socket) }
        var code = Self.reportErrors(socket, version)
        if code == 0 { code = SocketCalls.bind(socket, to: local, version: version) }
        return finish(socket, code, peer, 0, version, token)
    }

    mutating func openEcho(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        let version = route.destination.address.version
        let socket = SocketCalls.openEcho(version)
        guard socket >= 0 else { return SocketOutcome(socket: -1, code: -socket) }
        var code = Self.reportErrors(socket, version)
        if code == 0, let source = route.source {
            code = SocketCalls.bind(socket, to: Endpoint(address: source, port: 0), version: version)
        }
        if code == 0 { code = bindInterface(socket, route, version) }
        return finish(socket, code, route.destination, route.scope, version, token)
    }

    private static func reportErrors(_ socket: Int32, _ version: IPVersion) -> Int32 {
        let result = SocketCalls.set(.reuseAddress, to: 1, on: socket)
        return result < 0 ? result : SocketCalls.set(.reportsErrors(version), to: 1, on: socket)
    }

    private func finish(
        _ socket: Int32, _ outcome: Int32, _ peer: Endpoint, _ scope: UInt32, _ version: IPVersion,
        _ token: FlowToken
    ) -> SocketOutcome {
        var code = outcome
        if code == 0 { code = SocketCalls.connect(socket, to: peer, scope: scope, version: version) }
        if code == 0 { code = reactor.watch(socket, token: token.rawValue, for: .readable) }
        if code == 0 { return SocketOutcome(socket: socket, code: 0) }
        _ = CShims.close(socket)
        return SocketOutcome(socket: -1, code: -code)
    }

    mutating func setHopLimit(_ socket: Int32, to hopLimit: UInt8, version: IPVersion) {
        _ = SocketCalls.set(.hopLimit(version), to: Int32(hopLimit), on: socket)
    }

    mutating func postDatagram(
        _ payload: Slice, segmentByteCount: Int, version: IPVersion, arena: inout Arena
    ) -> Bool {
        var departure = DatagramDeparture()
        departure.segmentByteCount = segmentByteCount < payload.byteCount ? segmentByteCount : 0
        return datagrams.post(arena.vector(payload), departure: departure, socketVersion: version)
    }

    var postedDatagramCount: Int { datagrams.count }

    mutating func sendDatagrams(_ socket: Int32, _ range: Range<Int>) -> Int32 {
        datagrams.send(on: socket, range)
    }

    mutating func expectDatagram(_ room: Slice, arena: inout Arena) -> Bool {
        datagrams.expect(arena.vector(room))
    }

    mutating func receiveDatagrams(_ socket: Int32) -> Int32 { datagrams.receive(from: socket) }

    func arrival(_ index: Int) -> DatagramArrival { datagrams.arrival(index) }

    mutating func clearDatagrams() { datagrams.removeAll() }

    mutating func takeError(
        _ socket: Int32, into room: Slice, _ error: inout DatagramError, arena: inout Arena
    ) -> Int32 {
        DatagramBatch.receiveError(from: socket, into: arena.vector(room), &error)
    }

    func port(of socket: Int32) -> UInt16 { SocketCalls.name(of: socket)?.port ?? 0 }
}
