// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// A stream whose every byte follows from its position, so that nobody has to keep what was sent.
struct StreamPattern {
    /// A prime, so that a shift of any power of two shows.
    private static let period = 61_441
    private static let table: [UInt8] = {
        var random = SplitMix(seed: 1)
        let bytes = (0..<period).map { _ in UInt8.random(in: 0...255, using: &random) }
        return bytes + bytes + bytes
    }()

    /// Tells the streams of a simulation apart.
    let salt: Int

    /// Bytes from `position` on; at most `period` of them.
    func array(at position: Int, count: Int) -> ArraySlice<UInt8> {
        let start = (position + salt * 977) % Self.period
        return Self.table[start..<start + count]
    }

    /// Whether `bytes` are the stream's from `position` on.
    func matches(_ bytes: RawSpan, at position: Int) -> Bool {
        let expected = array(at: position, count: bytes.byteCount)
        return bytes.withUnsafeBytes { $0.elementsEqualQuickly(expected) }
    }

    func write(to bytes: inout MutableRawSpan, at position: Int) {
        let source = array(at: position, count: bytes.byteCount)
        bytes.withUnsafeMutableBytes { target in
            source.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func elementsEqualQuickly(_ other: ArraySlice<UInt8>) -> Bool {
        other.withUnsafeBytes { other in
            var offset = 0
            while offset + 8 <= count {
                let mine = loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard mine == other.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else {
                    return false
                }
                offset += 8
            }
            while offset < count {
                guard self[offset] == other[offset] else { return false }
                offset += 1
            }
            return true
        }
    }
}
