// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Equal slots side by side in an `Arena`, handed out last given first: the slot that is warm in the cache.
@safe
struct BufferPool: ~Copyable {
    let firstOffset: Int
    let slotByteCount: Int
    /// Slots in all.
    let count: Int
    /// Slots that `take` can still hand out.
    private(set) var freeCount: Int
    /// The free slots; the one on top leaves first.
    private let stack: UnsafeMutablePointer<UInt32>
    /// One bit a slot, set while it is taken.
    private let taken: UnsafeMutablePointer<UInt64>

    /// - Parameter firstOffset: where slot 0 begins; all `count` slots lie in the arena, behind each other.
    init(firstOffset: Int, slotByteCount: Int, count: Int) {
        precondition(firstOffset >= 0 && slotByteCount > 0 && count > 0 && count < Int(UInt32.max))
        self.firstOffset = firstOffset
        self.slotByteCount = slotByteCount
        self.count = count
        freeCount = count
        unsafe stack = .allocate(capacity: count)
        for place in 0..<count {
            unsafe (stack + place).initialize(to: UInt32(truncatingIfNeeded: count - 1 - place))
        }
        unsafe taken = .allocate(capacity: (count + 63) / 64)
        unsafe taken.initialize(repeating: 0, count: (count + 63) / 64)
    }

    deinit {
        unsafe stack.deallocate()
        unsafe taken.deallocate()
    }

    /// Hands out a slot; nil when all are taken.
    @inline(__always)
    mutating func take() -> Int? {
        guard freeCount > 0 else { return nil }
        freeCount &-= 1
        // SAFETY: `freeCount` is at most `count`, and the stack holds slots below `count`.
        let slot = unsafe Int(stack[freeCount])
        unsafe taken[slot &>> 6] |= 1 &<< UInt64(slot & 63)
        return slot
    }

    /// Takes a slot back; traps when it was not taken.
    @inline(__always)
    mutating func give(_ slot: Int) {
        precondition(isTaken(slot), "a slot is given back that was not taken")
        // SAFETY: `isTaken` compared `slot` with `count`; a taken slot leaves room on the stack.
        unsafe taken[slot &>> 6] &= ~(1 &<< UInt64(slot & 63))
        unsafe stack[freeCount] = UInt32(truncatingIfNeeded: slot)
        freeCount &+= 1
    }

    @inline(__always)
    func isTaken(_ slot: Int) -> Bool {
        guard UInt(bitPattern: slot) < UInt(bitPattern: count) else { return false }
        // SAFETY: the guard.
        return unsafe taken[slot &>> 6] & (1 &<< UInt64(slot & 63)) != 0
    }

    /// Where in the arena `slot` begins.
    @inline(__always)
    func offset(of slot: Int) -> Int { firstOffset &+ slot &* slotByteCount }

    /// The slot as a whole.
    @inline(__always)
    func slice(of slot: Int) -> Slice { Slice(offset: offset(of: slot), byteCount: slotByteCount) }
}
