// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Loads and stores in a stated byte order, bounds-checked. Byte order changes in `Memory/`, nowhere else.

extension RawSpan {
    /// The big-endian integer at `offset`; traps beyond the end, so prove the length first.
    @inline(__always)
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        // SAFETY: the load is bounds-checked; every bit pattern is a valid integer.
        unsafe Value(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The little-endian integer at `offset`, as in VIRTIO headers; traps beyond the end.
    @inline(__always)
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type)
        -> Value
    {
        // SAFETY: as in `bigEndian`.
        unsafe Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The integer at `offset` in the machine's own order; traps beyond the end.
    @inline(__always)
    func native<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        // SAFETY: as in `bigEndian`.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
    }
}

extension MutableRawSpan {
    /// Writes an integer in network order; traps beyond the end.
    @inline(__always)
    mutating func storeBigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }

    /// Writes an integer in VIRTIO's order; traps beyond the end.
    @inline(__always)
    mutating func storeLittleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value, at offset: Int
    ) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }

    /// Writes an integer in the machine's own order; traps beyond the end.
    @inline(__always)
    mutating func storeNative<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }

    /// Copies `source` to `offset`; traps when it does not fit.
    @inline(__always)
    mutating func copy(_ source: RawSpan, at offset: Int) {
        precondition(offset >= 0 && source.byteCount <= byteCount &- offset)
        for index in 0..<source.byteCount {
            // SAFETY: `index` is below `source.byteCount`.
            let byte = unsafe source.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt8.self)
            storeBytes(of: byte, toByteOffset: offset &+ index, as: UInt8.self)
        }
    }

    /// Copies `source` to `offset`; traps when it does not fit.
    @inline(__always)
    mutating func copy(_ source: Span<UInt8>, at offset: Int) {
        // SAFETY: a `UInt8` has no padding.
        copy(unsafe source.bytes, at: offset)
    }

    /// Zeroes `range`; traps beyond the end.
    @inline(__always)
    mutating func zero(_ range: Range<Int>) {
        for offset in range { storeBytes(of: 0, toByteOffset: offset, as: UInt8.self) }
    }
}
