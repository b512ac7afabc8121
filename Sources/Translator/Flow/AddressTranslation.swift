// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// How inbound flows may bypass the link: from the command line, fixed at start.
struct SplicePolicy: Equatable, BitwiseCopyable {
    /// Flows between the loopback addresses of host and namespace go from socket to socket (pasta, unless
    /// `--no-splice`).
    var isAllowed = false
    /// Flows that cannot be spliced are refused (`--splice-only`).
    var isOnlyWay = false
    /// A spliced flow keeps its loopback destination (`--host-lo-to-ns-lo`).
    var keepsLoopback = false
}

/// What an outbound flow's host socket is asked to do.
struct OutboundRoute: Equatable, BitwiseCopyable {
    var destination: Endpoint
    /// Interface index for a link-local IPv6 destination; 0 otherwise.
    var scope: UInt32 = 0
    /// Source to bind to; nil: the kernel chooses.
    var bindAddress: IPAddress?
    /// Source port to bind to; 0: the kernel chooses.
    var bindPort: UInt16 = 0
    /// The outbound interface of `--outbound-if4/6`, if any, applies.
    var bindsDevice: Bool
}

/// Where a flow that came in through a listening socket goes.
struct InboundRoute: Equatable, BitwiseCopyable {
    enum Path: UInt8, BitwiseCopyable {
        /// Translated, as packets to the guest.
        case link
        /// Socket to socket, in the namespace or from it.
        case splice
    }

    /// As the guest sees it. Spliced: where the target socket is to be bound, port 0 meaning any.
    var source: Endpoint
    var destination: Endpoint
    var path: Path
}

/// Translates addresses of new flows between what the guest sees and what the host uses; pure functions of values.
///
/// Whoever starts a flow stores both forms in it: later packets, replies and errors are not translated again.
struct AddressTranslation: BitwiseCopyable {
    /// 53 and DNS over TLS or DTLS (RFC 7858, RFC 8094).
    private static func isDNS(_ port: UInt16) -> Bool { port == 53 || port == 853 }

    var mapping: AddressMapping
    var splice = SplicePolicy()

    /// A flow that the guest starts; nil: it may not be.
    func outbound(
        _ transport: TransportProtocol, from source: Endpoint, to destination: Endpoint
    ) -> OutboundRoute? {
        guard source.address.isUnicast, destination.port != 0 else { return nil }
        switch transport {
        case .tcp:
            guard destination.address.isUnicast, source.port != 0 else { return nil }
        case .udp:
            guard !destination.address.isUnspecified else { return nil }
        }
        let isForResolver =
            Self.isDNS(destination.port) && destination.address == mapping[source.address.version].dnsMatch
        guard
            var route = route(
                from: source.address, to: destination.address, isForResolver: isForResolver)
        else { return nil }
        route.destination.port = destination.port
        route.bindPort = transport == .udp ? source.port : 0
        return route
    }

    /// An echo request of the guest; nil: it may not be forwarded. Ports of the result are 0.
    func outboundEcho(from source: IPAddress, to destination: IPAddress) -> OutboundRoute? {
        guard source.isUnicast, destination.isUnicast else { return nil }
        return route(from: source, to: destination, isForResolver: false)
    }

    /// A flow from a host's peer through a listening socket of `rule`; nil: it is refused.
    ///
    /// - Parameters:
    ///   - listeningPort: the socket's own, within the rule's range.
    ///   - originalDestination: where the peer sent to.
    func inbound(
        _ rule: RuleTable.Rule, listeningPort: UInt16, peer: Endpoint, originalDestination: IPAddress,
        observed: ObservedAddresses
    ) -> InboundRoute? {
        let version = peer.address.version
        guard mapping[version].isEnabled, peer.address.isUnicast, originalDestination.version == version
        else {
            return nil
        }
        guard peer.port != 0 || rule.transport == .udp else { return nil }
        let port = rule.targetPort(for: listeningPort)
        if splice.isAllowed, rule.target == nil, peer.address.isLoopback {
            return spliced(rule, peer, to: originalDestination, port, observed)
        }
        guard !splice.isOnlyWay, let source = guestVisible(peer.address, observed) else { return nil }
        let address: IPAddress?
        if let target = rule.target {
            address = target.version == version ? target : nil
        } else if Self.isForMany(originalDestination) {
            address = originalDestination
        } else {
            address = observed.destination(version, for: source)
        }
        guard let address else { return nil }
        return InboundRoute(
            source: Endpoint(address: source, port: peer.port),
            destination: Endpoint(address: address, port: port),
            path: .link)
    }

    /// A flow from the namespace's loopback through a listening socket in it (`-T`, `-U`); nil: it is refused.
    func fromNamespace(
        _ rule: RuleTable.Rule, listeningPort: UInt16, peer: Endpoint, originalDestination: IPAddress
    ) -> InboundRoute? {
        guard peer.address.isLoopback, originalDestination.isLoopback, peer.port != 0,
            peer.address.version == originalDestination.version
        else { return nil }
        return InboundRoute(
            source: Endpoint(address: peer.address, port: rule.transport == .udp ? peer.port : 0),
            destination: Endpoint(
                address: rule.target ?? originalDestination, port: rule.targetPort(for: listeningPort)),
            path: .splice)
    }

    /// The address under which the guest knows a host's peer, or a router that reports an error; nil: under none.
    func guestVisible(_ address: IPAddress, _ observed: ObservedAddresses) -> IPAddress? {
        let family = mapping[address.version]
        if address == .loopback(address.version), let mapped = family.mappedLoopback { return mapped }
        if address == family.assigned, let mapped = family.mappedGuest { return mapped }
        if address.isLoopback || address.isUnspecified || address == family.assigned
            || observed.contains(address)
        {
            return family.ours
        }
        return address
    }

    /// The host's form of a destination, with what it means for the socket; ports stay 0.
    private func route(
        from source: IPAddress, to destination: IPAddress, isForResolver: Bool
    ) -> OutboundRoute? {
        let family = mapping[destination.version]
        guard family.isEnabled, source.version == destination.version, !source.isLoopback,
            !destination.isLoopback
        else { return nil }
        var address = destination
        var isHostsOwn = false
        if isForResolver {
            guard let resolver = family.dnsHost else { return nil }
            address = resolver
        } else if destination == family.mappedLoopback {
            address = .loopback(destination.version)
        } else if destination == family.mappedGuest {
            guard let assigned = family.assigned else { return nil }
            address = assigned
            isHostsOwn = true
        }
        // A loopback destination is reached from a loopback source only, and over no other device.
        return OutboundRoute(
            destination: Endpoint(address: address, port: 0),
            scope: Self.needsScope(address) ? family.templateInterfaceIndex : 0,
            bindAddress: address.isLoopback ? nil : family.outbound,
            bindsDevice: !address.isLoopback && !isHostsOwn)
    }

    private func spliced(
        _ rule: RuleTable.Rule, _ peer: Endpoint, to originalDestination: IPAddress, _ port: UInt16,
        _ observed: ObservedAddresses
    ) -> InboundRoute? {
        let version = peer.address.version
        let keepsAddress =
            Self.isForMany(originalDestination) || splice.keepsLoopback && originalDestination.isLoopback
        guard let address = keepsAddress ? originalDestination : observed.destination(version, for: nil)
        else {
            return nil
        }
        return InboundRoute(
            source: Endpoint(address: .unspecified(version), port: rule.transport == .udp ? peer.port : 0),
            destination: Endpoint(address: address, port: port), path: .splice)
    }

    /// Multicast or limited broadcast: rewriting such a destination made queries come back (mDNS).
    private static func isForMany(_ address: IPAddress) -> Bool {
        address.isMulticast || address.v4?.isBroadcast == true
    }

    /// Link-local, or multicast of interface-local or link-local scope (RFC 4291, section 2.7).
    private static func needsScope(_ address: IPAddress) -> Bool {
        guard let address = address.v6 else { return false }
        return address.isLinkLocal || address.isMulticast && 1...2 ~= address.high >> 48 & 0xf
    }
}
