// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// Address mapping and port forwarding.
    mutating func apply(_ which: ForwardingOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .tcpPorts, .udpPorts, .tcpNamespacePorts, .udpNamespacePorts: portOptions.append((which, option))
        case .noMapGateway: configuration.mapsGateway = false
        case .mapHostLoopback: try mapHostLoopback(option)
        case .mapGuestAddress: try mapGuestAddress(option)
        case .freebind: configuration.allowsFreebind = true
        case .loopbackToLoopback: configuration.mapsHostLoopbackToNamespaceLoopback = true
        case .noSplice: configuration.forbidsSplice = true
        case .spliceOnly: configuration.isSpliceOnly = true
        }
    }

    private mutating func mapHostLoopback(_ option: ScannedOption) throws(ConfigurationError) {
        if let address = try option.addressOrNone(where: { $0.isUnicast && !$0.isLoopback }) {
            configuration.mapHostLoopback[address.version] = address
        } else {
            configuration.mapHostLoopback = .init(v4: nil, v6: nil)
            configuration.mapsGateway = false
        }
    }

    private mutating func mapGuestAddress(_ option: ScannedOption) throws(ConfigurationError) {
        if let address = try option.addressOrNone(where: { $0.isUnicast && !$0.isLoopback }) {
            configuration.mapGuestAddress[address.version] = address
        } else {
            configuration.mapGuestAddress = .init(v4: nil, v6: nil)
        }
    }

    /// The second pass: ports, now that everything they depend on is known.
    mutating func forwardPorts(ephemeralPorts: ClosedRange<UInt16>) throws(ConfigurationError) {
        var rules = ForwardingRuleList()
        let surroundings = PortSurroundings(configuration: configuration, ephemeralPorts: ephemeralPorts)
        for (which, option) in portOptions {
            guard let (direction, transport) = which.portTable else { continue }
            try rules.add(
                option.argument, for: direction, transport, spelling: option.spelling, in: surroundings,
                warnings: &warnings)
        }
        if isPasta {
            for which: ForwardingOption in [.tcpPorts, .udpPorts, .tcpNamespacePorts, .udpNamespacePorts] {
                guard let (direction, transport) = which.portTable, surroundings.allows(transport),
                    !portOptions.contains(where: { $0.option == which })
                else { continue }
                try rules.add(
                    "auto", for: direction, transport, spelling: "default", in: surroundings,
                    warnings: &warnings)
            }
        }
        configuration.forwardingRules = rules.rules
    }
}

extension ForwardingOption {
    /// Where the port specifiers of the option go; nil for options that take none.
    var portTable: (ForwardingDirection, TransportProtocol)? {
        switch self {
        case .tcpPorts: (.inbound, .tcp)
        case .udpPorts: (.inbound, .udp)
        case .tcpNamespacePorts: (.outbound, .tcp)
        case .udpNamespacePorts: (.outbound, .udp)
        case .noMapGateway, .mapHostLoopback, .mapGuestAddress, .freebind, .loopbackToLoopback, .noSplice,
            .spliceOnly:
            nil
        }
    }
}
