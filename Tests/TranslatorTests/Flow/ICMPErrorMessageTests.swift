// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("ICMP errors for the guest")
struct ICMPErrorMessageTests {
    @Test("an IPv4 datagram that nobody wants: port unreachable from the destination, as the guest knows it")
    func portUnreachable() throws {
        let fixture = TranslationFixture(.v4)
        let message = try #require(
            Self.message(fixture, .icmp, type: 3, code: 3, offender: fixture.dnsHost, byteCount: 4))

        let bytes = Self.bytes(message, quoting: [0xde, 0xad, 0xbe, 0xef])

        #expect(message.source == fixture.dnsMatch)
        #expect(message.destination == fixture.observed)
        #expect(
            bytes
                == Self.hex(
                    """
                    03 03 00 00 00 00 00 00                                      // port unreachable
                    45 00 00 20 00 00 40 00 ff 11 f7 ae c0 00 02 10 c0 00 02 0d  // IPv4: 192.0.2.16 to 192.0.2.13
                    0f a0 00 35 00 0c 00 00                                      // UDP: 4000 to 53, 12 bytes
                    de ad be ef
                    """))
    }

    @Test("an IPv6 datagram that is too big for a router's link")
    func packetTooBig() throws {
        let fixture = TranslationFixture(.v6)
        let message = try #require(
            Self.message(
                fixture, .icmpv6, type: 2, code: 0, mtu: 1280, offender: fixture.elsewhere, byteCount: 2))

        let bytes = Self.bytes(message, quoting: [1, 2])

        #expect(message.source == fixture.elsewhere)
        #expect(
            bytes
                == Self.hex(
                    """
                    02 00 00 00 00 00 05 00                          // packet too big: 1280
                    60 00 00 00 00 0a 11 ff                          // IPv6, 10 bytes of UDP
                    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 10  // from 2001:db8::10
                    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0d  // to 2001:db8::d
                    0f a0 00 35 00 0a 00 00                          // UDP: 4000 to 53, 10 bytes
                    01 02
                    """))
    }

    @Test("a connection that cannot be made: the guest's SYN is quoted up to its sequence number")
    func unreachable() {
        let fixture = TranslationFixture(.v4)
        let message = ICMPErrorMessage(
            .host,
            about: .syn(
                from: Endpoint(address: fixture.observed, port: 4000),
                to: Endpoint(address: fixture.elsewhere, port: 80), sequence: 0x0102_0304),
            translation: AddressTranslation(mapping: fixture.mapping()))

        let bytes = Self.bytes(message, quoting: [])

        #expect(message.source == fixture.ours)
        #expect(message.destination == fixture.observed)
        #expect(bytes.prefix(8) == [3, 1, 0, 0, 0, 0, 0, 0])
        #expect(bytes[8 + 9] == 6 && bytes[8 + 3] == 40)
        #expect(bytes.suffix(8) == [0x0f, 0xa0, 0, 80, 1, 2, 3, 4])
    }

    @Test(
        "each reason has the code of its version",
        arguments: [
            (IPVersion.v4, ConnectFailure.Unreachable.network, 3, 0), (.v4, .host, 3, 1),
            (.v4, .prohibited, 3, 13),
            (.v6, .network, 1, 0), (.v6, .host, 1, 3), (.v6, .prohibited, 1, 1),
        ] as [(IPVersion, ConnectFailure.Unreachable, UInt8, UInt8)])
    func reasons(version: IPVersion, reason: ConnectFailure.Unreachable, type: UInt8, code: UInt8) {
        let fixture = TranslationFixture(version)
        let message = ICMPErrorMessage(
            reason,
            about: .syn(
                from: Endpoint(address: fixture.observed, port: 4000),
                to: Endpoint(address: fixture.elsewhere, port: 80), sequence: 1),
            translation: AddressTranslation(mapping: fixture.mapping()))

        #expect(Self.bytes(message, quoting: []).prefix(2) == [type, code])
    }

    @Test("each version's errors and no other messages are passed on", arguments: IPVersion.allCases)
    func types(version: IPVersion) {
        let fixture = TranslationFixture(version)
        let errors: Set<UInt8> = version == .v4 ? [3, 11, 12] : [1, 2, 3, 4]
        let own: DatagramError.Origin = version == .v4 ? .icmp : .icmpv6
        for origin in [DatagramError.Origin.none, .local, .icmp, .icmpv6, .other] {
            for type in UInt8.min...UInt8.max {
                let message = Self.message(fixture, origin, type: type, code: 1, offender: fixture.elsewhere)

                #expect((message != nil) == (origin == own && errors.contains(type)), "\(origin) \(type)")
            }
        }
    }

    @Test(
        "a datagram that this host finds too long is one that needs fragments", arguments: IPVersion.allCases)
    func localErrors(version: IPVersion) throws {
        let fixture = TranslationFixture(version)
        let message = try #require(Self.message(fixture, .local, errno: 90, mtu: 1400))

        let bytes = Self.bytes(message, quoting: [])

        #expect(message.source == fixture.ours)
        #expect(
            Array(bytes.prefix(8)) == [version == .v4 ? 3 : 2, version == .v4 ? 4 : 0, 0, 0, 0, 0, 5, 0x78])
        #expect(Self.message(fixture, .local, errno: 111, mtu: 1400) == nil)
        #expect(Self.message(fixture, .local, errno: 90, mtu: 0) == nil)
    }

    @Test("reporters are shown as the guest knows them, and those it cannot know are left out")
    func reporters() {
        var fixture = TranslationFixture(.v4)
        let sources = [IPAddress.loopback(.v4), fixture.assigned, fixture.elsewhere].map {
            Self.message(fixture, .icmp, type: 11, code: 0, offender: $0)?.source
        }
        #expect(sources == [fixture.mappedLoopback, fixture.mappedGuest, fixture.elsewhere])

        fixture = TranslationFixture(.v4)
        var mapping = fixture.plainMapping()
        mapping.v4.ours = nil
        let unknown = Self.message(
            fixture, .icmp, type: 11, code: 0, offender: .loopback(.v4), mapping: mapping)
        #expect(unknown == nil)
    }

    @Test(
        "an echo request that met its hop limit is quoted with the guest's identifier",
        arguments: IPVersion.allCases)
    func echo(version: IPVersion) throws {
        let fixture = TranslationFixture(version)
        let original = ICMPErrorMessage.Original.echoRequest(
            from: fixture.observed, to: fixture.elsewhere, identifier: 0x1234)
        let error = DatagramError(
            origin: version == .v4 ? .icmp : .icmpv6, code: 113, type: version == .v4 ? 11 : 3, icmpCode: 0,
            mtu: 0,
            offender: fixture.linkLocal, destination: nil, byteCount: 10)
        let message = try #require(
            ICMPErrorMessage(
                error, about: original, peer: fixture.elsewhere,
                translation: AddressTranslation(mapping: fixture.mapping()),
                observed: fixture.observedAddresses()))

        let request: [UInt8] = [version == .v4 ? 8 : 128, 0, 0xab, 0xcd, 0x99, 0x99, 0, 7, 1, 2]
        let bytes = Self.bytes(message, quoting: request)

        let quoted = Array(bytes.suffix(10))
        #expect(message.source == fixture.linkLocal)
        #expect(quoted == [version == .v4 ? 8 : 128, 0, 0xab, 0xcd, 0x12, 0x34, 0, 7, 1, 2])
        #expect(bytes.count == 8 + (version == .v4 ? 20 : 40) + 10)
    }

    @Test("the quote is cut so that every link carries the error", arguments: IPVersion.allCases)
    func quoteLimit(version: IPVersion) throws {
        let fixture = TranslationFixture(version)
        let message = try #require(Self.message(fixture, .local, errno: 90, mtu: 1400, byteCount: 9000))

        #expect(message.byteCount == (version == .v4 ? 576 - 20 : 1280 - 40))
    }

    /// About a query of the guest's to the mapped resolver.
    private static func message(
        _ fixture: TranslationFixture, _ origin: DatagramError.Origin, errno: Int32 = 0, type: UInt8 = 0,
        code: UInt8 = 0, mtu: UInt32 = 0, offender: IPAddress? = nil, byteCount: Int = 0,
        mapping: AddressMapping? = nil
    ) -> ICMPErrorMessage? {
        let error = DatagramError(
            origin: origin, code: errno, type: type, icmpCode: code, mtu: mtu, offender: offender,
            destination: nil,
            byteCount: byteCount)
        let original = ICMPErrorMessage.Original.udp(
            from: Endpoint(address: fixture.observed, port: 4000),
            to: Endpoint(address: fixture.dnsMatch, port: 53))
        return ICMPErrorMessage(
            error, about: original, peer: fixture.dnsHost,
            translation: AddressTranslation(mapping: mapping ?? fixture.mapping()),
            observed: fixture.observedAddresses())
    }

    /// The message, written around bytes that were received in place.
    private static func bytes(_ message: ICMPErrorMessage, quoting quote: [UInt8]) -> [UInt8] {
        var bytes = Array(repeating: UInt8(0x55), count: message.byteCount)
        bytes.replaceSubrange(ICMPErrorMessage.quoteOffset(message.original)..., with: quote)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        message.write(to: &raw)
        return bytes
    }

    private static func hex(_ text: String) -> [UInt8] {
        text.split(separator: "\n").flatMap { line in
            line.prefix(while: { $0 != "/" }).split(separator: " ").compactMap { UInt8($0, radix: 16) }
        }
    }
}
