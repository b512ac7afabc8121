// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc

@testable import Translator

/// A socket on loopback, closed at the end.
final class TestSocket {
    let number: Int32
    let version: IPVersion

    private init(_ number: Int32, _ version: IPVersion) {
        precondition(number >= 0, "socket: \(number)")
        self.number = number
        self.version = version
    }

    /// Bound to a free port of loopback, or of every address.
    static func udp(_ version: IPVersion, everywhere: Bool = false) -> TestSocket {
        let socket = TestSocket(SocketCalls.openUDP(version), version)
        let address = everywhere ? IPAddress.unspecified(version) : .loopback(version)
        let result = SocketCalls.bind(
            socket.number, to: Endpoint(address: address, port: 0), version: version)
        precondition(result == 0)
        return socket
    }

    static func tcp(_ version: IPVersion) -> TestSocket { TestSocket(SocketCalls.openTCP(version), version) }

    static func tcpListener(_ version: IPVersion) -> TestSocket {
        let socket = tcp(version)
        let endpoint = Endpoint(address: .loopback(version), port: 0)
        precondition(SocketCalls.bind(socket.number, to: endpoint, version: version) == 0)
        precondition(SocketCalls.listen(socket.number, backlog: 8) == 0)
        return socket
    }

    static func adopting(_ number: Int32, _ version: IPVersion) -> TestSocket { TestSocket(number, version) }

    var name: Endpoint { SocketCalls.name(of: number)! }

    func set(_ option: SocketOption, _ value: Int32 = 1) {
        let result = SocketCalls.set(option, to: value, on: number)
        precondition(result == 0, "\(option): \(result)")
    }

    func connect(to endpoint: Endpoint) -> Int32 {
        SocketCalls.connect(number, to: endpoint, version: version)
    }

    /// Waits up to a second until the socket has one of `events`.
    func waits(for events: Int32 = POLLIN) -> Bool {
        var entry = pollfd(fd: number, events: Int16(events), revents: 0)
        return poll(&entry, 1, 1000) == 1
    }

    deinit { close(number) }
}
