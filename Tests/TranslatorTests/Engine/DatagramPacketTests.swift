// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Datagrams through the engine")
struct DatagramPacketTests {
    @Test("datagrams keep order and boundaries both ways", arguments: IPVersion.allCases)
    func bothWays(version: IPVersion) {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(version, 40_000, 53)
        let payloads = (0..<5).map { [UInt8](repeating: UInt8($0), count: $0 * 100) }

        _ = engine.exchange(payloads.map { GuestFrame.udp($0, from: guest, to: remote) })
        engine.host.peerSends(payloads.map { ScriptedDatagramSocket.Datagram(bytes: $0) }, toSocket: 0)
        let frames = engine.exchange()
        let (sent, socketCount) = (engine.host[datagram: 0].sent, engine.host.datagramSockets.count)

        #expect(sent == payloads && socketCount == 1)
        #expect(frames.map { Array($0.payload) } == payloads)
        #expect(frames.allSatisfy { $0.frame.sourcePort == 53 && $0.frame.destinationPort == 40_000 })
        #expect(frames.allSatisfy { $0.frame.source == remote.address })
    }

    @Test("no datagram is left in its socket, however few slots the link has", arguments: [1, 3, 20, 64])
    func fewSlots(slotCount: Int) {
        let memory = EngineTestMemory()
        var fixture = EngineFixture()
        fixture.slotCount = slotCount
        var engine = fixture.engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        _ = engine.exchange([GuestFrame.udp([1], from: guest, to: remote)])
        let payloads = (0..<100).map { [UInt8($0), 7] }

        engine.host.peerSends(payloads.map { ScriptedDatagramSocket.Datagram(bytes: $0) }, toSocket: 0)
        var received: [[UInt8]] = []
        for _ in 0..<20 { received += engine.exchange().map { Array($0.payload) } }

        #expect(received == payloads)
    }

    @Test("a link with few slots leaves the engine idle when all sockets are empty")
    func idleWithFewSlots() {
        let memory = EngineTestMemory()
        var fixture = EngineFixture()
        fixture.slotCount = 3
        var engine = fixture.engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        _ = engine.exchange([GuestFrame.udp([1], from: guest, to: remote)])
        engine.host.peerSends([ScriptedDatagramSocket.Datagram(bytes: [2])], toSocket: 0)
        _ = engine.exchange()
        let before = engine.counters.turns

        _ = engine.pass(.seconds(1))
        let turns = engine.counters.turns - before

        #expect(turns < 10)
    }

    @Test("an error of the socket reaches the guest as ICMP about its own datagram")
    func errors() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        _ = engine.exchange([GuestFrame.udp([1, 2, 3], from: guest, to: remote)])
        engine.host[datagram: 0].quote = [1, 2, 3]
        engine.host[datagram: 0].errors = [
            DatagramError(
                origin: .icmp, code: 111, type: ICMPType.unreachable, icmpCode: 3, mtu: 0,
                offender: remote.address, destination: remote, byteCount: 3)
        ]

        engine.host.post(engine.host[datagram: 0].token, isFailed: true)
        let frames = engine.exchange()
        let message = frames.first.map { Array($0.payload) } ?? []

        #expect(frames.count == 1 && frames.first?.frame.kind == .otherIPv4)
        #expect(message.prefix(2) == [3, 3])
        #expect(message.suffix(3) == [1, 2, 3])
        #expect(message.count == 8 + 20 + 8 + 3)
    }

    @Test("a flow ends 30 s after its last datagram, a stream after 120 s")
    func expiry() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4, 40_000, 53)
        _ = engine.exchange([GuestFrame.udp([1], from: guest, to: remote)])
        _ = engine.pass(.seconds(29))
        let early = engine.host[datagram: 0].isOpen
        _ = engine.pass(.seconds(2))
        let late = engine.host[datagram: 0].isOpen
        _ = engine.exchange([[1], [2]].map { GuestFrame.udp($0, from: guest, to: remote) })
        engine.host.peerSends([ScriptedDatagramSocket.Datagram(bytes: [3])], toSocket: 1)
        _ = engine.exchange()
        _ = engine.pass(.seconds(119))
        let streamEarly = engine.host[datagram: 1].isOpen
        _ = engine.pass(.seconds(2))
        let (streamLate, leftovers) = (engine.host[datagram: 1].isOpen, engine.leftovers)

        #expect(early && !late)
        #expect(streamEarly && !streamLate)
        #expect(leftovers == nil)
    }

    @Test("a datagram through a listening socket opens a flow, and the guest's answer leaves as that address")
    func inbound() {
        let memory = EngineTestMemory()
        var fixture = EngineFixture()
        fixture.udpListenerCount = 1
        var engine = fixture.engine(memory)
        let (_, peer) = PacketFixture.ends(.v4, 0, 50_000)
        let local = EngineFixture.guest(.v4)

        engine.host.peerSends(
            [ScriptedDatagramSocket.Datagram(bytes: [5], source: peer, destination: local)], toSocket: 0)
        let frames = engine.exchange()
        let guest = Endpoint(address: EngineFixture.guest(.v4), port: 9000)
        _ = engine.exchange([GuestFrame.udp([6], from: guest, to: peer)])
        let reply = engine.host.datagramSockets.last

        #expect(frames.map { Array($0.payload) } == [[5]])
        #expect(frames.first?.frame.source == peer.address && frames.first?.frame.destinationPort == 9000)
        #expect(reply?.sent == [[6]] && reply?.peer == peer)
        #expect(reply?.local == Endpoint(address: local, port: 9000))
    }

    @Test(
        "an echo keeps the guest's identifier, and its flow ends after a minute",
        arguments: IPVersion.allCases)
    func echo(version: IPVersion) {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = (EngineFixture.guest(version), EngineFixture.peer(version))
        let isV4 = version == .v4

        _ = engine.exchange([
            GuestFrame.echo([1, 2], identifier: 0x1234, sequence: 9, from: guest, to: remote)
        ])
        let request = engine.host[datagram: 0].sent.first ?? []
        let reply: [UInt8] = [isV4 ? 0 : 129, 0, 0, 0, 0x55, 0x55, 0, 9, 1, 2]
        engine.host.peerSends([ScriptedDatagramSocket.Datagram(bytes: reply)], toSocket: 0)
        let frames = engine.exchange()
        _ = engine.pass(.seconds(61))
        let leftovers = engine.leftovers

        #expect(request.first == (isV4 ? 8 : 128) && request.suffix(2) == [1, 2])
        #expect(frames.map(\.frame.kind) == [.icmpEcho])
        #expect(frames.first?.frame.echoIdentifier == 0x1234 && frames.first?.frame.echoSequence == 9)
        #expect(leftovers == nil)
    }

    @Test("many replies at once all arrive, however few slots the link has")
    func manyEchoes() {
        let memory = EngineTestMemory()
        var fixture = EngineFixture()
        fixture.slotCount = 4
        var engine = fixture.engine(memory)
        let (guest, remote) = (EngineFixture.guest(.v4), EngineFixture.peer(.v4))
        let requests = (0..<20).map {
            GuestFrame.echo([], identifier: 1, sequence: UInt16($0), from: guest, to: remote)
        }
        _ = engine.exchange(requests)

        engine.host.peerSends(
            (0..<20).map { ScriptedDatagramSocket.Datagram(bytes: [0, 0, 0, 0, 0, 0, 0, UInt8($0)]) },
            toSocket: 0)
        var sequences: [UInt16] = []
        for _ in 0..<20 { sequences += engine.exchange().map(\.frame.echoSequence) }

        #expect(sequences == Array(0..<20))
    }
}
