// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Rules that follow listeners")
struct FollowedPortsTests {
    @Test("TCP follows TCP listeners, UDP follows both")
    func transports() {
        #expect(followed(.tcp, tcp: [80], udp: [53]) == [80])
        #expect(followed(.udp, tcp: [80], udp: [53]) == [53, 80])
    }

    @Test("a port that we listen on ourselves is not followed")
    func ourOwn() {
        #expect(followed(.tcp, tcp: [80, 81], udp: [], ourTCP: [80]) == [81])
        #expect(followed(.udp, tcp: [80], udp: [53, 54], ourTCP: [80], ourUDP: [53]) == [54])
    }

    @Test("our UDP socket is not followed for the sake of somebody's TCP listener, nor the other way")
    func ourOtherProtocol() {
        #expect(followed(.udp, tcp: [5201], udp: [5201], ourUDP: [5201]) == [])
        #expect(followed(.udp, tcp: [5201], udp: [5201], ourTCP: [5201]) == [5201])
        #expect(followed(.tcp, tcp: [5201], udp: [5201], ourUDP: [5201]) == [5201])
    }

    @Test("listeners that came are opened, those that went are closed, others stay")
    func changes() {
        #expect(
            changes(ports: 8000...8010, followed: [8001, 8003, 9000], open: [8002, 8003])
                == [.open(8001), .close(8002)])
        #expect(changes(ports: 8000...8010, followed: [8000, 8010], open: [8000, 8010]) == [])
    }

    @Test("a rule that shifts ports follows those that flows go to")
    func shifted() {
        #expect(
            changes(ports: 8000...8010, firstTargetPort: 80, followed: [85, 8001], open: []) == [.open(8005)])
    }

    @Test("the last port there is ends the walk")
    func lastPort() {
        #expect(
            changes(ports: 65534...65535, followed: [65535], open: [65534]) == [.close(65534), .open(65535)])
    }

    private func followed(
        _ transport: TransportProtocol, tcp: [UInt16], udp: [UInt16], ourTCP: [UInt16] = [],
        ourUDP: [UInt16] = []
    ) -> [UInt16] {
        var found = ListeningPorts()
        var ours = ListeningPorts()
        for port in tcp { found.tcp.insert(port) }
        for port in udp { found.udp.insert(port) }
        for port in ourTCP { ours.tcp.insert(port) }
        for port in ourUDP { ours.udp.insert(port) }
        var result = PortSet()
        found.followed(by: transport, withoutOurs: ours, into: &result)
        return (0...UInt16.max).filter { result.contains($0) }
    }

    private func changes(
        ports: ClosedRange<UInt16>, firstTargetPort: UInt16? = nil, followed: [UInt16], open: [UInt16]
    ) -> [ListenerChange] {
        let rule = ForwardingRule(
            direction: .inbound, transport: .tcp, address: nil, ports: ports,
            firstTargetPort: firstTargetPort ?? ports.lowerBound)
        var wanted = PortSet()
        var present = PortSet()
        for port in followed { wanted.insert(port) }
        for port in open { present.insert(port) }
        var found: [ListenerChange] = []
        var next: UInt16? = ports.lowerBound
        while let port = next, let change = rule.nextChange(from: port, followed: wanted, open: present) {
            found.append(change)
            next = change.port == .max ? nil : change.port + 1
        }
        return found
    }
}
