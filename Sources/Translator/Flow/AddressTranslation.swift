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

/// Where an outbound socket goes, and from where.
struct OutboundRoute: Equatable, BitwiseCopyable {
    var destination: Endpoint
    /// Source address to bind; nil: the kernel's choice.
    var source: IPAddress?
    /// Source port to keep; 0: the kernel's choice.
    var sourcePort: UInt16 = 0
    /// Interface index of a link-local destination; 0: none.
    var scope: UInt32 = 0
    /// Bound to the outbound interface of the version, if one was asked for.
    var bindsInterface = false
}

/// Where a flow that came in through a listening socket goes.
struct InboundRoute: Equatable, BitwiseCopyable {
    enum Path: UInt8, BitwiseCopyable {
        /// Translated, as packets to the guest.
        case link
        /// Socket to socket, in the namespace or from it.
        case splice
    }

    /// The guest's end, or the spliced flow's destination.
    var guest: Endpoint
    /// The peer as the guest sees it. Spliced: what the target socket binds to, port 0 meaning any.
    var remote: Endpoint
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
        route.sourcePort = transport == .udp ? source.port : 0
        return route
    }

    /// An echo request of the guest; nil: it may not be forwarded. Ports of the result are 0.
    func outboundEcho(from source: IPAddress, to destination: IPAddress) -> OutboundRoute? {
        guard source.isUnicast, destination.isUnicast else { return nil }
        return route(from: source, to: destination, isForResolver: false)
    }

    /// A flow from a host's peer through a listening socket; nil: it is refused.
    ///
    /// - Parameters:
    ///   - target: the fixed destination of the socket's rule, if it has one.
    ///   - targetPort: in step with the listening port.
    ///   - local: where the peer sent to.
    func inbound(
        _ transport: TransportProtocol, target: IPAddress?, targetPort: UInt16, peer: Endpoint,
        local: IPAddress,
        observed: ObservedAddresses
    ) -> InboundRoute? {
        let version = peer.address.version
        guard mapping[version].isEnabled, peer.address.isUnicast, local.version == version else { return nil }
        guard peer.port != 0 || transport == .udp else { return nil }
        if splice.isAllowed, target == nil, peer.address.isLoopback {
            return spliced(transport, peer, to: local, targetPort, observed)
        }
        guard !splice.isOnlyWay, let source = guestVisible(peer.address, observed) else { return nil }
        let address: IPAddress?
        if let target {
            address = target.version == version ? target : nil
        } else if Self.isForMany(local) {
            address = local
        } else {
            address = observed.destination(version, for: source)
        }
        guard let address else { return nil }
        return InboundRoute(
            guest: Endpoint(address: address, port: targetPort),
            remote: Endpoint(address: source, port: peer.port), path: .link)
    }

    /// A flow from the namespace's loopback through a listening socket in it (`-T`, `-U`); nil: it is refused.
    func fromNamespace(
        _ transport: TransportProtocol, target: IPAddress?, targetPort: UInt16, peer: Endpoint,
        local: IPAddress
    ) -> InboundRoute? {
        guard peer.address.isLoopback, local.isLoopback, peer.port != 0, peer.address.version == local.version
        else { return nil }
        return InboundRoute(
            guest: Endpoint(address: target ?? local, port: targetPort),
            remote: Endpoint(address: peer.address, port: transport == .udp ? peer.port : 0), path: .splice)
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
            source: address.isLoopback ? nil : family.outbound,
            scope: Self.needsScope(address) ? family.templateInterfaceIndex : 0,
            bindsInterface: !address.isLoopback && !isHostsOwn)
    }

    private func spliced(
        _ transport: TransportProtocol, _ peer: Endpoint, to local: IPAddress, _ targetPort: UInt16,
        _ observed: ObservedAddresses
    ) -> InboundRoute? {
        let version = peer.address.version
        let keepsAddress = Self.isForMany(local) || splice.keepsLoopback && local.isLoopback
        guard let address = keepsAddress ? local : observed.destination(version, for: nil) else { return nil }
        return InboundRoute(
            guest: Endpoint(address: address, port: targetPort),
            remote: Endpoint(address: .unspecified(version), port: transport == .udp ? peer.port : 0),
            path: .splice)
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
