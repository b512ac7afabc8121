// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The slots that posted peeks fill: a run of slots for each peek, in the order posted.
@safe
struct PeekedSlots: ~Copyable {
    struct Entry: BitwiseCopyable {
        var slot: FrameSlot
        /// Bytes asked for in it.
        var byteCount: Int
    }

    private struct Peek: BitwiseCopyable {
        var pull: TCPPull
        var firstSlot: Int
    }

    private static var slotCapacity: Int { 512 }
    private static var peekCapacity: Int { 128 }

    private var slotCount = 0
    private var peekCount = 0
    private let entries: UnsafeMutablePointer<Entry>
    private let peeks: UnsafeMutablePointer<Peek>

    init() {
        unsafe entries = .allocate(capacity: Self.slotCapacity)
        unsafe peeks = .allocate(capacity: Self.peekCapacity)
    }

    deinit {
        unsafe entries.deallocate()
        unsafe peeks.deallocate()
    }

    var hasRoom: Bool { peekCount < Self.peekCapacity && hasRoomForSlot }
    var hasRoomForSlot: Bool { slotCount < Self.slotCapacity }

    subscript(index: Int) -> Entry {
        precondition(index >= 0 && index < slotCount)
        // SAFETY: everything below `slotCount` was initialised by `append`.
        return unsafe entries[index]
    }

    /// The run of bytes that the peek at `position` is for.
    func pull(_ position: Int) -> TCPPull {
        precondition(position >= 0 && position < peekCount)
        // SAFETY: everything below `peekCount` was initialised by `begin`.
        return unsafe peeks[position].pull
    }

    /// Which slots the peek at `position` fills.
    func slots(_ position: Int) -> Range<Int> {
        precondition(position >= 0 && position < peekCount)
        // SAFETY: as above, for both places.
        let end = unsafe position + 1 < peekCount ? peeks[position + 1].firstSlot : slotCount
        return unsafe peeks[position].firstSlot..<end
    }

    mutating func begin(_ pull: TCPPull) {
        precondition(peekCount < Self.peekCapacity)
        // SAFETY: the precondition keeps the place inside the allocation.
        unsafe (peeks + peekCount).initialize(to: Peek(pull: pull, firstSlot: slotCount))
        peekCount += 1
    }

    /// Adds a slot to the peek begun last.
    mutating func append(_ slot: FrameSlot, byteCount: Int) {
        precondition(slotCount < Self.slotCapacity)
        // SAFETY: as in `begin`.
        unsafe (entries + slotCount).initialize(to: Entry(slot: slot, byteCount: byteCount))
        slotCount += 1
    }

    mutating func removeAll() {
        slotCount = 0
        peekCount = 0
    }
}
