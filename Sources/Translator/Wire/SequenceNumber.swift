// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A TCP sequence number (RFC 9293, section 3.4): arithmetic modulo 2^32.
///
/// The order holds between numbers less than 2^31 apart. It is not transitive around the circle, so this is
/// not `Comparable`.
struct SequenceNumber: Hashable, BitwiseCopyable {
    var value: UInt32

    @inline(__always)
    init(_ value: UInt32) { self.value = value }

    /// How far `other` lies ahead of this number, in bytes; negative when it lies behind.
    @inline(__always)
    func distance(to other: SequenceNumber) -> Int { Int(Int32(bitPattern: other.value &- value)) }

    /// The number `byteCount` bytes ahead, or behind when negative; wraps as the wire does.
    @inline(__always)
    func advanced(by byteCount: Int) -> SequenceNumber {
        SequenceNumber(value &+ UInt32(truncatingIfNeeded: byteCount))
    }

    @inline(__always)
    static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
        Int32(bitPattern: left.value &- right.value) < 0
    }
    @inline(__always)
    static func <= (left: SequenceNumber, right: SequenceNumber) -> Bool { !(right < left) }
    @inline(__always)
    static func > (left: SequenceNumber, right: SequenceNumber) -> Bool { right < left }
    @inline(__always)
    static func >= (left: SequenceNumber, right: SequenceNumber) -> Bool { !(left < right) }

    @inline(__always)
    static func + (left: SequenceNumber, byteCount: Int) -> SequenceNumber { left.advanced(by: byteCount) }
    @inline(__always)
    static func - (left: SequenceNumber, right: SequenceNumber) -> Int { right.distance(to: left) }

    @inline(__always)
    static func earliest(_ left: SequenceNumber, _ right: SequenceNumber) -> SequenceNumber {
        left < right ? left : right
    }

    @inline(__always)
    static func latest(_ left: SequenceNumber, _ right: SequenceNumber) -> SequenceNumber {
        left < right ? right : left
    }
}

extension SequenceNumber: ExpressibleByIntegerLiteral {
    @inline(__always)
    init(integerLiteral value: UInt32) { self.init(value) }
}
