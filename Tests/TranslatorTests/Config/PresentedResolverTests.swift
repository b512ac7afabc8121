// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// What becomes of one version's resolvers: those told, and "MATCH>HOST" for the rule.
private struct ResolverExample: CustomTestStringConvertible, Sendable {
    var line: String
    var file: [String]
    var told: [String]
    var rule: String?

    init(_ line: String, _ file: [String], told: [String], rule: String? = nil) {
        self.line = line
        self.file = file
        self.told = told
        self.rule = rule
    }

    var testDescription: String { "\(line) \(file)" }
}

@Suite("Resolvers of the guest")
struct PresentedResolverTests {
    @Test(
        "IPv4 resolvers follow options, the resolver file and the mapping of loopback",
        arguments: [
            ResolverExample("passt", ["192.0.2.5"], told: ["192.0.2.5"]),
            ResolverExample(
                "passt", ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4"],
                told: ["1.0.0.1", "1.0.0.2", "1.0.0.3"]),
            ResolverExample("passt", [], told: []),
            // Loopback, or what hides behind the address for loopback.
            ResolverExample("passt", ["127.0.0.53"], told: ["192.0.2.1"], rule: "192.0.2.1>127.0.0.53"),
            ResolverExample("passt", ["192.0.2.1"], told: ["192.0.2.1"], rule: "192.0.2.1>192.0.2.1"),
            ResolverExample(
                "passt", ["127.0.0.1", "127.0.0.53"], told: ["192.0.2.1"], rule: "192.0.2.1>127.0.0.1"),
            ResolverExample(
                "passt", ["192.0.2.5", "127.0.0.1"], told: ["192.0.2.5", "192.0.2.1"],
                rule: "192.0.2.1>127.0.0.1"),
            ResolverExample("passt --no-map-gw", ["127.0.0.53"], told: []),
            ResolverExample("passt --no-map-gw", ["192.0.2.1"], told: ["192.0.2.1"]),
            ResolverExample(
                "passt --map-host-loopback 192.0.2.9", ["127.0.0.53"], told: ["192.0.2.9"],
                rule: "192.0.2.9>127.0.0.53"),
            // --dns-forward
            ResolverExample(
                "passt --dns-forward 192.0.2.8", ["127.0.0.53"], told: ["192.0.2.8"],
                rule: "192.0.2.8>127.0.0.53"),
            ResolverExample(
                "passt --dns-forward 192.0.2.8", ["192.0.2.5"], told: ["192.0.2.5"],
                rule: "192.0.2.8>192.0.2.5"),
            ResolverExample("passt --dns-forward 192.0.2.8", [], told: []),
            ResolverExample(
                "passt --dns-forward 192.0.2.8 --dns-host 127.0.0.2", ["192.0.2.5"], told: ["192.0.2.5"],
                rule: "192.0.2.8>127.0.0.2"),
            ResolverExample(
                "passt --dns-host 192.0.2.4", ["127.0.0.1"], told: ["192.0.2.1"], rule: "192.0.2.1>192.0.2.4"),
            // --dns
            ResolverExample("passt -D 192.0.2.1", ["127.0.0.1"], told: ["192.0.2.1"]),
            ResolverExample(
                "passt -D 192.0.2.6 --dns-forward 192.0.2.6", ["127.0.0.1"], told: ["192.0.2.6"],
                rule: "192.0.2.6>127.0.0.1"),
            ResolverExample("passt -D none", ["192.0.2.5"], told: []),
            ResolverExample(
                "passt -D none --dns-forward 192.0.2.8", ["192.0.2.5"], told: [], rule: "192.0.2.8>192.0.2.5"),
            // Not told, but still forwarded.
            ResolverExample("pasta", ["127.0.0.53"], told: [], rule: "192.0.2.1>127.0.0.53"),
            ResolverExample(
                "pasta --dhcp-dns", ["127.0.0.53"], told: ["192.0.2.1"], rule: "192.0.2.1>127.0.0.53"),
            ResolverExample("passt --no-dhcp-dns", ["192.0.2.5"], told: []),
            ResolverExample("pasta --splice-only --dhcp-dns", ["127.0.0.53"], told: []),
        ])
    private func ipv4(example: ResolverExample) throws {
        let file = example.file.map { "nameserver \($0)\n" }.joined()
        let network = try present(example.line, .usual, file)

        #expect(network.guest.ipv4?.resolvers.map(\.description) == example.told)
        let family = network.mapping.v4
        let rule = family.dnsMatch.flatMap { match in family.dnsHost.map { "\(match)>\($0)" } }
        #expect(rule == example.rule)
        #expect((family.dnsMatch == nil) == (family.dnsHost == nil))
    }

    @Test("each version has its own list and rule")
    func versions() throws {
        let network = try present("passt -D 2001:db8::53", .usual, "nameserver 127.0.0.1\nnameserver ::1\n")

        #expect(network.guest.ipv4?.resolvers.map(\.description) == ["192.0.2.1"])
        #expect(network.guest.ipv6?.resolvers.map(\.description) == ["2001:db8::53"])
        #expect(network.mapping.v6.dnsMatch == nil)

        let loopback = try present("passt", .usual, "nameserver ::1\n")
        #expect(loopback.guest.ipv6?.resolvers.map(\.description) == ["fe80::ff"])
        #expect(loopback.mapping.v6.dnsHost == .loopback(.v6))
    }

    @Test("a missing resolver is pointed out where one is needed")
    func warnings() throws {
        #expect(try present("passt", .usual).warnings.count == 1)
        #expect(try present("passt", .usual, "nameserver 2001:db8::53").warnings.isEmpty)
        #expect(try present("passt -D none", .usual).warnings.isEmpty)
        #expect(try present("pasta", .usual).warnings.isEmpty)
        #expect(try present("pasta --dns-forward 192.0.2.8", .usual).warnings.count == 1)
    }

    @Test(
        "the search list comes from options, else from the file, and is told as the mode says",
        arguments: [
            ("passt", ["f.example"]), ("passt -S a.example", ["a.example"]), ("passt -S none", []),
            ("passt --no-dhcp-search", []), ("pasta", []), ("pasta --dhcp-search", ["f.example"]),
        ])
    func search(line: String, domains: [String]) throws {
        #expect(try present(line, .usual, "search f.example\n").guest.searchDomains == domains)
    }
}
