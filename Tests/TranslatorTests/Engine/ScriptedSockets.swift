// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// The kernel as a test wants it: sockets whose peers are scripted, and a clock that moves when told to.
struct ScriptedSockets: ~Copyable {
    enum ConnectOutcome {
        case atOnce
        /// By an event; 0 or the error number.
        case later(Int32)
        case never
        case refusedAtOnce(Int32)
    }

    struct StreamScript {
        var outcome = ConnectOutcome.atOnce
        var stream = ScriptedStream(upload: StreamPattern(salt: 0), download: StreamPattern(salt: 1))
        /// The socket that connected last.
        var socket: Int32?
    }

    struct Departure {
        var bytes: [UInt8]
        var segmentByteCount: Int
    }

    struct Operation {
        var isSend: Bool
        var socket: Int32
        var flow: Int
        var skip: Int
        /// Which of `pieces`.
        var firstPiece: Int
        var pieceCount = 0
        var result = 0
    }

    static let firstSocket: Int32 = 100

    var clock = Instant.start + .seconds(1)
    /// The script's next event: time does not pass beyond it unseen.
    var horizon = Instant.never
    /// Nobody will ever do anything again.
    var isIdleForever = false
    var keepsPeekOffset = true
    var pieceLimit = 64
    var operationLimit = 64
    /// What `sendRoom` says beyond the truth, in bytes.
    var roomOverstatement = 0
    /// One in so many sends fails for want of memory; 0: none.
    var shortageRate = 0
    var random = SplitMix(seed: 7)

    var streams: [ScriptedStream] = []
    var backlog: [AcceptedConnection] = []
    /// What becomes of a connection to a port.
    var scripts: [UInt16: StreamScript] = [:]
    var routes: [OutboundRoute] = []
    var datagramSockets: [ScriptedDatagramSocket] = []
    var rooms: [Slice] = []
    var arrivals: [DatagramArrival] = []
    var departures: [Departure] = []

    var events: [Readiness] = []
    private var pending: [Readiness] = []
    private var posted: [Operation] = []
    private var pieces: [Slice] = []
    /// The engine's memory, which the kernel writes to behind its back.
    var memory: Arena

    init(memory: consuming Arena) {
        self.memory = memory
        posted.reserveCapacity(64)
        pieces.reserveCapacity(4096)
        events.reserveCapacity(64)
        pending.reserveCapacity(64)
        rooms.reserveCapacity(64)
        arrivals.reserveCapacity(64)
    }

    subscript(socket: Int32) -> ScriptedStream {
        get { streams[Int(socket - Self.firstSocket)] }
        set { streams[Int(socket - Self.firstSocket)] = newValue }
    }

    /// Reports an edge by the next `wait`.
    mutating func post(
        _ token: FlowToken, isReadable: Bool = false, isWritable: Bool = false, isHungUp: Bool = false,
        isFailed: Bool = false
    ) {
        pending.append(
            Readiness(
                token: token.rawValue, isReadable: isReadable, isWritable: isWritable, isHungUp: isHungUp,
                isFailed: isFailed))
    }

    mutating func linkBecameReadable() { post(FlowToken(kind: .link), isReadable: true) }

    /// Reports what the socket is and was not told yet.
    mutating func report(_ socket: Int32) {
        let stream = self[socket]
        guard let token = stream.token, stream.end == .open else { return }
        if stream.isPeerReset {
            post(token, isReadable: true, isWritable: true, isHungUp: true, isFailed: true)
            return
        }
        let hasInput = stream.queuedCount > 0 || stream.isPeerFinished
        let isReadable = hasInput && !stream.isReadableTold
        let isWritable =
            stream.isConnected && stream.sendRoom * 3 > stream.sendCapacity && !stream.isWritableTold
        guard isReadable || isWritable else { return }
        if isReadable { self[socket].isReadableTold = true }
        if isWritable { self[socket].isWritableTold = true }
        post(token, isReadable: hasInput, isWritable: isWritable, isHungUp: stream.isPeerFinished)
    }
}

// The script's side: what the peers do.
extension ScriptedSockets {
    /// A peer connects to a listening socket; the connection waits to be accepted.
    mutating func peerConnects(
        _ stream: ScriptedStream, from peer: Endpoint, to local: Endpoint, listener: FlowToken
    ) -> Int32 {
        let socket = Self.firstSocket + Int32(streams.count)
        var stream = stream
        stream.isConnected = true
        streams.append(stream)
        backlog.append(AcceptedConnection(socket: socket, peer: peer, local: local))
        post(listener, isReadable: true)
        return socket
    }

    /// The peer's writes arrive, as far as the receive queue takes them.
    mutating func peerWrites(_ socket: Int32, _ byteCount: Int) -> Int {
        let room = max(self[socket].receiveCapacity - self[socket].queuedCount, 0)
        let count = min(byteCount, room)
        self[socket].writtenCount += count
        report(socket)
        return count
    }

    mutating func peerFinishes(_ socket: Int32) {
        self[socket].isPeerFinished = true
        self[socket].isReadableTold = false
        report(socket)
    }

    mutating func peerReads(_ socket: Int32, _ byteCount: Int) {
        let count = min(byteCount, self[socket].acceptedCount - self[socket].drainedCount)
        self[socket].drainedCount += count
        report(socket)
    }

    mutating func peerResets(_ socket: Int32) {
        self[socket].isPeerReset = true
        self[socket].pendingError = 104  // ECONNRESET
        report(socket)
    }

    mutating func connectEnds(_ socket: Int32, code: Int32) {
        guard let token = self[socket].token else { return }
        if code == 0 {
            self[socket].isConnected = true
            self[socket].isWritableTold = true
            post(token, isWritable: true)
        } else {
            self[socket].pendingError = code
            post(token, isReadable: true, isWritable: true, isHungUp: true, isFailed: true)
        }
    }
}

extension ScriptedSockets: HostSockets {
    var now: Instant { clock }

    mutating func replenish() {}

    mutating func wait(until deadline: Instant) -> Int {
        swap(&events, &pending)
        pending.removeAll(keepingCapacity: true)
        if !events.isEmpty || deadline == .start {
            clock = clock + .microseconds(5)
            return events.count
        }
        let next = min(deadline, horizon)
        isIdleForever = next == .never
        if !isIdleForever { clock = max(clock, next) }
        return 0
    }

    func event(_ index: Int) -> Readiness { events[index] }

    mutating func connect(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome {
        routes.append(route)
        let script = scripts[route.destination.port] ?? StreamScript()
        if case .refusedAtOnce(let code) = script.outcome { return SocketOutcome(socket: -1, code: code) }
        let socket = Self.firstSocket + Int32(streams.count)
        var stream = script.stream
        stream.token = token
        streams.append(stream)
        scripts[route.destination.port]?.socket = socket
        switch script.outcome {
        case .atOnce:
            self[socket].isConnected = true
            report(socket)
            return SocketOutcome(socket: socket, code: 0)
        case .later(let code):
            connectEnds(socket, code: code)
        case .never, .refusedAtOnce: break
        }
        return SocketOutcome(socket: socket, code: 115)  // EINPROGRESS
    }

    mutating func accept(_ listener: Int32) -> Accepting {
        backlog.isEmpty ? .none : .connection(backlog.removeFirst())
    }

    mutating func adopt(_ socket: Int32, token: FlowToken) -> Int32 {
        guard socket >= Self.firstSocket else { return 0 }  // a listener
        guard socket < Self.firstDatagramSocket else {
            datagramSockets[Int(socket - Self.firstDatagramSocket)].token = token
            return 0
        }
        self[socket].token = token
        report(socket)
        return 0
    }

    mutating func pendingError(_ socket: Int32) -> Int32 {
        defer { self[socket].pendingError = 0 }
        return self[socket].pendingError
    }

    mutating func sendRoom(_ socket: Int32) -> Int { self[socket].sendRoom + roomOverstatement }

    mutating func shutdownWriting(_ socket: Int32) -> Int32 {
        self[socket].isShut = true
        return 0
    }

    mutating func close(_ socket: Int32, token: FlowToken, abortively: Bool) {
        guard socket < Self.firstDatagramSocket else { return closeDatagram(socket) }
        precondition(self[socket].end == .open, "closed twice")
        // A socket that is closed over unread bytes sends a reset (RFC 2525, section 2.17).
        let isAborted = abortively || self[socket].queuedCount > 0
        self[socket].end = isAborted ? .aborted : .closed
        self[socket].token = nil
    }

    mutating func discard(_ socket: Int32, byteCount: Int) -> Int32 {
        if self[socket].isPeerReset { return -104 }
        if byteCount > self[socket].queuedCount { self[socket].fail("the engine discards what is not there") }
        self[socket].discardedCount += byteCount
        self[socket].peekOffset = max(self[socket].peekOffset - byteCount, 0)
        return Int32(byteCount)
    }

    mutating func setPeekOffset(_ socket: Int32, to offset: Int) -> Int32 {
        self[socket].peekOffset = offset
        return 0
    }

    mutating func beginSend(_ socket: Int32, flow: Int) -> Bool {
        guard posted.count < operationLimit else { return false }
        posted.append(Operation(isSend: true, socket: socket, flow: flow, skip: 0, firstPiece: pieces.count))
        return true
    }

    mutating func beginPeek(_ socket: Int32, flow: Int, skip: Int) -> Bool {
        guard posted.count < operationLimit else { return false }
        posted.append(
            Operation(isSend: false, socket: socket, flow: flow, skip: skip, firstPiece: pieces.count))
        return true
    }

    mutating func addPiece(_ piece: Slice, arena: inout Arena) -> Bool {
        guard posted[posted.count - 1].pieceCount < pieceLimit else { return false }
        posted[posted.count - 1].pieceCount += 1
        pieces.append(piece)
        return true
    }

    mutating func perform(arena: inout Arena) {
        for index in posted.indices {
            posted[index].result =
                posted[index].isSend ? send(posted[index], &arena) : peek(posted[index], &arena)
        }
    }

    var postedCount: Int { posted.count }
    func result(_ index: Int) -> Int { posted[index].result }
    func flow(_ index: Int) -> Int { posted[index].flow }
    mutating func clearPosted() {
        posted.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
    }

    private mutating func send(_ operation: Operation, _ arena: inout Arena) -> Int {
        let socket = operation.socket
        if self[socket].isPeerReset { return -32 }  // EPIPE
        if shortageRate > 0, random.next() % UInt64(shortageRate) == 0 { return -105 }  // ENOBUFS
        var sum = 0
        var asked = 0
        for index in operation.firstPiece..<operation.firstPiece + operation.pieceCount {
            asked += pieces[index].byteCount
            sum += self[socket].accept(arena.bytes(pieces[index]))
            if sum < asked { break }
        }
        if sum < asked { self[socket].isWritableTold = false }
        return sum == 0 ? -11 : sum
    }

    private mutating func peek(_ operation: Operation, _ arena: inout Arena) -> Int {
        let socket = operation.socket
        if self[socket].isPeerReset { return -104 }
        let offset = keepsPeekOffset ? self[socket].peekOffset : operation.skip
        if keepsPeekOffset, offset != operation.skip { self[socket].fail("peeks at a stale offset") }
        var position = self[socket].discardedCount + offset
        var left = max(self[socket].writtenCount - position, 0)
        var sum = 0
        for index in operation.firstPiece..<operation.firstPiece + operation.pieceCount {
            let piece = pieces[index]
            let count = min(left, piece.byteCount)
            if count > 0 {
                var bytes = arena.mutableBytes(Slice(offset: piece.offset, byteCount: count))
                self[socket].download.write(to: &bytes, at: position)
            }
            position += count
            left -= count
            sum += count
            if count < piece.byteCount {
                self[socket].isReadableTold = false
                break
            }
        }
        self[socket].peekOffset += sum
        if sum > 0 { return sum }
        return self[socket].isPeerFinished && (keepsPeekOffset || operation.skip == 0) ? 0 : -11
    }
}
