// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The listening sockets that forwarding rules ask for at start: on the host while low ports are allowed, in the
/// namespace once there is one.
struct RuleListeners {
    /// Ports of one best-effort rule that are told one by one.
    private static let mostWarnings = 5

    private let opener: ListenerOpener
    private(set) var listeners: [Listener] = []
    private(set) var warnings: [String] = []
    /// The namespace's sockets cannot be bound to its loopback interface (unprivileged, before Linux 5.7).
    private var lacksInterface = false

    init(_ configuration: Configuration) {
        opener = ListenerOpener(configuration)
    }

    /// Opens all sockets of `rule`.
    ///
    /// - Parameters:
    ///   - number: names the rule in its listeners.
    ///   - door: for outbound rules, the way into the namespace.
    /// - Throws: when a port cannot be had, or, for a best-effort rule, when none can.
    mutating func open(_ rule: ForwardingRule, number: UInt32 = 0, behind door: DoorChannel? = nil)
        throws(SetupError)
    {
        var openedCount = 0
        var failureCount = 0
        var lastFailure: SetupError?
        for port in rule.ports {
            do throws(SetupError) {
                if let door {
                    try open(rule, number, port: port, behind: door)
                } else {
                    try add(opener.open(ListeningPlace(rule, port: port)), rule, number, port)
                }
                openedCount += 1
            } catch {
                guard rule.isBestEffort else { throw error }
                failureCount += 1
                if failureCount <= Self.mostWarnings { warnings.append(error.message) }
                lastFailure = error
            }
        }
        if openedCount == 0, let lastFailure { throw lastFailure }
        if failureCount > Self.mostWarnings {
            warnings.append("\(failureCount - Self.mostWarnings) more ports of '\(rule)' cannot be had.")
        }
    }

    private mutating func open(
        _ rule: ForwardingRule, _ number: UInt32, port: UInt16, behind door: DoorChannel
    )
        throws(SetupError)
    {
        let place = ListeningPlace(rule, port: port)
        if !lacksInterface {
            let result = open(place, behind: door)
            guard result == -EPERM else { return try add(result, rule, number, port) }
            lacksInterface = true
            warnings.append(
                "Cannot bind sockets to the namespace's loopback interface: they listen on its addresses.")
        }
        for version in IPVersion.allCases where opener.isEnabled[version] {
            try add(open(place.loopback(version), behind: door), rule, number, port)
        }
    }

    private func open(_ place: ListeningPlace, behind door: DoorChannel) -> Int32 {
        opener.open(place, on: door.socket(place.transport, opener.version(of: place)))
    }

    /// Takes up a socket, or says why there is none.
    private mutating func add(_ result: Int32, _ rule: ForwardingRule, _ number: UInt32, _ port: UInt16)
        throws(SetupError)
    {
        try checked(
            result, Self.step(rule, port),
            hint: port < 1024 ? Self.lowPortHint : "Choose another port or end what uses this one.")
        listeners.append(
            Listener(
                socket: result, direction: rule.direction, transport: rule.transport, port: port,
                targetPort: rule.firstTargetPort &+ (port &- rule.ports.lowerBound), target: rule.target,
                rule: number))
    }

    private static let lowPortHint =
        "Ports below net.ipv4.ip_unprivileged_port_start need the capability CAP_NET_BIND_SERVICE."

    private static func step(_ rule: ForwardingRule, _ port: UInt16) -> String {
        let address = rule.address.map { " of \($0)" } ?? ""
        let interface = rule.interface.isEmpty ? "" : " on \(rule.interface)"
        let place = rule.direction == .outbound ? " of the namespace" : "\(address)\(interface)"
        return "listen on \(rule.transport == .tcp ? "TCP" : "UDP") port \(port)\(place)"
    }
}
