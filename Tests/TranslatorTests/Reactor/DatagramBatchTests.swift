// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Glibc
import Testing

@testable import Translator

@Suite("Batches of datagrams")
struct DatagramBatchTests {
    @Test("64 datagrams go and come by one call each, in order", arguments: IPVersion.allCases)
    func wholeBatch(version: IPVersion) throws {
        let (near, far) = (TestSocket.udp(version), TestSocket.udp(version))
        let memory = TestBytes(64 * 256)
        for index in 0..<64 { memory.fill("datagram \(index)", at: index * 64) }
        var sending = DatagramBatch()
        var receiving = DatagramBatch()
        for index in 0..<64 {
            let departure = DatagramDeparture(destination: near.name)
            let start = index * 64
            _ = sending.post(
                memory.vector(start..<start + 9), memory.vector(start + 9..<start + 11), departure: departure,
                socketVersion: version)
            _ = receiving.expect(memory.vector(8192 + start..<8192 + start + 64))
        }
        let isFull = !receiving.expect(memory.vector(0..<1))

        let sent = sending.send(on: far.number, 0..<64)
        let received = receiving.receive(from: near.number)
        let arrivals = (0..<64).map { receiving.arrival($0) }
        let again = receiving.receive(from: near.number)

        #expect(isFull && sent == 64 && received == 64 && again == -EAGAIN)
        #expect(arrivals.allSatisfy { $0.source == far.name && $0.byteCount == 11 && !$0.isTruncated })
        #expect(memory.text(8192 + 63 * 64..<8192 + 63 * 64 + 11) == "datagram 63")
        #expect(memory.text(8192 + 7 * 64..<8192 + 7 * 64 + 11) == "datagram 7\0")
    }

    @Test(
        "a datagram comes with destination, interface and hop limit where asked for",
        arguments: IPVersion.allCases)
    func packetInfo(version: IPVersion) throws {
        let (near, far) = (TestSocket.udp(version, everywhere: true), TestSocket.udp(version))
        near.set(.packetInfo(version))
        near.set(.receivesHopLimit(version))
        far.set(.hopLimit(version), 17)

        let arrival = exchange(far, near, to: Endpoint(address: .loopback(version), port: near.name.port))

        #expect(arrival?.destination == .loopback(version))
        #expect(arrival?.interfaceIndex == if_nametoindex("lo"))
        #expect(arrival?.hopLimit == 17)
    }

    @Test("nothing is known of a datagram that was not asked for")
    func noPacketInfo() throws {
        let (near, far) = (TestSocket.udp(.v4), TestSocket.udp(.v4))

        let arrival = exchange(far, near, to: near.name)

        #expect(arrival?.destination == nil && arrival?.hopLimit == nil && arrival?.segmentByteCount == 0)
    }

    @Test("a dual-stack socket speaks IPv4 as IPv4, both ways")
    func dualStack() throws {
        let (near, far) = (TestSocket.udp(.v6, everywhere: true), TestSocket.udp(.v4))
        near.set(.packetInfo(.v6))
        near.set(.reportsErrors(.v4))
        let loopback = IPAddress(IPv4Address.loopback)

        let arrival = exchange(far, near, to: Endpoint(address: loopback, port: near.name.port))
        let answer = exchange(near, far, to: far.name, from: IPAddress(IPv4Address(0x7f00_0009)))

        #expect(arrival?.source == far.name && arrival?.destination == loopback)
        #expect(
            answer?.source == Endpoint(address: IPAddress(IPv4Address(0x7f00_0009)), port: near.name.port))
    }

    @Test("the source address can be chosen for one datagram")
    func source() throws {
        let (near, far) = (TestSocket.udp(.v4), TestSocket.udp(.v4, everywhere: true))
        let chosen = IPAddress(IPv4Address(0x7f00_0002))

        let arrival = exchange(far, near, to: near.name, from: chosen)

        #expect(arrival?.source == Endpoint(address: chosen, port: far.name.port))
    }

    @Test("a run of equal datagrams goes as one and comes as one", arguments: IPVersion.allCases)
    func segments(version: IPVersion) throws {
        let (near, far) = (TestSocket.udp(version), TestSocket.udp(version))
        near.set(.mergesDatagrams)
        let memory = TestBytes(65536)
        var sending = DatagramBatch()
        var receiving = DatagramBatch()
        let departure = DatagramDeparture(destination: near.name, segmentByteCount: 1000)
        _ = sending.post(memory.vector(0..<9500), departure: departure, socketVersion: version)
        _ = receiving.expect(memory.vector(20000..<60000))

        let sent = sending.send(on: far.number, 0..<1)
        let received = receiving.receive(from: near.number)
        let arrival = receiving.arrival(0)

        #expect(sent == 1 && received == 1)
        #expect(arrival.byteCount == 9500 && arrival.segmentByteCount == 1000)
    }

    @Test("what does not fit is reported as truncated, what is empty as empty")
    func sizes() throws {
        let (near, far) = (TestSocket.udp(.v4), TestSocket.udp(.v4))
        let memory = TestBytes(4096)
        var sending = DatagramBatch()
        var receiving = DatagramBatch()
        _ = sending.post(
            memory.vector(0..<100), departure: DatagramDeparture(destination: near.name), socketVersion: .v4)
        _ = sending.post(
            memory.vector(0..<0), departure: DatagramDeparture(destination: near.name), socketVersion: .v4)
        _ = receiving.expect(memory.vector(1000..<1050))
        _ = receiving.expect(memory.vector(1100..<1150), memory.vector(1200..<1300))

        _ = sending.send(on: far.number, 0..<2)
        let received = receiving.receive(from: near.number)
        let (first, second) = (receiving.arrival(0), receiving.arrival(1))

        #expect(received == 2)
        #expect(first.isTruncated && first.byteCount == 50)
        #expect(!second.isTruncated && second.byteCount == 0)
    }

    @Test("the error queue names cause, node, destination and payload", arguments: IPVersion.allCases)
    func errorQueue(version: IPVersion) throws {
        let far = TestSocket.udp(version)
        let destination = TestSocket.udp(version).name  // closed at once
        far.set(.reportsErrors(version))
        let memory = TestBytes(4096)
        memory.fill("what came back")
        var sending = DatagramBatch()
        _ = sending.post(
            memory.vector(0..<14), departure: DatagramDeparture(destination: destination),
            socketVersion: version)

        _ = sending.send(on: far.number, 0..<1)
        let hasError = far.waits(for: POLLERR)
        var error = DatagramError.none
        let result = DatagramBatch.receiveError(from: far.number, into: memory.vector(1000..<2000), &error)
        let next = DatagramBatch.receiveError(from: far.number, into: memory.vector(1000..<2000), &error)

        #expect(hasError && result == 0 && next == -EAGAIN)
        #expect(error.code == ECONNREFUSED && error.origin == (version == .v4 ? .icmp : .icmpv6))
        #expect(error.type == (version == .v4 ? 3 : 1) && error.icmpCode == (version == .v4 ? 3 : 4))
        #expect(error.offender == .loopback(version) && error.destination == destination)
        #expect(memory.text(1000..<1000 + error.byteCount) == "what came back")
    }

    @Test("a datagram that is too large for the path is a local error with the path's MTU")
    func localError() throws {
        let far = TestSocket.udp(.v4)
        far.set(.reportsErrors(.v4))
        far.set(.pathMTUDiscovery(.v4), IP_PMTUDISC_DO)
        let memory = TestBytes(65536)
        var sending = DatagramBatch()
        _ = sending.post(
            memory.vector(0..<65530), departure: DatagramDeparture(destination: far.name), socketVersion: .v4)

        let sent = sending.send(on: far.number, 0..<1)
        var error = DatagramError.none
        let result = DatagramBatch.receiveError(from: far.number, into: memory.vector(0..<100), &error)

        #expect(sent == -EMSGSIZE)
        #expect(result == 0 || result == -EAGAIN)
        if result == 0 { #expect(error.origin == .local && error.code == EMSGSIZE && error.offender == nil) }
    }

    @Test("sending goes on behind a refused datagram")
    func refusedInside() throws {
        let (near, far) = (TestSocket.udp(.v4), TestSocket.udp(.v4))
        let memory = TestBytes(70000)
        var sending = DatagramBatch()
        for byteCount in [10, 20, 66000, 30] {
            _ = sending.post(
                memory.vector(0..<byteCount), departure: DatagramDeparture(destination: near.name),
                socketVersion: .v4)
        }

        let first = sending.send(on: far.number, 0..<4)
        let second = sending.send(on: far.number, 2..<4)
        let third = sending.send(on: far.number, 3..<4)

        #expect(first == 2 && second == -EMSGSIZE && third == 1)
    }

    @Test("sending and receiving allocate nothing")
    func allocations() throws {
        let (near, far) = (TestSocket.udp(.v6), TestSocket.udp(.v6))
        near.set(.packetInfo(.v6))
        let memory = TestBytes(4096)
        let vector = memory.vector(0..<100)
        var sending = DatagramBatch()
        var receiving = DatagramBatch()
        let departure = DatagramDeparture(destination: near.name)
        var byteCount = 0

        func turn() {
            for _ in 0..<8 {
                _ = sending.post(vector, departure: departure, socketVersion: .v6)
                _ = receiving.expect(vector)
            }
            _ = sending.send(on: far.number, 0..<8)
            let count = receiving.receive(from: near.number)
            if count == 8 { byteCount += receiving.arrival(7).byteCount }
            sending.removeAll()
            receiving.removeAll()
        }
        turn()
        let before = malloc_guard_count()
        turn()
        turn()
        let mallocs = malloc_guard_count() - before

        #expect(byteCount == 300)
        #expect(mallocs == 0)
    }

    /// Sends one datagram and receives it.
    private func exchange(
        _ sender: TestSocket, _ receiver: TestSocket, to destination: Endpoint, from source: IPAddress? = nil
    ) -> DatagramArrival? {
        let memory = TestBytes(256)
        var sending = DatagramBatch()
        var receiving = DatagramBatch()
        _ = sending.post(
            memory.vector(0..<20), departure: DatagramDeparture(destination: destination, source: source),
            socketVersion: sender.version)
        _ = receiving.expect(memory.vector(128..<256))
        guard sending.send(on: sender.number, 0..<1) == 1, receiver.waits(),
            receiving.receive(from: receiver.number) == 1
        else { return nil }
        return receiving.arrival(0)
    }
}

extension DatagramError {
    fileprivate static let none = DatagramError(
        origin: .none, code: 0, type: 0, icmpCode: 0, mtu: 0, offender: nil, destination: nil, byteCount: 0)
}
