// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Any order of frames, of what peers do and of time that passes, at an engine over scripted sockets.
///
/// Every frame that the engine sends is checked. The stream of a guest's port begins at sequence number 1001 and
/// follows a pattern, so that also what the engine does with its sockets is looked at.
enum EngineTarget {
    nonisolated(unsafe) private static let memory = EngineTestMemory()

    static func run(_ input: FuzzInput) {
        var input = input
        var fixture = EngineFixture()
        let traits = input.byte()
        fixture.tcpCapacity = traits & 1 == 0 ? 64 : 4
        fixture.udpCapacity = traits & 2 == 0 ? 64 : 4
        fixture.slotCount = traits & 4 == 0 ? 64 : 2
        fixture.udpListenerCount = 1
        if traits & 8 != 0 { fixture.capabilities = .offloading }
        var engine = fixture.engine(memory)
        engine.host.keepsPeekOffset = traits & 16 == 0
        engine.host.shortageRate = traits & 32 == 0 ? 0 : 3
        var peer = EnginePeer()
        for _ in 0..<64 where !input.isEmpty {
            peer.step(&engine, &input)
            peer.look(at: &engine)
        }
        engine.pass(.seconds(200))
        peer.look(at: &engine)
        for stream in engine.host.streams {
            // Frames of free form may carry what no pattern says.
            precondition(
                stream.fault == nil || stream.fault?.hasPrefix("the host got") == true, stream.fault ?? "")
        }
    }
}

extension Engine where Link == LoopLink, Host == ScriptedSockets {
    fileprivate mutating func deliver(_ frame: LoopFrame) {
        link.incoming.append(frame)
        isLinkReadable = true
        for _ in 0..<3 { turn(until: .start) }
    }

    fileprivate mutating func pass(_ interval: Interval) {
        let end = host.clock + interval
        host.horizon = end
        var turns = 0
        while host.clock < end, turns < 4000 {
            turn(until: end)
            turns += 1
        }
    }
}

/// Guest, peers and kernel at once.
private struct EnginePeer {
    /// By guest port: the sequence number that the engine's next byte has.
    private var nextFromEngine: [UInt16: SequenceNumber] = [:]

    mutating func step(_ engine: inout TestEngine, _ input: inout FuzzInput) {
        switch input.byte() % 12 {
        case 0: engine.deliver(frame(&input))
        case 1, 2, 3: engine.deliver(segment(&input))
        case 4:
            let (guest, remote) = ends(&input)
            engine.deliver(GuestFrame.udp(input.take(Int(input.byte())), from: guest, to: remote))
        case 5:
            let (guest, remote) = ends(&input)
            engine.deliver(
                GuestFrame.echo(
                    input.take(Int(input.byte()) % 64), identifier: UInt16(input.byte() % 4), sequence: 1,
                    from: guest.address, to: remote.address))
        case 6: engine.pass(.milliseconds(Int64(input.byte())))
        case 7: engine.pass(.seconds(Int64(input.byte())))
        case 8: connect(&engine, &input)
        case 9: actOnStream(&engine, &input)
        case 10: actOnDatagrams(&engine, &input)
        default:
            let code = Int32(input.byte())
            var script = ScriptedSockets.StreamScript()
            script.outcome =
                code % 4 == 0 ? .never : code % 4 == 1 ? .refusedAtOnce(code) : .later(code & 0x6c)
            engine.host.scripts[80 + UInt16(input.byte() % 4)] = script
        }
    }

    /// Checks and takes what the engine sent.
    mutating func look(at engine: inout TestEngine) {
        for sent in engine.link.outgoing {
            var problem: String?
            let checked = CheckedFrame(sent, problem: &problem)
            precondition(problem == nil, "the engine sent \(problem ?? "")")
            guard let frame = checked?.frame, frame.kind == .tcp else { continue }
            let isLong = frame.flags.contains(.syn) || frame.flags.contains(.fin)
            nextFromEngine[frame.destinationPort] =
                frame.sequenceNumber + frame.payloadByteCount + (isLong ? 1 : 0)
        }
        engine.link.outgoing = []
    }

    private func frame(_ input: inout FuzzInput) -> LoopFrame {
        let offload = input.byte()
        var frame = LoopFrame(bytes: input.take(Int(input.uint16() % 2048)))
        if offload & 1 != 0 {
            frame.offload.segmentation = offload & 2 == 0 ? .tcpv4 : .tcpv6
            frame.offload.segmentSize = UInt16(offload) << 3
            frame.offload.needsChecksum = true
        }
        return frame
    }

    private func ends(_ input: inout FuzzInput) -> (Endpoint, Endpoint) {
        let choice = input.byte()
        let version: IPVersion = choice & 1 == 0 ? .v4 : .v6
        let port = choice & 2 == 0 ? 40_000 : UInt16(8000)
        let remotePorts: [UInt16] = [80, 81, 53, 67, 547, 82, 83, 50_000]
        return (
            Endpoint(address: EngineFixture.guest(version), port: port + UInt16(choice >> 2 & 1)),
            Endpoint(address: EngineFixture.peer(version), port: remotePorts[Int(choice >> 3 & 7)])
        )
    }

    private func segment(_ input: inout FuzzInput) -> LoopFrame {
        let (guest, remote) = ends(&input)
        let flags = TCPFlags(rawValue: input.byte())
        let position = Int(Int16(bitPattern: input.uint16()))
        var segment = GuestSegment(sequence: SequenceNumber(1001) + position, flags: flags)
        let expected = nextFromEngine[guest.port] ?? 0
        segment.acknowledgement = expected + Int(Int8(bitPattern: input.byte())) * 16
        segment.window = input.uint16()
        let shape = input.byte()
        if shape & 1 != 0 { segment.options.maximumSegmentSize = UInt16(shape) << 4 }
        if shape & 2 != 0 { segment.options.windowScale = shape & 15 }
        if shape & 4 != 0 { segment.options.permitsSACK = true }
        if shape & 8 != 0 { segment.options.timestamps = TCPTimestamps(value: UInt32(shape), echo: 0) }
        if shape & 16 != 0 {
            segment.options.append(SACKBlock(left: expected, right: expected + Int(shape)))
        }
        let count = Int(input.byte()) * 8
        let payload = StreamPattern(salt: 0).array(at: max(position, 0), count: count)
        return GuestFrame.tcp(segment, from: guest, to: remote, payload: payload)
    }

    private func connect(_ engine: inout TestEngine, _ input: inout FuzzInput) {
        let version: IPVersion = input.byte() & 1 == 0 ? .v4 : .v6
        let stream = ScriptedStream(upload: StreamPattern(salt: 0), download: StreamPattern(salt: 1))
        _ = engine.host.peerConnects(
            stream, from: Endpoint(address: EngineFixture.peer(version), port: 50_000),
            to: Endpoint(address: EngineFixture.guest(version), port: 8000),
            listener: FlowToken(kind: .tcpListener, index: 0))
        engine.pass(.milliseconds(1))
    }

    private func actOnStream(_ engine: inout TestEngine, _ input: inout FuzzInput) {
        let choice = input.byte()
        guard !engine.host.streams.isEmpty else { return }
        let socket = ScriptedSockets.firstSocket + Int32(Int(choice >> 3) % engine.host.streams.count)
        guard engine.host[socket].end == .open else { return }
        let count = Int(input.uint16())
        switch choice % 4 {
        case 0 where !engine.host[socket].isPeerFinished: _ = engine.host.peerWrites(socket, count)
        case 1: engine.host.peerReads(socket, count)
        case 2: engine.host.peerFinishes(socket)
        default:
            engine.host[socket].isPeerReset = true
            engine.host.report(socket)
        }
        engine.pass(.milliseconds(1))
    }

    private func actOnDatagrams(_ engine: inout TestEngine, _ input: inout FuzzInput) {
        let choice = input.byte()
        let index = Int(choice >> 2) % engine.host.datagramSockets.count
        guard engine.host[datagram: index].isOpen else { return }
        let version: IPVersion = choice & 1 == 0 ? .v4 : .v6
        let bytes = input.take(Int(input.byte()))
        switch choice & 2 {
        case 0:
            engine.host.peerSends(
                [
                    .init(
                        bytes: bytes, source: Endpoint(address: EngineFixture.peer(version), port: 53),
                        destination: EngineFixture.guest(version))
                ], toSocket: index)
        default:
            engine.host[datagram: index].sendError = Int32(choice)
        }
        engine.pass(.milliseconds(1))
    }
}
