// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Translator

/// Reads the tables of `docs/forwarding.md` and compares them with what address translation decides.
@Suite("The documented forwarding tables")
struct ForwardingTableTests {
    private static let optionSets = [
        "default", "--host-lo-to-ns-lo", "--no-splice", "--splice-only", "target",
    ]
    private static let sources = ["loopback", "other loopback", "assigned", "elsewhere"]
    private static let destinations = ["loopback", "other", "multicast"]

    @Test("each flow from the host goes as the one row for it says", arguments: IPVersion.allCases)
    func inbound(_ version: IPVersion) throws {
        let rows = try Self.table(after: "## From the host", columns: 6)
        let fixture = TranslationFixture(version)
        for options in Self.optionSets {
            let translation = AddressTranslation(mapping: fixture.mapping(), splice: Self.policy(options))
            for source in Self.sources {
                for destination in Self.destinations {
                    let matching = rows.filter {
                        $0[0].contains(options) && $0[1].contains(source) && Self.covers($0[2], destination)
                    }
                    try #require(matching.count == 1, "\(options), \(source), \(destination): \(matching)")
                    let row = matching[0].map { $0[0] }
                    for transport in TransportProtocol.allCases {
                        let peer = Endpoint(address: Self.address(source, fixture), port: 5555)
                        let local = Self.address(destination, fixture)
                        let route = translation.inbound(
                            transport, target: options == "target" ? fixture.elsewhere : nil, targetPort: 80,
                            peer: peer, local: local, observed: fixture.observedAddresses())

                        let what: Comment = "\(version) \(transport): \(row)"
                        #expect(route?.path == Self.path(row[3]), what)
                        guard let route else { continue }
                        #expect(route.guest.port == 80, what)
                        #expect(
                            Self.destination(row[4], local, route, fixture).contains(route.guest.address),
                            what)
                        Self.expectSource(row[5], transport, peer, route, fixture, what)
                    }
                }
            }
        }
    }

    @Test("each flow from the namespace goes as the one row for it says", arguments: IPVersion.allCases)
    func outbound(_ version: IPVersion) throws {
        let rows = try Self.table(after: "## From the namespace", columns: 5)
        let fixture = TranslationFixture(version)
        let translation = AddressTranslation(mapping: fixture.mapping(), splice: Self.policy("default"))
        for source in Self.sources {
            for destination in Self.destinations {
                // A multicast destination is one of the others.
                let name = destination == "multicast" ? "other" : destination
                let matching = rows.filter { $0[0].contains(source) && Self.covers($0[1], name) }
                try #require(matching.count == 1, "\(source), \(destination): \(matching)")
                let row = matching[0].map { $0[0] }
                for transport in TransportProtocol.allCases {
                    let peer = Endpoint(address: Self.address(source, fixture), port: 5555)
                    let local = Self.address(destination, fixture)

                    let route = translation.fromNamespace(
                        transport, target: nil, targetPort: 80, peer: peer, local: local)

                    #expect(route?.path == Self.path(row[2]), "\(version) \(transport): \(row)")
                    guard let route else { continue }
                    #expect(route.guest == Endpoint(address: local, port: 80))
                    #expect(route.remote.address == peer.address)
                    #expect(route.remote.port == (transport == .udp ? 5555 : 0))
                }
            }
        }
    }

    /// Cells of a table, each a list of words.
    private static func table(after heading: String, columns: Int) throws -> [[[String]]] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/forwarding.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(text.components(separatedBy: heading).dropFirst().first)
        let lines = section.components(separatedBy: "\n## ")[0].split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            line.split(separator: "|").map { cell in
                cell.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            }
        }
        try #require(!rows.isEmpty && rows.allSatisfy { $0.count == columns })
        return rows
    }

    private static func covers(_ cell: [String], _ word: String) -> Bool {
        cell == ["any"] || cell.contains(word)
    }

    private static func policy(_ options: String) -> SplicePolicy {
        SplicePolicy(
            isAllowed: options != "--no-splice", isOnlyWay: options == "--splice-only",
            keepsLoopback: options == "--host-lo-to-ns-lo")
    }

    private static func address(_ word: String, _ fixture: TranslationFixture) -> IPAddress {
        switch word {
        case "loopback": .loopback(fixture.version)
        case "other loopback": fixture.otherLoopback
        case "assigned": fixture.assigned
        case "multicast": fixture.multicast
        case "other": fixture.outbound
        default: fixture.elsewhere
        }
    }

    private static func path(_ word: String) -> InboundRoute.Path? {
        switch word {
        case "bypass": .splice
        case "link": .link
        default: nil
        }
    }

    /// What the word allows: a guest has several addresses in IPv6.
    private static func destination(
        _ word: String, _ local: IPAddress, _ route: InboundRoute, _ fixture: TranslationFixture
    ) -> [IPAddress] {
        switch word {
        case "unchanged": [local]
        case "target": [fixture.elsewhere]
        default: fixture.version == .v4 ? [fixture.observed] : [fixture.observed, fixture.observedLinkLocal]
        }
    }

    private static func expectSource(
        _ word: String, _ transport: TransportProtocol, _ peer: Endpoint, _ route: InboundRoute,
        _ fixture: TranslationFixture, _ what: Comment
    ) {
        // IPv6 has one loopback address only.
        let isOnlyLoopback = word == "ours" && peer.address == .loopback(.v6)
        let expected: IPAddress =
            switch word {
            case "kernel's choice": .unspecified(fixture.version)
            case "unchanged": peer.address
            case "mapped guest": fixture.mappedGuest
            case "mapped loopback": fixture.mappedLoopback
            default: isOnlyLoopback ? fixture.mappedLoopback : fixture.ours
            }
        #expect(route.remote.address == expected, what)
        #expect(route.remote.port == (route.path == .splice && transport == .tcp ? 0 : 5555), what)
    }
}
