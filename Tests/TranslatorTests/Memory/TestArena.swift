// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

extension Arena {
    /// An arena for one test; its memory is never returned.
    static func forTest(byteCount: Int) -> Arena {
        let start = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 4096)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        return Arena(start: start, byteCount: byteCount)
    }

    /// A copy of the bytes of `slice`.
    func array(_ slice: Slice) -> [UInt8] {
        bytes(slice).withUnsafeBytes { Array($0) }
    }

    /// Writes `bytes` at `offset`.
    mutating func store(_ bytes: [UInt8], at offset: Int) {
        var span = mutableBytes(Slice(offset: offset, byteCount: bytes.count))
        span.withUnsafeMutableBytes { target in
            bytes.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }
}
