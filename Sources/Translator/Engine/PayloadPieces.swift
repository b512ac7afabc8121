// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Payload of one batch that waits to be sent, as chains of slices: one chain a flow, in stream order.
@safe
struct PayloadPieces: ~Copyable {
    struct Piece: BitwiseCopyable {
        var slice: Slice
        /// Next piece of the same flow; -1: none.
        var next: Int16
    }

    private(set) var count = 0
    private let pieces: UnsafeMutablePointer<Piece>

    init() {
        unsafe pieces = .allocate(capacity: FrameBatch.capacity)
    }

    deinit { unsafe pieces.deallocate() }

    subscript(index: Int16) -> Piece {
        precondition(index >= 0 && index < count)
        // SAFETY: everything below `count` was initialised by `append`.
        return unsafe pieces[Int(index)]
    }

    /// Adds `slice` behind the piece `last` of its flow; -1 begins a chain. There is at most one a frame.
    mutating func append(_ slice: Slice, behind last: Int16) -> Int16 {
        precondition(count < FrameBatch.capacity && last < count)
        // SAFETY: the precondition keeps both places inside what is allocated and, for `last`, initialised.
        unsafe (pieces + count).initialize(to: Piece(slice: slice, next: -1))
        if last >= 0 { unsafe pieces[Int(last)].next = Int16(count) }
        count += 1
        return Int16(count - 1)
    }

    mutating func removeAll() { count = 0 }
}
