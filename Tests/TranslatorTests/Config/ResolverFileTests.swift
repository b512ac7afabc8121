// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The resolver file")
struct ResolverFileTests {
    @Test("nameservers are sorted by version, each once, without zones")
    func nameservers() {
        let file = ResolverFile(
            text: """
                # generated
                nameserver 192.0.2.1
                nameserver\t2001:db8::1
                nameserver fe80::1%eth0
                nameserver 192.0.2.1
                  nameserver 192.0.2.9
                nameserver127.0.0.1
                nameserver resolver.example
                nameserver 0.0.0.0
                nameserver
                nameserver 127.0.0.53 trailing
                options edns0
                """)

        #expect(file.nameservers.v4.map(\.description) == ["192.0.2.1", "127.0.0.53"])
        #expect(file.nameservers.v6.map(\.description) == ["2001:db8::1", "fe80::1"])
    }

    @Test(
        "the first search line counts, with at most five names",
        arguments: [
            ("search a.example b.example\nsearch c.example\n", ["a.example", "b.example"]),
            ("search a\tb  c.\n", ["a", "b", "c"]), ("search 1 2 3 4 5 6", ["1", "2", "3", "4", "5"]),
            ("search .\n", []), ("domain a.example\n", []), ("search\nsearch a\n", ["a"]), ("", []),
            ("search a\r\nnameserver 192.0.2.1\r\n", ["a"]),
        ])
    func search(text: String, domains: [String]) {
        #expect(ResolverFile(text: text).searchDomains == domains)
    }
}
