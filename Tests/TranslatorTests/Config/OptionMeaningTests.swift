// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("What options mean for the guest's network and namespaces")
struct OptionMeaningTests {
    @Test("addresses count once for each version, the last one wins, and copying ends")
    func addresses() throws {
        let configuration = try accepted(
            "pasta -a 192.0.2.1 -a 2001:db8::1/48 -a 192.0.2.2/0x18 --config-net")

        #expect(configuration.address.v4?.address == IPAddress("192.0.2.2"))
        #expect(configuration.address.v4?.prefixLength == 24)
        #expect(configuration.address.v6?.address == IPAddress("2001:db8::1"))
        #expect(configuration.address.v6?.prefixLength == 48)
        #expect(!configuration.copiesAddresses.v4)
        #expect(!configuration.copiesAddresses.v6)
        #expect(configuration.copiesRoutes.v4)
    }

    @Test("a mapped address is an IPv4 address with 96 bits less")
    func mappedAddress() throws {
        let configuration = try accepted("pasta -a ::ffff:192.0.2.1/120")

        #expect(configuration.address.v4?.address == IPAddress("192.0.2.1"))
        #expect(configuration.address.v4?.prefixLength == 24)
        #expect(configuration.address.v6 == nil)
    }

    @Test(
        "a mask is written as an address or in bits",
        arguments: [
            ("24", 24), ("255.255.255.0", 24), ("0", 0), ("32", 32), ("255.255.255.255", 32), ("0.0.0.0", 0),
            ("0x10", 16),
        ])
    func netmask(text: String, bits: UInt8) throws {
        #expect(try accepted("pasta -n \(text)").netmask == bits)
    }

    @Test(
        "numbers have the prefixes of C",
        arguments: [("1500", 1500), ("0x5dc", 1500), ("017", 15), ("0", 0), ("65521", 65521)])
    func numbers(text: String, mtu: UInt16) throws {
        #expect(try accepted("pasta -m \(text)").mtu == mtu)
    }

    @Test(
        "an MTU that is too small for a version in use is pointed out",
        arguments: [
            ("-m 67", 2), ("-m 68", 1), ("-m 1279 -4", 0), ("-m 1279", 1), ("-m 1280", 0), ("-m 0", 0),
            ("-m 67 -4", 1),
        ])
    func smallMTU(options: String, count: Int) throws {
        #expect(try warnings(of: "pasta \(options)").count == count)
    }

    @Test("a gateway ends the copying of routes of its version, in pasta only")
    func gateway() throws {
        let configuration = try accepted("pasta -g 192.0.2.254")

        #expect(configuration.gateway.v4 == IPAddress("192.0.2.254"))
        #expect(!configuration.copiesRoutes.v4)
        #expect(configuration.copiesRoutes.v6)
    }

    @Test("the last of -4 and -6 wins")
    func versions() throws {
        #expect(try accepted("pasta -4").isEnabled.v6 == false)
        let configuration = try accepted("pasta -4 -6")
        #expect(configuration.isEnabled.v6)
        #expect(!configuration.isEnabled.v4)
    }

    @Test("an outbound address may be loopback for IPv4")
    func outbound() throws {
        let configuration = try accepted(
            "pasta -o 127.0.0.1 -o 2001:db8::1 --outbound-if4 eth0 --outbound-if6 eth1")

        #expect(configuration.outboundAddress.v4 == IPAddress("127.0.0.1"))
        #expect(configuration.outboundAddress.v6 == IPAddress("2001:db8::1"))
        #expect(configuration.outboundInterface.v4 == "eth0")
        #expect(configuration.outboundInterface.v6 == "eth1")
    }

    @Test("three resolvers are kept for each version, more are ignored")
    func resolvers() throws {
        let configuration = try accepted(
            "pasta -D 192.0.2.1 -D 192.0.2.2 -D 2001:db8::1 -D 192.0.2.3 -D 192.0.2.4 --dns-host 127.0.0.1")

        #expect(configuration.resolvers.v4.map(\.description) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"])
        #expect(configuration.resolvers.v6.map(\.description) == ["2001:db8::1"])
        #expect(configuration.dnsHost.v4 == IPAddress("127.0.0.1"))
    }

    @Test("--dns none clears what came before, also forwarding, and what comes later survives")
    func noResolvers() throws {
        let cleared = try accepted("pasta -D 192.0.2.1 --dns-forward 192.0.2.2 --dns-host 192.0.2.3 -D none")
        #expect(cleared.isDNSDisabled)
        #expect(cleared.resolvers.v4.isEmpty)
        #expect(cleared.dnsForward.v4 == nil)
        #expect(cleared.dnsHost.v4 == nil)

        let later = try accepted("pasta -D none --dns-forward 192.0.2.2")
        #expect(later.isDNSDisabled)
        #expect(later.dnsForward.v4 == IPAddress("192.0.2.2"))

        #expect(try !accepted("pasta -D none -D 192.0.2.1").isDNSDisabled)
    }

    @Test("a search list is split at blanks; none clears, a dot makes it a name")
    func search() throws {
        func domains(_ arguments: String...) -> [String]? {
            let result = Invocation(arguments: ["pasta"] + arguments.flatMap { ["-S", $0] })
            guard case .run(let configuration, _) = result else { return nil }
            return configuration.isSearchDisabled ? ["(disabled)"] : configuration.searchDomains
        }

        #expect(domains("a.example b.example", "c.example.") == ["a.example", "b.example", "c.example"])
        #expect(domains("a.example", "none") == ["(disabled)"])
        #expect(domains("none", "a.example") == ["a.example"])
        #expect(domains("none.") == ["none"])
        #expect(domains("a b c d e f") == ["a", "b", "c", "d", "e", "f"])
        #expect(domains("a b c d", "e f g") == nil)
        #expect(domains(" ") == nil)
        #expect(domains(String(repeating: "a", count: 1024))?.count == 1)
        #expect(domains(String(repeating: "a", count: 1025)) == nil)
    }

    @Test("passt and pasta differ in how they are told to advertise")
    func advertising() throws {
        #expect(try accepted("pasta").advertisesDNS == nil)
        #expect(try accepted("pasta --dhcp-dns").advertisesDNS == true)
        #expect(try accepted("passt --no-dhcp-dns").advertisesDNS == false)
        #expect(try accepted("pasta --dhcp-search").advertisesSearch == true)
        #expect(try accepted("passt --no-dhcp-search").advertisesSearch == false)
    }

    @Test("switching protocols off takes along what depends on them")
    func protocols() throws {
        let icmp = try accepted("pasta --no-icmp")
        #expect(
            !icmp.allowsICMP && !icmp.services.icmp && !icmp.services.ndp
                && !icmp.services.routerAdvertisements)
        #expect(icmp.services.dhcp && icmp.services.dhcpv6)

        let ndp = try accepted("pasta --no-ndp")
        #expect(ndp.allowsICMP && ndp.services.icmp && !ndp.services.ndp)

        let configured = try accepted("pasta --config-net")
        #expect(configured.services.ndp && !configured.services.routerAdvertisements)
        #expect(try !accepted("pasta --no-dhcp").services.dhcp)
        #expect(try !accepted("pasta --no-dhcpv6").services.dhcpv6)
        #expect(try !accepted("pasta --no-tcp --no-udp").allowsUDP)
    }

    @Test("--map-host-loopback none also switches the gateway mapping off")
    func mapping() throws {
        let none = try accepted("pasta --map-host-loopback 192.0.2.1 --map-host-loopback none")
        #expect(none.mapHostLoopback.v4 == nil)
        #expect(!none.mapsGateway)

        let guest = try accepted(
            "pasta --map-guest-addr 169.254.1.2 --map-guest-addr none --map-guest-addr 2001:db8::1")
        #expect(guest.mapGuestAddress.v4 == nil)
        #expect(guest.mapGuestAddress.v6 == IPAddress("2001:db8::1"))
        #expect(guest.mapsGateway)
        #expect(try !accepted("pasta --no-map-gw").mapsGateway)
    }

    @Test("--splice-only implies loopback to loopback, and no ICMP and DNS")
    func spliceOnly() throws {
        let configuration = try accepted("pasta --splice-only")

        #expect(configuration.isSpliceOnly)
        #expect(configuration.mapsHostLoopbackToNamespaceLoopback)
        #expect(!configuration.allowsICMP)
        #expect(configuration.isDNSDisabled)
    }

    @Test("the last of socket and descriptor wins, and a descriptor implies one-off")
    func socketAndDescriptor() throws {
        let descriptor = try accepted("passt -s /x --fd 3")
        #expect(descriptor.inheritedDescriptor == 3)
        #expect(descriptor.socketPath == nil)
        #expect(descriptor.isOneOff)

        let socket = try accepted("passt --fd 3 -s /x")
        #expect(socket.inheritedDescriptor == nil)
        #expect(socket.socketPath == "/x")
        #expect(!socket.isOneOff)
        #expect(try accepted("passt -1").isOneOff)
    }

    @Test("the repair socket can be switched off in any mode and named with --vhost-user")
    func repairPath() throws {
        #expect(try accepted("passt --vhost-user --repair-path /r").repairPath == "/r")
        #expect(try accepted("passt --vhost-user --repair-path /r --repair-path none").isRepairDisabled)
        #expect(try accepted("pasta --repair-path none").isRepairDisabled)
        #expect(try accepted("passt --vhost-user --repair-path ./none").repairPath == "./none")
    }

    @Test(
        "operands and namespace options decide what pasta serves",
        arguments: [
            ("pasta", Configuration.Target.command([]), false), ("pasta 123", .process(123), false),
            ("pasta 123 4", .command(["123", "4"]), false),
            ("pasta curl -q x", .command(["curl", "-q", "x"]), false),
            ("pasta -- -q", .command(["-q"]), false), ("pasta --netns /p/n", .namespace("/p/n"), true),
            ("pasta --netns name", .namespace("/run/netns/name"), true),
            ("pasta --netns ./n", .namespace("./n"), true),
            ("pasta --netns n --userns /u", .namespace("/run/netns/n"), false),
            ("pasta --netns-only 123", .process(123), true),
            ("pasta --netns-only --userns /u", .command([]), false),
            ("pasta --userns /u --netns-only 1", .process(1), true),
        ])
    func targets(line: String, target: Configuration.Target, isNetnsOnly: Bool) throws {
        let configuration = try accepted(line)

        #expect(configuration.target == target)
        #expect(configuration.isNetnsOnly == isNetnsOnly)
        #expect(configuration.userNamespace == nil || !configuration.isNetnsOnly)
    }

    @Test(
        "deprecated options are accepted with a warning",
        arguments: [
            "pasta -e", "pasta --stderr", "pasta --config-net --no-copy-routes",
            "passt --vhost-user --migrate-exit",
        ])
    func deprecated(line: String) throws {
        #expect(try warnings(of: line).count == 1)
    }

    @Test(
        "the command lines of known callers are accepted",
        arguments: [
            // Podman
            """
            /usr/bin/pasta --config-net -t 127.0.0.1/8080-8080:80-80 --dns-forward 169.254.1.1 -u none -T \
            none -U none --no-map-gw --quiet --netns /run/user/1000/netns/x --map-guest-addr 169.254.1.2
            """,
            // RootlessKit
            """
            pasta --stderr --ns-ifname=tap0 --mtu=65520 --config-net --address=10.0.2.100 --netmask=24 \
            --gateway=10.0.2.2 --dns-forward=10.0.2.3 --no-map-gw --ipv4-only --tcp-ports=auto \
            --udp-ports=none 123
            """,
            // libvirt
            """
            passt --one-off --socket /run/s --pid /run/p --mtu 1500 --interface eth0 --log-file /l \
            --hostname h --fqdn h.example --address 192.0.2.2 --netmask 24 --address 2001:db8::2 \
            --tcp-ports %eth0/2222:22
            """,
            // QEMU
            "passt --vhost-user --quiet --search a.example --tcp-ports 22,80:8080 --pid /tmp/x --fd 3",
            // muvm, crun
            "passt -q -f -t 8000-8000:80-80 --fd 9", "passt -t all -u all --no-dhcp-dns --no-map-gw --fd 4",
            // slirp4netns wrapper
            """
            pasta -q --ipv4-only -a 10.0.2.0 -n 24 -g 10.0.2.2 --dns-forward 10.0.2.3 -m 1500 --no-ndp \
            --no-dhcpv6 --no-dhcp -P /t -I tap0 12
            """,
        ])
    func callers(line: String) throws {
        _ = try accepted(line)
    }
}
