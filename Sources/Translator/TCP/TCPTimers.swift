// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Time passes: retransmission and persistence (RFC 6298, RFC 9293 section 3.8), SYN retries, keep-alive.

extension TCPConnection {
    /// Data that goes unacknowledged this often ends the connection: after about four minutes at the least.
    static let mostRetries: UInt8 = 10
    static let mostSynRetries: UInt8 = 7
    /// The first SYN retries come at a steady pace, later ones double (tcp_syn_linear_timeouts).
    static let linearSynRetries: UInt8 = 4
    static let keepAliveInterval = Interval.seconds(60)
    /// A guest that said nothing for so long although it was asked is gone.
    static let longestSilence = Interval.seconds(600)
    private static let longestBackoff: Int64 = 120_000_000

    /// A deadline of this connection passed.
    mutating func deadlinePassed(now: Instant) -> TCPDecision {
        switch phase {
        case .closed: return .nothing
        case .connecting: return expiresAt <= now ? resetting() : .nothing
        case .timeWait: return expiresAt <= now ? ended(.none) : .nothing
        case .synReceived, .synSent: return retransmitAt <= now ? synDeadlinePassed(now: now) : .nothing
        case .established:
            if retransmitAt <= now {
                return flags.contains(.persisting) ? probe(now: now) : timedOut(now: now)
            }
            return expiresAt <= now ? keepAlive(now: now) : .nothing
        }
    }

    private mutating func synDeadlinePassed(now: Instant) -> TCPDecision {
        retryCount &+= 1
        guard retryCount <= Self.mostSynRetries else { return resetting() }
        let doublings = retryCount > Self.linearSynRetries ? retryCount - Self.linearSynRetries : 0
        retransmitAt = now + .seconds(1 << Int64(doublings))
        return TCPDecision(reply: phase == .synSent ? .syn : .synAck)
    }

    /// RFC 6298, section 5: everything unacknowledged counts as lost; start again at its front.
    private mutating func timedOut(now: Instant) -> TCPDecision {
        guard flightByteCount > 0 else {
            retransmitAt = .never
            return .nothing
        }
        retryCount &+= 1
        guard retryCount <= Self.mostRetries else { return resetting() }
        restartTimer(now: now)
        if retryCount == 1 {
            slowStartThreshold = UInt32(max(flightByteCount / 2, 2 * Int(segmentByteCount)))
        }
        congestionWindow = UInt32(segmentByteCount)
        flags.remove([.inRecovery, .timing, .resendFirst])
        selective.removeAll()
        duplicateCount = 0
        sendNext = sendUnacknowledged
        return guestWindow == 0 ? TCPDecision(reply: .probe) : .nothing
    }

    /// A closed window is probed for as long as the guest answers (RFC 9293, section 3.8.6.1).
    private mutating func probe(now: Instant) -> TCPDecision {
        if now - lastHeard > Self.longestSilence { return resetting() }
        retryCount = min(retryCount &+ 1, Self.mostRetries)
        restartTimer(now: now)
        return TCPDecision(reply: .probe)
    }

    /// Starts the retransmission timer, longer after every retry (RFC 6298, section 5.5).
    mutating func restartTimer(now: Instant) {
        let wait = min(Int64(retransmissionTimeout) << Int64(min(retryCount, 10)), Self.longestBackoff)
        retransmitAt = now + .microseconds(wait)
    }

    /// The next time to ask whether the guest still knows the connection.
    mutating func scheduleKeepAlive(now: Instant) { expiresAt = now + Self.keepAliveInterval }

    private mutating func keepAlive(now: Instant) -> TCPDecision {
        let next = lastHeard + Self.keepAliveInterval
        if now < next {
            expiresAt = next
            return .nothing
        }
        scheduleKeepAlive(now: now)
        // What is sent again asks as well, and what ends that is the number of retries.
        if retransmitAt != .never { return .nothing }
        // The guest said all it had to: what it may have forgotten by now still goes to the host.
        if flags.contains(.guestFinished), !flags.contains(.guestFinDelivered) { return .nothing }
        if now - lastHeard > Self.longestSilence { return resetting() }
        return TCPDecision(reply: .probe)
    }
}
