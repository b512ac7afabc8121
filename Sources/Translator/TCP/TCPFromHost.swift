// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A run of stream bytes that the guest is to get: peeked from the socket, cut into segments by the engine.
struct TCPPull: Equatable, BitwiseCopyable {
    /// Sequence number of the first byte.
    var sequence: SequenceNumber
    /// Bytes of the socket's queue in front of the run.
    var skip: Int
    var byteCount: Int
    /// Sent before: the socket certainly holds all of it.
    var isRetransmission: Bool
    /// Fills a hole; `sendNext` stays.
    var isHole = false
}

extension TCPConnection {
    /// What may be sent to the guest at this moment; nil when nothing may or nothing is known to be there.
    func nextPull() -> TCPPull? {
        guard phase == .established, !flags.contains(.finAcknowledged) else { return nil }
        if let hole = nextHole() { return hole }
        let isRetransmission = sendNext < sendMaximum
        guard isRetransmission || flags.contains(.hostReadable) else { return nil }
        let flight = sendUnacknowledged.distance(to: sendNext)
        let unsacked = flags.contains(.inRecovery) ? flight - selective.byteCount : flight
        var room = min(Int(guestWindow) - flight, Int(congestionWindow) - unsacked)
        if isRetransmission { room = min(room, sendNext.distance(to: sendMaximum)) }
        if flags.contains(.hostFinished) {
            room = min(room, sendNext.distance(to: hostEnd))
        } else if !isRetransmission, room < Int(segmentByteCount), flight > 0 {
            // An acknowledgement is on its way; avoid silly segments (RFC 9293, section 3.8.6.2.1).
            return nil
        }
        guard room > 0 else { return nil }
        return TCPPull(
            sequence: sendNext, skip: flight, byteCount: room, isRetransmission: isRetransmission)
    }

    /// The next lost range that was not sent again in this recovery (RFC 6675, section 4, NextSeg rule 1).
    private func nextHole() -> TCPPull? {
        guard flags.contains(.inRecovery) else { return nil }
        let dataEnd =
            flags.contains(.hostFinished) ? SequenceNumber.earliest(sendMaximum, hostEnd) : sendMaximum
        if flags.contains(.resendFirst) {
            let end = SequenceNumber.earliest(sendUnacknowledged + Int(segmentByteCount), dataEnd)
            return hole(from: sendUnacknowledged, to: end)
        }
        var start = SequenceNumber.latest(resentEdge, sendUnacknowledged)
        for index in 0..<selective.count {
            let range = selective[index]
            if start < range.start {
                return hole(from: start, to: SequenceNumber.earliest(range.start, dataEnd))
            }
            start = SequenceNumber.latest(start, range.end)
        }
        return nil
    }

    private func hole(from start: SequenceNumber, to end: SequenceNumber) -> TCPPull? {
        guard start < end else { return nil }
        return TCPPull(
            sequence: start, skip: sendUnacknowledged.distance(to: start), byteCount: start.distance(to: end),
            isRetransmission: true, isHole: true)
    }

    /// `byteCount` bytes of `pull` are on their way to the guest, with the newest acknowledgement.
    mutating func sent(_ pull: TCPPull, byteCount: Int, now: Instant) {
        guard byteCount > 0 else { return }
        let end = pull.sequence.advanced(by: byteCount)
        if pull.isHole {
            resentEdge = SequenceNumber.latest(resentEdge, end)
            flags.remove(.resendFirst)
        } else {
            sendNext = end
            if sendMaximum < end {
                sendMaximum = end
                if flags.isDisjoint(with: [.timing, .timestamps]) {
                    flags.insert(.timing)
                    timedSequence = end
                    timedAt = now
                }
            }
        }
        flags.remove(.persisting)
        if retransmitAt == .never || pull.isRetransmission {
            restartTimer(now: now)
        }
        acknowledgementSent()
    }

    /// The link refused what `sent` reported, from `sequence` on: it is to be sent again.
    mutating func sendRefused(from sequence: SequenceNumber) {
        guard sequence < sendNext, sendUnacknowledged <= sequence else { return }
        sendNext = sequence
        flags.remove(.timing)
    }

    /// The socket's queue held nothing beyond what was peeked; an event tells when there is more.
    mutating func hostDrained() { flags.remove(.hostReadable) }

    /// The host's peer finished: the stream ends where everything sent ends.
    mutating func hostEnded() {
        guard !flags.contains(.hostFinished) else { return }
        flags.insert(.hostFinished)
        flags.remove(.hostReadable)
        hostEnd = sendMaximum
    }

    /// All of the host's data was sent and the FIN is to follow, for the first time or again.
    var isFinDue: Bool {
        phase == .established && flags.contains(.hostFinished) && !flags.contains(.finAcknowledged)
            && sendNext == hostEnd
    }

    /// The FIN left, at `hostEnd`.
    mutating func finSent(now: Instant) {
        sendNext = hostEnd.advanced(by: 1)
        sendMaximum = SequenceNumber.latest(sendMaximum, sendNext)
        if retransmitAt == .never { retransmitAt = now + .microseconds(Int64(retransmissionTimeout)) }
        acknowledgementSent()
    }

    /// Data waits in the socket, or may, and the guest's window lets none of it out: only a probe will tell.
    mutating func considerPersistence(now: Instant) {
        guard phase == .established, retransmitAt == .never, flags.contains(.hostReadable) else { return }
        guard guestWindow == 0, flightByteCount == 0 else { return }
        flags.insert(.persisting)
        retransmitAt = now + .microseconds(Int64(retransmissionTimeout))
    }

    /// The guest opened its window: stop probing.
    mutating func leavePersistence(now: Instant) {
        guard flags.contains(.persisting), guestWindow > 0 else { return }
        flags.remove(.persisting)
        retryCount = 0
        retransmitAt = flightByteCount > 0 ? now + .microseconds(Int64(retransmissionTimeout)) : .never
    }
}
