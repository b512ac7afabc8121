// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Configures the guest's network namespace as `--config-net` asks: a copy of the host's, or what was given instead.
///
/// IPv6 addresses are usable at once: the kernel is told not to make a link-local address itself, which it would check
/// for duplicates for a second, and gets ours marked "no detection"; then its own way is restored.
struct NamespaceNetwork: ~Copyable {
    private static let loopback: UInt32 = 1

    private var host: NetlinkSocket
    private var space: NetlinkSocket
    private let log: Log

    /// - Parameters:
    ///   - host: in the host's network namespace.
    ///   - space: in the guest's.
    init(host: consuming NetlinkSocket, space: consuming NetlinkSocket, log: Log) {
        self.host = host
        self.space = space
        self.log = log
    }

    /// Brings up the namespace's loopback interface.
    mutating func raiseLoopback() throws(SetupError) {
        try raise(Self.loopback, "bring up the loopback interface in the namespace")
    }

    /// Creates the tap interface on `tun`.
    mutating func createTap(
        on tun: consuming Descriptor, _ configuration: Configuration, _ network: HostNetwork
    ) throws(SetupError) -> TapDevice {
        try TapDevice(
            on: tun, named: TapDevice.name(configuration, network), mac: configuration.namespaceMAC,
            forbidsOffload: configuration.forbidsOffload, &space)
    }

    /// Gives the interface its MTU, addresses and routes, and brings it up.
    mutating func configure(
        _ tap: borrowing TapDevice, _ configuration: Configuration, _ network: HostNetwork,
        _ guest: GuestNetwork
    ) throws(SetupError) {
        if guest.mtu != 0 {
            var request = InterfaceMessage.request(type: InterfaceMessage.new, index: tap.index)
            request.attribute(InterfaceMessage.Attribute.mtu, UInt32(guest.mtu))
            try space.require(request, "set the MTU of \(tap.name) to \(guest.mtu)")
        }
        let hasIPv6 = guest.ipv6 == nil ? false : try setAddressGeneration(.none, tap.index)
        try raise(tap.index, "bring up \(tap.name)")

        if let ipv4 = guest.ipv4 {
            let template = configuration.copiesAddresses.v4 ? network.ipv4 : nil
            let own = AddressMessage(
                address: IPAddress(ipv4.address), prefixLength: ipv4.prefixLength, index: tap.index)
            try addAddresses(.v4, template, own, tap.index)
            let source = configuration.copiesRoutes.v4 ? network.ipv4 : nil
            try addRoutes(.v4, source, gateway: (ipv4.gateway ?? ipv4.ours).map { IPAddress($0) }, tap)
        }
        guard let ipv6 = guest.ipv6 else { return }
        guard hasIPv6, try addLinkLocal(tap) else {
            log.warning("No IPv6 in the namespace: the kernel does not offer it there.")
            return
        }
        let template = configuration.copiesAddresses.v6 ? network.ipv6 : nil
        let own = ipv6.address.map {
            AddressMessage(address: IPAddress($0), prefixLength: ipv6.prefixLength, index: tap.index)
        }
        try addAddresses(.v6, template, own, tap.index)
        let source = configuration.copiesRoutes.v6 ? network.ipv6 : nil
        try addRoutes(.v6, source, gateway: IPAddress(ipv6.gateway ?? ipv6.ours), tap)
        _ = try setAddressGeneration(.fromMAC, tap.index)
    }

    private mutating func raise(_ index: UInt32, _ step: String) throws(SetupError) {
        try space.require(
            InterfaceMessage.request(
                type: InterfaceMessage.new, index: index, values: InterfaceMessage.isUp,
                changing: InterfaceMessage.isUp), step)
    }

    /// How the kernel makes link-local addresses; false when the interface has no IPv6.
    private mutating func setAddressGeneration(_ mode: InterfaceMessage.AddressGeneration, _ index: UInt32)
        throws(SetupError) -> Bool
    {
        var request = InterfaceMessage.request(type: InterfaceMessage.new, index: index)
        request.nest(InterfaceMessage.Attribute.perFamily | NetlinkAttribute.nested) { families in
            families.nest(UInt16(NetlinkFamily.ipv6) | NetlinkAttribute.nested) { family in
                family.attribute(InterfaceMessage.Attribute.addressGenerationMode, mode.rawValue)
            }
        }
        return try space.perform(request).code == 0
    }

    /// Adds the link-local address that the MAC address gives; false when the kernel refuses IPv6 here.
    private mutating func addLinkLocal(_ tap: borrowing TapDevice) throws(SetupError) -> Bool {
        let address = AddressMessage(
            address: IPAddress(IPv6Address.linkLocal(from: tap.mac)), prefixLength: 64, index: tap.index,
            scope: RouteMessage.Scope.link, flags: AddressMessage.Flag.skipsDuplicateDetection)
        guard let request = address.addition() else { return false }
        let end = try space.perform(request)
        switch end.code {
        case 0, EEXIST: return true
        case EACCES, EAFNOSUPPORT, EOPNOTSUPP: return false
        default:
            throw SetupError(
                cannot: "add a link-local address to \(tap.name)", code: end.code, hint: end.message)
        }
    }

    /// Copies the usable addresses of the template, or adds the given one.
    private mutating func addAddresses(
        _ version: IPVersion, _ template: HostNetwork.Template?, _ own: AddressMessage?, _ index: UInt32
    ) throws(SetupError) {
        var added: [AddressMessage] = []
        if let template {
            added = try host.addresses(version, of: template.interfaceIndex).filter { address in
                address.scope < RouteMessage.Scope.link
                    && address.flags & AddressMessage.Flag.isDeprecated == 0
            }
        } else if let own {
            added = [own]
        }
        for var address in added {
            address.index = index
            address.flags = address.flags & AddressMessage.Flag.hasNoPrefixRoute
            if version == .v6 { address.flags |= AddressMessage.Flag.skipsDuplicateDetection }
            guard let request = address.addition(), let text = address.address else { continue }
            try space.require(request, "add the address \(text) in the namespace")
        }
    }

    /// Copies the routes of the template's interface, or adds a default route.
    private mutating func addRoutes(
        _ version: IPVersion, _ template: HostNetwork.Template?, gateway: IPAddress?,
        _ tap: borrowing TapDevice
    ) throws(SetupError) {
        guard let template else {
            guard let gateway else { return }
            return try addDefaultRoute(via: gateway, tap)
        }
        var additions: [NetlinkRequest] = []
        let dump = RouteMessage.dump(version, interface: template.interfaceIndex)
        for payload in try host.dump(dump, type: RouteMessage.new) {
            do throws(WireError) {
                let bytes = payload.rawBytes
                if let copy = try RouteMessage.copy(of: bytes, from: template.interfaceIndex, to: tap.index) {
                    additions.append(copy)
                }
            } catch {
                throw SetupError(
                    "Cannot copy the routes of \(template.interfaceName): an answer is malformed.")
            }
        }
        try add(additions)
    }

    /// Adds routes of which some may need others first: as long as a round adds any, the rest gets another.
    private mutating func add(_ requests: [NetlinkRequest]) throws(SetupError) {
        var waiting = requests
        var madeProgress = true
        while madeProgress, !waiting.isEmpty {
            var refused: [NetlinkRequest] = []
            for request in waiting {
                let end = try space.perform(request)
                switch end.code {
                case 0, EEXIST: break
                case ENETUNREACH, EHOSTUNREACH: refused.append(request)
                default:
                    log.warning(
                        "A route of the host is left out in the namespace: \(end.message) (\(end.code)).")
                }
            }
            madeProgress = refused.count < waiting.count
            waiting = refused
        }
        if !waiting.isEmpty {
            log.info(
                "\(waiting.count) routes of the host are left out in the namespace: next hops are out of reach."
            )
        }
    }

    /// A default route; the gateway gets a route of its own when no address makes it a neighbour.
    private mutating func addDefaultRoute(via gateway: IPAddress, _ tap: borrowing TapDevice)
        throws(SetupError)
    {
        let request = RouteMessage.defaultRoute(via: gateway, on: tap.index)
        let end = try space.perform(request)
        if end.code == 0 || end.code == EEXIST { return }
        guard end.code == ENETUNREACH || end.code == EHOSTUNREACH else {
            throw SetupError(cannot: "add a default route via \(gateway)", code: end.code, hint: end.message)
        }
        try space.require(RouteMessage.hostRoute(to: gateway, on: tap.index), "add a route to \(gateway)")
        try space.require(request, "add a default route via \(gateway)")
    }
}

extension IPv6Address {
    /// The link-local address with the modified EUI-64 of a MAC address (RFC 4291, appendix A).
    static func linkLocal(from mac: MACAddress) -> IPv6Address {
        let identifier = (mac.bits >> 24 ^ 0x02_0000) << 40 | 0xff_fe00_0000 | mac.bits & 0xff_ffff
        return IPv6Address(high: 0xfe80_0000_0000_0000, low: identifier)
    }
}
