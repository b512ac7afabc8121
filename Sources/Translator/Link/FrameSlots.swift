// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A short list of reserved slots.
struct FrameSlots: BitwiseCopyable {
    private(set) var count = 0
    private var slots = InlineArray<16, FrameSlot>(
        repeating: FrameSlot(index: 0, payload: Slice(offset: 0, byteCount: 0)))

    subscript(index: Int) -> FrameSlot {
        precondition(index < count)
        return slots[index]
    }

    /// Traps when there are 16.
    mutating func append(_ slot: FrameSlot) {
        slots[count] = slot
        count += 1
    }

    mutating func removeAll() { count = 0 }
}
