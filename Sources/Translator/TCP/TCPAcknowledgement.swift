// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What the guest acknowledges, and what that says about loss: RFC 5681, RFC 6675, RFC 6582, RFC 6298.
//
// The link is one hop without a shared queue, so the congestion window starts open and closes on loss only.

extension TCPConnection {
    private static let duplicateThreshold: UInt8 = 3
    private static let smallestTimeout: UInt32 = 200_000
    private static let largestTimeout: UInt32 = 60_000_000

    /// Takes the acknowledgement and the window of an acceptable segment.
    ///
    /// - Returns: false when the segment acknowledges what was never sent and is to be dropped.
    mutating func acknowledgementArrived(
        _ segment: TCPSegment, now: Instant, into decision: inout TCPDecision
    ) -> Bool {
        let acknowledged = segment.acknowledgement
        guard acknowledged <= sendMaximum else {
            flags.insert(.acknowledgementDue)  // RFC 5961, section 5.2
            return false
        }
        takeSelective(segment)
        let previousWindow = guestWindow
        takeWindow(segment)
        if sendUnacknowledged < acknowledged {
            advance(to: acknowledged, segment, now: now, into: &decision)
        } else if acknowledged == sendUnacknowledged {
            let isDuplicate =
                segment.byteCount == 0 && !segment.flags.contains(.fin) && guestWindow == previousWindow
                && flightByteCount > 0
            if isDuplicate { duplicateCount = min(duplicateCount &+ 1, 250) }
            considerRecovery()
        }
        leavePersistence(now: now)
        return true
    }

    /// RFC 9293, section 3.10.7.4: a window counts when its segment is no older than the last that did.
    ///
    /// One that acknowledges more is never older, whatever its sequence number: were the window kept, its right edge
    /// would move with what is acknowledged.
    private mutating func takeWindow(_ segment: TCPSegment) {
        let acknowledged = segment.acknowledgement
        guard sendUnacknowledged <= acknowledged else { return }
        guard
            sendUnacknowledged < acknowledged || windowSequence < segment.sequence
                || windowSequence == segment.sequence && windowAcknowledgement <= acknowledged
        else { return }
        guestWindow = UInt32(segment.window) << guestScale
        windowSequence = segment.sequence
        windowAcknowledgement = acknowledged
        // A closed window that is told to us proves that the guest lives.
        if guestWindow == 0 { retryCount = min(retryCount, 5) }
    }

    private mutating func takeSelective(_ segment: TCPSegment) {
        guard flags.contains(.sack) else { return }
        for index in 0..<Int(segment.options.sackBlockCount) {
            let block = segment.options.sackBlock(index)
            guard sendUnacknowledged < block.left, block.left < block.right, block.right <= sendMaximum else {
                continue
            }
            _ = selective.insert(SequenceRange(start: block.left, end: block.right))
        }
    }

    private mutating func advance(
        to acknowledged: SequenceNumber, _ segment: TCPSegment, now: Instant, into decision: inout TCPDecision
    ) {
        var byteCount = sendUnacknowledged.distance(to: acknowledged)
        let grown = byteCount
        if flags.contains(.hostFinished), hostEnd < acknowledged {
            flags.insert(.finAcknowledged)
            byteCount -= 1
        }
        decision.discard = byteCount
        sampleRoundTrip(segment, acknowledged, now: now)
        sendUnacknowledged = acknowledged
        if sendNext < acknowledged { sendNext = acknowledged }
        selective.removeBelow(acknowledged)
        duplicateCount = 0
        retryCount = 0
        if flags.contains(.inRecovery) {
            if recoveryPoint <= acknowledged {
                flags.remove([.inRecovery, .resendFirst])
                congestionWindow = slowStartThreshold
            } else if selective.isEmpty {
                flags.insert(.resendFirst)  // a partial acknowledgement shows the next hole (RFC 6582)
            }
        } else {
            grow(by: grown)
        }
        retransmitAt = flightByteCount > 0 ? now + .microseconds(Int64(retransmissionTimeout)) : .never
        if flightByteCount == 0 { scheduleKeepAlive(now: now) }
    }

    private mutating func grow(by byteCount: Int) {
        guard congestionWindow < Self.unlimitedWindow else { return }
        let segment = UInt64(segmentByteCount)
        let step =
            congestionWindow < slowStartThreshold
            ? UInt64(byteCount) : max(segment * UInt64(byteCount) / UInt64(max(congestionWindow, 1)), 1)
        congestionWindow = UInt32(min(UInt64(congestionWindow) + step, UInt64(Self.unlimitedWindow)))
    }

    /// Three duplicates, or as much selectively acknowledged, say that the first segment is lost.
    private mutating func considerRecovery() {
        guard !flags.contains(.inRecovery), flightByteCount > 0 else { return }
        let threshold = Int(Self.duplicateThreshold &- 1) * Int(segmentByteCount)
        guard duplicateCount >= Self.duplicateThreshold || selective.byteCount > threshold else { return }
        flags.insert(.inRecovery)
        if selective.isEmpty { flags.insert(.resendFirst) }
        flags.remove(.timing)
        recoveryPoint = sendMaximum
        resentEdge = sendUnacknowledged
        slowStartThreshold = UInt32(max(flightByteCount / 2, 2 * Int(segmentByteCount)))
        congestionWindow = slowStartThreshold
    }

    /// RFC 6298, section 2; from timestamps where both sides send them (RFC 7323, section 4), else one at a time.
    private mutating func sampleRoundTrip(
        _ segment: TCPSegment, _ acknowledged: SequenceNumber, now: Instant
    ) {
        if flags.contains(.timestamps), let timestamps = segment.options.timestamps, timestamps.echo != 0 {
            let elapsed = Int32(bitPattern: Self.timestamp(now) &- timestamps.echo)
            guard elapsed >= 0, elapsed < 600_000 else { return }
            takeSample(UInt32(elapsed) * 1000)
        } else if flags.contains(.timing), timedSequence <= acknowledged {
            flags.remove(.timing)
            takeSample(UInt32(clamping: (now - timedAt).nanoseconds / 1000))
        }
    }

    private mutating func takeSample(_ sample: UInt32) {
        let sample = min(sample, 120_000_000)
        if flags.contains(.hasRoundTrip) {
            let difference =
                sample > smoothedRoundTrip ? sample - smoothedRoundTrip : smoothedRoundTrip - sample
            roundTripVariation = roundTripVariation / 4 * 3 + difference / 4
            smoothedRoundTrip = smoothedRoundTrip / 8 * 7 + sample / 8
        } else {
            flags.insert(.hasRoundTrip)
            smoothedRoundTrip = sample
            roundTripVariation = sample / 2
        }
        let timeout = smoothedRoundTrip + max(4 * roundTripVariation, 1000)
        retransmissionTimeout = min(max(timeout, Self.smallestTimeout), Self.largestTimeout)
    }
}
