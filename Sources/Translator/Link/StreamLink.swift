// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Frames over a UNIX stream socket, as QEMU's `-netdev stream` and other hypervisors speak it.
///
/// It never waits: what the socket does not take stays in line, and the link is full until the socket is writable.
/// With nobody connected, frames to the guest are gone as if they had been sent.
struct StreamLink<LoopReactor: Reactor>: ~Copyable {
    /// Bytes that the link needs in the arena, from a page boundary on.
    static var arenaByteCount: Int { StreamInput.byteCount + StreamOutput.arenaByteCount }
    /// Payload up to here is let in although the socket is full: acknowledgements, answers, and the like.
    private static var smallByteCount: Int { 512 }
    /// The kernel cuts this to its limits.
    private static var wantedBuffer: Int32 { 64 << 20 }

    private var client: ClientSocket<LoopReactor>
    private let reactor: LoopReactor
    private var input: StreamInput
    private var output: StreamOutput
    private var operation: OperationBatch
    /// The socket took less than it was given; an event tells when that changes.
    private var isBlocked = false
    /// The socket refuses for good; the event that says why is on its way.
    private var isBroken = false
    /// Nothing waits in the socket until an event says so.
    private var isDrained = true
    private var isHungUp = false
    private(set) var counters = LinkCounters()

    /// - Parameter arenaOffset: a page boundary, in front of `arenaByteCount` bytes that are the link's own.
    init(client: consuming ClientSocket<LoopReactor>, arenaOffset: Int, reactor: LoopReactor) {
        self.client = client
        self.reactor = reactor
        output = StreamOutput(arenaOffset: arenaOffset)
        input = StreamInput(arenaOffset: arenaOffset + StreamOutput.arenaByteCount)
        operation = OperationBatch(operationCapacity: 1, vectorCapacity: StreamOutput.pieceCapacity)
    }

    private var canSend: Bool { client.isConnected && !isBroken }

    private mutating func clientArrived() {
        input.reset()
        isBlocked = false
        isBroken = false
        isDrained = false
        isHungUp = false
        for option in [SO_SNDBUF, SO_RCVBUF] {
            _ = shim_socket_set(client.descriptor, SOL_SOCKET, option, Self.wantedBuffer)
        }
    }

    private mutating func drop(_ reason: StaticString) -> HarvestOutcome {
        output.discard()
        isBlocked = false
        let outcome = client.drop(reason)
        if outcome == .attached { clientArrived() }
        return outcome
    }

    /// Performs what is posted: bytes moved, or -errno.
    private mutating func perform() -> Int {
        reactor.perform(&operation)
        let result = Int(operation.result(0))
        operation.removeAll()
        return result
    }
}

extension StreamLink: FrameLink {
    var capabilities: LinkCapabilities { .plain }
    /// A hypervisor that is behind makes the guest wait and loses nothing; this only keeps queues short.
    var queueFrameCount: Int { 4096 }
    var isFull: Bool { isBlocked }

    mutating func watch() throws(SetupError) {
        try client.watch()
        if client.isConnected { clientArrived() }
    }

    mutating func eventArrived(_ token: FlowToken, _ event: Readiness, arena: inout Arena) -> LinkEvents {
        if token.side == ClientSocket<LoopReactor>.listenerSide {
            guard client.accept() else { return [] }
            clientArrived()
            return [.attached, .readable]
        }
        guard client.isClient(token) else { return [] }
        var events: LinkEvents = []
        if event.isReadable || event.isHungUp || event.isFailed {
            isDrained = false
            isHungUp = isHungUp || event.isHungUp || event.isFailed
            events.insert(.readable)
        }
        if event.isWritable, isBlocked {
            isBlocked = false
            flush(arena: &arena)
            if !isBlocked {
                _ = client.expect(.readable)
                events.insert(.writable)
            }
        }
        return events
    }

    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome {
        while client.isConnected {
            switch input.next(arena) {
            case .frame(let frame):
                counters.framesFromGuest &+= 1
                counters.bytesFromGuest &+= UInt64(frame.byteCount)
                batch.append(ReceivedFrame(bytes: frame))
                if batch.count == FrameBatch.capacity { return .more }
            case .malformed(let length):
                client.complain("Not a frame's length from the client: ", length)
                return drop("Client dropped")
            case .incomplete:
                if isDrained { return .drained }
                // Reading may move what the batch's frames lie in.
                guard batch.count == 0 else { return .more }
                if let outcome = read(&arena) { return outcome }
            }
        }
        return .drained
    }

    /// Reads once; an outcome when there is nothing to go on with.
    private mutating func read(_ arena: inout Arena) -> HarvestOutcome? {
        let room = input.makeRoom(&arena)
        let isPosted = operation.post(.receive, descriptor: client.descriptor, flags: 0, token: 0)
        precondition(isPosted && operation.addVector(arena.vector(room)))
        let result = perform()
        if result > 0 {
            input.received(result)
            isDrained = result < room.byteCount && !isHungUp
            return nil
        }
        if result == -Int(EAGAIN) || result == -Int(ENOMEM) || result == -Int(ENOBUFS) {
            isDrained = true
            return .drained
        }
        return drop(result == 0 ? "Client closed the connection" : "Client connection failed")
    }

    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        reserve(
            headerByteCount: StreamOutput.largestHeader, payloadByteCount: payloadByteCount, arena: &arena)
    }

    mutating func reserve(headerByteCount: Int, payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        if isBlocked, payloadByteCount > Self.smallByteCount { return nil }
        let slot = output.reserve(headerByteCount: headerByteCount, payloadByteCount: payloadByteCount)
        if let slot { return slot }
        flush(arena: &arena)
        if isBlocked, payloadByteCount > Self.smallByteCount { return nil }
        return output.reserve(headerByteCount: headerByteCount, payloadByteCount: payloadByteCount)
    }

    mutating func release(_ slot: FrameSlot) { output.release(slot) }

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {
        counters.framesToGuest &+= 1
        guard canSend else { return output.release(slot) }
        let length = output.seal(
            slot, headerByteCount: headerByteCount, payloadByteCount: payloadByteCount, &arena)
        counters.bytesToGuest &+= UInt64(length)
    }

    mutating func flush(arena: inout Arena) {
        guard output.pieceCount > 0, canSend, !isBlocked else { return }
        let isPosted = operation.post(.send, descriptor: client.descriptor, flags: 0, token: 0)
        precondition(isPosted)
        for index in 0..<output.pieceCount {
            let isAdded = operation.addVector(arena.vector(output.piece(index)))
            precondition(isAdded)
        }
        let byteCount = operation.byteCount(0)
        let result = perform()
        if result > 0 { output.consume(result) }
        guard result < byteCount else { return }
        if result >= 0 || TransientFailure.isOne(Int32(-result)) {
            isBlocked = true
            // What is ready by now is reported, so no edge gets lost in between.
            if client.expect([.readable, .writable]) != 0 { isBroken = true }
        } else {
            isBroken = true
        }
        if isBroken {
            output.discard()
            isBlocked = false
        }
    }
}
