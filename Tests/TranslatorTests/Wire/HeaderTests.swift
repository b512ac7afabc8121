// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Headers of L2 to L4")
struct HeaderTests {
    @Test("Ethernet is read and written back the same")
    func ethernet() {
        expectIdentity(
            hex("02 00 00 00 00 02  02 00 00 00 00 01  86 dd"),
            EthernetHeader(destination: hostMAC, source: guestMAC, etherType: EtherType.ipv6),
            parse: { bytes throws(WireError) in try EthernetHeader(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("ARP is read and written back the same")
    func arp() {
        let fixture = hex(
            """
            00 01  08 00  06 04  00 01              // Ethernet over IPv4, request
            02 00 00 00 00 01  c0 00 02 02          // sender: guest, 192.0.2.2
            00 00 00 00 00 00  c0 00 02 01          // wanted: gateway, 192.0.2.1
            """)
        expectIdentity(
            fixture,
            ARPMessage(
                .request, senderMAC: guestMAC, senderAddress: guestIPv4, targetMAC: MACAddress(bits: 0),
                targetAddress: hostIPv4),
            parse: { bytes throws(WireError) in try ARPMessage(parsing: bytes) }, write: { $0.write(to: &$1) }
        )
    }

    @Test("ARP for anything but IPv4 over Ethernet is malformed", arguments: [1, 2, 4, 5, 7])
    func strangeARP(offset: Int) {
        var bytes = hex("00 01 08 00 06 04 00 01") + [UInt8](repeating: 0, count: 20)
        bytes[offset] ^= 0x77

        #expect(refusal(bytes) { bytes throws(WireError) in try ARPMessage(parsing: bytes) } == .malformed)
    }

    @Test("an announcement and a probe are told from a request")
    func arpKinds() {
        var message = ARPMessage(
            .request, senderMAC: guestMAC, senderAddress: guestIPv4, targetMAC: MACAddress(bits: 0),
            targetAddress: guestIPv4)
        #expect(message.isAnnouncement && !message.isProbe)

        message.senderAddress = .unspecified
        #expect(!message.isAnnouncement && message.isProbe)
    }

    @Test("IPv4 is read and written back the same, with its checksum")
    func ipv4() {
        var header = IPv4Header(payload: 0, protocolNumber: 17, source: guestIPv4, destination: hostIPv4)
        header.typeOfService = 0xb8
        header.identification = 0x1234
        header.mayNotBeFragmented = false
        header.hasMoreFragments = true
        header.fragmentOffset = 1480
        header.timeToLive = 64
        let fixture = hex(
            """
            45 b8 00 14  12 34 20 b9                // 20 bytes in all, more fragments, at 185 * 8
            40 11 c3 30                             // TTL 64, UDP, checksum
            c0 00 02 02  c0 00 02 01
            """)

        expectIdentity(
            fixture, header, parse: { bytes throws(WireError) in try IPv4Header(parsing: bytes) },
            write: { $0.write(to: &$1) })
        var sum = Checksum()
        sum.add(fixture.span.bytes)
        #expect(sum.complement == 0)
    }

    @Test("IPv4 as generated: no options, don't fragment, TTL 255")
    func generatedIPv4() {
        let header = IPv4Header(payload: 100, protocolNumber: 6, source: guestIPv4, destination: hostIPv4)

        let bytes = written(20) { header.write(to: &$0) }

        #expect(Array(bytes[..<9]) == hex("45 00 00 78 00 00 40 00 ff"))
    }

    @Test("IPv4 options are skipped when read and padding when written")
    func ipv4Options() throws {
        var header = IPv4Header(payload: 0, protocolNumber: 6, source: guestIPv4, destination: hostIPv4)
        header.headerLength = 32
        header.totalLength = 32

        let bytes = written(32) { header.write(to: &$0) }

        let copy = try IPv4Header(parsing: bytes.span.bytes)
        var sum = Checksum()
        sum.add(bytes.span.bytes)
        let remainder = sum.complement
        #expect(copy == header && remainder == 0)
    }

    @Test("IPv4 whose lengths contradict each other is malformed", arguments: ["65", "44", "35"])
    func malformedIPv4(first: String) {
        var bytes = written(20) {
            IPv4Header(payload: 0, protocolNumber: 6, source: guestIPv4, destination: hostIPv4).write(to: &$0)
        }
        bytes[0] = hex(first)[0]
        #expect(refusal(bytes) { bytes throws(WireError) in try IPv4Header(parsing: bytes) } == .malformed)
    }

    @Test("IPv6 is read and written back the same")
    func ipv6() {
        var header = IPv6Header(payload: 0, nextHeader: 58, source: guestIPv6, destination: hostIPv6)
        header.trafficClass = 0xb8
        header.flowLabel = 0xabcde
        expectIdentity(
            hex(
                """
                6b 8a bc de  00 00 3a ff
                20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 02
                20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 01
                """), header, parse: { bytes throws(WireError) in try IPv6Header(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("an IPv6 fragment header is read and written back the same")
    func ipv6Fragment() {
        expectIdentity(
            hex("11 00 05 a9 de ad be ef"),
            IPv6FragmentHeader(
                nextHeader: 17, fragmentOffset: 1448, hasMoreFragments: true, identification: 0xdead_beef),
            parse: { bytes throws(WireError) in try IPv6FragmentHeader(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("TCP is read and written back the same")
    func tcp() {
        var header = TCPHeader(
            sourcePort: 0x3039, destinationPort: 80, sequenceNumber: 0xffff_fffe, flags: [.syn, .ack, .echo])
        header.acknowledgment = 0x0102_0304
        header.window = 0xfedc
        header.checksum = 0x5566
        header.urgentPointer = 0x7788
        expectIdentity(
            hex("30 39 00 50  ff ff ff fe  01 02 03 04  50 52 fe dc  55 66 77 88"), header,
            parse: { bytes throws(WireError) in try TCPHeader(parsing: bytes) }, write: { $0.write(to: &$1) })
    }

    @Test("a TCP header length below 20 is malformed, one beyond the segment truncated")
    func tcpLength() {
        let bytes = hex("30 39 00 50  00 00 00 00  00 00 00 00  40 02 00 00  00 00 00 00")
        #expect(refusal(bytes) { bytes throws(WireError) in try TCPHeader(parsing: bytes) } == .malformed)

        var longer = bytes
        longer[12] = 0x60
        #expect(refusal(longer) { bytes throws(WireError) in try TCPHeader(parsing: bytes) } == .truncated)
    }

    @Test("UDP is read and written back the same")
    func udp() {
        var header = UDPHeader(sourcePort: 68, destinationPort: 67, payload: 0)
        header.checksum = 0xbeef
        expectIdentity(
            hex("00 44 00 43 00 08 be ef"), header,
            parse: { bytes throws(WireError) in try UDPHeader(parsing: bytes) }, write: { $0.write(to: &$1) })
    }

    @Test("a UDP length below 8 or beyond the packet is malformed", arguments: [UInt8(0), 7, 9])
    func udpLength(length: UInt8) {
        let bytes: [UInt8] = [0, 68, 0, 67, 0, length, 0, 0]
        #expect(refusal(bytes) { bytes throws(WireError) in try UDPHeader(parsing: bytes) } == .malformed)
    }

    @Test("the pseudo-header's sum completes a UDP checksum in both versions")
    func pseudoHeader() {
        let datagram = hex("00 44 00 43 00 0a 00 00  ab cd")

        let v4 = PseudoHeader(
            source: IPAddress(guestIPv4), destination: IPAddress(hostIPv4), protocolNumber: 17, byteCount: 10
        ).checksumField(of: datagram.span.bytes)
        let v6 = PseudoHeader(guestIPv6, hostIPv6, protocolNumber: 17, byteCount: 10)
            .checksumField(of: datagram.span.bytes)

        #expect(v4 == 0xcf81)
        #expect(v6 == 0xf810)
    }

    @Test("a UDP checksum of 0 is sent as 0xffff")
    func zeroChecksum() {
        var datagram = hex("00 00 00 00 00 08 00 00")
        let pseudoHeader = PseudoHeader(
            source: IPAddress(IPv4Address(0)), destination: IPAddress(IPv4Address(0)), protocolNumber: 17,
            byteCount: 8)
        let rest = ~UInt16(8 + 17 + 8)
        datagram[0] = UInt8(rest >> 8)
        datagram[1] = UInt8(rest & 0xff)

        #expect(pseudoHeader.checksumField(of: datagram.span.bytes) == 0xffff)
    }
}
