// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A run of bytes in an `Arena`, by offset: a description that moves while the bytes stay.
struct Slice: Equatable, BitwiseCopyable {
    var offset: Int
    var byteCount: Int
}

/// One piece of a scattered buffer; the layout of the kernel's `struct iovec`.
struct IOVector: BitwiseCopyable {
    /// Address of the first byte.
    var address: UInt
    var byteCount: Int
}

/// Memory taken once at start, in which everything that carries payload lives.
///
/// The mapping lasts until exit; this value knows its bounds and hands out checked views.
@safe
struct Arena: ~Copyable {
    private let start: UnsafeMutableRawPointer
    let byteCount: Int

    /// - Parameter start: mapped memory of `byteCount` bytes that is never unmapped while this value lives.
    @unsafe
    init(start: UnsafeMutableRawPointer, byteCount: Int) {
        unsafe self.start = start
        self.byteCount = byteCount
    }

    /// The bytes of `slice`, to read; traps when it leaves the arena.
    @inline(__always)
    @_lifetime(borrow self)
    func bytes(_ slice: Slice) -> RawSpan {
        precondition(
            slice.offset >= 0 && slice.byteCount >= 0 && slice.byteCount <= byteCount &- slice.offset)
        // SAFETY: the precondition keeps the slice inside the mapping, which outlives this value.
        let span = unsafe RawSpan(_unsafeStart: start + slice.offset, byteCount: slice.byteCount)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// The bytes of `slice`, to write; traps when it leaves the arena.
    @inline(__always)
    @_lifetime(&self)
    mutating func mutableBytes(_ slice: Slice) -> MutableRawSpan {
        precondition(
            slice.offset >= 0 && slice.byteCount >= 0 && slice.byteCount <= byteCount &- slice.offset)
        // SAFETY: as in `bytes`.
        let span = unsafe MutableRawSpan(_unsafeStart: start + slice.offset, byteCount: slice.byteCount)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// `slice` as the kernel wants it named; traps when it leaves the arena.
    @inline(__always)
    func vector(_ slice: Slice) -> IOVector {
        precondition(
            slice.offset >= 0 && slice.byteCount >= 0 && slice.byteCount <= byteCount &- slice.offset)
        // SAFETY: an address is only formed here, not dereferenced.
        return unsafe IOVector(address: UInt(bitPattern: start + slice.offset), byteCount: slice.byteCount)
    }

    /// Copies bytes between two places of the arena that do not overlap; traps when either leaves it.
    @inline(__always)
    mutating func copy(_ source: Slice, to offset: Int) {
        precondition(
            source.offset >= 0 && source.byteCount >= 0 && source.byteCount <= byteCount &- source.offset)
        precondition(offset >= 0 && source.byteCount <= byteCount &- offset)
        // SAFETY: both ranges were just proven to lie inside the mapping.
        unsafe (start + offset).copyMemory(from: start + source.offset, byteCount: source.byteCount)
    }

    /// Copies bytes of another arena; traps when either range leaves its own.
    mutating func copy(from other: borrowing Arena, _ source: Slice, to offset: Int) {
        precondition(source.offset >= 0 && source.byteCount >= 0)
        precondition(source.byteCount <= other.byteCount &- source.offset)
        precondition(offset >= 0 && source.byteCount <= byteCount &- offset)
        // SAFETY: both ranges were just proven to lie inside their mappings.
        unsafe (start + offset).copyMemory(from: other.start + source.offset, byteCount: source.byteCount)
    }

    var all: Slice { Slice(offset: 0, byteCount: byteCount) }
}
