// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

extension HostNetwork {
    /// Asks the kernel for the interfaces that serve as templates, one for each enabled IP version, with their addresses
    /// and gateways.
    ///
    /// A named interface (`--interface`, then `--outbound-if4`, `--outbound-if6`) is taken as it is; otherwise the one of
    /// the first default route in the main table; otherwise the first with any route that leads beyond the link.
    static func query(_ configuration: Configuration, log: Log) throws(SetupError) -> HostNetwork {
        var netlink = try NetlinkSocket()
        var host = HostNetwork()
        if configuration.isEnabled.v4 {
            let name = configuration.interface ?? configuration.outboundInterface.v4
            host.ipv4 = try template(.v4, named: name, &netlink, log)
        }
        if configuration.isEnabled.v6 {
            let name = configuration.interface ?? configuration.outboundInterface.v6
            host.ipv6 = try template(.v6, named: name, &netlink, log)
        }
        return host
    }

    private static func template(
        _ version: IPVersion, named name: String?, _ netlink: inout NetlinkSocket, _ log: Log
    ) throws(SetupError) -> Template? {
        var routes: [RouteMessage]
        let link: InterfaceMessage
        if let name {
            guard let named = try netlink.link(named: name) else {
                throw SetupError("Cannot use the interface \(name): there is none of that name.")
            }
            link = named
            routes = try netlink.routes(version, of: link.index)
        } else {
            routes = try netlink.routes(version)
            guard let chosen = interface(in: routes, version, log), let found = try netlink.link(at: chosen)
            else {
                return nil
            }
            link = found
            routes.removeAll { !$0.hops.contains { $0.interface == chosen } }
        }
        return try template(version, link: link, routes: routes, &netlink)
    }

    private static func template(
        _ version: IPVersion, link: InterfaceMessage, routes: [RouteMessage], _ netlink: inout NetlinkSocket
    ) throws(SetupError) -> Template {
        let addresses = try netlink.addresses(version, of: link.index)
        var template = Template(
            interfaceIndex: link.index, interfaceName: link.name, addresses: [], gateway: nil, linkLocal: nil,
            mtu: link.mtu)
        for message in addresses {
            guard let address = message.address else { continue }
            template.addresses.append(
                InterfaceAddress(
                    address: address, prefixLength: message.prefixLength,
                    isDeprecated: message.flags & AddressMessage.Flag.isDeprecated != 0,
                    isLinkScope: message.scope >= RouteMessage.Scope.link))
            if let v6 = address.v6, v6.isLinkLocal, template.linkLocal == nil { template.linkLocal = v6 }
        }
        let first = routes.first { $0.isDefault && $0.flags & RouteMessage.isDead == 0 }
        template.gateway = first.flatMap { heaviest($0.hops.filter { $0.interface == link.index })?.gateway }
        return template
    }

    /// The interface of the first default route, else of the first route beyond the link.
    private static func interface(in routes: [RouteMessage], _ version: IPVersion, _ log: Log) -> UInt32? {
        let usable = routes.filter { route in
            route.flags & RouteMessage.isDead == 0 && !route.hops.isEmpty
                && !route.hops.contains { $0.interface == loopbackIndex }
        }
        let defaults = usable.filter { $0.isDefault && $0.scope == RouteMessage.Scope.universe }
        if let first = defaults.first {
            let others = Set(defaults.flatMap { $0.hops.map(\.interface) })
            if others.count > 1 {
                log.info("Several default IPv\(version.rawValue) routes, taking the first.")
            }
            return heaviest(first.hops)?.interface
        }
        let beyond = usable.first { $0.isDefault || $0.destination?.isLinkLocal == false }
        return beyond?.hops.first?.interface
    }

    /// The hop with the highest weight, the first among equals.
    private static func heaviest(_ hops: [RouteMessage.Hop]) -> RouteMessage.Hop? {
        hops.reduce(nil) { best, hop in
            guard let best, best.weight >= hop.weight else { return hop }
            return best
        }
    }

    private static let loopbackIndex: UInt32 = 1
}
