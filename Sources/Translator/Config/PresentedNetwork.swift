// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What the guest is shown follows from what was asked for, what the host has, and what its resolver file
// says.
//
// Each IP version is worked out alone. Options come first; then the template interface; a version that is
// enabled but has no template (or no usable address on it) is in local mode: link-local addresses, so that
// guest and host reach each other. Options are honoured there, too.

/// The guest's network, the meaning of its addresses, and what to tell the user about them.
struct PresentedNetwork {
    var guest = GuestNetwork()
    var mapping = AddressMapping()
    /// The version has no template: nothing is copied into a namespace, just the assigned address and a
    /// default route.
    var isLocal = Configuration.PerVersion<Bool>(v4: false, v6: false)
    /// Name of the interface in the namespace.
    var linkName = "tap0"
    var warnings: [String] = []
    /// Start-up summary, for the info level.
    var summary: [String] = []

    /// - Parameter resolverFile: text of /etc/resolv.conf; empty when there is none.
    init(configuration: Configuration, host: HostNetwork, resolverFile: String) {
        let file = ResolverFile(text: resolverFile)
        guest.mtu = configuration.mtu
        guest.ourMAC = configuration.ourMAC
        guest.hostname = configuration.hostname
        guest.fqdn = configuration.fqdn
        guest.services = configuration.services
        if configuration.isEnabled.v4 { presentIPv4(configuration, host.ipv4) }
        if configuration.isEnabled.v6 { presentIPv6(configuration, host.ipv6) }
        restrictServices()
        presentResolvers(configuration, file)
        presentSearchDomains(configuration, file)
        linkName = Self.linkName(configuration, host)
        summary = summaryLines(configuration, host)
    }

    private mutating func presentIPv4(_ configuration: Configuration, _ template: HostNetwork.Template?) {
        let found = template?.addresses.bestIPv4
        let isLocal = found == nil && configuration.address.v4 == nil || template == nil
        self.isLocal.v4 = isLocal
        let address = configuration.address.v4?.address.v4 ?? found?.address.v4 ?? LocalMode.ipv4Address
        let gateway =
            configuration.gateway.v4?.v4 ?? (isLocal ? LocalMode.ipv4Gateway : template?.gateway?.v4)
        guest.ipv4 = GuestNetwork.IPv4(
            address: address, prefixLength: prefixLength(of: address, configuration, template),
            gateway: gateway,
            ours: gateway)
        mapping.v4 = family(
            .v4, configuration, template, assigned: IPAddress(address),
            gateway: gateway.map { IPAddress($0) },
            ours: gateway.map { IPAddress($0) })
    }

    /// Option, else the host's for an address of the host, else by class.
    private func prefixLength(
        of address: IPv4Address, _ configuration: Configuration, _ template: HostNetwork.Template?
    ) -> UInt8 {
        // A length of 0 counts as none.
        if let length = configuration.address.v4?.prefixLength, length != 0 { return length }
        if let length = configuration.netmask, length != 0 { return length }
        if configuration.address.v4?.prefixLength == nil, configuration.netmask == nil,
            let onHost = template?.addresses.first(where: { $0.address.v4 == address })
        {
            return onHost.prefixLength
        }
        return address.classPrefixLength
    }

    private mutating func presentIPv6(_ configuration: Configuration, _ template: HostNetwork.Template?) {
        let isLocal = template == nil
        self.isLocal.v6 = isLocal
        let address = configuration.address.v6?.address.v6 ?? template?.addresses.bestIPv6?.address.v6
        let gateway =
            configuration.gateway.v6?.v6 ?? (isLocal ? LocalMode.ipv6Gateway : template?.gateway?.v6)
        let linkLocalGateway = gateway.flatMap { $0.isLinkLocal ? $0 : nil }
        let ours = linkLocalGateway ?? template?.linkLocal ?? LocalMode.ipv6Gateway
        guest.ipv6 = GuestNetwork.IPv6(address: address, gateway: gateway, ours: ours)
        mapping.v6 = family(
            .v6, configuration, template, assigned: address.map { IPAddress($0) },
            gateway: gateway.map { IPAddress($0) }, ours: IPAddress(ours))
    }

    private func family(
        _ version: IPVersion, _ configuration: Configuration, _ template: HostNetwork.Template?,
        assigned: IPAddress?, gateway: IPAddress?, ours: IPAddress?
    ) -> AddressMapping.Family {
        var family = AddressMapping.Family()
        family.isEnabled = true
        family.assigned = assigned
        family.isAssignedPinned = configuration.address[version] != nil
        family.ours = ours
        family.mappedLoopback =
            configuration.mapHostLoopback[version] ?? (configuration.mapsGateway ? gateway : nil)
        family.mappedGuest = configuration.mapGuestAddress[version]
        family.outbound = configuration.outboundAddress[version]
        family.templateInterfaceIndex = template?.interfaceIndex ?? 0
        return family
    }

    /// What cannot work without its precondition is off, whatever was asked for.
    private mutating func restrictServices() {
        if guest.ipv4?.gateway == nil { guest.services.dhcp = false }
        if guest.ipv6?.address == nil { guest.services.dhcpv6 = false }
        if guest.ipv6 == nil {
            guest.services.ndp = false
            guest.services.routerAdvertisements = false
        }
    }

    private mutating func presentSearchDomains(_ configuration: Configuration, _ file: ResolverFile) {
        guard !configuration.isSearchDisabled,
            configuration.advertisesSearch ?? (configuration.mode != .pasta)
        else {
            return
        }
        guest.searchDomains =
            configuration.searchDomains.isEmpty ? file.searchDomains : configuration.searchDomains
    }

    private static func linkName(_ configuration: Configuration, _ host: HostNetwork) -> String {
        if let name = configuration.namespaceInterface { return name }
        let templates = [
            configuration.isEnabled.v4 ? host.ipv4 : nil, configuration.isEnabled.v6 ? host.ipv6 : nil,
        ]
        // The namespace has a "lo" of its own.
        return templates.compactMap { $0?.interfaceName }.first { $0 != "lo" } ?? "tap0"
    }
}

/// What stands in for the host's network where there is none.
enum LocalMode {
    static let ipv4Address = IPv4Address(0xa9fe_0201)  // 169.254.2.1
    static let ipv4Gateway = IPv4Address(0xa9fe_0202)  // 169.254.2.2
    static let ipv6Gateway = IPv6Address(high: 0xfe80_0000_0000_0000, low: 1)  // fe80::1
}

extension IPv4Address {
    /// The length of the network part by class (RFC 791, section 3.2); 32 outside classes A, B and C.
    var classPrefixLength: UInt8 {
        switch bits >> 28 {
        case 0...7: 8
        case 8...11: 16
        case 12...13: 24
        default: 32
        }
    }
}

extension [HostNetwork.InterfaceAddress] {
    /// The address with the longest prefix, the first among equals; narrow and deprecated ones only for want
    /// of better.
    fileprivate var bestIPv4: HostNetwork.InterfaceAddress? {
        let usable = filter { $0.address.version == .v4 && $0.address.isUnicast }
        return usable.filter { !$0.isDeprecated && !$0.isLinkScope }.withLongestPrefix
            ?? usable.filter { !$0.isDeprecated }.withLongestPrefix ?? usable.withLongestPrefix
    }

    /// As for IPv4, but never an address that is valid on one link only.
    fileprivate var bestIPv6: HostNetwork.InterfaceAddress? {
        let usable = filter {
            $0.address.version == .v6 && $0.address.isUnicast && !$0.address.isLinkLocal && !$0.isLinkScope
        }
        return usable.filter { !$0.isDeprecated }.withLongestPrefix ?? usable.withLongestPrefix
    }

    private var withLongestPrefix: HostNetwork.InterfaceAddress? {
        guard let longest = map(\.prefixLength).max() else { return nil }
        return first { $0.prefixLength == longest }
    }
}
