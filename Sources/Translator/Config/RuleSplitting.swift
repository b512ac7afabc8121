// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the meaning of a port specifier depends on, besides its text.
struct PortSurroundings {
    /// When the host does not say (RFC 6335, section 6).
    static let usualEphemeralPorts: ClosedRange<UInt16> = 49152...65535

    var isPasta: Bool
    var isEnabled: Configuration.PerVersion<Bool>
    var allowsTCP: Bool
    var allowsUDP: Bool
    /// The host's `ip_local_port_range`.
    var ephemeralPorts: ClosedRange<UInt16>

    init(configuration: Configuration, ephemeralPorts: ClosedRange<UInt16>) {
        isPasta = configuration.mode == .pasta
        isEnabled = configuration.isEnabled
        allowsTCP = configuration.allowsTCP
        allowsUDP = configuration.allowsUDP
        self.ephemeralPorts = ephemeralPorts
    }

    func allows(_ transport: TransportProtocol) -> Bool {
        switch transport {
        case .tcp: allowsTCP
        case .udp: allowsUDP
        }
    }
}

extension PortSpecification {
    /// The rules that this specifier stands for, split around exclusions.
    func rules(
        for direction: ForwardingDirection, _ transport: TransportProtocol, in surroundings: PortSurroundings
    ) throws(PortSpecificationError) -> [ForwardingRule] {
        if isNone { return [] }
        guard surroundings.allows(transport) else {
            throw PortSpecificationError("\(transport.name) is disabled")
        }
        guard surroundings.isPasta || !hasAuto else {
            throw PortSpecificationError("auto is for pasta mode only")
        }
        let address = try listeningAddress(for: direction, in: surroundings)
        var template = ForwardingRule(
            direction: direction, transport: transport, address: address, ports: 1...1, firstTargetPort: 1)
        template.interface = direction == .outbound ? "lo" : listen?.interface ?? ""
        template.followsListeners = hasAuto
        // Ranges decide alone: `all` beside them adds nothing.
        if included.isEmpty {
            template.isBestEffort = true
            template.target = try target(allTarget, from: address, direction: direction)
            return Self.split(1...65535, around: excluded + [surroundings.ephemeralPorts]).map { ports in
                template.forwarding(ports, to: ports.lowerBound)
            }
        }
        var rules: [ForwardingRule] = []
        for inclusion in included {
            template.target = try target(inclusion.target, from: address, direction: direction)
            rules += Self.split(inclusion.ports, around: excluded).map { ports in
                template.forwarding(
                    ports, to: inclusion.firstTargetPort + (ports.lowerBound - inclusion.ports.lowerBound))
            }
        }
        return rules
    }

    /// Nil for "any, of both versions"; with one version disabled it is the other one's wildcard.
    private func listeningAddress(
        for direction: ForwardingDirection, in surroundings: PortSurroundings
    ) throws(PortSpecificationError) -> IPAddress? {
        if direction == .outbound, listen != nil {
            throw PortSpecificationError("ports of the namespace have no listening address or interface")
        }
        if let address = listen?.address {
            guard surroundings.isEnabled[address.version] else {
                throw PortSpecificationError(
                    "IPv\(address.version.rawValue) is disabled, so \(address) cannot be used")
            }
            return address
        }
        let isEnabled = surroundings.isEnabled
        if isEnabled.v4, isEnabled.v6 { return nil }
        return IPAddress.unspecified(isEnabled.v4 ? .v4 : .v6)
    }

    /// Checks a target; towards the host's loopback it has no effect.
    private func target(
        _ target: IPAddress?, from listening: IPAddress?, direction: ForwardingDirection
    ) throws(PortSpecificationError) -> IPAddress? {
        guard let target else { return nil }
        guard let listening else {
            let wildcard = target.version == .v4 ? "0.0.0.0" : "[::]"
            throw PortSpecificationError("a target address needs a listening address, such as \(wildcard)/")
        }
        guard listening.version == target.version else {
            throw PortSpecificationError("listening address and target address are of different IP versions")
        }
        return direction == .outbound ? nil : target
    }

    /// The parts of `whole` that no exclusion covers, in ascending order.
    static func split(_ whole: ClosedRange<UInt16>, around excluded: [ClosedRange<UInt16>]) -> [ClosedRange<
        UInt16
    >] {
        var parts: [ClosedRange<UInt16>] = []
        // Wider than a port: one past the last is a place, too.
        var start = UInt32(whole.lowerBound)
        let end = UInt32(whole.upperBound)
        for exclusion in excluded.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            let last = min(UInt32(exclusion.lowerBound), end + 1)
            if start < last { parts.append(UInt16(start)...UInt16(last - 1)) }
            start = max(start, UInt32(exclusion.upperBound) + 1)
        }
        if start <= end { parts.append(UInt16(start)...UInt16(end)) }
        return parts
    }

    /// True if a target address is given that the direction cannot use.
    func ignoresTarget(_ direction: ForwardingDirection) -> Bool {
        direction == .outbound
            && (included.contains { $0.target != nil } || (included.isEmpty && allTarget != nil))
    }
}

extension ForwardingRule {
    fileprivate func forwarding(_ ports: ClosedRange<UInt16>, to firstTargetPort: UInt16) -> ForwardingRule {
        var rule = self
        rule.ports = ports
        rule.firstTargetPort = firstTargetPort
        return rule
    }
}

extension TransportProtocol {
    var name: String {
        switch self {
        case .tcp: "TCP"
        case .udp: "UDP"
        }
    }
}
