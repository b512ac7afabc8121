// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Forwarding rules as they come together, free of conflicts and within the limits.
struct ForwardingRuleList {
    /// Rules of one direction, TCP and UDP together.
    static let mostRules = 255
    /// Listening sockets of one direction.
    static let mostSockets = 327_680

    private(set) var rules: [ForwardingRule] = []

    /// Adds what a port specifier stands for.
    ///
    /// - Parameter spelling: the option, for messages.
    mutating func add(
        _ text: String, for direction: ForwardingDirection, _ transport: TransportProtocol, spelling: String,
        in surroundings: PortSurroundings, warnings: inout [String]
    ) throws(ConfigurationError) {
        do throws(PortSpecificationError) {
            let specification = try PortSpecification(parsing: text)
            if specification.isNone { try checkNoRules(of: direction, transport) }
            let new = try specification.rules(for: direction, transport, in: surroundings)
            for rule in new { try add(rule) }
            if specification.ignoresTarget(direction) {
                warnings.append("\(spelling) \(text): the target address has no effect in this direction.")
            }
        } catch {
            throw ConfigurationError("Invalid port specifier '\(text)' for \(spelling): \(error.reason).")
        }
    }

    mutating func add(_ rule: ForwardingRule) throws(PortSpecificationError) {
        let others = rules.filter { $0.direction == rule.direction }
        if let other = others.first(where: { $0.conflicts(with: rule) }) {
            throw PortSpecificationError("it conflicts with \(other)")
        }
        guard others.count < Self.mostRules else {
            throw PortSpecificationError("there are more than \(Self.mostRules) rules")
        }
        guard others.reduce(rule.ports.count, { $0 + $1.ports.count }) <= Self.mostSockets else {
            throw PortSpecificationError("it takes more than \(Self.mostSockets) sockets")
        }
        rules.append(rule)
    }

    /// Takes a rule out; false when there is none exactly like it.
    mutating func remove(_ rule: ForwardingRule) -> Bool {
        guard let index = rules.firstIndex(of: rule) else { return false }
        rules.remove(at: index)
        return true
    }

    private func checkNoRules(
        of direction: ForwardingDirection, _ transport: TransportProtocol
    ) throws(PortSpecificationError) {
        guard !rules.contains(where: { $0.direction == direction && $0.transport == transport }) else {
            throw PortSpecificationError("ports are forwarded already")
        }
    }
}

extension ForwardingRule {
    /// True if both would listen on the same port of the same address; interfaces make no difference.
    func conflicts(with other: ForwardingRule) -> Bool {
        guard direction == other.direction, transport == other.transport, ports.overlaps(other.ports) else {
            return false
        }
        guard let address, let otherAddress = other.address else { return true }
        guard address.version == otherAddress.version else { return false }
        return address == otherAddress || address.isUnspecified || otherAddress.isUnspecified
    }
}

extension ForwardingRule: CustomStringConvertible {
    /// As printed at start: `TCP [127.0.0.1]%eth0:22-80  =>  192.0.2.6:32-90  (best effort) (auto-scan)`.
    var description: String {
        let lastTargetPort = firstTargetPort + (ports.upperBound - ports.lowerBound)
        var text = "\(transport.name) " + (address.map { "[\($0)]" } ?? "*")
        if !interface.isEmpty { text += "%\(interface)" }
        text += ":" + Self.text(ports) + "  =>  "
        if let target { text += "\(target.bracketed):" }
        text += Self.text(firstTargetPort...lastTargetPort)
        if isBestEffort || followsListeners { text += "  " }
        if isBestEffort { text += "(best effort)" }
        if isBestEffort, followsListeners { text += " " }
        if followsListeners { text += "(auto-scan)" }
        return text
    }

    private static func text(_ ports: ClosedRange<UInt16>) -> String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }
}
