// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Neighbour discovery: who answers for whom")
struct NeighbourDiscoveryResponderTests {
    /// A solicitation for fe80::1 with the guest's MAC.
    private static let neighbourSolicitation = hexBytes(
        """
        87 00 12 34  00 00 00 00                             // neighbour solicitation
        fe 80 00 00 00 00 00 00  00 00 00 00 00 00 00 01     // target
        01 01 02 00 00 00 00 01                              // source link-layer address
        """)
    private static let routerSolicitation = hexBytes(
        """
        85 00 12 34  00 00 00 00                             // router solicitation
        01 01 02 00 00 00 00 01                              // source link-layer address
        """)

    private struct Answer {
        var reply: NeighbourDiscoveryReply
        var bytes: [UInt8]
    }

    private func answer(
        _ message: [UInt8], from source: IPv6Address = .documentationLinkLocal, hopLimit: UInt8 = 255,
        network: GuestNetwork = .documentation
    ) -> Answer? {
        var buffer = [UInt8](repeating: 0xaa, count: NeighbourDiscoveryResponder.largestReply)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        let reply = NeighbourDiscoveryResponder(network: network).reply(
            toICMPv6: message.span.bytes, source: source, destination: .allRouters, hopLimit: hopLimit,
            advertiser: RouterAdvertiser(network: network), into: &raw)
        return reply.map { Answer(reply: $0, bytes: Array(buffer[..<$0.byteCount])) }
    }

    private func solicitation(for target: IPv6Address) -> [UInt8] {
        [0x87, 0, 0, 0, 0, 0, 0, 0] + target.wireBytes
    }

    @Test("a neighbour solicitation gets an advertisement with our MAC")
    func neighbour() throws {
        let advertisement = try #require(answer(Self.neighbourSolicitation))

        #expect(
            advertisement.bytes
                == hexBytes(
                    """
                    88 00 00 00  e0 00 00 00                         // router, solicited, override
                    fe 80 00 00 00 00 00 00  00 00 00 00 00 00 00 01 // target
                    02 01 9a 55 9a 55 9a 55                          // target link-layer address
                    """))
        #expect(
            advertisement.reply
                == NeighbourDiscoveryReply(
                    byteCount: 32, source: .documentationRouter, destination: .documentationLinkLocal))
    }

    @Test("any target is ours, but the assigned address and the sender's own")
    func targets() {
        let elsewhere = IPv6Address(high: 0x2001_0db8_ffff_0000, low: 9)

        #expect(answer(solicitation(for: elsewhere)).map { Array($0.bytes[8..<24]) } == elsewhere.wireBytes)
        #expect(answer(solicitation(for: .documentationGuest)) == nil)
        #expect(answer(solicitation(for: .documentationLinkLocal)) == nil)
        #expect(answer(solicitation(for: .allNodes)) == nil)
        #expect(answer(solicitation(for: .unspecified)) == nil)
        #expect(answer(solicitation(for: .loopback)) == nil)
    }

    @Test("duplicate address detection finds no duplicate")
    func duplicateDetection() {
        #expect(answer(solicitation(for: .documentationRouter), from: .unspecified) == nil)
    }

    @Test("a router solicitation gets the advertisement, unicast where the sender has an address")
    func router() {
        let unicast = answer(Self.routerSolicitation)
        let multicast = answer([0x85, 0, 0, 0, 0, 0, 0, 0], from: .unspecified)

        #expect(unicast?.bytes.first == 0x86)
        #expect(unicast?.reply.source == .documentationRouter)
        #expect(unicast?.reply.destination == .documentationLinkLocal)
        #expect(multicast?.reply.destination == .allNodes)
    }

    @Test("a router solicitation from nowhere that still says where is void")
    func routerFromNowhere() {
        #expect(answer(Self.routerSolicitation, from: .unspecified) == nil)
    }

    @Test("a packet that was forwarded is void", arguments: [0, 64, 254] as [UInt8])
    func hopLimit(value: UInt8) {
        #expect(answer(Self.neighbourSolicitation, hopLimit: value) == nil)
        #expect(answer(Self.routerSolicitation, hopLimit: value) == nil)
    }

    @Test("a code other than 0, an option of length 0 and one that leaves the message make it void")
    func malformed() {
        for message in [Self.neighbourSolicitation, Self.routerSolicitation] {
            var code = message
            code[1] = 1
            var empty = message
            empty[message.count - 7] = 0
            var long = message
            long[message.count - 7] = 2

            for broken in [code, empty, long] { #expect(answer(broken) == nil) }
        }
    }

    @Test("a message cut inside its fixed part or an option is void")
    func truncated() {
        for count in 0..<32 {
            #expect((answer(Array(Self.neighbourSolicitation[..<count])) != nil) == (count == 24))
        }
        for count in 0..<16 {
            #expect((answer(Array(Self.routerSolicitation[..<count])) != nil) == (count == 8))
        }
    }

    @Test(
        "advertisements, redirects and everything else are not answered",
        arguments: [128, 129, 134, 136, 137, 0])
    func others(type: UInt8) {
        var message = Self.neighbourSolicitation
        message[0] = type

        #expect(answer(message) == nil)
    }

    @Test("the service takes all five messages of neighbour discovery")
    func handled() {
        let types = (0...255).map { UInt8($0) }.filter(NeighbourDiscoveryResponder.handles)

        #expect(types == [133, 134, 135, 136, 137])
    }

    @Test("each service can be off")
    func off() {
        var withoutRouter = GuestNetwork.documentation
        withoutRouter.services.routerAdvertisements = false
        var without = GuestNetwork.documentation
        without.services.ndp = false

        #expect(answer(Self.routerSolicitation, network: withoutRouter) == nil)
        #expect(answer(Self.neighbourSolicitation, network: withoutRouter) != nil)
        #expect(answer(Self.neighbourSolicitation, network: without) == nil)
        #expect(answer(Self.routerSolicitation, network: without) == nil)
    }

    @Test("the initial solicitation asks for the assigned address in our name")
    func initial() {
        var buffer = [UInt8](repeating: 0xaa, count: 100)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes

        let reply = NeighbourDiscoveryResponder(network: .documentation).writeInitialSolicitation(into: &raw)

        #expect(
            reply
                == NeighbourDiscoveryReply(
                    byteCount: 32, source: .documentationRouter,
                    destination: IPv6Address(high: 0xff02_0000_0000_0000, low: 0x1_ff00_0002)))
        #expect(
            Array(buffer[..<32])
                == hexBytes("87 00 00 00  00 00 00 00") + IPv6Address.documentationGuest.wireBytes
                + hexBytes("01 01 9a 55 9a 55 9a 55"))
    }

    @Test("without assigned address or service there is no initial solicitation")
    func noInitial() {
        var local = GuestNetwork.documentation
        local.ipv6?.address = nil
        var without = GuestNetwork.documentation
        without.services.ndp = false
        var buffer = [UInt8](repeating: 0, count: 100)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes

        for network in [local, without] {
            let reply = NeighbourDiscoveryResponder(network: network).writeInitialSolicitation(into: &raw)
            #expect(reply == nil)
        }
    }

    @Test("an advertisement that is due goes to all nodes")
    func unsolicited() {
        var buffer = [UInt8](repeating: 0, count: 1400)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        let advertiser = RouterAdvertiser(network: .documentation)

        let reply = NeighbourDiscoveryResponder(network: .documentation)
            .writeAdvertisement(of: advertiser, into: &raw)

        #expect(reply?.destination == .allNodes)
        #expect(reply?.source == .documentationRouter)
        #expect(buffer[0] == 0x86)
    }

    @Test("no mutation traps", arguments: 0..<8)
    func mutations(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        for _ in 0..<1_000 {
            for message in [Self.neighbourSolicitation, Self.routerSolicitation] {
                _ = answer(message.mutated(by: &generator))
            }
        }
    }

    @Test("answering allocates nothing")
    func allocations() {
        let responder = NeighbourDiscoveryResponder(network: .documentation)
        let advertiser = RouterAdvertiser(network: .documentation)
        let (neighbour, router) = (Self.neighbourSolicitation, Self.routerSolicitation)
        var buffer = [UInt8](repeating: 0, count: 1400)

        let count = allocationCount {
            var span = buffer.mutableSpan
            var raw = span.mutableBytes
            _ = responder.reply(
                toICMPv6: neighbour.span.bytes, source: .documentationLinkLocal, destination: .allNodes,
                hopLimit: 255, advertiser: advertiser, into: &raw)
            _ = responder.reply(
                toICMPv6: router.span.bytes, source: .documentationLinkLocal, destination: .allRouters,
                hopLimit: 255, advertiser: advertiser, into: &raw)
            _ = responder.writeInitialSolicitation(into: &raw)
            _ = responder.writeAdvertisement(of: advertiser, into: &raw)
        }

        #expect(count ?? 0 == 0)
    }
}
