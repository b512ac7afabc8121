// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// To the guest: slots are promised room in the receive ring, filled, and copied into its chains.

extension VhostUserLink {
    private static var ring: Int { VhostUserSession<LoopReactor>.receiveRing }
    private static var virtioLength: Int { VirtioNetHeader.Layout.modern.length }
    /// Headers in front of a payload, at most: Ethernet, IPv6, TCP with options.
    private static var largestHeader: Int { 14 + 40 + 60 }
    /// IEEE 802.3, without the check sequence.
    private static var smallestFrame: Int { 60 }
    /// Room for less payload than asked for is given when it is at least this: the ring may never hold more.
    private static var leastPayload: Int { 2048 }

    // A slot's index: | chains promised | large | number |
    private static var largeMark: Int { 1 << 16 }
    private static var promiseShift: Int { 17 }
    private static var promiseLimit: Int { 1 << 13 }

    /// Of a datagram only the largest size is known: the slot has room for that, and the ring for a usual one.
    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        reserve(
            headerByteCount: Self.largestHeader, payloadByteCount: payloadByteCount,
            promised: min(payloadByteCount, Self.leastPayload), arena: &arena)
    }

    mutating func reserve(headerByteCount: Int, payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        reserve(
            headerByteCount: headerByteCount, payloadByteCount: payloadByteCount, promised: payloadByteCount,
            arena: &arena)
    }

    private mutating func reserve(
        headerByteCount: Int, payloadByteCount: Int, promised: Int, arena: inout Arena
    ) -> FrameSlot? {
        guard failure == nil, isReceiveReady, var slot = takeSlot(payloadByteCount) else { return nil }
        let overhead = Self.virtioLength + headerByteCount
        do throws(VhostUserError) {
            guard let promise = try promise(overhead, promised, &arena) else {
                release(slot)
                return nil
            }
            slot.index |= Int32(promise.chainCount << Self.promiseShift)
            if promised == payloadByteCount {
                slot.payload.byteCount = min(slot.payload.byteCount, promise.byteCount - overhead)
            }
            return slot
        } catch {
            release(slot)
            fail(error)
            return nil
        }
    }

    private mutating func takeSlot(_ payloadByteCount: Int) -> FrameSlot? {
        if payloadByteCount <= Self.smallSlotByteCount - Self.smallHeadroom, let slot = smallSlots.take() {
            let start = smallSlots.offset(of: slot) + Self.smallHeadroom
            return FrameSlot(
                index: Int32(slot),
                payload: Slice(offset: start, byteCount: Self.smallSlotByteCount - Self.smallHeadroom))
        }
        guard let slot = largeSlots.take() else { return nil }
        return FrameSlot(
            index: Int32(slot | Self.largeMark),
            payload: Slice(offset: largeSlots.offset(of: slot) + Self.headroom, byteCount: 65536))
    }

    /// Promises chains for a frame; nil when there are too few, and then an event will tell of more.
    private mutating func promise(_ overhead: Int, _ payloadByteCount: Int, _ arena: inout Arena)
        throws(VhostUserError) -> (chainCount: Int, byteCount: Int)?
    {
        let isMergeable = session.features.contains(.mergeableBuffers)
        let wanted = max(overhead + payloadByteCount, Self.virtioLength + Self.smallestFrame)
        let least = min(wanted, overhead + (isMergeable ? Self.leastPayload : 0))
        var chainCount = 0
        var byteCount = 0
        while byteCount < wanted, chainCount < (isMergeable ? Self.promiseLimit : 1) {
            let index = room.promisedCount + chainCount
            if index >= room.count {
                guard try takeRoom(&arena) else { break }
            }
            byteCount += Int(room[index].byteCount)
            chainCount += 1
        }
        if byteCount < least {
            // What is promised to others comes back in this turn, without an event.
            if room.promisedCount == 0 { isStarved = true }
            if !isStarved { counters.framesRefused &+= 1 }
            return nil
        }
        room.promise(chainCount)
        return (chainCount, byteCount)
    }

    /// Takes one more chain of the ring; false when there is none, and then its driver will tell.
    private mutating func takeRoom(_ arena: inout Arena) throws(VhostUserError) -> Bool {
        while true {
            if let head = try session.queues[Self.ring].takeHead(session.memory, arena) {
                try chain.read(head, isWritten: true, session.queues[Self.ring], session.memory, arena)
                let isSimple = chain.count == 1
                let piece = isSimple ? chain[0] : .none
                room.append(
                    ReceiveRoom.Chain(
                        head: head, isSimple: isSimple, byteCount: Int32(chain.byteCount), piece: piece))
                session.queues[Self.ring].disableNotification(session.memory)
                return true
            }
            if try session.queues[Self.ring].enableNotification(session.memory, &arena) { return false }
        }
    }

    /// Gives chains that were not used back to the ring.
    mutating func giveBackRoom() {
        session.queues[Self.ring].untake(room.count)
        room.removeAll()
    }

    mutating func release(_ slot: FrameSlot) {
        let index = Int(slot.index)
        room.withdraw(min(index >> Self.promiseShift, room.promisedCount))
        let number = index & (Self.largeMark - 1)
        if index & Self.largeMark != 0 { largeSlots.give(number) } else { smallSlots.give(number) }
    }

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {
        var frame = Slice(
            offset: slot.payload.offset - headerByteCount - Self.virtioLength,
            byteCount: headerByteCount + payloadByteCount + Self.virtioLength)
        let padding = Self.virtioLength + Self.smallestFrame - frame.byteCount
        if padding > 0 {
            var tail = arena.mutableBytes(
                Slice(offset: frame.offset + frame.byteCount, byteCount: padding))
            tail.zero(0..<padding)
            frame.byteCount += padding
        }
        release(slot)
        guard failure == nil, isReceiveReady else { return }
        do throws(VhostUserError) {
            try fill(frame, offload, &arena)
        } catch {
            fail(error)
        }
    }

    /// Copies a frame, virtio-net header in front, into the next chains; drops it when they are too few.
    private mutating func fill(_ frame: Slice, _ offload: VirtioNetHeader, _ arena: inout Arena)
        throws(VhostUserError)
    {
        guard let chainCount = try chainCount(for: frame.byteCount, &arena) else {
            counters.framesRefused &+= 1
            return
        }
        var header = offload
        header.bufferCount = UInt16(chainCount)
        var bytes = arena.mutableBytes(Slice(offset: frame.offset, byteCount: Self.virtioLength))
        header.write(to: &bytes)
        var left = frame
        for index in 0..<chainCount {
            let target = room[index]
            let written = try fill(target, &left, &arena)
            let element = VirtioUsedElement(head: UInt32(target.head), byteCount: UInt32(written))
            try session.queues[Self.ring].use(element, &session.log, session.memory, &arena)
        }
        room.removeFirst(chainCount)
        counters.framesToGuest &+= 1
        counters.bytesToGuest &+= UInt64(frame.byteCount - Self.virtioLength)
    }

    /// How many chains hold `byteCount` bytes; nil when those that there are do not.
    private mutating func chainCount(for byteCount: Int, _ arena: inout Arena) throws(VhostUserError) -> Int?
    {
        let limit = session.features.contains(.mergeableBuffers) ? Self.promiseLimit : 1
        var sum = 0
        for count in 0..<limit {
            if count >= room.count {
                guard try takeRoom(&arena) else { return nil }
            }
            sum += Int(room[count].byteCount)
            if sum >= byteCount { return count + 1 }
        }
        return nil
    }

    /// Copies as much of `left` as the chain holds; the bytes written.
    private mutating func fill(_ target: ReceiveRoom.Chain, _ left: inout Slice, _ arena: inout Arena)
        throws(VhostUserError) -> Int
    {
        guard !target.isSimple else { return try copy(&left, to: target.piece, &arena) }
        try chain.read(target.head, isWritten: true, session.queues[Self.ring], session.memory, arena)
        // The driver may not change what it gave away; then the frame would be cut.
        guard chain.byteCount == Int(target.byteCount) else { throw .descriptorLength }
        var written = 0
        for index in 0..<chain.count where left.byteCount > 0 {
            written += try copy(&left, to: chain[index], &arena)
        }
        return written
    }

    @inline(__always)
    private mutating func copy(_ left: inout Slice, to piece: VirtqueueChain.Piece, _ arena: inout Arena)
        throws(VhostUserError) -> Int
    {
        let count = min(left.byteCount, piece.slice.byteCount)
        arena.copy(Slice(offset: left.offset, byteCount: count), to: piece.slice.offset)
        if session.log.area != nil { try session.log.mark(piece.address, count, session.memory) }
        left.offset += count
        left.byteCount -= count
        return count
    }
}

extension VirtqueueChain.Piece {
    fileprivate static let none = VirtqueueChain.Piece(slice: Slice(offset: 0, byteCount: 0), address: 0)
}
