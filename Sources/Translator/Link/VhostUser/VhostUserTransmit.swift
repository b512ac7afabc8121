// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// From the guest: the transmit ring's chains become frames.

extension VhostUserLink {
    private static var ring: Int { VhostUserSession<LoopReactor>.transmitRing }
    private static var headerLength: Int { VirtioNetHeader.Layout.modern.length }
    private static var largestFrame: Int { 14 + 65535 }

    /// Takes chains until the batch or its memory is full, or the ring empty.
    mutating func takeFrames(into batch: inout FrameBatch, arena: inout Arena) throws(VhostUserError)
        -> HarvestOutcome
    {
        try session.queues[Self.ring].publish(&session.log, session.memory)
        guard isTransmitReady else { return .drained }
        session.queues[Self.ring].disableNotification(session.memory)
        var place = harvestOffset
        let end = harvestOffset + Self.harvestByteCount
        while batch.count < FrameBatch.capacity, end - place >= Self.largestFrame {
            guard let head = try session.queues[Self.ring].takeHead(session.memory, arena) else {
                let isEmpty = try session.queues[Self.ring].enableNotification(session.memory, &arena)
                return isEmpty ? .drained : .more
            }
            try chain.read(head, isWritten: false, session.queues[Self.ring], session.memory, arena)
            place += takeFrame(to: place, into: &batch, arena: &arena)
            try session.queues[Self.ring].use(
                VirtioUsedElement(head: UInt32(head), byteCount: 0), &session.log, session.memory, &arena)
        }
        return .more
    }

    /// Copies the frame in `chain` to `place` unless it cannot be one; the bytes that it takes there.
    private mutating func takeFrame(to place: Int, into batch: inout FrameBatch, arena: inout Arena) -> Int {
        let length = chain.byteCount - Self.headerLength
        guard length >= EthernetHeader.length, length <= Self.largestFrame else { return 0 }
        let header = Slice(offset: place, byteCount: Self.headerLength)
        guard chain.copy(from: 0, upTo: header.byteCount, to: place, &arena) == header.byteCount,
            let offload = try? VirtioNetHeader(parsing: arena.bytes(header))
        else { return 0 }
        let copied = chain.copy(from: Self.headerLength, upTo: length, to: place, &arena)
        let frame = Slice(offset: place, byteCount: copied)
        batch.append(ReceivedFrame(bytes: frame, offload: offload))
        counters.framesFromGuest &+= 1
        counters.bytesFromGuest &+= UInt64(copied)
        return (copied + 63) / 64 * 64
    }
}
