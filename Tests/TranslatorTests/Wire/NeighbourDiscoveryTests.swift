// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Neighbour discovery messages")
struct NeighbourDiscoveryTests {
    @Test("a solicitation is read and written back the same, with and without a source address")
    func solicitation() {
        let fixture = hex("87 00 00 00  00 00 00 00  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01")
        #expect(refusal(fixture, Self.parseNS) == nil)
        let bare = written(24) { NeighbourSolicitation(target: hostIPv6, sourceMAC: nil).write(to: &$0) }
        #expect(bare == fixture)

        let full = fixture + hex("01 01 02 00 00 00 00 01")
        let message = NeighbourSolicitation(target: hostIPv6, sourceMAC: guestMAC)
        #expect(written(message.byteCount) { message.write(to: &$0) } == full)
        #expect((try? Self.parseNS(full.span.bytes)) == message)
        for count in 0..<full.count where count != 24 {
            #expect(refusal(Array(full[..<count]), Self.parseNS) != nil)
        }
    }

    @Test("a solicitation for a group, of another code or with an empty option is malformed")
    func malformedSolicitation() {
        let good = written(32) { NeighbourSolicitation(target: hostIPv6, sourceMAC: guestMAC).write(to: &$0) }
        for (offset, value) in [(8, UInt8(0xff)), (1, 1), (0, 136), (25, 0)] {
            var bytes = good
            bytes[offset] = value
            #expect(refusal(bytes, Self.parseNS) == .malformed)
        }
    }

    @Test("unknown options are passed over")
    func unknownOption() throws {
        let bytes =
            written(24) { NeighbourSolicitation(target: hostIPv6, sourceMAC: nil).write(to: &$0) }
            + hex("0e 01 01 02 03 04 05 06") + hex("01 02") + [UInt8](repeating: 9, count: 14)
            + hex("01 01 02 00 00 00 00 01")

        let message = try NeighbourSolicitation(parsing: bytes.span.bytes)

        #expect(message.sourceMAC == guestMAC)
    }

    @Test("an advertisement is read and written back the same")
    func advertisement() {
        let fixture = hex(
            """
            88 00 00 00  a0 00 00 00                                  // router, override
            20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
            02 01 02 00 00 00 00 02                                   // target link-layer address
            """)
        let message = NeighbourAdvertisement(
            target: guestIPv6, targetMAC: hostMAC, isRouter: true, isSolicited: false, overrides: true)

        #expect((try? NeighbourAdvertisement(parsing: fixture.span.bytes)) == message)
        #expect(written(message.byteCount) { message.write(to: &$0) } == fixture)
    }

    @Test("a router solicitation is read and written back the same")
    func routerSolicitation() {
        let fixture = hex("85 00 00 00 00 00 00 00  01 01 02 00 00 00 00 01")
        let message = RouterSolicitation(sourceMAC: guestMAC)

        #expect((try? RouterSolicitation(parsing: fixture.span.bytes)) == message)
        #expect(written(message.byteCount) { message.write(to: &$0) } == fixture)
    }

    @Test("a router advertisement is read and written back the same")
    func routerAdvertisement() {
        var message = RouterAdvertisement(
            hopLimit: 255, isManaged: true, hasOtherConfiguration: false, routerLifetime: 65535)
        message.reachableTime = 1
        message.retransmissionTimer = 2
        expectIdentity(
            hex("86 00 00 00  ff 80 ff ff  00 00 00 01  00 00 00 02"), message,
            parse: { bytes throws(WireError) in try RouterAdvertisement(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("a prefix is read and written back the same, its host bits zero")
    func prefix() {
        var prefix = PrefixInformation(
            prefix: IPv6Address(high: 0x2001_0db8_0000_0000, low: 0), prefixLength: 64, isOnLink: true,
            isAutonomous: true)
        let fixture = hex(
            """
            03 04 40 c0  ff ff ff ff  ff ff ff ff  00 00 00 00
            20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 00
            """)
        expectIdentity(
            fixture, prefix, parse: { bytes throws(WireError) in try PrefixInformation(parsing: bytes) },
            write: { $0.write(to: &$1) })

        prefix.prefix = guestIPv6
        #expect(written(32) { prefix.write(to: &$0) } == fixture)
    }

    @Test("MTU and resolvers are read and written back the same")
    func mtuAndResolvers() {
        expectIdentity(
            hex("05 01 00 00 00 00 ff f0"), MTUOption(mtu: 65520),
            parse: { bytes throws(WireError) in try MTUOption(parsing: bytes) }, write: { $0.write(to: &$1) })
        expectIdentity(
            hex(
                """
                19 05 00 00  ff ff ff ff
                20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 01
                20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 02
                """), RecursiveResolversOption([hostIPv6, guestIPv6]),
            parse: { bytes throws(WireError) in try RecursiveResolversOption(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("the search list is filled up to a multiple of 8")
    func searchList() {
        let names = hex("07 65 78 61 6d 70 6c 65 00")  // "example"

        let bytes = written(SearchListOption.length(names: names.count)) {
            SearchListOption.write(names: names.span.bytes, to: &$0)
        }

        #expect(bytes == hex("1f 03 00 00 ff ff ff ff") + names + [UInt8](repeating: 0, count: 7))
    }

    private static func parseNS(_ bytes: RawSpan) throws(WireError) -> NeighbourSolicitation {
        try NeighbourSolicitation(parsing: bytes)
    }
}
