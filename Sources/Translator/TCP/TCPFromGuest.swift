// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// A segment arrives from the guest: RFC 9293, section 3.10.7.4, in its order: sequence number, reset, SYN,
// acknowledgement, payload, FIN; with RFC 5961 for blind attacks and RFC 7323 for old duplicates.

extension TCPConnection {
    /// The guest sent `segment` on this connection.
    mutating func segmentArrived(_ segment: TCPSegment, now: Instant) -> TCPDecision {
        lastHeard = now
        switch phase {
        case .connecting:
            if segment.flags.contains(.reset) {
                return segment.sequence == receiveNext ? ended(.abort) : .nothing
            }
            return segment.flags.contains(.syn) ? synArrived(segment) : .nothing
        case .synSent:
            if segment.flags.contains(.syn), segment.flags.isDisjoint(with: [.ack, .reset]) {
                return synArrived(segment)
            }
            return answerArrived(segment, now: now)
        case .synReceived, .established, .timeWait:
            return synchronizedArrived(segment, now: now)
        case .closed:
            return .nothing
        }
    }

    private mutating func synchronizedArrived(_ segment: TCPSegment, now: Instant) -> TCPDecision {
        if segment.flags.contains(.syn), !segment.flags.contains(.reset) { return synArrived(segment) }
        guard !isOldDuplicate(segment), isAcceptable(segment) else {
            if !segment.flags.contains(.reset) { flags.insert(.acknowledgementDue) }
            return .nothing
        }
        if segment.flags.contains(.reset) {
            guard segment.sequence == receiveNext else {
                flags.insert(.acknowledgementDue)  // RFC 5961, section 3.2
                return .nothing
            }
            // Both sides finished: what the guest sent before still goes to the host.
            if phase == .established, flags.isSuperset(of: [.guestFinished, .finAcknowledged]) {
                return .nothing
            }
            return ended(hasGuestEverything ? .close : .abort)
        }
        guard segment.flags.contains(.ack) else { return .nothing }
        if let timestamps = segment.options.timestamps, segment.sequence <= lastAcknowledged {
            recentTimestamp = timestamps.value  // RFC 7323, section 4.3
        }
        if phase == .synReceived {
            guard segment.acknowledgement == sendNext else {
                return TCPDecision(reply: .reset, resetSequence: segment.acknowledgement)
            }
            establish(segment, now: now)
        }
        var decision = TCPDecision.nothing
        guard acknowledgementArrived(segment, now: now, into: &decision) else { return decision }
        payloadArrived(segment, into: &decision)
        finArrived(segment)
        return finishing(decision, now: now)
    }

    /// Both sides finished and the guest only forgot to say that it saw our FIN, or cannot any more.
    private var hasGuestEverything: Bool {
        flags.isSuperset(of: [.guestFinDelivered, .hostFinished]) && sendUnacknowledged == hostEnd
    }

    /// RFC 7323, section 5.3: the timestamp is older than the last one that counted.
    private func isOldDuplicate(_ segment: TCPSegment) -> Bool {
        guard flags.contains(.timestamps), let timestamps = segment.options.timestamps else { return false }
        return !segment.flags.contains(.reset) && Int32(bitPattern: timestamps.value &- recentTimestamp) < 0
    }

    /// RFC 9293, section 3.4: some of the segment lies in the window, or it is empty and at its edge.
    ///
    /// Payload beyond a closed window is cut later, so that the acknowledgement in such a segment counts.
    private func isAcceptable(_ segment: TCPSegment) -> Bool {
        if segment.sequenceLength == 0 {
            return receiveNext <= segment.sequence && segment.sequence <= advertisedEdge
        }
        guard receiveNext < segment.sequence.advanced(by: segment.sequenceLength) else { return false }
        return segment.sequence <= receiveNext || segment.sequence < advertisedEdge
    }

    private mutating func payloadArrived(_ segment: TCPSegment, into decision: inout TCPDecision) {
        guard segment.byteCount > 0 else { return }
        flags.insert(.acknowledgementDue)
        guard !flags.contains(.guestFinished) else { return }
        var start = 0
        var end = segment.byteCount
        let behind = segment.sequence.distance(to: receiveNext)
        if behind > 0 { start = min(behind, end) }
        let beyond = advertisedEdge.distance(to: segment.sequence.advanced(by: end))
        if beyond > 0 { end -= beyond }
        guard start < end else { return }
        decision.payloadStart = start
        decision.payloadCount = end - start
        let first = segment.sequence.advanced(by: start)
        let range = SequenceRange(start: first, end: first.advanced(by: end - start))
        if first == receiveNext {
            decision.payload = .forward
            receiveNext = range.end
            absorbKept()
        } else {
            duplicatesDue = min(duplicatesDue &+ 1, 8)
            if outOfOrder.insert(range) { decision.payload = .keep }
        }
    }

    /// The gap closed: what was kept behind it is in order.
    private mutating func absorbKept() {
        guard !outOfOrder.isEmpty else { return }
        outOfOrder.removeBelow(receiveNext)
        if !outOfOrder.isEmpty, outOfOrder[0].start == receiveNext {
            receiveNext = outOfOrder[0].end
            outOfOrder.removeBelow(receiveNext)
        }
    }

    private mutating func finArrived(_ segment: TCPSegment) {
        if segment.flags.contains(.fin) {
            flags.insert(.acknowledgementDue)
            let position = segment.sequence.advanced(by: segment.byteCount)
            if !flags.contains(.guestFinSeen), position <= advertisedEdge {
                flags.insert(.guestFinSeen)
                guestFin = position
            }
        }
        guard flags.contains(.guestFinSeen), !flags.contains(.guestFinished), guestFin == receiveNext else {
            return
        }
        flags.formUnion([.guestFinished, .acknowledgementDue])
        receiveNext = receiveNext.advanced(by: 1)
        if advertisedEdge < receiveNext { advertisedEdge = receiveNext }
    }

    /// Bytes that were accepted could not be stored: give back everything from `edge` on.
    ///
    /// No acknowledgement for them has left yet, so the guest still holds them.
    mutating func retract(to edge: SequenceNumber) {
        precondition(forwarded <= edge && lastAcknowledged <= edge)
        receiveNext = edge
        outOfOrder.removeAll()
        flags.remove([.guestFinished, .guestFinSeen])
        flags.formUnion([.retracted, .acknowledgementDue])
    }

    /// A range beyond a gap could not be stored: what waits there counts as never received.
    mutating func forgetKept() { outOfOrder.removeAll() }

    /// The host's socket took `byteCount` bytes from the front.
    mutating func hostAccepted(_ byteCount: Int) {
        precondition(byteCount <= queuedByteCount)
        forwarded = forwarded.advanced(by: byteCount)
    }
}
