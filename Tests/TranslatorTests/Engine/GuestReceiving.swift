// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

// What the guest does with a segment that reached it: RFC 9293, section 3.10.7.

extension GuestConnection {
    /// - Parameter payload: the segment's bytes, which are compared with what the stream should hold.
    func segmentArrived(_ segment: TCPSegment, payload: RawSpan, now: Instant) {
        switch state {
        case .synSent: answerArrived(segment, now: now)
        case .synReceived where segment.flags.contains(.syn) && !segment.flags.contains(.ack):
            if receiveNext == 0 { adopt(segment) }
            emitOpening([.syn, .ack], now: now)
            sendNext = 1
            sendMaximum = 1
            if retransmitAt == .never { retransmitAt = now + .seconds(1) }
        case .synReceived, .established, .timeWait: synchronizedArrived(segment, payload: payload, now: now)
        case .closed, .reset, .gaveUp:
            guard !segment.flags.contains(.reset) else { return }
            outbox.append(GuestSegment(sequence: segment.acknowledgement, flags: .reset))
        }
        output(now: now)
    }

    private func answerArrived(_ segment: TCPSegment, now: Instant) {
        let isAcceptable = segment.flags.contains(.ack) && segment.acknowledgement == sequence(1)
        if segment.flags.contains(.reset) {
            if isAcceptable { state = .reset }
            return
        }
        guard isAcceptable, segment.flags.contains(.syn) else { return }
        adopt(segment)
        sendUnacknowledged = 1
        establish(segment, now: now)
        sendWindow = Int(segment.window)
        isAcknowledgementDue = true
    }

    private func adopt(_ segment: TCPSegment) {
        initialReceive = segment.sequence
        receiveNext = 1
        advertisedEdge = 1 + Int(UInt16(clamping: traits.receiveCapacity))
        usesTimestamps = traits.usesTimestamps && segment.options.timestamps != nil
        if !traits.usesTimestamps, segment.flags.contains(.ack), segment.options.timestamps != nil {
            fail("timestamps that were not asked for")
        }
        if !traits.usesSACK, segment.flags.contains(.ack), segment.options.permitsSACK {
            fail("SACK that was not asked for")
        }
        usesSACK = traits.usesSACK && segment.options.permitsSACK
        if let scale = segment.options.windowScale {
            if traits.scale == nil, segment.flags.contains(.ack) {
                fail("window scaling that was not asked for")
            }
            if let ours = traits.scale { (peerScale, ourScale, usesScale) = (scale, ours, true) }
        }
        recentTimestamp = segment.options.timestamps?.value ?? 0
        let offered = Int(segment.options.maximumSegmentSize ?? 536)
        segmentByteCount = min(offered, traits.segmentByteCount) - (usesTimestamps ? 12 : 0)
        congestionWindow = 10 * segmentByteCount
    }

    private func establish(_ segment: TCPSegment, now: Instant) {
        state = .established
        windowSequence = offset(of: segment.sequence)
        windowAcknowledgement = sendUnacknowledged
        sendWindow = Int(segment.window) << Int(peerScale)
        retransmitAt = .never
        retryCount = 0
    }

    func offset(of sequence: SequenceNumber) -> Int {
        receiveNext + (initialReceive + receiveNext).distance(to: sequence)
    }

    private func synchronizedArrived(_ segment: TCPSegment, payload: RawSpan, now: Instant) {
        let start = offset(of: segment.sequence)
        if segment.flags.contains(.syn) {
            isAcknowledgementDue = true
            return
        }
        if usesTimestamps, let timestamps = segment.options.timestamps, !segment.flags.contains(.reset) {
            if Int32(bitPattern: timestamps.value &- recentTimestamp) < 0 {
                isAcknowledgementDue = true
                return
            }
        } else if usesTimestamps, !segment.flags.contains(.reset) {
            fail("a segment without the timestamps that were agreed on")
        }
        let end = start + segment.sequenceLength
        let isAcceptable =
            segment.sequenceLength == 0
            ? start >= receiveNext && start <= advertisedEdge : end > receiveNext && start <= advertisedEdge
        guard isAcceptable else {
            if !segment.flags.contains(.reset) { isAcknowledgementDue = true }
            return
        }
        if segment.flags.contains(.reset) {
            if start == receiveNext { state = .reset } else { isAcknowledgementDue = true }
            return
        }
        guard segment.flags.contains(.ack) else { return }
        if let timestamps = segment.options.timestamps, start <= receiveNext {
            recentTimestamp = timestamps.value
        }
        guard acknowledgementArrived(segment, at: start, now: now) else { return }
        payloadArrived(segment, payload: payload, at: start, now: now)
        finish(now: now)
    }

    private func acknowledgementArrived(_ segment: TCPSegment, at start: Int, now: Instant) -> Bool {
        let acknowledged =
            sendUnacknowledged + sequence(sendUnacknowledged).distance(to: segment.acknowledgement)
        guard acknowledged <= sendMaximum else {
            fail("bytes are acknowledged that were never sent")
            return false
        }
        if state == .synReceived {
            guard acknowledged == 1 else { return false }
            sendUnacknowledged = 1
            establish(segment, now: now)
        }
        let previousWindow = sendWindow
        let isNewer =
            windowSequence < start || windowSequence == start && windowAcknowledgement <= acknowledged
        if acknowledged > sendUnacknowledged || acknowledged == sendUnacknowledged && isNewer {
            sendWindow = Int(segment.window) << Int(peerScale)
            (windowSequence, windowAcknowledgement) = (start, acknowledged)
        }
        if acknowledged > sendUnacknowledged {
            congestionWindow += acknowledged - sendUnacknowledged
            sendUnacknowledged = acknowledged
            sendNext = max(sendNext, acknowledged)
            duplicateCount = 0
            retryCount = 0
            isProbing = false
            retransmitAt = flightByteCount > 0 ? now + .milliseconds(200) : .never
        } else if acknowledged == sendUnacknowledged, flightByteCount > 0, segment.byteCount == 0,
            sendWindow == previousWindow
        {
            duplicateCount += 1
            if duplicateCount == 3 { retransmitFirst(now: now) }
        }
        if isProbing, sendWindow > 0 {
            isProbing = false
            retryCount = 0
            if flightByteCount == 0 { retransmitAt = .never }
        }
        return true
    }

    private func retransmitFirst(now: Instant) {
        let end = min(sendMaximum, 1 + writtenCount)
        let count = min(end - sendUnacknowledged, segmentByteCount)
        guard count > 0, sendUnacknowledged >= 1 else { return }
        emit(offset: sendUnacknowledged, byteCount: count, now: now)
    }

    private func payloadArrived(_ segment: TCPSegment, payload: RawSpan, at start: Int, now: Instant) {
        guard segment.byteCount > 0 || segment.flags.contains(.fin) else { return }
        let end = start + segment.byteCount
        if segment.byteCount > 0 {
            if end > advertisedEdge { fail("\(end - advertisedEdge) bytes beyond the guest's window") }
            if !download.matches(payload, at: start - 1) { fail("the guest got wrong bytes at \(start - 1)") }
            if let finOffset, end > finOffset { fail("bytes behind the end") }
            if start < advertisedEdge { keep(start..<min(end, advertisedEdge)) }
        }
        if segment.flags.contains(.fin) {
            if let finOffset, finOffset != end { fail("the end moved") }
            if end <= advertisedEdge { finOffset = end }
        }
        let previous = receiveNext
        absorb()
        unacknowledgedSegments += 1
        if !traits.delaysAcknowledgements || receiveNext == previous || !kept.isEmpty
            || unacknowledgedSegments >= 2 || sawEnd
        {
            isAcknowledgementDue = true
        } else if acknowledgeAt == .never {
            acknowledgeAt = now + .milliseconds(40)
        }
    }

    private func keep(_ range: Range<Int>) {
        guard range.upperBound > receiveNext else { return }
        var range = max(range.lowerBound, receiveNext)..<range.upperBound
        kept.removeAll { other in
            guard other.lowerBound <= range.upperBound, range.lowerBound <= other.upperBound else {
                return false
            }
            range = min(range.lowerBound, other.lowerBound)..<max(range.upperBound, other.upperBound)
            return true
        }
        let place = kept.firstIndex { $0.lowerBound > range.lowerBound } ?? kept.count
        kept.insert(range, at: place)
    }

    private func absorb() {
        while let first = kept.first, first.lowerBound <= receiveNext {
            receiveNext = max(receiveNext, first.upperBound)
            kept.removeFirst()
        }
        if finOffset == receiveNext { receiveNext += 1 }
    }

    private func finish(now: Instant) {
        guard isFinAcknowledged, sawEnd else { return }
        if state == .established {
            // Who closes last need not wait (RFC 9293, section 3.6).
            state = .timeWait
            expiresAt = now + .seconds(60)
        }
    }
}
