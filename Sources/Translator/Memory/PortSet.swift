// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A set of port numbers, one bit each: 8 KiB, whatever it holds.
struct PortSet: ~Copyable {
    private static let wordCount = 1024

    private var words = InlineArray<1024, UInt64>(repeating: 0)

    func contains(_ port: UInt16) -> Bool { words[Int(port >> 6)] & Self.bit(port) != 0 }

    mutating func insert(_ port: UInt16) { words[Int(port >> 6)] |= Self.bit(port) }

    mutating func remove(_ port: UInt16) { words[Int(port >> 6)] &= ~Self.bit(port) }

    mutating func removeAll() {
        for index in 0..<Self.wordCount { words[index] = 0 }
    }

    mutating func formUnion(_ other: borrowing PortSet) {
        for index in 0..<Self.wordCount { words[index] |= other.words[index] }
    }

    mutating func subtract(_ other: borrowing PortSet) {
        for index in 0..<Self.wordCount { words[index] &= ~other.words[index] }
    }

    /// Becomes equal to `other`; true if that changes anything.
    mutating func assign(_ other: borrowing PortSet) -> Bool {
        var difference: UInt64 = 0
        for index in 0..<Self.wordCount {
            difference |= words[index] ^ other.words[index]
            words[index] = other.words[index]
        }
        return difference != 0
    }

    var count: Int {
        var count = 0
        for index in 0..<Self.wordCount { count += words[index].nonzeroBitCount }
        return count
    }

    private static func bit(_ port: UInt16) -> UInt64 { 1 << UInt64(port & 63) }
}
