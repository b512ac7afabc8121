// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// A frame on its way over a `LoopLink`.
struct LoopFrame {
    var bytes: [UInt8]
    var offload = VirtioNetHeader()
}

/// A link in memory: the test is its far side.
struct LoopLink: ~Copyable {
    static let headroom = 256
    static let slotByteCount = 256 + 65536
    static let receiveSlotCount = 32

    static func arenaByteCount(slotCount: Int) -> Int { (receiveSlotCount + slotCount) * slotByteCount }

    let capabilities: LinkCapabilities
    let queueFrameCount: Int
    /// What the guest sent and nobody harvested.
    var incoming: [LoopFrame] = []
    /// What was flushed to the guest.
    var outgoing: [LoopFrame] = []
    /// Frames are counted on their way to the guest and not kept.
    var discardsFrames = false
    private(set) var flushedCount = 0
    /// How many of `incoming` were.
    private var harvestedCount = 0
    private var sealed: [Sealed] = []
    private var slots: BufferPool

    private struct Sealed {
        var slot: Int
        var bytes: Slice
        var offload: VirtioNetHeader
    }

    init(_ capabilities: LinkCapabilities, slotCount: Int, queueFrameCount: Int) {
        self.capabilities = capabilities
        self.queueFrameCount = queueFrameCount
        slots = BufferPool(
            firstOffset: Self.receiveSlotCount * Self.slotByteCount, slotByteCount: Self.slotByteCount,
            count: slotCount)
        sealed.reserveCapacity(slotCount)
    }

    var takenSlotCount: Int { slots.count - slots.freeCount }
}

extension LoopLink: FrameLink {
    mutating func harvest(into batch: inout FrameBatch, arena: inout Arena) -> HarvestOutcome {
        let count = min(incoming.count - harvestedCount, Self.receiveSlotCount)
        for index in 0..<count {
            let frame = incoming[harvestedCount + index]
            let place = Slice(offset: index * Self.slotByteCount, byteCount: frame.bytes.count)
            var target = arena.mutableBytes(place)
            target.withUnsafeMutableBytes { target in
                frame.bytes.withUnsafeBytes { target.copyMemory(from: $0) }
            }
            batch.append(ReceivedFrame(bytes: place, offload: frame.offload))
        }
        harvestedCount += count
        guard harvestedCount == incoming.count else { return .more }
        incoming = []
        harvestedCount = 0
        return .drained
    }

    mutating func reserve(payloadByteCount: Int, arena: inout Arena) -> FrameSlot? {
        precondition(payloadByteCount <= 65536)
        guard let slot = slots.take() else { return nil }
        let offset = slots.offset(of: slot) + Self.headroom
        return FrameSlot(index: Int32(slot), payload: Slice(offset: offset, byteCount: 65536))
    }

    mutating func release(_ slot: FrameSlot) { slots.give(Int(slot.index)) }

    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, offload: VirtioNetHeader,
        arena: inout Arena
    ) {
        precondition(slots.isTaken(Int(slot.index)))
        let bytes = Slice(
            offset: slot.payload.offset - headerByteCount, byteCount: headerByteCount + payloadByteCount)
        sealed.append(Sealed(slot: Int(slot.index), bytes: bytes, offload: offload))
    }

    mutating func flush(arena: inout Arena) {
        flushedCount += sealed.count
        for frame in sealed {
            if !discardsFrames {
                let bytes = arena.bytes(frame.bytes).withUnsafeBytes { Array($0) }
                outgoing.append(LoopFrame(bytes: bytes, offload: frame.offload))
            }
            slots.give(frame.slot)
        }
        sealed.removeAll(keepingCapacity: true)
    }
}
