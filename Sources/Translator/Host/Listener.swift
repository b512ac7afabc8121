// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One listening socket and what it forwards.
struct Listener: BitwiseCopyable {
    var socket: Int32
    /// Inbound: it listens on the host. Outbound: on the namespace's loopback.
    var direction = ForwardingDirection.inbound
    var transport: TransportProtocol
    /// Where it listens.
    var port: UInt16
    /// Where flows to it go, in step with the port it listens on.
    var targetPort: UInt16
    /// Fixed destination in the guest; nil: its current address.
    var target: IPAddress?
    /// Which rule asked for it, as whoever keeps the rules counts them.
    var rule: UInt32 = 0
    /// Connections may wait that the turn had no time for.
    var isReady = false

    /// What an unused place of a table holds.
    static let unused = Listener(socket: -1, transport: .tcp, port: 0, targetPort: 0, target: nil)
}

/// Where a listening socket is to be.
struct ListeningPlace: Equatable {
    var direction: ForwardingDirection
    var transport: TransportProtocol
    /// nil: any, of both versions where both are enabled.
    var address: IPAddress?
    /// Empty: any.
    var interface = ""
    var port: UInt16

    init(
        _ direction: ForwardingDirection, _ transport: TransportProtocol, address: IPAddress? = nil,
        interface: String = "", port: UInt16
    ) {
        self.direction = direction
        self.transport = transport
        self.address = address
        self.interface = interface
        self.port = port
    }

    /// Of a port of `rule`. In the namespace this is the loopback interface, whatever the rule says.
    init(_ rule: ForwardingRule, port: UInt16) {
        switch rule.direction {
        case .inbound:
            self.init(
                .inbound, rule.transport, address: rule.address, interface: rule.interface, port: port)
        case .outbound:
            self.init(.outbound, rule.transport, interface: "lo", port: port)
        }
    }

    /// What takes the place of a namespace's loopback interface where a socket may not be bound to it.
    func loopback(_ version: IPVersion) -> ListeningPlace {
        ListeningPlace(direction, transport, address: .loopback(version), port: port)
    }
}
