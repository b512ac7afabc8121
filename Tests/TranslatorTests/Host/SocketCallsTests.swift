// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Glibc
import Testing

@testable import Translator

@Suite("Calls on sockets")
struct SocketCallsTests {
    @Test("an accepted connection names both its ends", arguments: IPVersion.allCases)
    func accept(version: IPVersion) throws {
        let listener = TestSocket.tcpListener(version)
        let client = TestSocket.tcp(version)

        let connecting = client.connect(to: listener.name)
        let isWaiting = listener.waits()
        let connection = Accepted(from: listener)
        let none = Accepted(from: listener)

        #expect(connecting == -EINPROGRESS || connecting == 0)
        #expect(isWaiting && connection.result >= 0 && none.result == -EAGAIN)
        #expect(connection.peer == client.name && connection.local == listener.name)
        #expect(SocketCalls.peer(of: client.number) == listener.name)
    }

    @Test("a dual-stack listener names IPv4 peers as IPv4")
    func dualStackListener() throws {
        let listener = TestSocket.tcp(.v6)
        listener.set(.onlyIPv6, 0)
        let anywhere = Endpoint(address: .unspecified(.v6), port: 0)
        _ = SocketCalls.bind(listener.number, to: anywhere, version: .v6)
        _ = SocketCalls.listen(listener.number, backlog: 1)
        let client = TestSocket.tcp(.v4)

        _ = client.connect(to: Endpoint(address: .loopback(.v4), port: listener.name.port))
        _ = listener.waits()
        let connection = Accepted(from: listener)

        #expect(connection.result >= 0 && connection.peer == client.name)
        #expect(connection.local == Endpoint(address: .loopback(.v4), port: listener.name.port))
    }

    @Test("an address in use, and one that is not ours, are refused")
    func bindErrors() throws {
        let listener = TestSocket.tcpListener(.v4)
        let other = TestSocket.tcp(.v4)
        let foreign = Endpoint(address: IPAddress(IPv4Address(0xc000_0201)), port: 0)

        let inUse = SocketCalls.bind(other.number, to: listener.name, version: .v4)
        let notOurs = SocketCalls.bind(other.number, to: foreign, version: .v4)
        other.set(.freebind(.v4))
        let free = SocketCalls.bind(other.number, to: foreign, version: .v4)

        #expect(inUse == -EADDRINUSE && notOurs == -EADDRNOTAVAIL && free == 0)
    }

    @Test("the status follows what is queued and acknowledged", arguments: IPVersion.allCases)
    func status(version: IPVersion) throws {
        let (near, far) = Self.connection(version)
        near.set(.noDelay)
        var (before, queued, after) = (SocketStatus.unknown, SocketStatus.unknown, SocketStatus.unknown)
        let bytes = [UInt8](repeating: 0, count: 1 << 20)

        let result = SocketCalls.read(&before, of: near.number)
        var sentCount = 0
        while case let count = send(near.number, bytes, bytes.count, 0), count > 0 { sentCount += count }
        _ = SocketCalls.read(&queued, of: near.number)
        let unacknowledged = SocketCalls.unacknowledgedByteCount(of: near.number)
        let readable = SocketCalls.readableByteCount(of: far.number)
        var drain = [UInt8](repeating: 0, count: 1 << 20)
        while SocketCalls.unacknowledgedByteCount(of: near.number) > 0, far.waits() {
            _ = recv(far.number, &drain, drain.count, 0)
        }
        _ = SocketCalls.read(&after, of: near.number)

        #expect(result == 0 && before.state == 1 && before.queuedByteCount == 0)
        #expect(
            (before.peerWindow ?? 0) > 0 && before.segmentByteCount > 500 && before.sendBufferByteCount > 0)
        #expect(queued.queuedByteCount > 0 && unacknowledged > 0 && readable > 0)
        #expect(after.acknowledgedByteCount == UInt64(sentCount) + 1)  // the SYN
        #expect(after.unsentByteCount == 0 && after.unacknowledgedSegmentCount == 0)
        #expect(after.roundTrip > .zero && after.deliveryRate > 0)
    }

    @Test("an aborted connection ends with a reset, a closed one with an end")
    func abort() throws {
        var first: TestSocket
        let firstPeer: TestSocket
        (first, firstPeer) = Self.connection(.v4)
        let (second, secondPeer) = Self.connection(.v4)
        var byte: UInt8 = 0

        _ = SocketCalls.shutdownWriting(second.number)
        _ = SocketCalls.abortOnClose(first.number)
        first = second  // closes the first
        let wasReset = firstPeer.waits() && recv(firstPeer.number, &byte, 1, 0) < 0
        let code = SocketCalls.takeError(of: firstPeer.number)
        let ended = secondPeer.waits() && recv(secondPeer.number, &byte, 1, 0) == 0

        #expect(wasReset && code == 0 && ended)
    }

    @Test("a refused connection leaves its error to be taken once")
    func refused() throws {
        let closed = TestSocket.tcpListener(.v4).name
        let client = TestSocket.tcp(.v4)

        let result = client.connect(to: closed)
        _ = client.waits(for: POLLOUT)
        let (first, second) = (
            SocketCalls.takeError(of: client.number), SocketCalls.takeError(of: client.number)
        )

        #expect(result == -EINPROGRESS || result == -ECONNREFUSED)
        #expect(result == -ECONNREFUSED || first == ECONNREFUSED)
        #expect(second == 0)
    }

    @Test("options are read back as set")
    func options() throws {
        let socket = TestSocket.udp(.v6)
        var values: [Int32] = []

        for option in [
            SocketOption.reuseAddress, .broadcast, .packetInfo(.v6), .packetInfo(.v4), .reportsErrors(.v6),
            .reportsErrors(.v4), .mergesDatagrams, .receivesHopLimit(.v6), .receivesHopLimit(.v4),
            .freebind(.v6),
        ] {
            socket.set(option)
            var value: Int32 = -1
            _ = SocketCalls.get(option, of: socket.number, &value)
            values.append(value)
        }
        for option in [SocketOption.hopLimit(.v6), .hopLimit(.v4), .multicastHopLimit(.v6)] {
            socket.set(option, 33)
            var value: Int32 = -1
            _ = SocketCalls.get(option, of: socket.number, &value)
            values.append(value)
        }

        #expect(values == Array(repeating: 1, count: 10) + [33, 33, 33])
    }

    @Test("a TCP socket remembers where its next peek begins, from Linux 6.9 on")
    func peekOffset() throws {
        let (near, far) = Self.connection(.v4)
        let result = SocketCalls.set(.peekOffset, to: 3, on: near.number)
        guard result == 0 else {
            #expect(result == -EOPNOTSUPP)
            return
        }
        _ = "0123456789".withCString { send(far.number, $0, 10, 0) }
        _ = near.waits()
        var bytes = [UInt8](repeating: 0, count: 10)

        let count = recv(near.number, &bytes, 4, Int32(MSG_PEEK))
        let next = recv(near.number, &bytes[4], 4, Int32(MSG_PEEK))

        #expect(count == 4 && next == 3)
        #expect(bytes.prefix(7) == [UInt8]("3456789".utf8)[...])
    }

    @Test("a socket bound to an interface stays on it")
    func interface() throws {
        let socket = TestSocket.udp(.v4)

        let byName = SocketCalls.bind(socket.number, toInterface: "lo")
        let missing = SocketCalls.bind(socket.number, toInterface: "missing0")

        #expect(byName == 0 || byName == -EPERM)
        #expect(missing == -ENODEV || missing == -EPERM)
    }

    @Test("a datagram socket hears from everybody when it is disconnected")
    func disconnect() throws {
        let (near, far, other) = (TestSocket.udp(.v4), TestSocket.udp(.v4), TestSocket.udp(.v4))

        let connected = near.connect(to: far.name)
        let peer = SocketCalls.peer(of: near.number)
        let disconnected = SocketCalls.disconnect(near.number)
        let nobody = SocketCalls.peer(of: near.number)
        _ = other.connect(to: Endpoint(address: .loopback(.v4), port: 9))

        #expect(connected == 0 && peer == far.name)
        #expect(disconnected == 0 && nobody == nil)
    }

    @Test("connecting, accepting and asking for the status allocate nothing")
    func allocations() throws {
        let listener = TestSocket.tcpListener(.v6)
        let destination = listener.name
        var status = SocketStatus.unknown
        var (peer, local) = (destination, destination)
        var scope: UInt32 = 0
        var acceptedCount = 0

        func turn() {
            let client = SocketCalls.openTCP(.v6)
            _ = SocketCalls.set(.noDelay, to: 1, on: client)
            _ = SocketCalls.connect(client, to: destination, version: .v6)
            let accepted = SocketCalls.accept(listener.number, peer: &peer, peerScope: &scope, local: &local)
            _ = SocketCalls.read(&status, of: client)
            _ = SocketCalls.abortOnClose(client)
            close(client)
            if accepted >= 0 { close(accepted) }
            if accepted >= 0 { acceptedCount += 1 }
        }
        turn()
        let before = malloc_guard_count()
        for _ in 0..<20 { turn() }
        let mallocs = malloc_guard_count() - before

        #expect(acceptedCount == 21)
        #expect(mallocs == 0)
    }

    private static func connection(_ version: IPVersion) -> (TestSocket, TestSocket) {
        let listener = TestSocket.tcpListener(version)
        let client = TestSocket.tcp(version)
        _ = client.connect(to: listener.name)
        precondition(listener.waits())
        let accepted = Accepted(from: listener)
        return (client, TestSocket.adopting(accepted.takeSocket(), version))
    }
}

/// What one `accept` gave; closes the socket unless it was taken.
private final class Accepted {
    let result: Int32
    private(set) var peer = Endpoint(address: .unspecified(.v4), port: 0)
    private(set) var local = Endpoint(address: .unspecified(.v4), port: 0)
    private var isTaken = false

    init(from listener: TestSocket) {
        var scope: UInt32 = 0
        var ends = (peer: peer, local: local)
        result = SocketCalls.accept(listener.number, peer: &ends.peer, peerScope: &scope, local: &ends.local)
        (peer, local) = ends
    }

    func takeSocket() -> Int32 {
        isTaken = true
        return result
    }

    deinit { if result >= 0, !isTaken { close(result) } }
}
