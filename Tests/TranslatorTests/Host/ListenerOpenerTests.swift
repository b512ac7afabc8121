// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Translator

@Suite("Opening listening sockets")
struct ListenerOpenerTests {
    private let opener = ListenerOpener(
        isEnabled: Configuration.PerVersion(v4: true, v6: true), allowsFreebind: false)

    @Test(
        "a place without an address takes both versions, and is taken then",
        arguments: [TransportProtocol.tcp])
    func dualStack(_ transport: TransportProtocol) throws {
        let free = try #require(Self.freePort())
        let first = opener.open(ListeningPlace(.inbound, transport, port: free))
        defer { close(first) }

        let second = opener.open(ListeningPlace(.inbound, transport, port: free))
        let narrow = opener.open(ListeningPlace(.inbound, transport, address: .loopback(.v4), port: free))

        #expect(first > 2)
        #expect(second == -EADDRINUSE)
        #expect(narrow == -EADDRINUSE)
    }

    @Test("a socket that cannot be had is closed, and an error to make one is passed on")
    func failure() throws {
        let socket = SocketCalls.openTCP(.v4)
        let foreign = try #require(IPAddress("192.0.2.1"))

        let result = opener.open(ListeningPlace(.inbound, .tcp, address: foreign, port: 80), on: socket)

        #expect(result < 0)
        #expect(fcntl(socket, F_GETFD) == -1)
        #expect(opener.open(ListeningPlace(.inbound, .tcp, port: 80), on: -EMFILE) == -EMFILE)
    }

    @Test("free-bind listens on an address that the host does not have yet")
    func freebind() throws {
        let opener = ListenerOpener(isEnabled: opener.isEnabled, allowsFreebind: true)
        let foreign = try #require(IPAddress("192.0.2.1"))

        let result = opener.open(
            ListeningPlace(.inbound, .tcp, address: foreign, port: try #require(Self.freePort())))

        #expect(result > 2)
        close(result)
    }

    @Test("rules of the namespace listen on its loopback interface, or on its addresses instead")
    func namespacePlace() {
        let rule = ForwardingRule(
            direction: .outbound, transport: .udp, ports: 5000...5001, firstTargetPort: 6000)

        let place = ListeningPlace(rule, port: 5001)

        #expect(place == ListeningPlace(.outbound, .udp, interface: "lo", port: 5001))
        #expect(place.loopback(.v6).address == .loopback(.v6) && place.loopback(.v6).interface.isEmpty)
    }

    /// A port that nobody uses at present.
    private static func freePort() -> UInt16? {
        let socket = SocketCalls.openTCP(.v6)
        defer { close(socket) }
        guard SocketCalls.bind(socket, to: Endpoint(address: .unspecified(.v6), port: 0), version: .v6) == 0
        else {
            return nil
        }
        return SocketCalls.name(of: socket)?.port
    }
}
