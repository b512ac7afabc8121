// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Arrays of bytes as raw memory, for what is encoded once at start.

extension Span<UInt8> {
    /// The same bytes, untyped.
    @inline(__always)
    var raw: RawSpan {
        // SAFETY: a `UInt8` has no padding.
        @_lifetime(copy self) get { unsafe bytes }
    }
}

extension [UInt8] {
    /// The first bytes of a zeroed buffer that `write` filled, as many as it returns.
    init(capacity byteCount: Int, write: (inout MutableRawSpan) -> Int) {
        var buffer = [UInt8](repeating: 0, count: byteCount)
        var span = buffer.mutableSpan
        // SAFETY: a `UInt8` has no padding, and every bit pattern is one.
        var bytes = unsafe span.mutableBytes
        let written = write(&bytes)
        buffer.removeLast(byteCount - written)
        self = buffer
    }
}
