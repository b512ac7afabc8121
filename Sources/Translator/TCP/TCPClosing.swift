// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// How a connection ends: by FIN from both sides, by a reset from either, or because nobody answers.

extension TCPConnection {
    /// How long late segments of the guest are answered after both FINs. Short: the link is one hop, and a
    /// segment that comes later still is answered by a reset, which harms nobody.
    static let timeWait = Interval.seconds(1)

    /// A SYN that begins a new connection in place of this one, which waits for late segments only: one that is no
    /// late segment itself (RFC 9293, section 3.10.7.4; RFC 6191).
    func admitsReopening(by segment: TCPSegment) -> Bool {
        guard phase == .timeWait, segment.flags.contains(.syn),
            segment.flags.isDisjoint(with: [.ack, .reset, .fin])
        else { return false }
        if flags.contains(.timestamps), let timestamps = segment.options.timestamps {
            return Int32(bitPattern: timestamps.value &- recentTimestamp) > 0
        }
        return receiveNext <= segment.sequence
    }

    /// The guest finished and everything it sent was taken: the host's peer may know.
    var isShutdownDue: Bool {
        flags.contains(.guestFinished) && !flags.contains(.guestFinDelivered) && queuedByteCount == 0
    }

    /// The write side of the host's socket was shut down.
    mutating func shutdownDelivered(now: Instant) -> TCPDecision {
        flags.insert(.guestFinDelivered)
        return finishing(.nothing, now: now)
    }

    /// Adds the end of the connection to `decision` when both directions are through.
    mutating func finishing(_ decision: TCPDecision, now: Instant) -> TCPDecision {
        guard phase == .established, flags.isSuperset(of: [.guestFinDelivered, .finAcknowledged]) else {
            return decision
        }
        var decision = decision
        decision.host = .close
        phase = .timeWait
        retransmitAt = .never
        expiresAt = now + Self.timeWait
        return decision
    }

    /// A reset to the guest, and one to the host's peer.
    mutating func resetting() -> TCPDecision {
        guard phase != .closed else { return .nothing }
        var decision = ended(.abort)
        decision.reply = .reset
        decision.resetSequence = sendMaximum
        return decision
    }

    /// The end without a word to the guest.
    mutating func ended(_ action: TCPDecision.HostAction) -> TCPDecision {
        phase = .closed
        retransmitAt = .never
        expiresAt = .never
        return TCPDecision(host: action, isFinished: true)
    }
}
