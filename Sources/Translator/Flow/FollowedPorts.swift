// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Which ports a rule that follows listeners ("auto") has open. Two things must never happen: that our own listening
// socket on one side is taken for somebody to forward to, which would lead a port back to itself, and that a rule of
// one protocol mistakes our socket of the other one for such.

/// Ports on which sockets of one network namespace listen.
struct ListeningPorts: ~Copyable {
    var tcp = PortSet()
    /// UDP sockets without a peer: there is no other sign that they wait for datagrams.
    var udp = PortSet()

    mutating func removeAll() {
        tcp.removeAll()
        udp.removeAll()
    }

    func contains(_ port: UInt16, _ transport: TransportProtocol) -> Bool {
        switch transport {
        case .tcp: tcp.contains(port)
        case .udp: udp.contains(port)
        }
    }

    mutating func insert(_ port: UInt16, _ transport: TransportProtocol) {
        switch transport {
        case .tcp: tcp.insert(port)
        case .udp: udp.insert(port)
        }
    }

    mutating func remove(_ port: UInt16, _ transport: TransportProtocol) {
        switch transport {
        case .tcp: tcp.remove(port)
        case .udp: udp.remove(port)
        }
    }

    /// Ports that rules of `transport` may follow here: on which somebody listens, but not ourselves.
    ///
    /// Datagrams also follow TCP listeners of the same number: programs such as iperf3 agree by TCP on a UDP port
    /// that is opened only then.
    func followed(
        by transport: TransportProtocol, withoutOurs ours: borrowing ListeningPorts,
        into result: inout PortSet
    ) {
        result.removeAll()
        result.formUnion(tcp)
        result.subtract(ours.tcp)
        guard transport == .udp else { return }
        result.formUnion(udp)
        result.subtract(ours.udp)
    }
}

/// One step from the listening sockets that a rule has to those that it should have.
enum ListenerChange: Equatable, BitwiseCopyable {
    case open(UInt16)
    case close(UInt16)

    var port: UInt16 {
        switch self {
        case .open(let port), .close(let port): port
        }
    }
}

extension ForwardingRule {
    /// The first change due at `port` or behind it; nil when there is none in the rule's range.
    ///
    /// What counts is the port that flows go to, which differs from the listening one where the rule shifts ports.
    ///
    /// - Parameters:
    ///   - followed: ports of the side that flows go to.
    ///   - open: listening ports that the rule has.
    func nextChange(
        from port: UInt16, followed: borrowing PortSet, open: borrowing PortSet
    ) -> ListenerChange? {
        guard port <= ports.upperBound else { return nil }
        for candidate in max(port, ports.lowerBound)...ports.upperBound {
            let isWanted = followed.contains(targetPort(of: candidate))
            guard isWanted != open.contains(candidate) else { continue }
            return isWanted ? .open(candidate) : .close(candidate)
        }
        return nil
    }

    /// Where flows to the listening port `port` go.
    func targetPort(of port: UInt16) -> UInt16 { firstTargetPort &+ (port &- ports.lowerBound) }
}
