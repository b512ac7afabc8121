// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Frames over a tap device: one read or write for each, in batches, with a virtio-net header where the kernel
/// has it (`IFF_VNET_HDR`), so that one frame may hold many segments.
///
/// Slots are laid out such that payload begins on a page: the kernel's copies are several times slower when source
/// and destination differ by 1 to 31 bytes modulo 4096 (Zen 3: 38 instead of 5 us for 64 KiB).
///
///     |  4 KiB: ... virtio | Ethernet | IP | TCP |  payload, 64 KiB  |
///                                                ^ page boundary
struct TapLink<LoopReactor: Reactor>: ~Copyable {
    static var headroom: Int { 4096 }
    static var slotByteCount: Int { 4096 + 65536 }
    static var receiveSlotCount: Int { 32 }
    static var largeSlotCount: Int { 48 }
    static var smallHeadroom: Int { 160 }
    static var smallSlotByteCount: Int { 2048 }
    static var smallSlotCount: Int { 256 }
    /// Bytes that the link needs in the arena, from a page boundary on.
    static var arenaByteCount: Int {
        (receiveSlotCount + largeSlotCount) * slotByteCount + smallSlotCount * smallSlotByteCount
    }

    let capabilities: LinkCapabilities
    let queueFrameCount: Int
    private let descriptor: Int32
    private let reactor: LoopReactor
    /// Bytes of the virtio-net header in front of every frame; 0 without.
    private let virtioLength: Int
    private let firstReceive: Int
    private var largeSlots: BufferPool
    private var smallSlots: BufferPool
    private var reads: OperationBatch
    private var writes: OperationBatch
    private var sealed: IndexList
    private var readCount = 1
    /// Ethernet, IP and TCP header of the last long frame: where the next one's payload probably begins.
    private var expectedHeader = 14 + 20 + 32
    private(set) var counters = LinkCounters()

    /// - Parameter arenaOffset: a page boundary, in front of `arenaByteCount` bytes that are the link's own.
    init(
        descriptor: Int32, capabilities: LinkCapabilities, virtioLength: Int, queueFrameCount: Int,
        arenaOffset: Int, reactor: LoopReactor
    ) {
        self.descriptor = descriptor
        self.capabilities = capabilities
        self.virtioLength = virtioLength
        self.queueFrameCount = queueFrameCount
        self.reactor = reactor
        let largeOffset = arenaOffset + Self.receiveSlotCount * Self.slotByteCount
        firstReceive = arenaOffset
        largeSlots = BufferPool(
            firstOffset: largeOffset, slotByteCount: Self.slotByteCount, count: Self.largeSlotCount)
        smallSlots = BufferPool(
            firstOffset: largeOffset + Self.largeSlotCount * Self.slotByteCount,
            slotByteCount: Self.smallSlotByteCount, count: Self.smallSlotCount)
        let sendCount = Self.largeSlotCount + Self.smallSlotCount
        reads = OperationBatch(
            operationCapacity: Self.receiveSlotCount, vectorCapacity: Self.receiveSlotCount)
        writes = OperationBatch(operationCapacity: sendCount, vectorCapacity: sendCount)
        sealed = IndexList(capacity: sendCount)
    }
}

extension TapLink: FrameLink {
    mutating func watch() throws(SetupError) {
        let token = FlowToken(kind: .link)
        try checked(
            reactor.watch(descriptor, token: token.rawValue, for: .readable), "watch the tap device")
    }

    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome {
        let inFront = virtioLength + expectedHeader
        let asked = readCount
        for index in 0..<asked {
            let start = firstReceive + index * Self.slotByteCount + Self.headroom - inFront
            let isPosted = reads.post(.read, descriptor: descriptor, flags: 0, token: UInt64(index))
            let room = Slice(offset: start, byteCount: inFront + 65536)
            precondition(isPosted && reads.addVector(arena.vector(room)))
        }
        reactor.perform(&reads)
        var outcome = HarvestOutcome.more
        var frameCount = 0
        for index in 0..<asked {
            let result = Int(reads.result(index))
            if result > virtioLength {
                let start = firstReceive + index * Self.slotByteCount + Self.headroom - inFront
                take(Slice(offset: start, byteCount: result), into: &batch, arena: &arena)
                frameCount += 1
            } else if result == -Int(EAGAIN) {
                outcome = .drained
            } else if result <= 0, result != -Int(EIO), result != -Int(ENOMEM), result != -Int(ENOBUFS) {
                outcome = .closed
            } else {
                outcome = .drained
            }
        }
        reads.removeAll()
        readCount = min(max(2, frameCount * 2), Self.receiveSlotCount)
        return outcome
    }

    private mutating func take(_ bytes: Slice, into batch: inout FrameBatch, arena: inout Arena) {
        var offload = VirtioNetHeader()
        if virtioLength > 0 {
            let header = arena.bytes(Slice(offset: bytes.offset, byteCount: virtioLength))
            guard let read = try? VirtioNetHeader(parsing: header) else { return }
            offload = read
            if offload.isSegmentationOffloaded, 54...160 ~= offload.headerLength {
                expectedHeader = Int(offload.headerLength)
            }
        }
        let frame = Slice(offset: bytes.offset + virtioLength, byteCount: bytes.byteCount - virtioLength)
        counters.framesFromGuest &+= 1
        counters.bytesFromGuest &+= UInt64(frame.byteCount)
        batch.append(ReceivedFrame(bytes: frame, offload: offload))
    }

    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        if let slot = reserveNow(payloadByteCount) { return slot }
        flush(arena: &arena)
        return reserveNow(payloadByteCount)
    }

    private mutating func reserveNow(_ payloadByteCount: Int) -> FrameSlot? {
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

    private static var largeMark: Int { 1 << 16 }

    mutating func release(_ slot: FrameSlot) {
        let index = Int(slot.index)
        if index & Self.largeMark != 0 {
            largeSlots.give(index & ~Self.largeMark)
        } else {
            smallSlots.give(index)
        }
    }

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {
        var frame = Slice(
            offset: slot.payload.offset - headerByteCount - virtioLength,
            byteCount: headerByteCount + payloadByteCount + virtioLength)
        if virtioLength > 0 {
            var header = arena.mutableBytes(Slice(offset: frame.offset, byteCount: virtioLength))
            offload.write(to: &header)
        }
        let padding = virtioLength + Self.smallestFrame - frame.byteCount
        if padding > 0 {
            let end = frame.offset + frame.byteCount
            var tail = arena.mutableBytes(Slice(offset: end, byteCount: padding))
            tail.zero(0..<padding)
            frame.byteCount += padding
        }
        let isPosted = writes.post(.write, descriptor: descriptor, flags: 0, token: 0)
        precondition(isPosted && writes.addVector(arena.vector(frame)))
        sealed.append(Int(slot.index))
        counters.framesToGuest &+= 1
        counters.bytesToGuest &+= UInt64(frame.byteCount - virtioLength)
    }

    /// IEEE 802.3, without the check sequence.
    private static var smallestFrame: Int { 60 }

    mutating func flush(arena: inout Arena) {
        guard writes.count > 0 else { return }
        reactor.perform(&writes)
        for index in 0..<writes.count where writes.result(index) < 0 { counters.framesRefused &+= 1 }
        writes.removeAll()
        for position in 0..<sealed.count {
            release(FrameSlot(index: Int32(sealed[position]), payload: Slice(offset: 0, byteCount: 0)))
        }
        sealed.removeAll()
    }
}
