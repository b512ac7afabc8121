// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("SipHash")
struct SipHashTests {
    /// Key bytes 00 01 ... 0f, message bytes 00 01 ...: appendix A of the paper, checked with OpenSSL's SipHash.
    private static let key = SipKey(low: 0x0706_0504_0302_0100, high: 0x0f0e_0d0c_0b0a_0908)
    private static let message: [UInt64] = [
        0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908, 0x1716_1514_1312_1110, 0x1f1e_1d1c_1b1a_1918,
        0x2726_2524_2322_2120,
    ]

    @Test("2-4 gives the published values")
    func vectors24() {
        let expected: [UInt64] = [
            0x726f_db47_dd0e_0e31, 0x93f5_f579_9a93_2462, 0x3f2a_cc7f_57c2_9bdb,
            0xb8ad_50c6_f649_af94, 0x7127_512f_72f2_7cce, 0x0e3e_a96b_5304_a7d0,
        ]

        for (count, value) in expected.enumerated() {
            var hash = SipHash24(key: Self.key)
            for word in Self.message.prefix(count) { hash.add(word) }
            #expect(hash.finish() == value, "\(count) words")
        }
    }

    @Test("1-3 gives the values of OpenSSL with those rounds")
    func vectors13() {
        let expected: [UInt64] = [
            0xabac_0158_050f_c4dc, 0x3690_9511_8d29_9a8e, 0xcc4f_dd1a_7d90_8b66,
            0xf464_aeb2_6734_9c8c, 0x8115_7b6c_16a7_b60d, 0xc1d2_3632_99e4_1531,
        ]

        for (count, value) in expected.enumerated() {
            var hash = SipHash13(key: Self.key)
            for word in Self.message.prefix(count) { hash.add(word) }
            #expect(hash.finish() == value, "\(count) words")
        }
    }

    @Test("the fixed forms are the words one by one")
    func fixedForms() {
        let (m, key) = (Self.message, Self.key)

        #expect(SipHash24.of(m[0], m[1], key: key) == 0x3f2a_cc7f_57c2_9bdb)
        #expect(SipHash24.of(m[0], m[1], m[2], key: key) == 0xb8ad_50c6_f649_af94)
        #expect(SipHash24.of(m[0], m[1], m[2], m[3], key: key) == 0x7127_512f_72f2_7cce)
        #expect(SipHash24.of(m[0], m[1], m[2], m[3], m[4], key: key) == 0x0e3e_a96b_5304_a7d0)
    }
}
