// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

extension Engine where Link == LoopLink, Host == ScriptedSockets {
    /// Gives the engine frames and returns what the guest gets, in one instant of virtual time.
    mutating func exchange(_ frames: [LoopFrame] = []) -> [CheckedFrame] {
        link.incoming += frames
        isLinkReadable = true
        for _ in 0..<6 { turn(until: .start) }
        return takeFrames()
    }

    /// Lets virtual time pass and returns what the guest gets meanwhile.
    mutating func pass(_ interval: Interval) -> [CheckedFrame] {
        let end = host.clock + interval
        host.horizon = end
        while host.clock < end { turn(until: end) }
        turn(until: .start)
        return takeFrames()
    }

    private mutating func takeFrames() -> [CheckedFrame] {
        let frames = link.outgoing
        link.outgoing = []
        return frames.compactMap { frame in
            var problem: String?
            let checked = CheckedFrame(frame, problem: &problem)
            if let problem { Issue.record("The engine sent \(problem).") }
            return checked
        }
    }

    /// Opens a connection from the guest's port to the peer's and completes the handshake; our first byte's number.
    mutating func connect(
        _ version: IPVersion = .v4, from port: UInt16 = 40_000, to remotePort: UInt16 = 80
    ) -> SequenceNumber {
        let (guest, remote) = PacketFixture.ends(version, port, remotePort)
        let answers = exchange([GuestFrame.tcp(PacketFixture.syn, from: guest, to: remote)])
        let next = (answers.first?.frame.sequenceNumber ?? 0) + 1
        _ = exchange([GuestFrame.tcp(PacketFixture.segment(0, acknowledges: next), from: guest, to: remote)])
        return next
    }
}

/// The guest of packet tests: its stream begins at sequence number 1001.
enum PacketFixture {
    static func ends(_ version: IPVersion, _ port: UInt16 = 40_000, _ remotePort: UInt16 = 80) -> (
        Endpoint, Endpoint
    ) {
        (
            Endpoint(address: EngineFixture.guest(version), port: port),
            Endpoint(address: EngineFixture.peer(version), port: remotePort)
        )
    }

    static var syn: GuestSegment {
        var segment = GuestSegment(sequence: 1000, flags: .syn, window: 65535)
        segment.options.maximumSegmentSize = 1460
        return segment
    }

    static func segment(
        _ start: Int, acknowledges: SequenceNumber, flags: TCPFlags = .ack, byteCount: Int = 0
    ) -> GuestSegment {
        GuestSegment(
            sequence: SequenceNumber(1001) + start, acknowledgement: acknowledges, flags: flags,
            window: 65535,
            position: start, byteCount: byteCount)
    }
}
