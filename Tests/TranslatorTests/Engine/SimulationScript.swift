// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Notices that nothing moves although it could.
struct StallWatch {
    /// Less than any retransmission timeout.
    static let patience = Interval.milliseconds(190)
    private var count = -1
    private var since = Instant.start
    private var wasFree = false

    /// - Returns: true when `count` stayed the same for too long while it was free to grow.
    mutating func isStalled(_ count: Int, isFree: Bool, now: Instant) -> Bool {
        if !isFree || !wasFree || count != self.count {
            (self.count, since, wasFree) = (count, now, isFree)
            return false
        }
        return now - since > Self.patience
    }
}

// What applications do, on both sides.
extension Simulation {
    func socket(_ index: Int) -> Int32? { engine.host.scripts[flows[index].remoteEnd.port]?.socket }

    mutating func open(_ index: Int, _ now: Instant) {
        let remote = flows[index].remoteEnd
        if flows[index].script.isFromHost {
            guard let stream = engine.host.scripts[remote.port]?.stream else { return }
            let local = Endpoint(address: EngineFixture.peer(scenario.version), port: 8000)
            let socket = engine.host.peerConnects(
                stream, from: remote, to: local, listener: FlowToken(kind: .tcpListener, index: 0))
            engine.host.scripts[remote.port]?.socket = socket
        } else {
            flows[index].guest.open(now: now)
            let delay = flows[index].script.connectDelay
            if delay > .zero { queue.add(.connectEnds(index), at: now + delay) }
        }
        queue.add(.peerReads(index), at: now)
        queue.add(.peerWrites(index), at: now)
        queue.add(.guestReads(index), at: now)
        queue.add(.guestWrites(index), at: now)
    }

    mutating func connectEnds(_ index: Int, _ now: Instant) {
        guard flows[index].script.ending != .unanswered else { return }
        guard let socket = socket(index) else {
            if isUsable(index) { queue.add(.connectEnds(index), at: now + .milliseconds(5)) }
            return
        }
        engine.host.connectEnds(socket, code: flows[index].script.ending == .refused ? 111 : 0)
    }

    mutating func peerReads(_ index: Int, _ now: Instant) {
        var done = 0
        if let socket = socket(index) {
            engine.host.peerReads(socket, flows[index].script.peerReading.chunk)
            let stream = engine.host[socket]
            done = stream.drainedCount
            if let fault = stream.fault { problem = "\(fault), flow \(index)" }
            if stream.peerSawEnd || stream.end == .aborted || stream.isPeerReset { return }
        }
        guard isUsable(index) || socket(index) != nil && engine.host.clock < scriptEnd else { return }
        queue.add(.peerReads(index), at: now + flows[index].script.peerReading.next(done))
    }

    mutating func peerWrites(_ index: Int, _ now: Instant) {
        var done = 0
        if let socket = socket(index), engine.host[socket].end != .open { return }
        if let socket = socket(index), engine.host[socket].isConnected {
            let left = flows[index].script.downloadByteCount - engine.host[socket].writtenCount
            _ = engine.host.peerWrites(socket, min(left, flows[index].script.peerWriting.chunk))
            let stream = engine.host[socket]
            done = stream.writtenCount
            if stream.isPeerReset { return }
            let mayFinish = !flows[index].script.peerWaits || stream.peerSawEnd
            if done == flows[index].script.downloadByteCount, mayFinish {
                engine.host.peerFinishes(socket)
                return
            }
        }
        guard isUsable(index) || socket(index) != nil && engine.host.clock < scriptEnd else { return }
        queue.add(.peerWrites(index), at: now + flows[index].script.peerWriting.next(done))
    }

    mutating func guestReads(_ index: Int, _ now: Instant) {
        let guest = flows[index].guest
        guest.read(flows[index].script.guestReading.chunk, now: now)
        guard isUsable(index) else { return }
        queue.add(.guestReads(index), at: now + flows[index].script.guestReading.next(guest.readCount))
    }

    mutating func guestWrites(_ index: Int, _ now: Instant) {
        let guest = flows[index].guest
        guest.write(flows[index].script.guestWriting.chunk, now: now)
        guard isUsable(index) else { return }
        if guest.writtenCount == guest.uploadByteCount, !flows[index].script.guestWaits || guest.sawEnd {
            guest.close(now: now)
            return
        }
        queue.add(.guestWrites(index), at: now + flows[index].script.guestWriting.next(guest.writtenCount))
    }

    mutating func disturb(_ index: Int, _ now: Instant) {
        let guest = flows[index].guest
        switch flows[index].script.ending {
        case .orderly, .refused, .unanswered: return
        case .guestResets:
            guard !guest.isOver else { return }
            guest.outbox.append(GuestSegment(sequence: guest.sequence(guest.sendNext), flags: .reset))
            guest.state = .reset
        case .peerResets:
            if let socket = socket(index), engine.host[socket].end == .open, engine.host[socket].isConnected {
                engine.host.peerResets(socket)
            }
        case .guestVanishes: flows[index].isVanished = true
        }
    }

    private func isUsable(_ index: Int) -> Bool {
        !flows[index].guest.isOver && !flows[index].isVanished && engine.host.clock < scriptEnd
    }

    /// In a calm scenario nobody waits for a retransmission.
    mutating func watch(_ index: Int, _ now: Instant) {
        guard scenario.isCalm, let socket = socket(index) else { return }
        let stream = engine.host[socket]
        let guest = flows[index].guest
        guard guest.state == .established, stream.end == .open else { return }
        let canSend = stream.sendRoom * 3 > stream.sendCapacity && stream.acceptedCount < guest.writtenCount
        if flows[index].uploadWatch.isStalled(stream.acceptedCount, isFree: canSend, now: now) {
            problem = "the upload of flow \(index) stalls: \(state)"
        }
        let canReceive = guest.readCount == guest.receivedCount && guest.receivedCount < stream.writtenCount
        if flows[index].downloadWatch.isStalled(guest.receivedCount, isFree: canReceive, now: now) {
            problem = "the download of flow \(index) stalls: \(state)"
        }
    }

    // MARK: The end

    /// What is wrong after everything came to rest.
    var verdict: String? {
        if let leftovers = engine.leftovers { return "left over: \(leftovers); \(state)" }
        for index in flows.indices {
            if let fault = verdict(index) { return "\(fault), flow \(index): \(state)" }
        }
        if scenario.isCalm, engine.counters.tcpRetransmissions > 0 { return "retransmissions without loss" }
        return nil
    }

    private func verdict(_ index: Int) -> String? {
        let flow = flows[index]
        let guest = flow.guest
        let stream = socket(index).map { engine.host[$0] }
        if let fault = guest.fault ?? stream?.fault { return fault }
        switch flow.script.ending {
        case .refused: return guest.state == .reset ? nil : "the guest was not refused"
        case .unanswered: return guest.isOver ? nil : "the guest still waits"
        case .guestResets, .guestVanishes: return nil
        case .peerResets: return nil
        case .orderly: break
        }
        guard let stream else { return "no socket" }
        if !guest.sawEnd || guest.receivedCount != flow.script.downloadByteCount {
            return "the download is not complete"
        }
        if !stream.peerSawEnd || stream.drainedCount != flow.script.uploadByteCount {
            return "the upload is not complete"
        }
        if stream.end != .closed { return "the peer saw a reset" }
        return nil
    }

    /// Where everything is, for a failure's message.
    var state: String {
        let lines = flows.indices.map { index -> String in
            let guest = flows[index].guest
            var line =
                "guest \(guest.state) sent \(guest.sendUnacknowledged)/\(guest.sendNext)/\(guest.sendMaximum)"
                + " of \(guest.uploadByteCount) window \(guest.sendWindow) got \(guest.receivedCount) read \(guest.readCount)"
            if let socket = socket(index) {
                let stream = engine.host[socket]
                line +=
                    ", socket \(stream.end) took \(stream.acceptedCount) drained \(stream.drainedCount)"
                    + " wrote \(stream.writtenCount) discarded \(stream.discardedCount)"
            }
            let number = engine.table.find(
                FlowKey(
                    transport: ProtocolNumber.tcp, near: flows[index].guestEnd, far: flows[index].remoteEnd))
            if let number {
                let connection = engine.flows[number].connection
                line +=
                    ", engine \(connection.phase) flags \(String(connection.flags.rawValue, radix: 2))"
                    + " queued \(connection.queuedByteCount) kept \(connection.outOfOrder.byteCount)"
                    + " flight \(connection.flightByteCount) guest window \(connection.guestWindow)"
            }
            return line
        }
        return "at \(Double(engine.host.clock.nanoseconds) / 1e9) s; " + lines.joined(separator: "; ")
    }
}
