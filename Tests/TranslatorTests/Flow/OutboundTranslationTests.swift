// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Outbound address translation")
struct OutboundTranslationTests {
    /// Destinations by their meaning, as the guest writes them.
    enum Destination: CaseIterable {
        case elsewhere, dnsMatch, mappedLoopback, mappedGuest, assigned, linkLocal, multicast, broadcast
        case unspecified, loopback

        func address(_ fixture: TranslationFixture) -> IPAddress {
            switch self {
            case .elsewhere: fixture.elsewhere
            case .dnsMatch: fixture.dnsMatch
            case .mappedLoopback: fixture.mappedLoopback
            case .mappedGuest: fixture.mappedGuest
            case .assigned: fixture.assigned
            case .linkLocal: fixture.linkLocal
            case .multicast: fixture.multicast
            case .broadcast: fixture.version == .v4 ? IPAddress(.broadcast) : fixture.multicast
            case .unspecified: .unspecified(fixture.version)
            case .loopback: .loopback(fixture.version)
            }
        }

        var isUnicast: Bool {
            switch self {
            case .elsewhere, .dnsMatch, .mappedLoopback, .mappedGuest, .assigned, .linkLocal: true
            case .multicast, .broadcast, .unspecified, .loopback: false
            }
        }
    }

    @Test(
        "follows the table, for every destination, transport, port and mapping", arguments: IPVersion.allCases
    )
    func table(version: IPVersion) {
        let fixture = TranslationFixture(version)
        let ports: [UInt16] = [0, 53, 80, 853]
        for isMapped in [true, false] {
            let translation = AddressTranslation(
                mapping: isMapped ? fixture.mapping() : fixture.plainMapping())
            for destination in Destination.allCases {
                for transport in TransportProtocol.allCases {
                    for (sourcePort, port) in [UInt16(0), 4000].flatMap({ s in ports.map { (s, $0) } }) {
                        let route = translation.outbound(
                            transport, from: Endpoint(address: fixture.observed, port: sourcePort),
                            to: Endpoint(address: destination.address(fixture), port: port))

                        let isSent =
                            port != 0
                            && (transport == .tcp
                                ? destination.isUnicast && sourcePort != 0
                                : destination != .unspecified && destination != .loopback)
                        var expected = isSent ? expectedRoute(destination, port, isMapped, fixture) : nil
                        expected?.sourcePort = transport == .udp ? sourcePort : 0
                        #expect(
                            route == expected,
                            "\(transport) \(destination) \(sourcePort)->\(port), mapped: \(isMapped)")
                    }
                }
                let route = translation.outboundEcho(from: fixture.observed, to: destination.address(fixture))
                let expected = destination.isUnicast ? expectedRoute(destination, 0, isMapped, fixture) : nil
                #expect(route == expected, "echo \(destination), mapped: \(isMapped)")
            }
        }
    }

    private func expectedRoute(
        _ destination: Destination, _ port: UInt16, _ isMapped: Bool, _ fixture: TranslationFixture
    ) -> OutboundRoute {
        var address = destination.address(fixture)
        var route = OutboundRoute(
            destination: Endpoint(address: address, port: port),
            source: isMapped ? fixture.outbound : nil,
            bindsInterface: true)
        switch (destination, isMapped) {
        case (.dnsMatch, true):
            if port == 53 || port == 853 { address = fixture.dnsHost }
        case (.mappedLoopback, true):
            address = .loopback(fixture.version)
            route.source = nil
            route.bindsInterface = false
        case (.mappedGuest, true):
            address = fixture.assigned
            route.bindsInterface = false
        case (.linkLocal, _), (.multicast, _), (.broadcast, _):
            if fixture.version == .v6 { route.scope = TranslationFixture.templateInterfaceIndex }
        case (_, _): break
        }
        route.destination.address = address
        return route
    }

    @Test("sources that cannot be answered are refused", arguments: IPVersion.allCases)
    func badSources(version: IPVersion) {
        let fixture = TranslationFixture(version)
        let translation = AddressTranslation(mapping: fixture.mapping())
        let destination = Endpoint(address: fixture.elsewhere, port: 80)

        for source in [.unspecified(version), .loopback(version), fixture.multicast] as [IPAddress] {
            for transport in TransportProtocol.allCases {
                let route = translation.outbound(
                    transport, from: Endpoint(address: source, port: 4000), to: destination)
                #expect(route == nil)
            }
            #expect(translation.outboundEcho(from: source, to: fixture.elsewhere) == nil)
        }
    }

    @Test("a version that is off carries nothing", arguments: IPVersion.allCases)
    func disabled(version: IPVersion) {
        let fixture = TranslationFixture(version)
        var mapping = fixture.mapping()
        mapping[version].isEnabled = false
        let translation = AddressTranslation(mapping: mapping)

        let route = translation.outbound(
            .udp, from: Endpoint(address: fixture.observed, port: 1),
            to: Endpoint(address: fixture.elsewhere, port: 1))

        #expect(route == nil)
        #expect(translation.outboundEcho(from: fixture.observed, to: fixture.elsewhere) == nil)
    }

    @Test("a gateway that is the resolver too: DNS goes to the resolver, the rest to the host's loopback")
    func gatewayAsResolver() {
        let fixture = TranslationFixture(.v4)
        var mapping = fixture.mapping()
        mapping.v4.dnsMatch = fixture.mappedLoopback
        mapping.v4.dnsHost = IPAddress(IPv4Address(0x7f00_0035))
        let translation = AddressTranslation(mapping: mapping)
        let source = Endpoint(address: fixture.observed, port: 4000)

        let query = translation.outbound(
            .udp, from: source, to: Endpoint(address: fixture.mappedLoopback, port: 53))
        let other = translation.outbound(
            .udp, from: source, to: Endpoint(address: fixture.mappedLoopback, port: 80))

        #expect(query?.destination == Endpoint(address: IPAddress(IPv4Address(0x7f00_0035)), port: 53))
        #expect(query?.source == nil)
        #expect(other?.destination == Endpoint(address: .loopback(.v4), port: 80))
    }
}
