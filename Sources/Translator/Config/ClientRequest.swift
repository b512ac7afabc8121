// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What pesto is asked to do, and what becomes of a server's tables by it.
struct ClientRequest: Equatable {
    /// In the order written, which counts.
    enum Step: Equatable {
        case add
        case delete
        case clear(ControlTableNumber)
        case ports(ForwardingDirection, TransportProtocol, String, spelling: String)
    }

    var path = ""
    var isDebugging = false
    var showsTables = false
    var steps: [Step] = []

    /// What to forward is changed, not only shown.
    var changesRules: Bool {
        steps.contains { step in
            switch step {
            case .clear, .ports: true
            case .add, .delete: false
            }
        }
    }

    mutating func apply(_ option: ScannedOption) throws(ConfigurationError) {
        switch option.row.identity {
        case .client(.show): showsTables = true
        case .client(.add): steps.append(.add)
        case .client(.delete): steps.append(.delete)
        case .client(.clear):
            guard let number = ControlTableNumber.allCases.first(where: { $0.name == option.argument }) else {
                throw option.invalid("the tables are HOST and SPLICE")
            }
            steps.append(.clear(number))
        case .forwarding(let which):
            guard let (direction, transport) = which.portTable else { return }
            steps.append(.ports(direction, transport, option.argument, spelling: option.spelling))
        case .process, .answer, .addressing, .resolver, .transport, .machine, .namespace:
            isDebugging = true
        }
    }
}

/// A table as the client has it.
struct ClientTable {
    let number: ControlTableNumber
    let surroundings: PortSurroundings
    private(set) var rules: ForwardingRuleList
    /// It was emptied already: replacing goes on behind what replaced.
    private var isReplaced = false

    /// - Throws: when the server's own rules are none.
    init(
        _ header: ControlTableHeader, _ rules: [ControlRule], ephemeralPorts: ClosedRange<UInt16>
    ) throws(PortSpecificationError) {
        number = header.number
        surroundings = PortSurroundings(
            capabilities: header.capabilities, ephemeralPorts: ephemeralPorts)
        self.rules = ForwardingRuleList()
        for rule in rules { try self.rules.add(try rule.rule(in: number, surroundings)) }
    }

    mutating func clear() {
        rules = ForwardingRuleList()
        isReplaced = true
    }

    /// As `-t` and its like do without `--add` or `--delete`.
    mutating func replace(
        _ transport: TransportProtocol, _ text: String, spelling: String, warnings: inout [String]
    ) throws(ConfigurationError) {
        if !isReplaced { clear() }
        try add(transport, text, spelling: spelling, warnings: &warnings)
    }

    mutating func add(
        _ transport: TransportProtocol, _ text: String, spelling: String, warnings: inout [String]
    ) throws(ConfigurationError) {
        try rules.add(
            text, for: number.direction, transport, spelling: spelling, in: surroundings, warnings: &warnings)
    }

    mutating func delete(
        _ transport: TransportProtocol, _ text: String, spelling: String, warnings: inout [String]
    ) throws(ConfigurationError) {
        // Alone, the specifier must make sense, too.
        var unwanted = ForwardingRuleList()
        try unwanted.add(
            text, for: number.direction, transport, spelling: spelling, in: surroundings, warnings: &warnings)
        if text == "none" {
            return try add(transport, text, spelling: spelling, warnings: &warnings)
        }
        for rule in unwanted.rules {
            guard rules.remove(rule) else {
                throw ConfigurationError("Cannot delete the rule '\(rule)': there is no such rule.")
            }
        }
    }
}

extension ClientRequest {
    /// Performs the steps, from left to right, on the server's tables.
    ///
    /// - Throws: when one of them is impossible: nothing may be sent then.
    func perform(on tables: inout [ClientTable], warnings: inout [String]) throws(ConfigurationError) {
        var mode: Step?
        for step in steps {
            switch step {
            case .add, .delete: mode = step
            case .clear(let number): tables[try Self.index(of: number, in: tables)].clear()
            case .ports(let direction, let transport, let text, let spelling):
                let index = try Self.index(of: ControlTableNumber(direction), in: tables)
                switch mode {
                case .add: try tables[index].add(transport, text, spelling: spelling, warnings: &warnings)
                case .delete:
                    try tables[index].delete(transport, text, spelling: spelling, warnings: &warnings)
                case .none, .clear, .ports:
                    try tables[index].replace(transport, text, spelling: spelling, warnings: &warnings)
                }
            }
        }
    }

    private static func index(
        of number: ControlTableNumber, in tables: [ClientTable]
    ) throws(ConfigurationError) -> Int {
        guard let index = tables.firstIndex(where: { $0.number == number }) else {
            throw ConfigurationError(
                "The server has no table \(number.name): it does not forward in that direction.")
        }
        return index
    }

    /// The tables as pesto prints them.
    static func text(of tables: [ClientTable], path: String) -> String {
        var lines = ["passt/pasta configuration (\(path))"]
        for table in tables {
            lines.append(table.number.name)
            lines += table.rules.rules.map { "    \($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension PortSurroundings {
    /// What a server says that it can do.
    init(capabilities: ControlCapabilities, ephemeralPorts: ClosedRange<UInt16>) {
        isPasta = capabilities.contains(.scan)
        isEnabled = .init(v4: capabilities.contains(.ipv4), v6: capabilities.contains(.ipv6))
        allowsTCP = capabilities.contains(.tcp)
        allowsUDP = capabilities.contains(.udp)
        self.ephemeralPorts = ephemeralPorts
    }

    /// The same, as the server says it of the table of one direction.
    func capabilities() -> ControlCapabilities {
        var result: ControlCapabilities = [.interface, .answers]
        if isPasta { result.insert(.scan) }
        if isEnabled.v4 { result.insert(.ipv4) }
        if isEnabled.v6 { result.insert(.ipv6) }
        if allowsTCP { result.insert(.tcp) }
        if allowsUDP { result.insert(.udp) }
        return result
    }
}
