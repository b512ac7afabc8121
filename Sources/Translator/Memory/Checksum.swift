// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The Internet checksum (RFC 1071): a ones' complement sum of 16-bit words, kept unfolded while it grows.
struct Checksum: Equatable {
    private var sum: UInt64 = 0

    /// Adds one 16-bit word in host order.
    @inline(__always)
    mutating func add(_ word: UInt16) { sum &+= UInt64(word) }

    /// Adds a 32-bit field in host order, as two words.
    @inline(__always)
    mutating func add(_ field: UInt32) { sum &+= UInt64(field >> 16) &+ UInt64(field & 0xffff) }

    /// Adds bytes that start at an even offset of the covered data; an odd last byte is padded with zero.
    mutating func add(_ bytes: RawSpan) {
        var offset = 0
        var little: UInt64 = 0
        let end = bytes.byteCount
        // The sum of byte-swapped words is the byte-swapped sum (RFC 1071, section 2 (B)): add as loaded, swap once.
        while offset &+ 4 <= end {
            // SAFETY: the loop condition keeps the load inside.
            little &+= unsafe UInt64(
                bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
            offset &+= 4
        }
        if offset &+ 2 <= end {
            // SAFETY: as above.
            little &+= unsafe UInt64(
                bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < end {
            // SAFETY: as above.
            little &+= unsafe UInt64(
                bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self))
        }
        sum &+= UInt64(Self.fold(little).byteSwapped)
    }

    /// The sum folded to 16 bits, not complemented: what a checksum field holds before an offload completes it.
    @inline(__always)
    var folded: UInt16 { Self.fold(sum) }

    /// The value for a checksum field, in host order.
    @inline(__always)
    var complement: UInt16 { ~folded }

    @inline(__always)
    private static func fold(_ sum: UInt64) -> UInt16 {
        var value = (sum & 0xffff_ffff) &+ (sum >> 32)
        value = (value & 0xffff) &+ (value >> 16)
        value = (value & 0xffff) &+ (value >> 16)
        value = (value & 0xffff) &+ (value >> 16)
        return UInt16(truncatingIfNeeded: value)
    }
}
