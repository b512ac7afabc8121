// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A list of indices with a fixed capacity, taken once.
@safe
struct IndexList: ~Copyable {
    let capacity: Int
    private(set) var count = 0
    private let indices: UnsafeMutablePointer<Int32>

    init(capacity: Int) {
        self.capacity = capacity
        unsafe indices = .allocate(capacity: capacity)
    }

    deinit { unsafe indices.deallocate() }

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    subscript(position: Int) -> Int {
        precondition(position >= 0 && position < count)
        // SAFETY: everything below `count` was stored by `append`.
        return unsafe Int(indices[position])
    }

    /// Traps when full.
    @inline(__always)
    mutating func append(_ index: Int) {
        precondition(count < capacity)
        // SAFETY: the precondition keeps the place inside the allocation.
        unsafe indices[count] = Int32(truncatingIfNeeded: index)
        count &+= 1
    }

    mutating func removeAll() { count = 0 }

    /// Keeps the entries from `position` on, moved to the front.
    mutating func removeFirst(_ position: Int) {
        precondition(position >= 0 && position <= count)
        // SAFETY: both ranges lie below the old count.
        unsafe indices.update(from: indices + position, count: count - position)
        count -= position
    }

    /// Takes the entry added last; nil when there is none.
    mutating func removeLast() -> Int? {
        guard count > 0 else { return nil }
        count -= 1
        // SAFETY: the place was below `count`.
        return unsafe Int(indices[count])
    }
}
