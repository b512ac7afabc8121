// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The network as it is presented to the guest: fixed at start, read by services and address translation.
struct GuestNetwork {
    /// What the guest is told about IPv4; nil when the version is disabled.
    struct IPv4 {
        /// Offered by DHCP, and where inbound flows go until the guest shows another address.
        var address: IPv4Address
        var prefixLength: UInt8
        /// DHCP option 3; nil when the host has no gateway (then DHCP is off).
        var gateway: IPv4Address?
        /// Our own address on the link: the gateway, if any.
        var ours: IPv4Address?
        /// Told by DHCP option 6; empty when not to be advertised.
        var resolvers: [IPv4Address] = []
    }

    /// What the guest is told about IPv6; nil when the version is disabled.
    struct IPv6 {
        /// Offered by DHCPv6, prefix of router advertisements; nil in local mode (then DHCPv6 is off).
        var address: IPv6Address?
        /// Length of the advertised prefix.
        var prefixLength: UInt8 = 64
        var gateway: IPv6Address?
        /// Our link-local address: source of router advertisements and DHCPv6.
        var ours: IPv6Address
        /// RDNSS and DHCPv6 option 23; empty when not to be advertised.
        var resolvers: [IPv6Address] = []
    }

    var ipv4: IPv4?
    var ipv6: IPv6?
    /// Link MTU in bytes; 0: not advertised and not set.
    var mtu: UInt16 = 65520
    var ourMAC = MACAddress.defaultOurs
    /// Search list, dotted names without trailing dot; empty when not to be advertised.
    var searchDomains: [String] = []
    /// DHCP option 12.
    var hostname: String?
    /// DHCP option 81, DHCPv6 option 39.
    var fqdn: String?
    var services = Services()

    /// Which responders answer; a message for one that is off is swallowed, never forwarded.
    struct Services {
        var dhcp = true
        var dhcpv6 = true
        var ndp = true
        var routerAdvertisements = true
        var icmp = true
    }
}
