// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("TCP packets through the engine")
struct TCPPacketTests {
    @Test("a connection that the host refuses is reset", arguments: IPVersion.allCases)
    func refused(version: IPVersion) {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        engine.host.scripts[80] = ScriptedSockets.StreamScript(outcome: .refusedAtOnce(111))
        let (guest, remote) = PacketFixture.ends(version)

        let answers = engine.exchange([GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)])
        let leftovers = engine.leftovers

        #expect(answers.map(\.frame.flags) == [[.reset, .ack]])
        #expect(answers.first?.frame.acknowledgment == 1001)
        #expect(answers.first?.frame.source == remote.address)
        #expect(leftovers == nil)
    }

    @Test("a segment of no connection is reset, a reset is not")
    func strangers() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (guest, remote) = PacketFixture.ends(.v4)
        let data = PacketFixture.segment(0, acknowledges: 7000)
        let reset = PacketFixture.segment(0, acknowledges: 7000, flags: .reset)

        let answers = engine.exchange([GuestFrame.tcp(data, from: guest, to: remote)])
        let silence = engine.exchange([GuestFrame.tcp(reset, from: guest, to: remote)])

        #expect(answers.map(\.frame.flags) == [.reset])
        #expect(answers.first?.frame.sequenceNumber == 7000)
        #expect(silence.isEmpty)
    }

    @Test("with a full table a SYN is passed over in silence, and room is used again")
    func fullTable() {
        let memory = EngineTestMemory()
        var fixture = EngineFixture()
        fixture.tcpCapacity = 2
        var engine = fixture.engine(memory)
        _ = engine.connect(from: 40_000)
        let next = engine.connect(from: 40_001)
        let (guest, remote) = PacketFixture.ends(.v4, 40_002)
        let syn = GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)

        let silence = engine.exchange([syn])
        let refused = engine.counters.tcpFlowsRefused
        let (other, _) = PacketFixture.ends(.v4, 40_001)
        _ = engine.exchange([
            GuestFrame.tcp(
                PacketFixture.segment(0, acknowledges: next, flags: .reset), from: other, to: remote)
        ])
        let answers = engine.exchange([syn])

        #expect(silence.isEmpty && refused == 1)
        #expect(answers.map(\.frame.flags) == [[.syn, .ack]])
    }

    @Test("bytes go to the socket and are acknowledged, bytes of the socket go to the guest")
    func bothWays() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let next = engine.connect()
        let (guest, remote) = PacketFixture.ends(.v4)
        let payload = StreamPattern(salt: 0).array(at: 0, count: 500)
        let segment = PacketFixture.segment(0, acknowledges: next, byteCount: 500)

        let acknowledgements = engine.exchange([
            GuestFrame.tcp(segment, from: guest, to: remote, payload: payload)
        ])
        let socket = ScriptedSockets.firstSocket
        _ = engine.host.peerWrites(socket, 3000)
        let data = engine.exchange()
        let (taken, fault) = (engine.host[socket].acceptedCount, engine.host[socket].fault)

        #expect(taken == 500 && fault == nil)
        #expect(acknowledgements.last?.frame.acknowledgment == 1501)
        #expect(data.map(\.frame.payloadByteCount) == [1460, 1460, 80])
        #expect(data.map(\.frame.sequenceNumber) == [next, next + 1460, next + 2920])
    }

    @Test("the socket is closed in order although the last acknowledgement brings bytes and FIN at once")
    func closing() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let next = engine.connect()
        let (guest, remote) = PacketFixture.ends(.v4)
        let socket = ScriptedSockets.firstSocket
        _ = engine.host.peerWrites(socket, 100)
        engine.host.peerFinishes(socket)
        _ = engine.exchange([
            GuestFrame.tcp(
                PacketFixture.segment(0, acknowledges: next, flags: [.ack, .fin]), from: guest, to: remote)
        ])

        _ = engine.exchange([
            GuestFrame.tcp(PacketFixture.segment(1, acknowledges: next + 101), from: guest, to: remote)
        ])
        let end = engine.host[socket].end
        _ = engine.pass(.seconds(2))
        let leftovers = engine.leftovers

        #expect(end == .closed)
        #expect(leftovers == nil)
    }

    @Test("what was kept for a full socket is sent in as many pieces as it takes")
    func manyPieces() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let next = engine.connect()
        let (guest, remote) = PacketFixture.ends(.v4)
        let socket = ScriptedSockets.firstSocket
        engine.host[socket].sendCapacity = 0
        engine.host.pieceLimit = 1
        let frames = (0..<40).map { index in
            GuestFrame.tcp(
                PacketFixture.segment(index * 1000, acknowledges: next, byteCount: 1000), from: guest,
                to: remote,
                payload: StreamPattern(salt: 0).array(at: index * 1000, count: 1000))
        }
        _ = engine.exchange(frames)

        engine.host[socket].sendCapacity = 1 << 20
        engine.host.report(socket)
        _ = engine.exchange()
        let (taken, fault) = (engine.host[socket].acceptedCount, engine.host[socket].fault)

        #expect(taken == 40_000 && fault == nil)
    }

    @Test("a connection from a peer of the host reaches the guest's port", arguments: IPVersion.allCases)
    func inbound(version: IPVersion) {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let (_, peer) = PacketFixture.ends(version, 0, 50_000)
        let local = Endpoint(address: EngineFixture.guest(version), port: 8000)
        let stream = ScriptedStream(upload: StreamPattern(salt: 0), download: StreamPattern(salt: 1))

        _ = engine.host.peerConnects(
            stream, from: peer, to: local, listener: FlowToken(kind: .tcpListener, index: 0))
        let frames = engine.exchange()

        #expect(frames.map(\.frame.flags) == [.syn])
        #expect(frames.first?.frame.source == peer.address && frames.first?.frame.sourcePort == 50_000)
        #expect(frames.first?.frame.destinationPort == 8000)
        #expect(frames.first?.frame.options.maximumSegmentSize == (version == .v4 ? 1460 : 1440))
    }
}
