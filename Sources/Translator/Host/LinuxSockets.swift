// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The host's sockets as Linux has them, edges and batches through a reactor.
struct LinuxSockets<LoopReactor: Reactor>: ~Copyable {
    /// Sockets kept ready, so that a SYN does not wait for one to be made.
    private static var pooledSocketCount: Int { 16 }
    private static var operationCount: Int { 64 }
    private static var vectorCount: Int { 1024 }
    /// Most pieces of one operation; the engine sends what is left by the next one.
    private static var largestPieceCount: Int { 64 }
    /// Room for 32 datagrams of a bypass, which use it together with the bytes that a peek skips.
    private static var scratchByteCount: Int { 32 * 65_664 }
    /// Bytes that the sockets need in the arena.
    static var arenaByteCount: Int { scratchByteCount }

    let reactor: LoopReactor
    let keepsPeekOffset: Bool
    private var batch: OperationBatch
    var datagrams = DatagramBatch()
    /// Datagrams of a bypass that leave next.
    var relayed = DatagramBatch()
    /// Made in the namespace; none without one.
    var namespace: NamespaceSockets
    var pipes: SplicePipes
    /// Given up for a moment when there is no other; below 0: it is to be made again.
    var spareDescriptor: Int32
    /// Pools are not filled before: descriptors were short.
    var shortUntil = Instant.start
    private var pool4: IndexList
    private var pool6: IndexList
    /// Pieces of the operation posted last.
    private var pieceCount = 0
    private var vectorsUsed = 0
    /// Bytes to get past that the peek posted last has no piece for yet.
    private var pendingSkip = 0
    /// Bytes in front of what each posted peek is for, when sockets keep no peek offset.
    private var skips: IndexList
    /// Takes bytes that are peeked only to get past them.
    let scratch: Slice
    private let outboundInterface: Configuration.PerVersion<Int32>

    /// - Parameters:
    ///   - arenaOffset: a page boundary, in front of `arenaByteCount` bytes that are the sockets' own.
    ///   - outboundInterface: index of the interface that outbound sockets are bound to; 0: none.
    ///   - splices: pipes will be wanted.
    ///   - descriptorLimit: what the process may have open, which the pools take a small part of.
    init(
        reactor: LoopReactor, arenaOffset: Int, outboundInterface: Configuration.PerVersion<Int32>,
        splices: Bool = false, descriptorLimit: Int = 4096
    ) {
        self.reactor = reactor
        self.outboundInterface = outboundInterface
        scratch = Slice(offset: arenaOffset, byteCount: Self.scratchByteCount)
        batch = OperationBatch(operationCapacity: Self.operationCount, vectorCapacity: Self.vectorCount)
        skips = IndexList(capacity: Self.operationCount)
        pool4 = IndexList(capacity: Self.pooledSocketCount)
        pool6 = IndexList(capacity: Self.pooledSocketCount)
        let probe = SocketCalls.openTCP(.v4)
        keepsPeekOffset = probe >= 0 && SocketCalls.set(.peekOffset, to: -1, on: probe) == 0
        if probe >= 0 { _ = CShims.close(probe) }
        namespace = NamespaceSockets(streamCount: min(64, max(8, descriptorLimit / 32)))
        pipes = SplicePipes(count: splices ? min(32, max(4, descriptorLimit / 64)) : 0)
        spareDescriptor = SocketCalls.openUDP(.v4)
        fillPools()
    }

    private mutating func fillPools() {
        while pool4.count < pool4.capacity, let socket = Self.made(.v4) { pool4.append(Int(socket)) }
        while pool6.count < pool6.capacity, let socket = Self.made(.v6) { pool6.append(Int(socket)) }
    }

    private static func made(_ version: IPVersion) -> Int32? {
        let socket = SocketCalls.openTCP(version)
        guard socket >= 0 else { return nil }
        _ = SocketCalls.set(.noDelay, to: 1, on: socket)
        return socket
    }

    mutating func take(_ version: IPVersion) -> Int32? {
        let pooled = version == .v4 ? pool4.removeLast() : pool6.removeLast()
        if let pooled { return Int32(pooled) }
        return Self.made(version)
    }
}

extension LinuxSockets: HostSockets {
    var now: Instant { Instant(nanoseconds: Int64(bitPattern: shim_monotonic_nanoseconds())) }

    mutating func replenish() {
        if shortUntil != .start {
            guard shortUntil <= now else { return }
            shortUntil = .start
        }
        if spareDescriptor < 0 { spareDescriptor = SocketCalls.openUDP(.v4) }
        pipes.replenish()
        namespace.replenish()
        if pool4.count < pool4.capacity, let socket = Self.made(.v4) { pool4.append(Int(socket)) }
        if pool6.count < pool6.capacity, let socket = Self.made(.v6) { pool6.append(Int(socket)) }
    }

    mutating func wait(until deadline: Instant) -> Int {
        guard deadline != .never else { return reactor.wait(for: nil) }
        guard deadline > .start else { return reactor.wait(for: .zero) }
        return reactor.wait(for: max(deadline - now, .zero))
    }

    func event(_ index: Int) -> Readiness { reactor.event(index) }

    mutating func connect(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        let version = route.destination.address.version
        guard let socket = take(version) else { return SocketOutcome(socket: -1, code: EMFILE) }
        var code = prepare(socket, route, version)
        if code == 0 {
            code = SocketCalls.connect(socket, to: route.destination, scope: route.scope, version: version)
        }
        if code == 0 || code == -EINPROGRESS {
            let watched = reactor.watch(socket, token: token.rawValue, for: [.readable, .writable])
            if watched == 0 { return SocketOutcome(socket: socket, code: -code) }
            code = watched
        }
        _ = CShims.close(socket)
        return SocketOutcome(socket: -1, code: -code)
    }

    /// Binds source address and interface as the route asks; 0 or -errno.
    private func prepare(_ socket: Int32, _ route: OutboundRoute, _ version: IPVersion) -> Int32 {
        if keepsPeekOffset { _ = SocketCalls.set(.peekOffset, to: 0, on: socket) }
        if let source = route.source {
            let endpoint = Endpoint(address: source, port: route.sourcePort)
            let result = SocketCalls.bind(socket, to: endpoint, version: version)
            if result < 0 { return result }
        }
        return bindInterface(socket, route, version)
    }

    /// Binds to the outbound interface if the route asks for it and there is one; 0 or -errno.
    func bindInterface(_ socket: Int32, _ route: OutboundRoute, _ version: IPVersion) -> Int32 {
        let interface = version == .v4 ? outboundInterface.v4 : outboundInterface.v6
        guard route.bindsInterface, interface != 0 else { return 0 }
        return SocketCalls.set(.interfaceIndex, to: interface, on: socket)
    }

    mutating func accept(_ listener: Int32) -> Accepting {
        var peer = Endpoint(address: .unspecified(.v4), port: 0)
        var local = peer
        var scope: UInt32 = 0
        while true {
            let socket = SocketCalls.accept(listener, peer: &peer, peerScope: &scope, local: &local)
            if socket >= 0 {
                _ = SocketCalls.set(.noDelay, to: 1, on: socket)
                if keepsPeekOffset { _ = SocketCalls.set(.peekOffset, to: 0, on: socket) }
                return .connection(AcceptedConnection(socket: socket, peer: peer, local: local))
            }
            // A connection that ended before it was taken is none (accept(2), "Error handling").
            if socket == -ECONNABORTED || socket == -EPROTO || socket == -EINTR { continue }
            return socket == -EAGAIN ? .none : .failed(-socket)
        }
    }

    mutating func adopt(_ socket: Int32, token: FlowToken) -> Int32 {
        reactor.watch(socket, token: token.rawValue, for: [.readable, .writable])
    }

    mutating func pendingError(_ socket: Int32) -> Int32 { SocketCalls.takeError(of: socket) }

    mutating func sendRoom(_ socket: Int32) -> Int { max(Int(shim_socket_send_room(socket)), 0) }

    mutating func shutdownWriting(_ socket: Int32) -> Int32 { SocketCalls.shutdownWriting(socket) }

    mutating func close(_ socket: Int32, token: FlowToken, abortively: Bool) {
        if token.kind != .ignored { reactor.forget(socket, token: token.rawValue) }
        if abortively { _ = SocketCalls.abortOnClose(socket) }
        _ = CShims.close(socket)
    }

    mutating func discard(_ socket: Int32, byteCount: Int) -> Int32 {
        var left = byteCount
        while left > 0 {
            let result = shim_socket_discard(socket, left)
            guard result > 0 else { return result < 0 ? Int32(result) : Int32(byteCount - left) }
            left -= Int(result)
        }
        return Int32(byteCount)
    }

    mutating func setPeekOffset(_ socket: Int32, to offset: Int) -> Int32 {
        SocketCalls.set(.peekOffset, to: Int32(clamping: offset), on: socket)
    }

    mutating func beginSend(_ socket: Int32, flow: Int) -> Bool {
        begin(.send, socket, flow: flow, flags: 0, skip: 0)
    }

    mutating func beginPeek(_ socket: Int32, flow: Int, skip: Int) -> Bool {
        let flags = Int32(MSG_PEEK)
        return begin(.receive, socket, flow: flow, flags: flags, skip: keepsPeekOffset ? 0 : skip)
    }

    private mutating func begin(
        _ kind: OperationBatch.Kind, _ socket: Int32, flow: Int, flags: Int32, skip: Int
    ) -> Bool {
        let skipPieces = (skip + Self.scratchByteCount - 1) / Self.scratchByteCount
        guard Self.vectorCount - vectorsUsed >= Self.largestPieceCount + skipPieces,
            batch.post(kind, descriptor: socket, flags: flags, token: UInt64(flow))
        else { return false }
        pieceCount = 0
        skips.append(skip)
        pendingSkip = skip
        return true
    }

    mutating func addPiece(_ piece: Slice, arena: inout Arena) -> Bool {
        while pendingSkip > 0 {
            let part = Slice(offset: scratch.offset, byteCount: min(pendingSkip, scratch.byteCount))
            guard batch.addVector(arena.vector(part)) else { return false }
            vectorsUsed += 1
            pendingSkip -= part.byteCount
        }
        guard pieceCount < Self.largestPieceCount, batch.addVector(arena.vector(piece)) else { return false }
        pieceCount += 1
        vectorsUsed += 1
        return true
    }

    mutating func perform(arena: inout Arena) { reactor.perform(&batch) }

    var postedCount: Int { batch.count }

    func result(_ index: Int) -> Int {
        let result = Int(batch.result(index))
        let skip = skips[index]
        guard result > 0, skip > 0 else { return result }
        // Nothing behind the bytes skipped: as if the queue were empty there.
        return result > skip ? result - skip : -Int(EAGAIN)
    }

    func flow(_ index: Int) -> Int { Int(batch.token(index)) }

    mutating func clearPosted() {
        batch.removeAll()
        skips.removeAll()
        vectorsUsed = 0
    }
}
