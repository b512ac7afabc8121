// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// `count` bytes somewhere in a span, proven once to lie inside it and read in place; constant offsets cost
/// no check.
///
/// For the hot path; `HeaderBytes` copies, and is what memory that can change under us needs when a field is
/// read twice.
struct HeaderView<let count: Int>: ~Escapable {
    private let span: RawSpan
    private let start: Int

    /// - Throws: `.truncated` when fewer than `count` bytes follow `start`.
    @inline(__always)
    @_lifetime(copy span)
    init(_ span: RawSpan, at start: Int) throws(WireError) {
        guard start >= 0, start <= span.byteCount &- count else { throw .truncated }
        self.span = span
        self.start = start
    }

    @inline(__always)
    func uint8(at offset: Int) -> UInt8 { load(at: offset) }
    @inline(__always)
    func uint16(at offset: Int) -> UInt16 { load(at: offset) }
    @inline(__always)
    func uint32(at offset: Int) -> UInt32 { load(at: offset) }
    @inline(__always)
    func uint64(at offset: Int) -> UInt64 { load(at: offset) }

    @inline(__always)
    private func load<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        precondition(offset >= 0 && offset &+ (Value.bitWidth >> 3) <= count)  // folds for a constant offset
        // SAFETY: `init` proved `start + count` to be inside the span, and the line above that this load is
        // below it.
        return unsafe Value(
            bigEndian: span.unsafeLoadUnaligned(fromUncheckedByteOffset: start &+ offset, as: Value.self))
    }
}
