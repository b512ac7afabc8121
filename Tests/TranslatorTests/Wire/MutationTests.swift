// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Hostile bytes")
struct MutationTests {
    @Test("no parser traps on mutated frames, and what is accepted lies inside the frame", arguments: 0..<4)
    func mutations(seed: UInt64) {
        var random = SplitMix64(state: seed)
        let seeds = Self.seeds
        var acceptedCount = 0
        for _ in 0..<10_000 {
            var frame = seeds[Int(random.next() % UInt64(seeds.count))]
            for _ in 0..<(random.next() % 6) where !frame.isEmpty {
                let offset = Int(random.next() % UInt64(frame.count))
                switch random.next() % 4 {
                case 0: frame[offset] = UInt8(truncatingIfNeeded: random.next())
                case 1: frame[offset] ^= 1 << UInt8(random.next() % 8)
                case 2: frame.removeSubrange(offset...)
                default: frame.insert([0, 1, 0x7f, 0x80, 0xff][Int(random.next() % 5)], at: offset)
                }
            }
            if parse(frame, isSegmentationOffloaded: random.next() & 1 == 0) { acceptedCount += 1 }
            parseHeaders(frame, from: Int(random.next() % 60))
        }
        #expect(acceptedCount > 1000)
    }

    private func parse(_ frame: [UInt8], isSegmentationOffloaded: Bool) -> Bool {
        let bytes = frame.span.bytes
        guard let parsed = try? ParsedFrame(parsing: bytes, isSegmentationOffloaded: isSegmentationOffloaded)
        else {
            return false
        }
        let isInside =
            parsed.payload.lowerBound <= parsed.payload.upperBound && parsed.payload.upperBound <= frame.count
        #expect(isInside)
        let message = bytes.extracting(parsed.payload)
        _ = try? ARPMessage(parsing: message)
        _ = try? NeighbourSolicitation(parsing: message)
        _ = try? NeighbourAdvertisement(parsing: message)
        _ = try? RouterSolicitation(parsing: message)
        _ = try? RouterAdvertisement(parsing: message)
        return true
    }

    private func parseHeaders(_ frame: [UInt8], from start: Int) {
        let bytes = frame.span.bytes.extracting(min(start, frame.count)..<frame.count)
        _ = try? EthernetHeader(parsing: bytes)
        _ = try? IPv4Header(parsing: bytes)
        _ = try? IPv6Header(parsing: bytes)
        _ = try? IPv6FragmentHeader(parsing: bytes)
        _ = try? TCPHeader(parsing: bytes)
        _ = TCPOptions(parsing: bytes.extracting(first: 40))
        _ = try? UDPHeader(parsing: bytes)
        _ = try? ICMPMessage(parsing: bytes)
        _ = try? ICMPv6Message(parsing: bytes)
        _ = try? PrefixInformation(parsing: bytes)
        _ = try? MTUOption(parsing: bytes)
        _ = try? RecursiveResolversOption(parsing: bytes)
        _ = try? VirtioNetHeader(parsing: bytes)
        _ = try? CaptureFileHeader(parsing: bytes)
        _ = try? CaptureRecordHeader(parsing: bytes)
        _ = try? NeighbourSolicitation(parsing: bytes)
        _ = try? RouterAdvertisement(parsing: bytes)
    }

    @Test("a value parsed in place, whatever it held, is the one a fresh parse gives")
    func inPlace() throws {
        var random = SplitMix64(state: 9)
        let seeds = Self.seeds
        var parsed = ParsedFrame()
        for _ in 0..<1000 {
            var frame = seeds[Int(random.next() % UInt64(seeds.count))]
            frame[Int(random.next() % UInt64(frame.count))] = UInt8(truncatingIfNeeded: random.next())

            let fresh = try? ParsedFrame(parsing: frame.span.bytes)
            let inPlace: ParsedFrame?
            do throws(WireError) {
                try parsed.parse(frame.span.bytes)
                inPlace = parsed
            } catch {
                inPlace = nil
            }

            #expect(inPlace == fresh)
        }
    }

    private static let seeds = [
        FrameFixture.tcpv4, FrameFixture.synv6, FrameFixture.udpv6,
        FrameFixture.ipv4(protocolNumber: 1, hex("08 00 00 00 12 34 00 07 aa")),
        FrameFixture.ipv6(
            nextHeader: 0, hex("2c 00 00 00 00 00 00 00  11 00 00 09 de ad be ef  00 01 00 02 00 08 00 00")),
        FrameFixture.ipv6(nextHeader: 51, hex("3c 01 00 00 00 00 00 00 00 00 00 00  06 00 00 00 00 00 00 00"))
            + [UInt8](repeating: 0x50, count: 20),
        FrameFixture.ipv6(
            nextHeader: 58,
            hex(
                """
                87 00 00 00 00 00 00 00  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
                01 01 02 00 00 00 00 01
                """
            )),
        hex("ff ff ff ff ff ff 02 00 00 00 00 01 08 06 00 01 08 00 06 04 00 01")
            + [UInt8](repeating: 2, count: 20),
    ]
}

/// A small generator with a seed, so that a failure repeats.
private struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
