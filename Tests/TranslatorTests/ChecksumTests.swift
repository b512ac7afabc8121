// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The Internet checksum")
struct ChecksumTests {
    @Test("the example of RFC 1071, section 3")
    func example() {
        let bytes: [UInt8] = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]
        var checksum = Checksum()

        checksum.add(bytes.span.bytes)

        #expect(checksum.folded == 0xddf2)
    }

    @Test("an odd last byte counts as the high half of a word", arguments: 0..<9)
    func oddLength(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 17 &* $0 &+ 200) }
        var expected = 0
        for (index, byte) in bytes.enumerated() { expected += Int(byte) << (index % 2 == 0 ? 8 : 0) }
        while expected > 0xffff { expected = (expected & 0xffff) + expected >> 16 }
        var checksum = Checksum()

        checksum.add(bytes.span.bytes)

        #expect(Int(checksum.folded) == expected)
    }
}
