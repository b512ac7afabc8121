// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Frames through rings in a guest's memory (vhost-user): no system call moves them.
///
/// A frame from the guest is copied out of its buffers, which go back at once. A frame to the guest is put together in
/// a slot of ours, small enough in number to stay in the cache, and copied into buffers when it is sealed; the driver
/// sees a turn's frames together. What a copy costs less than a peek into some forty buffers of 1,500 bytes.
///
/// Edges come from the front-end's socket, and from kicks: of the transmit ring whenever it was found empty, of the
/// receive ring only when there was no room, so that "no room" ends by an event and needs no looking.
struct VhostUserLink<LoopReactor: Reactor>: ~Copyable {
    static var headroom: Int { 4096 }
    static var largeSlotByteCount: Int { 4096 + 65536 }
    static var largeSlotCount: Int { 48 }
    static var smallHeadroom: Int { 192 }
    static var smallSlotByteCount: Int { 2048 }
    static var smallSlotCount: Int { 256 }
    /// Frames of one harvest, back to back.
    static var harvestByteCount: Int { 1 << 20 }
    /// Bytes that the link needs in the arena, from a page boundary on, beside the window.
    static var arenaByteCount: Int {
        harvestByteCount + largeSlotCount * largeSlotByteCount + smallSlotCount * smallSlotByteCount
    }
    /// Messages taken at once; who sends more gets the next turn.
    static var messageLimit: Int { 64 }

    var client: ClientSocket<LoopReactor>
    var session: VhostUserSession<LoopReactor>
    var channel = VhostUserChannel()
    var reply = VhostUserReply()
    var chain = VirtqueueChain()
    var room = ReceiveRoom()
    var largeSlots: BufferPool
    var smallSlots: BufferPool
    let harvestOffset: Int
    var counters = LinkCounters()
    /// The guest may have chains for us that no kick will tell of.
    var isTransmitting = false
    /// The driver was asked to tell when it offers room again.
    var isStarved = false
    /// Messages may wait that no edge will tell of.
    var hasMessages = false
    /// The engine knows that a guest is there.
    var isAttached = false
    /// The client broke a rule where it could not be dropped.
    var failure: VhostUserError?

    /// - Parameters:
    ///   - arenaOffset: a page boundary, in front of `arenaByteCount` bytes that are the link's own.
    ///   - memory: with the window of the same arena.
    ///   - mtu: 0: none is told to the driver.
    init(
        client: consuming ClientSocket<LoopReactor>, memory: consuming GuestMemory, mtu: UInt16,
        arenaOffset: Int, reactor: LoopReactor
    ) {
        self.client = client
        session = VhostUserSession(memory: memory, mtu: mtu, reactor: reactor)
        harvestOffset = arenaOffset
        let largeOffset = arenaOffset + Self.harvestByteCount
        largeSlots = BufferPool(
            firstOffset: largeOffset, slotByteCount: Self.largeSlotByteCount, count: Self.largeSlotCount)
        smallSlots = BufferPool(
            firstOffset: largeOffset + Self.largeSlotCount * Self.largeSlotByteCount,
            slotByteCount: Self.smallSlotByteCount, count: Self.smallSlotCount)
    }

    var isReceiveReady: Bool { session.isReady(VhostUserSession<LoopReactor>.receiveRing) }
    var isTransmitReady: Bool { session.isReady(VhostUserSession<LoopReactor>.transmitRing) }

    // MARK: The client

    /// Ends the connection and forgets everything that came by it.
    mutating func drop(_ reason: StaticString) -> HarvestOutcome {
        room.removeAll()
        session.reset()
        channel.removeMessage()
        reply.removeAll()
        isTransmitting = false
        isStarved = false
        hasMessages = false
        isAttached = false
        failure = nil
        return client.drop(reason)
    }

    /// The same for a client that broke a rule; what zeros in place of its memory made it break is no reason.
    private mutating func drop(_ error: VhostUserError) -> HarvestOutcome {
        drop(session.memory.checkFault() ? VhostUserError.vanishedMemory.reason : error.reason)
    }

    /// Remembers why the client has to go, where the engine cannot be told, and makes sure of an event.
    mutating func fail(_ error: VhostUserError) {
        guard failure == nil else { return }
        failure = error
        isStarved = true
        _ = client.expect([.readable, .writable])
    }

    /// Reads and answers what the front-end sent.
    mutating func takeMessages() throws(VhostUserError) -> HarvestOutcome {
        // What a message changes must not find anything half done.
        giveBackRoom()
        try session.publish()
        for _ in 0..<Self.messageLimit {
            switch try channel.receive(from: client.descriptor) {
            case .message: break
            case .nothing:
                hasMessages = false
                return .drained
            case .closed: return drop("Client closed the connection")
            }
            try session.messageArrived(&channel, &reply)
            channel.removeMessage()
            guard reply.send(to: client.descriptor) else { return drop("Client takes no replies") }
        }
        hasMessages = true
        return .more
    }
}

extension VhostUserLink: FrameLink {
    var capabilities: LinkCapabilities { session.capabilities }
    /// A driver that is behind makes us wait and loses nothing.
    var queueFrameCount: Int { 4096 }
    var isFull: Bool { isStarved || !isReceiveReady }

    mutating func watch() throws(SetupError) { try client.watch() }

    mutating func eventArrived(_ token: FlowToken, _ event: Readiness, arena: inout Arena) -> LinkEvents {
        if token.side == ClientSocket<LoopReactor>.listenerSide {
            return client.accept() ? .readable : []
        }
        guard client.isConnected else { return [] }
        if token.side == ClientSocket<LoopReactor>.clientSide {
            return client.isClient(token) ? clientEventArrived() : []
        }
        // Nobody is left who could kick, or it was never to be waited for.
        if event.isFailed || event.isHungUp {
            return drop(VhostUserError.ringDescriptor.reason).events
        }
        var events: LinkEvents = []
        if token.side == VhostUserSession<LoopReactor>.firstKickSide {
            isStarved = false
            events.insert(.writable)
        } else {
            isTransmitting = true
            events.insert(.readable)
        }
        return events
    }

    private mutating func clientEventArrived() -> LinkEvents {
        do throws(VhostUserError) {
            if let failure { throw failure }
            let outcome = try takeMessages()
            guard outcome == .drained || outcome == .more else { return outcome.events }
            try session.checkFault()
        } catch {
            return drop(error).events
        }
        isTransmitting = true
        isStarved = false
        var events: LinkEvents = [.readable, .writable]
        if isReceiveReady, !isAttached { events.insert(.attached) }
        isAttached = isReceiveReady
        return events
    }

    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome {
        guard client.isConnected else { return .drained }
        do throws(VhostUserError) {
            if let failure { throw failure }
            if hasMessages {
                let outcome = try takeMessages()
                guard outcome == .drained || outcome == .more else { return outcome }
            }
            let outcome = isTransmitting ? try takeFrames(into: &batch, arena: &arena) : .drained
            try session.checkFault()
            isTransmitting = outcome == .more
            return hasMessages ? .more : outcome
        } catch {
            batch.removeAll()
            return drop(error)
        }
    }

    mutating func flush(arena: inout Arena) {
        guard client.isConnected, failure == nil else { return }
        do throws(VhostUserError) {
            try session.publish()
            try session.checkFault()
        } catch {
            fail(error)
        }
    }
}
