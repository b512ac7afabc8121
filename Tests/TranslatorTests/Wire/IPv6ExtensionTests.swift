// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("IPv6 extension headers")
struct IPv6ExtensionTests {
    @Test("each kind is skipped by its length", arguments: [UInt8(0), 43, 60, 135, 139, 140, 253, 254])
    func skipped(kind: UInt8) throws {
        let chain = [17, 1] + [UInt8](repeating: 0, count: 14) + Self.datagram
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: kind, chain).span.bytes)

        #expect(parsed.kind == .udp && parsed.transportOffset == 70 && parsed.payload == 78..<80)
    }

    @Test("the authentication header counts in words of four bytes")
    func authentication() throws {
        let chain = [17, 4] + [UInt8](repeating: 0, count: 22) + Self.datagram
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 51, chain).span.bytes)

        #expect(parsed.kind == .udp && parsed.transportOffset == 78)
    }

    @Test("ESP ends the chain")
    func encapsulated() throws {
        let chain = hex("32 00 00 00 00 00 00 00") + Self.datagram
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 0, chain).span.bytes)

        #expect(parsed.kind == .otherIPv6 && parsed.protocolNumber == 50 && parsed.payload == 62..<72)
    }

    @Test("a packet that is its only fragment is whole")
    func atomicFragment() throws {
        let chain = hex("11 00 00 00 de ad be ef") + Self.datagram
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 44, chain).span.bytes)

        #expect(parsed.kind == .udp && parsed.transportOffset == 62)
    }

    @Test("a fragment is never taken for a packet")
    func fragment() throws {
        let chain = hex("2c 00 00 00 00 00 00 00") + hex("11 00 00 09 de ad be ef") + Self.datagram
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 60, chain).span.bytes)

        #expect(parsed.kind == .fragment && parsed.protocolNumber == 17 && parsed.payload == 70..<80)
        #expect(parsed.fragmentOffset == 8 && parsed.hasMoreFragments)
        #expect(parsed.fragmentIdentification == 0xdead_beef)
    }

    @Test("eight headers are walked, nine are malformed")
    func bound() {
        for count in 1...12 {
            var chain: [UInt8] = []
            for index in 0..<count { chain += [index == count - 1 ? 17 : 60, 0, 0, 0, 0, 0, 0, 0] }
            let frame = FrameFixture.ipv6(nextHeader: 60, chain + Self.datagram)
            #expect(refusal(frame, FrameFixture.parse) == (count <= 8 ? nil : .malformed))
        }
    }

    @Test("a chain cut anywhere is truncated")
    func truncation() {
        let chain =
            hex("2c 01") + [UInt8](repeating: 0, count: 14) + hex("33 00 00 00 00 00 00 00") + hex("11 01")
        let frame = FrameFixture.ipv6(nextHeader: 0, chain + [UInt8](repeating: 0, count: 10) + Self.datagram)
        for count in 54..<frame.count {
            var cut = Array(frame[..<count])
            cut[18] = 0
            cut[19] = UInt8(count - 54)
            #expect(refusal(cut, FrameFixture.parse) == .truncated)
        }
    }

    private static let datagram = hex("02 22 02 23 00 0a 00 00  01 02")
}
