// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Router advertisements")
struct RouterAdvertiserTests {
    private func message(_ network: GuestNetwork) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0xaa, count: RouterAdvertiser.largestMessage)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        return RouterAdvertiser(network: network).write(into: &raw).map { Array(buffer[..<$0]) }
    }

    /// Type, and value behind type and length, of each option.
    private func options(_ network: GuestNetwork) -> [(type: UInt8, value: [UInt8])] {
        var rest = (message(network) ?? [])[...].dropFirst(16)
        var options: [(UInt8, [UInt8])] = []
        while let type = rest.first {
            let byteCount = Int(rest[rest.startIndex + 1]) * 8
            options.append((type, Array(rest.prefix(byteCount).dropFirst(2))))
            rest = rest.dropFirst(byteCount)
        }
        return options
    }

    @Test("all that can be advertised, byte for byte")
    func everything() {
        var network = GuestNetwork.documentation
        network.mtu = 1500
        network.ipv6?.resolvers = [.documentationRouter]
        network.searchDomains = ["a.example"]

        #expect(
            message(network)
                == hexBytes(
                    """
                    86 00 00 00  ff 80 ff ff  00 00 00 00  00 00 00 00   // hop limit 255, managed, 65535 s
                    03 04 40 c0  ff ff ff ff  ff ff ff ff  00 00 00 00   // prefix: /64, on link, autonomous
                    20 01 0d b8 00 00 00 00  00 00 00 00 00 00 00 00
                    05 01 00 00  00 00 05 dc                             // MTU 1500
                    01 01 9a 55 9a 55 9a 55                              // our MAC
                    19 03 00 00  ff ff ff ff                             // resolvers
                    fe 80 00 00 00 00 00 00  00 00 00 00 00 00 00 01
                    1f 03 00 00  ff ff ff ff                             // search list, padded
                    01 61 07 65 78 61 6d 70 6c 65 00  00 00 00 00 00
                    """))
    }

    @Test("the search list needs no resolvers")
    func searchListAlone() {
        var network = GuestNetwork.documentation
        network.searchDomains = ["a.example"]

        #expect(options(network).map(\.type) == [3, 5, 1, 31])
    }

    @Test(
        "without a global address there is no prefix, and no address by DHCPv6",
        arguments: [nil, IPv6Address.documentationLinkLocal])
    func localMode(address: IPv6Address?) {
        var network = GuestNetwork.documentation
        network.ipv6?.address = address

        #expect(options(network).map(\.type) == [5, 1])
        if address == nil { #expect(message(network)?[5] == 0) }
    }

    @Test("addresses are not said to come by DHCPv6 when it is off")
    func withoutDHCPv6() {
        var network = GuestNetwork.documentation
        network.services.dhcpv6 = false

        #expect(message(network)?[5] == 0)
    }

    @Test("an MTU of 0 is not advertised")
    func withoutMTU() {
        var network = GuestNetwork.documentation
        network.mtu = 0

        #expect(options(network).map(\.type) == [3, 1])
    }

    @Test("a long search list is cut between names to what every link carries")
    func longSearchList() throws {
        var network = GuestNetwork.documentation
        network.searchDomains = (0..<6).map { String(repeating: "\($0).", count: 120) + "example" }

        let whole = try #require(message(network))
        let option = try #require(options(network).last)

        #expect(whole.count <= 1240)
        #expect(option.type == 31)
        #expect(option.value.dropFirst(6).prefix(249 * 4).last == 0)
        #expect(option.value.count + 2 == 8 + (249 * 4 + 7) / 8 * 8)
    }

    @Test("nothing is advertised without IPv6, neighbour discovery or the service")
    func off() {
        var withoutIPv6 = GuestNetwork.documentation
        withoutIPv6.ipv6 = nil
        var withoutDiscovery = GuestNetwork.documentation
        withoutDiscovery.services.ndp = false
        var withoutService = GuestNetwork.documentation
        withoutService.services.routerAdvertisements = false

        for network in [withoutIPv6, withoutDiscovery, withoutService] {
            var advertiser = RouterAdvertiser(network: network)
            advertiser.start(now: .start, random: 5)

            #expect(message(network) == nil)
            #expect(advertiser.deadline == .never)
        }
    }

    @Test(
        "the first one is due after one interval of 200 to 600 s",
        arguments: [
            (0, 200_000_000_000), (UInt64.max, 600_000_000_000), (1 << 63, 400_000_000_000),
        ] as [(UInt64, Int64)])
    func schedule(random: UInt64, expected: Int64) {
        var advertiser = RouterAdvertiser(network: .documentation)

        advertiser.start(now: .start, random: random)

        #expect(advertiser.deadline == Instant(nanoseconds: expected))
    }

    @Test("each one that is due schedules the next")
    func repetition() {
        var advertiser = RouterAdvertiser(network: .documentation)
        advertiser.start(now: .start, random: 0)
        let first = advertiser.deadline

        let early = advertiser.deadlinePassed(now: first + Interval(nanoseconds: -1), random: 0)
        let due = advertiser.deadlinePassed(now: first, random: .max)
        let again = advertiser.deadlinePassed(now: first, random: 0)

        #expect(!early)
        #expect(due)
        #expect(!again)
        #expect(advertiser.deadline == first + .seconds(600))
    }
}
