// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Opens the listening sockets on the host that forwarding rules ask for; at start, while low ports are allowed.
struct HostListeners {
    /// TCP connections that wait to be accepted; the kernel's own limit applies too.
    private static let backlog: Int32 = 128

    private let isEnabled: Configuration.PerVersion<Bool>
    private let allowsFreebind: Bool
    private(set) var listeners: [Listener] = []
    private(set) var warnings: [String] = []

    init(_ configuration: Configuration) {
        isEnabled = configuration.isEnabled
        allowsFreebind = configuration.allowsFreebind
    }

    /// Opens all sockets of `rule`.
    ///
    /// - Throws: when a port cannot be had, or, for a best-effort rule, when none can.
    mutating func open(_ rule: ForwardingRule) throws(SetupError) {
        var openedCount = 0
        var lastFailure: SetupError?
        for port in rule.ports {
            do throws(SetupError) {
                let socket = try open(rule, port: port)
                listeners.append(
                    Listener(
                        socket: socket, transport: rule.transport,
                        targetPort: rule.firstTargetPort &+ (port &- rule.ports.lowerBound),
                        target: rule.target))
                openedCount += 1
            } catch {
                guard rule.isBestEffort else { throw error }
                warnings.append(error.message)
                lastFailure = error
            }
        }
        if openedCount == 0, let lastFailure { throw lastFailure }
    }

    private func open(_ rule: ForwardingRule, port: UInt16) throws(SetupError) -> Int32 {
        let isDual = rule.address == nil && isEnabled.v4 && isEnabled.v6
        let version = rule.address?.version ?? (isEnabled.v6 ? .v6 : .v4)
        let endpoint = Endpoint(address: rule.address ?? .unspecified(version), port: port)
        let step = Self.step(rule, port)
        let hint = port < 1024 ? Self.lowPortHint : "Choose another port or end what uses this one."
        let socket = rule.transport == .tcp ? SocketCalls.openTCP(version) : SocketCalls.openUDP(version)
        guard socket >= 0 else { throw SetupError(cannot: step, code: -socket) }
        let owner = Descriptor(owning: socket)
        try checked(SocketCalls.set(.reuseAddress, to: 1, on: socket), step)
        if version == .v6 { try checked(SocketCalls.set(.onlyIPv6, to: isDual ? 0 : 1, on: socket), step) }
        if allowsFreebind { try checked(SocketCalls.set(.freebind(version), to: 1, on: socket), step) }
        if !rule.interface.isEmpty {
            try checked(SocketCalls.bind(socket, toInterface: rule.interface), step)
        }
        try checked(SocketCalls.bind(socket, to: endpoint, version: version), step, hint: hint)
        if rule.transport == .tcp {
            try checked(SocketCalls.listen(socket, backlog: Self.backlog), step, hint: hint)
        } else {
            for version in isDual ? [IPVersion.v4, .v6] : [version] {
                try checked(SocketCalls.set(.packetInfo(version), to: 1, on: socket), step)
                try checked(SocketCalls.set(.reportsErrors(version), to: 1, on: socket), step)
            }
        }
        return owner.release()
    }

    private static let lowPortHint =
        "Ports below net.ipv4.ip_unprivileged_port_start need the capability CAP_NET_BIND_SERVICE."

    private static func step(_ rule: ForwardingRule, _ port: UInt16) -> String {
        let address = rule.address.map { " of \($0)" } ?? ""
        let interface = rule.interface.isEmpty ? "" : " on \(rule.interface)"
        return "listen on \(rule.transport == .tcp ? "TCP" : "UDP") port \(port)\(address)\(interface)"
    }
}
