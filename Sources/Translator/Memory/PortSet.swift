// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A set of port numbers, one bit each: 8 KiB, taken once.
@safe
struct PortSet: ~Copyable {
    private static let wordCount = 1024

    // Not an `InlineArray`: that was copied whole for many an access.
    private let words: UnsafeMutablePointer<UInt64>

    init() {
        unsafe words = .allocate(capacity: Self.wordCount)
        unsafe words.initialize(repeating: 0, count: Self.wordCount)
    }

    deinit { unsafe words.deallocate() }

    func contains(_ port: UInt16) -> Bool {
        // SAFETY: a port's upper ten bits are below `wordCount`.
        unsafe words[Int(port >> 6)] & Self.bit(port) != 0
    }

    mutating func insert(_ port: UInt16) {
        // SAFETY: as above.
        unsafe words[Int(port >> 6)] |= Self.bit(port)
    }

    mutating func remove(_ port: UInt16) {
        // SAFETY: as above.
        unsafe words[Int(port >> 6)] &= ~Self.bit(port)
    }

    mutating func removeAll() {
        // SAFETY: `wordCount` words were allocated, here and below.
        unsafe words.update(repeating: 0, count: Self.wordCount)
    }

    mutating func formUnion(_ other: borrowing PortSet) {
        for index in 0..<Self.wordCount { unsafe words[index] |= other.words[index] }
    }

    mutating func subtract(_ other: borrowing PortSet) {
        for index in 0..<Self.wordCount { unsafe words[index] &= ~other.words[index] }
    }

    /// Becomes equal to `other`; true if that changes anything.
    mutating func assign(_ other: borrowing PortSet) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<Self.wordCount {
            difference |= unsafe words[index] ^ other.words[index]
            unsafe words[index] = other.words[index]
        }
        return difference != 0
    }

    var count: Int {
        var count = 0
        for index in 0..<Self.wordCount { count += unsafe words[index].nonzeroBitCount }
        return count
    }

    private static func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
