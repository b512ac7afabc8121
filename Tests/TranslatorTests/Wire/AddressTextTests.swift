// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The written form of addresses")
struct AddressTextTests {
    @Test(
        "an IPv6 address is read in any form and written in the shortest",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::5", "2001:db8::5"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0000:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("fe80::1", "fe80::1"), ("0:0:1::", "0:0:1::"),
        ])
    func ipv6Forms(written: String, shortest: String) {
        #expect(IPv6Address(written)?.description == shortest)
    }

    @Test(
        "text that is no IPv6 address is refused",
        arguments: [
            "", ":", ":::", "1", "1:2", "1::2::3", ":1::2", "1::2:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::12345", "::g", "::+1", "::1%eth0", "[::1]", "::1/64", "::1.2.3",
            "1.2.3.4::",
            "::1.2.3.4:5", "30000:40000", "1:2:3:4:5:6:7:1.2.3.4",
        ])
    func ipv6Refused(text: String) {
        #expect(IPv6Address(text) == nil)
    }

    @Test(
        "text that is no IPv4 address is refused",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", " 1.2.3.4", "0x1.2.3.4",
        ])
    func ipv4Refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("a mapped address stays version 6 until it is unmapped")
    func unmapped() throws {
        let address = try #require(IPAddress("::ffff:127.0.0.1"))

        #expect(address.version == .v6)
        #expect(address.unmapped == IPAddress(IPv4Address.loopback))
    }

    @Test("a MAC address needs six groups of two hexadecimal digits")
    func mac() {
        #expect(MACAddress("02:00:5e:10:AB:ff")?.description == "02:00:5e:10:ab:ff")
        for text in [
            "", "02:00:5e:10:ab", "2:0:5e:10:ab:ff", "02-00-5e-10-ab-ff", "02:00:5e:10:ab:fg",
            "02:00:5e:10:ab:+f",
        ] {
            #expect(MACAddress(text) == nil)
        }
    }
}
