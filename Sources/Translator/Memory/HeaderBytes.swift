// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Why bytes from a guest, a peer or the kernel were not believed.
enum WireError: Error {
    /// Fewer bytes than the header needs.
    case truncated
    /// A field contradicts the format or another field.
    case malformed
    /// A loopback address where none may occur: on the link.
    case loopback
}

/// The first `count` bytes of a header, copied once its length is proven; constant offsets cost no check.
struct HeaderBytes<let count: Int> {
    private var bytes: InlineArray<count, UInt8>

    /// - Throws: `.truncated` when `span` is shorter than `count`.
    @inline(__always)
    init(_ span: RawSpan) throws(WireError) {
        guard span.byteCount >= count else { throw .truncated }
        // SAFETY: every index is below `count`, which the guard compared with the span.
        bytes = InlineArray { unsafe span.unsafeLoadUnaligned(fromUncheckedByteOffset: $0, as: UInt8.self) }
    }

    @inline(__always)
    func uint8(at offset: Int) -> UInt8 { bytes[offset] }

    @inline(__always)
    func uint16(at offset: Int) -> UInt16 { UInt16(bytes[offset]) << 8 | UInt16(bytes[offset &+ 1]) }

    @inline(__always)
    func uint32(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 16 | UInt32(uint16(at: offset &+ 2))
    }

    @inline(__always)
    func uint64(at offset: Int) -> UInt64 {
        UInt64(uint32(at: offset)) << 32 | UInt64(uint32(at: offset &+ 4))
    }
}
