// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Inbound address translation")
struct InboundTranslationTests {
    /// Peers by their meaning on the host.
    enum Peer: CaseIterable {
        case loopback, otherLoopback, assigned, observed, observedLinkLocal, elsewhere, linkLocal, unspecified
        case multicast

        func address(_ fixture: TranslationFixture) -> IPAddress {
            switch self {
            case .loopback: .loopback(fixture.version)
            case .otherLoopback: fixture.otherLoopback
            case .assigned: fixture.assigned
            case .observed: fixture.observed
            case .observedLinkLocal: fixture.version == .v6 ? fixture.observedLinkLocal : fixture.observed
            case .elsewhere: fixture.elsewhere
            case .linkLocal: fixture.linkLocal
            case .unspecified: .unspecified(fixture.version)
            case .multicast: fixture.multicast
            }
        }
    }

    enum Original: CaseIterable {
        case assigned, loopback, multicast

        func address(_ fixture: TranslationFixture) -> IPAddress {
            switch self {
            case .assigned: fixture.assigned
            case .loopback: fixture.otherLoopback
            case .multicast: fixture.multicast
            }
        }
    }

    struct Case {
        var transport: TransportProtocol
        var peer: Peer
        var original: Original
        var isMapped: Bool
        var hasTarget: Bool
        var policy: SplicePolicy
    }

    @Test(
        "follows the tables, for every peer, destination, target, mapping and policy",
        arguments: IPVersion.allCases)
    func tables(version: IPVersion) {
        let fixture = TranslationFixture(version)
        let observed = fixture.observedAddresses()
        for sample in Self.allCases {
            let translation = AddressTranslation(
                mapping: sample.isMapped ? fixture.mapping() : fixture.plainMapping(), splice: sample.policy)

            let route = translation.inbound(
                sample.transport, target: sample.hasTarget ? fixture.elsewhere : nil, targetPort: 9003,
                peer: Endpoint(address: sample.peer.address(fixture), port: 5555),
                local: sample.original.address(fixture), observed: observed)

            #expect(route == expectedRoute(sample, fixture), "\(sample)")
        }
    }

    private func expectedRoute(_ sample: Case, _ fixture: TranslationFixture) -> InboundRoute? {
        let isLoopbackPeer = sample.peer == .loopback || sample.peer == .otherLoopback
        if sample.peer == .unspecified || sample.peer == .multicast { return nil }
        let isSpliced = sample.policy.isAllowed && !sample.hasTarget && isLoopbackPeer
        if sample.policy.isOnlyWay && !isSpliced { return nil }

        // How the guest sees the peer.
        let isOneLoopback =
            sample.peer == .loopback || fixture.version == .v6 && sample.peer == .otherLoopback
        let source: IPAddress
        switch sample.peer {
        case .elsewhere, .linkLocal: source = sample.peer.address(fixture)
        case _ where isOneLoopback && sample.isMapped: source = fixture.mappedLoopback
        case .assigned where sample.isMapped: source = fixture.mappedGuest
        default: source = fixture.ours
        }

        // Where the flow goes, by the first row that applies.
        let isLinkLocalSource = !isSpliced && fixture.version == .v6 && source.isLinkLocal
        let rows: [(Bool, IPAddress)] = [
            (sample.hasTarget, fixture.elsewhere),
            (sample.original == .multicast, fixture.multicast),
            (isSpliced && sample.policy.keepsLoopback && sample.original == .loopback, fixture.otherLoopback),
            (isLinkLocalSource, fixture.observedLinkLocal),
            (true, fixture.observed),
        ]
        let destination = Endpoint(address: rows.first { $0.0 }?.1 ?? fixture.ours, port: 9003)
        if isSpliced {
            let port: UInt16 = sample.transport == .udp ? 5555 : 0
            return InboundRoute(
                guest: destination, remote: Endpoint(address: .unspecified(fixture.version), port: port),
                path: .splice)
        }
        return InboundRoute(
            guest: destination, remote: Endpoint(address: source, port: 5555), path: .link)
    }

    @Test(
        "without an address of ours, a peer that the guest cannot reach is refused",
        arguments: IPVersion.allCases)
    func noAddressOfOurs(version: IPVersion) {
        let fixture = TranslationFixture(version)
        var mapping = fixture.plainMapping()
        mapping[version].ours = nil
        let translation = AddressTranslation(mapping: mapping)

        for peer in [Peer.loopback, .otherLoopback, .assigned, .observed] {
            let route = translation.inbound(
                .tcp, target: nil, targetPort: 9000,
                peer: Endpoint(address: peer.address(fixture), port: 5555),
                local: fixture.assigned, observed: fixture.observedAddresses())
            #expect(route == nil, "\(peer)")
        }
    }

    @Test("TCP peers have ports, UDP peers may have none")
    func portZero() {
        let fixture = TranslationFixture(.v4)
        let translation = AddressTranslation(mapping: fixture.mapping())
        let ports = TransportProtocol.allCases.map {
            translation.inbound(
                $0, target: nil, targetPort: 9000, peer: Endpoint(address: fixture.elsewhere, port: 0),
                local: fixture.assigned, observed: fixture.observedAddresses())?.guest.port
        }

        #expect(ports == [nil, 9000])
    }

    @Test("a guest without an address yet gets nothing")
    func noGuestAddress() {
        let fixture = TranslationFixture(.v6)
        var mapping = fixture.plainMapping()
        mapping.v6.assigned = nil
        let translation = AddressTranslation(mapping: mapping)

        let route = translation.inbound(
            .tcp, target: nil, targetPort: 9000, peer: Endpoint(address: fixture.elsewhere, port: 5555),
            local: fixture.assigned, observed: ObservedAddresses(mapping))

        #expect(route == nil)
    }

    @Test(
        "from the namespace, loopback goes to the same loopback and all else is refused",
        arguments: IPVersion.allCases)
    func fromNamespace(version: IPVersion) {
        let fixture = TranslationFixture(version)
        let translation = AddressTranslation(mapping: fixture.mapping())
        for transport in TransportProtocol.allCases {
            for peer in Peer.allCases {
                for original in Original.allCases {
                    let (from, to) = (peer.address(fixture), original.address(fixture))
                    let route = translation.fromNamespace(
                        transport, target: nil, targetPort: 9001, peer: Endpoint(address: from, port: 5555),
                        local: to)

                    let expected = InboundRoute(
                        guest: Endpoint(address: to, port: 9001),
                        remote: Endpoint(address: from, port: transport == .udp ? 5555 : 0), path: .splice)
                    #expect(route == (from.isLoopback && to.isLoopback ? expected : nil))
                }
            }
        }
    }

    private static var allCases: [Case] {
        var cases: [Case] = []
        for bits in 0..<64 {
            let policy = SplicePolicy(
                isAllowed: bits & 1 != 0, isOnlyWay: bits & 2 != 0, keepsLoopback: bits & 4 != 0)
            for peer in Peer.allCases {
                for original in Original.allCases {
                    cases.append(
                        Case(
                            transport: bits & 8 != 0 ? .tcp : .udp, peer: peer, original: original,
                            isMapped: bits & 16 != 0, hasTarget: bits & 32 != 0, policy: policy))
                }
            }
        }
        return cases
    }
}
