// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Forwarding rules as a control socket carries them, and the checks that such a rule has to pass: those of a port
// specifier, since a client need not be ours.

extension ControlTableNumber {
    init(_ direction: ForwardingDirection) {
        switch direction {
        case .inbound: self = .host
        case .outbound: self = .splice
        }
    }

    var direction: ForwardingDirection {
        switch self {
        case .host: .inbound
        case .splice: .outbound
        }
    }
}

extension ControlRule {
    init(_ rule: ForwardingRule) {
        var flags: Flags = []
        if rule.address == nil { flags.insert(.dual) }
        if rule.isBestEffort { flags.insert(.bestEffort) }
        if rule.followsListeners { flags.insert(.scan) }
        self.init(
            address: rule.address?.bits ?? .unspecified, target: rule.target?.bits ?? .unspecified,
            interface: rule.interface, ports: rule.ports, firstTargetPort: rule.firstTargetPort,
            protocolNumber: rule.transport.rawValue, flags: flags)
    }

    /// The rule for a table, or why there can be none.
    func rule(
        in table: ControlTableNumber, _ surroundings: PortSurroundings
    ) throws(PortSpecificationError) -> ForwardingRule {
        guard let transport = TransportProtocol(rawValue: protocolNumber) else {
            throw PortSpecificationError("protocol \(protocolNumber) cannot be forwarded")
        }
        guard surroundings.allows(transport) else {
            throw PortSpecificationError("\(transport.name) is disabled")
        }
        guard surroundings.isPasta || !flags.contains(.scan) else {
            throw PortSpecificationError("auto is for pasta mode only")
        }
        try checkPorts()
        let address = try listeningAddress(surroundings)
        var rule = ForwardingRule(
            direction: table.direction, transport: transport, address: address,
            ports: firstPort...lastPort, firstTargetPort: firstTargetPort)
        rule.interface = try interface(in: table, address)
        rule.target = try target(from: address, in: table)
        rule.isBestEffort = flags.contains(.bestEffort)
        rule.followsListeners = flags.contains(.scan)
        return rule
    }

    private func checkPorts() throws(PortSpecificationError) {
        guard firstPort > 0, firstPort <= lastPort, firstTargetPort > 0,
            lastPort - firstPort <= UInt16.max - firstTargetPort
        else { throw PortSpecificationError("\(firstPort)-\(lastPort):\(firstTargetPort) are no ports") }
    }

    private func listeningAddress(
        _ surroundings: PortSurroundings
    ) throws(PortSpecificationError) -> IPAddress? {
        let isEnabled = surroundings.isEnabled
        if flags.contains(.dual) {
            guard address.isUnspecified else {
                throw PortSpecificationError("\(IPAddress(address)) is no address of both IP versions")
            }
            guard isEnabled.v4, isEnabled.v6 else {
                throw PortSpecificationError("one of the IP versions is disabled")
            }
            return nil
        }
        let address = IPAddress(self.address).unmapped
        guard isEnabled[address.version] else {
            throw PortSpecificationError("IPv\(address.version.rawValue) is disabled")
        }
        guard !address.isMulticast else {
            throw PortSpecificationError("\(address) is a multicast address")
        }
        return address
    }

    private func interface(
        in table: ControlTableNumber, _ address: IPAddress?
    ) throws(PortSpecificationError) -> String {
        switch table {
        case .host:
            guard interface.isEmpty || InterfaceName.isValid(interface) else {
                throw PortSpecificationError("'\(interface)' is not an interface name")
            }
            return interface
        case .splice:
            guard interface.isEmpty || interface == "lo", address?.isUnspecified ?? true else {
                throw PortSpecificationError(
                    "ports of the namespace have no listening address or interface")
            }
            return "lo"
        }
    }

    private func target(
        from address: IPAddress?, in table: ControlTableNumber
    ) throws(PortSpecificationError) -> IPAddress? {
        guard !target.isUnspecified else { return nil }
        let target = IPAddress(self.target).unmapped
        guard target.isUnicast else { throw PortSpecificationError("the target \(target) is not unicast") }
        guard let address else { throw PortSpecificationError("a target address needs a listening address") }
        guard address.version == target.version else {
            throw PortSpecificationError("listening address and target address are of different IP versions")
        }
        return table == .host ? target : nil
    }
}

extension ControlUpdate {
    /// All rules that hold after the update, in the order of the tables; those of tables not named are kept.
    func rules(
        after rules: [ForwardingRule], _ surroundings: PortSurroundings
    ) throws(PortSpecificationError) -> [ForwardingRule] {
        var list = ForwardingRuleList()
        for number in ControlTableNumber.allCases {
            guard let table = tables.first(where: { $0.number == number }) else {
                for rule in rules where rule.direction == number.direction { try list.add(rule) }
                continue
            }
            guard number == .host || surroundings.isPasta || table.rules.isEmpty else {
                throw PortSpecificationError("there is no namespace to forward from")
            }
            for rule in table.rules { try list.add(try rule.rule(in: number, surroundings)) }
        }
        return list.rules
    }
}
