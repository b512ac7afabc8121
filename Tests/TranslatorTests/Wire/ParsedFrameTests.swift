// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("Frames parsed in one pass")
struct ParsedFrameTests {
    @Test("a TCP segment over IPv4, its padding trimmed")
    func tcpv4() throws {
        let parsed = try ParsedFrame(parsing: (FrameFixture.tcpv4 + [0, 0, 0, 0]).span.bytes)

        #expect(parsed.kind == .tcp && parsed.version == .v4 && parsed.etherType == EtherType.ipv4)
        #expect(parsed.sourceMAC == guestMAC)
        #expect(parsed.source == IPAddress(guestIPv4) && parsed.destination == IPAddress(hostIPv4))
        #expect(parsed.trafficClass == 0x10 && parsed.hopLimit == 64 && parsed.protocolNumber == 6)
        #expect(parsed.sourcePort == 12345 && parsed.destinationPort == 80)
        #expect(parsed.sequenceNumber == 0x0102_0304 && parsed.acknowledgment == 0x0506_0708)
        #expect(parsed.flags == [.ack, .push] && parsed.window == 0x01f6)
        #expect(parsed.options.timestamps == TCPTimestamps(value: 7, echo: 9))
        #expect(parsed.transportOffset == 34 && parsed.payload == 66..<69 && parsed.payloadByteCount == 3)
    }

    @Test("a SYN's options and SACK blocks are in the value")
    func synOptions() throws {
        let parsed = try ParsedFrame(parsing: FrameFixture.synv6.span.bytes)

        #expect(parsed.kind == .tcp && parsed.version == .v6)
        #expect(parsed.source == IPAddress(guestIPv6) && parsed.destination == IPAddress(hostIPv6))
        #expect(parsed.flags == .syn && parsed.payloadByteCount == 0)
        #expect(parsed.options.maximumSegmentSize == 1440 && parsed.options.windowScale == 7)
        #expect(parsed.options.permitsSACK && parsed.options.timestamps == nil)
        #expect(parsed.flowLabel == 0xabcde && parsed.trafficClass == 0xb8 && parsed.hopLimit == 63)
    }

    @Test("the UDP length ends the payload, whatever the IP header says")
    func udp() throws {
        let parsed = try ParsedFrame(parsing: FrameFixture.udpv6.span.bytes)

        #expect(parsed.kind == .udp && parsed.sourcePort == 546 && parsed.destinationPort == 547)
        #expect(parsed.payload == 62..<64)
    }

    @Test("IPv6 padding is trimmed")
    func paddedIPv6() throws {
        let parsed = try ParsedFrame(parsing: (FrameFixture.synv6 + [1, 2, 3]).span.bytes)

        #expect(parsed.payloadByteCount == 0)
    }

    @Test("echo of both versions")
    func echo() throws {
        let v4 = try ParsedFrame(
            parsing: FrameFixture.ipv4(protocolNumber: 1, hex("08 00 00 00 12 34 00 07 aa")).span.bytes)
        #expect(v4.kind == .icmpEcho && v4.isEchoRequest && v4.icmpType == 8)
        #expect(v4.echoIdentifier == 0x1234 && v4.echoSequence == 7 && v4.payload == 42..<43)

        let v6 = try ParsedFrame(
            parsing: FrameFixture.ipv6(nextHeader: 58, hex("81 00 00 00 12 34 00 07")).span.bytes)
        #expect(v6.kind == .icmpEcho && !v6.isEchoRequest && v6.payload == 62..<62)
    }

    @Test(
        "neighbour discovery is told from other ICMPv6",
        arguments: [(UInt8(132), false), (133, true), (137, true), (138, false)])
    func neighbour(type: UInt8, isNeighbour: Bool) throws {
        let message = [type] + [UInt8](repeating: 0, count: 23)
        let parsed = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 58, message).span.bytes)

        #expect(parsed.kind == (isNeighbour ? .neighbourDiscovery : .otherIPv6))
        #expect(parsed.payload == 54..<78 && parsed.icmpType == type)
    }

    @Test(
        "ARP is handed on, other EtherTypes are ignored", arguments: [UInt16(0x0806), 0x8100, 0x88cc, 0x0026])
    func etherTypes(type: UInt16) throws {
        let frame = hex("ff ff ff ff ff ff 02 00 00 00 00 01") + [UInt8(type >> 8), UInt8(type & 0xff), 1, 2]
        let parsed = try ParsedFrame(parsing: frame.span.bytes)

        #expect(parsed.kind == (type == EtherType.arp ? .arp : .ignored) && parsed.sourceMAC == guestMAC)
        #expect(parsed.payload == (type == EtherType.arp ? 14..<16 : 0..<0))
    }

    @Test("other protocols carry their payload")
    func otherProtocols() throws {
        let sctp = try ParsedFrame(parsing: FrameFixture.ipv4(protocolNumber: 132, [1, 2, 3]).span.bytes)
        #expect(sctp.kind == .otherIPv4 && sctp.protocolNumber == 132 && sctp.payload == 34..<37)

        let none = try ParsedFrame(parsing: FrameFixture.ipv6(nextHeader: 59, []).span.bytes)
        #expect(none.kind == .otherIPv6 && none.protocolNumber == ProtocolNumber.noNextHeader)
    }

    @Test("loopback on the link is refused by that name", arguments: [26, 30])
    func loopbackIPv4(offset: Int) {
        var frame = FrameFixture.tcpv4
        frame[offset] = 127
        #expect(refusal(frame, FrameFixture.parse) == .loopback)
    }

    @Test("IPv6 loopback and mapped addresses are refused", arguments: [22, 38])
    func loopbackIPv6(offset: Int) {
        var frame = FrameFixture.synv6
        for (bytes, reason) in [
            (hex("00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01"), WireError.loopback),
            (hex("00 00 00 00 00 00 00 00 00 00 ff ff 7f 00 00 01"), .loopback),
            (hex("00 00 00 00 00 00 00 00 00 00 ff ff c0 00 02 01"), .malformed),
        ] {
            frame.replaceSubrange(offset..<offset + 16, with: bytes)
            #expect(refusal(frame, FrameFixture.parse) == reason)
        }
    }

    @Test("an unspecified IPv6 source is fine: duplicate address detection has it")
    func unspecifiedSource() {
        var frame = FrameFixture.synv6
        for index in 22..<38 { frame[index] = 0 }
        #expect(refusal(frame, FrameFixture.parse) == nil)
    }

    @Test(
        "a frame cut anywhere is truncated",
        arguments: [FrameFixture.tcpv4, FrameFixture.synv6, FrameFixture.udpv6])
    func truncation(frame: [UInt8]) {
        for count in 0..<frame.count {
            #expect(refusal(Array(frame[..<count]), FrameFixture.parse) == .truncated)
        }
    }

    @Test("lengths that contradict each other are malformed")
    func contradictions() {
        for (offset, value) in [(14, UInt8(0x44)), (14, 0x55), (17, 19), (46, 0x40)] {
            var frame = FrameFixture.tcpv4
            frame[offset] = value
            #expect(refusal(frame, FrameFixture.parse) == .malformed, "byte \(offset)")
        }
        var long = FrameFixture.tcpv4
        long[46] = 0xf0
        #expect(refusal(long, FrameFixture.parse) == .truncated)
        var datagram = FrameFixture.udpv6
        datagram[59] = 7
        #expect(refusal(datagram, FrameFixture.parse) == .malformed)
    }

    @Test("length 0 means the rest of the frame for offloaded runs only")
    func offloaded() throws {
        for (fixture, field) in [(FrameFixture.tcpv4, 16), (FrameFixture.synv6, 18)] {
            var frame = fixture + [UInt8](repeating: 7, count: 65000)
            frame[field] = 0
            frame[field + 1] = 0

            let parsed = try ParsedFrame(parsing: frame.span.bytes, isSegmentationOffloaded: true)

            #expect(parsed.kind == .tcp && parsed.payload.upperBound == frame.count)
            #expect(refusal(frame, FrameFixture.parse) != nil)
        }
    }

    @Test("IPv4 fragments, first, middle and last, are never taken for packets")
    func ipv4Fragments() throws {
        for (place, offset, hasMore) in [
            (UInt16(0x2000), UInt16(0), true), (0x2001, 8, true), (0x0005, 40, false),
        ] {
            var frame = FrameFixture.tcpv4
            frame[20] = UInt8(place >> 8)
            frame[21] = UInt8(place & 0xff)

            let parsed = try ParsedFrame(parsing: frame.span.bytes)

            #expect(parsed.kind == .fragment && parsed.protocolNumber == 6 && parsed.payload == 34..<69)
            #expect(parsed.fragmentOffset == offset && parsed.hasMoreFragments == hasMore)
            #expect(parsed.fragmentIdentification == 0x1234)
        }
    }

    @Test("parsing allocates nothing")
    func allocations() {
        guard malloc_guard_is_active() != 0 else { return }
        let frames = [FrameFixture.tcpv4, FrameFixture.synv6, FrameFixture.udpv6]
        var inPlace = ParsedFrame()
        var (sum, counts) = (0, [UInt64](repeating: 0, count: 2))
        for round in 0..<2 {  // the first round meets the runtime's own lazy metadata
            let before = malloc_guard_count()
            for index in 0..<3 {
                let frame = frames[index]
                if let parsed = try? ParsedFrame(parsing: frame.span.bytes) { sum += parsed.payloadByteCount }
                if (try? inPlace.parse(frame.span.bytes)) != nil { sum += inPlace.payloadByteCount }
            }
            counts[round] = malloc_guard_count() - before
        }
        #expect(counts[1] == 0 && sum == 20)
    }
}

/// Whole frames from the guest.
enum FrameFixture {
    static let tcpv4 = hex(
        """
        02 00 00 00 00 02  02 00 00 00 00 01  08 00
        45 10 00 37  12 34 40 00  40 06 00 00  c0 00 02 02  c0 00 02 01
        30 39 00 50  01 02 03 04  05 06 07 08  80 18 01 f6  00 00 00 00
        01 01 08 0a  00 00 00 07  00 00 00 09
        61 62 63
        """)
    static let synv6 = hex(
        """
        02 00 00 00 00 02  02 00 00 00 00 01  86 dd
        6b 8a bc de  00 20 06 3f
        20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 02
        20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 01
        30 39 00 50  01 02 03 04  00 00 00 00  80 02 ff ff  00 00 00 00
        02 04 05 a0  01 01 04 02  01 03 03 07
        """)
    static let udpv6 = ipv6(nextHeader: 17, hex("02 22 02 23 00 0a 00 00  01 02  ff ff"))

    static func ipv4(protocolNumber: UInt8, _ payload: [UInt8]) -> [UInt8] {
        written(34) { bytes in
            EthernetHeader(destination: hostMAC, source: guestMAC, etherType: EtherType.ipv4).write(
                to: &bytes)
            IPv4Header(
                payload: payload.count, protocolNumber: protocolNumber, source: guestIPv4,
                destination: hostIPv4
            ).write(to: &bytes, at: 14)
        } + payload
    }

    static func ipv6(nextHeader: UInt8, _ payload: [UInt8]) -> [UInt8] {
        written(54) { bytes in
            EthernetHeader(destination: hostMAC, source: guestMAC, etherType: EtherType.ipv6).write(
                to: &bytes)
            IPv6Header(
                payload: payload.count, nextHeader: nextHeader, source: guestIPv6, destination: hostIPv6
            )
            .write(to: &bytes, at: 14)
        } + payload
    }

    static func parse(_ bytes: RawSpan) throws(WireError) -> ParsedFrame { try ParsedFrame(parsing: bytes) }
}
