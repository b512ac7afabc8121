// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("What the guest is shown of the host's network")
struct PresentedNetworkTests {
    @Test("without options it is the host's address, mask and gateway, and the gateway stands for loopback")
    func asOnHost() throws {
        let network = try present("passt", .usual)

        let ipv4 = try #require(network.guest.ipv4)
        #expect(ipv4.address.description == "192.0.2.10")
        #expect(ipv4.prefixLength == 26)
        #expect(ipv4.gateway?.description == "192.0.2.1")
        #expect(ipv4.ours == ipv4.gateway)
        let ipv6 = try #require(network.guest.ipv6)
        #expect(ipv6.address?.description == "2001:db8::10")
        #expect(ipv6.prefixLength == 64)
        #expect(ipv6.gateway?.description == "fe80::ff")
        #expect(ipv6.ours.description == "fe80::ff")
        #expect(network.mapping.v4.mappedLoopback?.description == "192.0.2.1")
        #expect(network.mapping.v6.mappedLoopback?.description == "fe80::ff")
        #expect(network.mapping.v4.templateInterfaceIndex == 2)
        #expect(network.mapping.v6.templateInterfaceIndex == 3)
        #expect(!network.mapping.v4.isAssignedPinned)
        #expect(network.guest.services.dhcp && network.guest.services.dhcpv6)
        #expect(!network.isLocal.v4 && !network.isLocal.v6)
    }

    @Test("the longest prefix wins; narrow and deprecated addresses are a last resort")
    func choiceOfAddress() throws {
        var host = HostNetwork.usual
        host.ipv4?.addresses = [
            address("192.0.2.1", 24), address("192.0.2.2", 28), address("192.0.2.3", 28),
            address("192.0.2.4", 32, isDeprecated: true), address("169.254.0.1", 32, isLinkScope: true),
        ]
        host.ipv6?.addresses = [
            address("fe80::2", 64, isLinkScope: true), address("2001:db8::1", 64),
            address("2001:db8::2", 128, isDeprecated: true),
        ]
        let network = try present("passt", host)
        #expect(network.guest.ipv4?.address.description == "192.0.2.2")
        #expect(network.guest.ipv6?.address?.description == "2001:db8::1")

        host.ipv4?.addresses.removeFirst(3)
        #expect(try present("passt", host).guest.ipv4?.address.description == "169.254.0.1")
        host.ipv4?.addresses.removeLast()
        #expect(try present("passt", host).guest.ipv4?.address.description == "192.0.2.4")
    }

    @Test(
        "the mask comes from the option, else from the host's own address, else from the class",
        arguments: [
            ("-a 10.0.2.15", 8), ("-a 172.16.0.1", 16), ("-a 203.0.113.1", 24), ("-a 250.0.0.1", 32),
            ("-a 10.0.2.15/24", 24), ("-a 10.0.2.15 -n 20", 20), ("-n 20 -a 10.0.2.15", 20),
            ("-a 10.0.2.15/0", 8),
            ("-a 10.0.2.15 -n 0", 8), ("-n 20", 20), ("-a 192.0.2.10", 26), ("-n 0", 24),
            ("-a 192.0.2.10 -n 25", 25),
        ])
    func mask(options: String, prefixLength: UInt8) throws {
        #expect(try present("passt \(options)", .usual).guest.ipv4?.prefixLength == prefixLength)
    }

    @Test("an address given is pinned")
    func pinned() throws {
        let mapping = try present("passt -a 198.51.100.1 -o 192.0.2.10", .usual).mapping

        #expect(mapping.v4.assigned?.description == "198.51.100.1")
        #expect(mapping.v4.isAssignedPinned)
        #expect(!mapping.v6.isAssignedPinned)
        #expect(mapping.v4.outbound?.description == "192.0.2.10")
    }

    @Test("without a gateway there is no DHCP and no mapping of loopback")
    func noGateway() throws {
        var host = HostNetwork.usual
        host.ipv4?.gateway = nil
        host.ipv6?.gateway = nil
        let network = try present("passt", host)

        #expect(network.guest.ipv4?.gateway == nil)
        #expect(!network.guest.services.dhcp)
        #expect(network.mapping.v4.mappedLoopback == nil)
        #expect(network.mapping.v4.ours == nil)
        #expect(network.mapping.v6.mappedLoopback == nil)
        #expect(network.guest.ipv6?.ours.description == "fe80::2")
    }

    @Test("a global IPv6 gateway leaves us the interface's link-local address")
    func globalGateway() throws {
        let network = try present("passt -g 2001:db8::1", .usual)

        #expect(network.guest.ipv6?.gateway?.description == "2001:db8::1")
        #expect(network.guest.ipv6?.ours.description == "fe80::2")
    }

    @Test("without an interface the link has local addresses")
    func localMode() throws {
        let network = try present("pasta", HostNetwork())

        #expect(network.isLocal.v4 && network.isLocal.v6)
        #expect(network.guest.ipv4?.address.description == "169.254.2.1")
        #expect(network.guest.ipv4?.prefixLength == 16)
        #expect(network.guest.ipv4?.gateway?.description == "169.254.2.2")
        #expect(network.guest.ipv6?.address == nil)
        #expect(network.guest.ipv6?.gateway?.description == "fe80::1")
        #expect(network.guest.services.dhcp)
        #expect(!network.guest.services.dhcpv6)
        #expect(network.guest.services.routerAdvertisements)
        #expect(network.mapping.v4.mappedLoopback?.description == "169.254.2.2")
        #expect(network.linkName == "tap0")
        #expect(network.summary.contains("IPv4: no usable interface, using local mode"))
    }

    @Test("addresses and gateways given are honoured in local mode")
    func localModeWithOptions() throws {
        let network = try present(
            "pasta -a 10.0.2.100 -n 24 -g 10.0.2.2 -a 2001:db8::2 -g fe80::7", HostNetwork())

        #expect(network.guest.ipv4?.address.description == "10.0.2.100")
        #expect(network.guest.ipv4?.prefixLength == 24)
        #expect(network.guest.ipv4?.gateway?.description == "10.0.2.2")
        #expect(network.guest.ipv6?.address?.description == "2001:db8::2")
        #expect(network.guest.ipv6?.ours.description == "fe80::7")
        #expect(network.guest.services.dhcpv6)
    }

    @Test("a version that is off is not presented")
    func disabledVersion() throws {
        let network = try present("pasta -4", .usual)

        #expect(network.guest.ipv6 == nil)
        #expect(!network.mapping.v6.isEnabled)
        #expect(!network.guest.services.ndp && !network.guest.services.routerAdvertisements)
        #expect(!network.guest.services.dhcpv6)
        #expect(try !present("pasta -6", .usual).guest.services.dhcp)
    }

    @Test(
        "what stands for the host's loopback follows the options",
        arguments: [
            ("--no-map-gw", nil, nil), ("--map-host-loopback none", nil, nil),
            ("--map-host-loopback 192.0.2.7", "192.0.2.7", "fe80::ff"),
            ("--no-map-gw --map-host-loopback 192.0.2.7", "192.0.2.7", nil),
        ] as [(String, String?, String?)])
    func loopback(options: String, v4: String?, v6: String?) throws {
        let mapping = try present("pasta \(options)", .usual).mapping

        #expect(mapping.v4.mappedLoopback?.description == v4)
        #expect(mapping.v6.mappedLoopback?.description == v6)
    }

    @Test("the namespace's interface is named by the option, the template, or tap0 instead of lo")
    func linkName() throws {
        #expect(try present("pasta -I x", .usual).linkName == "x")
        #expect(try present("pasta", .usual).linkName == "eth0")
        #expect(try present("pasta -6", .usual).linkName == "eth1")
        var host = HostNetwork()
        host.ipv4 = HostNetwork.usual.ipv4
        host.ipv4?.interfaceName = "lo"
        #expect(try present("pasta", host).linkName == "tap0")
    }

    @Test("the summary tells addresses, mappings and rules")
    func summary() throws {
        let network = try present(
            "passt -t 2222:22 -c /c", .usual, "nameserver 192.0.2.1\nsearch a.example\n")

        for line in [
            "Control socket: /c", "IPv4: template interface eth0", "MAC: 9a:55:9a:55:9a:55",
            "NAT to host 127.0.0.1: 192.0.2.1", "DHCP:", "    mask: 255.255.255.192", "NDP/DHCPv6:",
            "DNS to 192.0.2.1 is forwarded to 192.0.2.1", "    a.example", "Inbound forwarding:",
            "    TCP *:2222  =>  22",
        ] {
            #expect(network.summary.contains(line), "\(line)")
        }
    }
}

func present(_ line: String, _ host: HostNetwork, _ resolverFile: String = "") throws -> PresentedNetwork {
    PresentedNetwork(configuration: try accepted(line), host: host, resolverFile: resolverFile)
}

func address(
    _ text: String, _ prefixLength: UInt8, isDeprecated: Bool = false, isLinkScope: Bool = false
) -> HostNetwork.InterfaceAddress {
    HostNetwork.InterfaceAddress(
        address: IPAddress(text) ?? .unspecified(.v4), prefixLength: prefixLength, isDeprecated: isDeprecated,
        isLinkScope: isLinkScope)
}

extension HostNetwork {
    /// Two interfaces, each with addresses and a gateway of its version.
    static var usual: HostNetwork {
        HostNetwork(
            ipv4: Template(
                interfaceIndex: 2, interfaceName: "eth0", addresses: [address("192.0.2.10", 26)],
                gateway: IPAddress("192.0.2.1"), linkLocal: nil, mtu: 1500),
            ipv6: Template(
                interfaceIndex: 3, interfaceName: "eth1",
                addresses: [address("fe80::2", 64, isLinkScope: true), address("2001:db8::10", 64)],
                gateway: IPAddress("fe80::ff"), linkLocal: IPv6Address("fe80::2"), mtu: 1500))
    }
}
