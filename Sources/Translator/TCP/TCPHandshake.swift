// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a new connection needs to know of the link, beside the segment that opens it.
struct TCPOpening: BitwiseCopyable {
    var initialSequence: SequenceNumber
    /// Largest payload of one segment on the link: MTU less IP and TCP headers without options.
    var linkSegment: UInt16
    var now: Instant
}

extension TCPConnection {
    /// How long a socket may take to connect before the guest's own patience has ended.
    static let connectPatience = Interval.seconds(180)
    /// Shift that lets 16 bits say `largestWindow`, with room to spare.
    static let offeredScale: UInt8 = 7
    /// The window of a SYN is not scaled (RFC 7323, section 2.2); scaled, it says the same.
    static let openingWindow = 65535 & ~((1 << Int(offeredScale)) - 1)
    private static let timestampOptionLength: UInt16 = 12
    /// A smaller offer is taken for this, so that a hostile guest cannot make us emit a storm of tiny segments.
    private static let smallestSegment: UInt16 = 88

    /// A connection that the guest opens by `segment`, a SYN; the host's socket is to connect.
    init(openedByGuest segment: TCPSegment, _ opening: TCPOpening) {
        let next = segment.sequence.advanced(by: 1)
        self.init(
            phase: .connecting,
            sendUnacknowledged: opening.initialSequence, sendNext: opening.initialSequence,
            sendMaximum: opening.initialSequence, guestSegmentByteCount: opening.linkSegment,
            receiveNext: next, forwarded: next, advertisedEdge: next, lastAcknowledged: next,
            lastHeard: opening.now, expiresAt: opening.now + Self.connectPatience)
        adoptOptions(of: segment, linkSegment: opening.linkSegment)
    }

    /// A connection that a peer of the host opened; the guest gets a SYN.
    init(openedByHost opening: TCPOpening) {
        self.init(
            phase: .synSent, flags: [.fromHost],
            sendUnacknowledged: opening.initialSequence, sendNext: opening.initialSequence.advanced(by: 1),
            sendMaximum: opening.initialSequence.advanced(by: 1),
            ourScale: Self.offeredScale, segmentByteCount: opening.linkSegment,
            guestSegmentByteCount: opening.linkSegment,
            receiveNext: SequenceNumber(0), forwarded: SequenceNumber(0), advertisedEdge: SequenceNumber(0),
            lastAcknowledged: SequenceNumber(0),
            retransmitAt: opening.now + .seconds(1), lastHeard: opening.now)
    }

    /// The host's socket connected: the guest may know (RFC 9293, section 3.10.7.2).
    mutating func hostConnected(now: Instant) -> TCPDecision {
        guard phase == .connecting else { return .nothing }
        phase = .synReceived
        sendNext = sendUnacknowledged.advanced(by: 1)
        sendMaximum = sendNext
        advertisedEdge = receiveNext.advanced(by: Self.openingWindow)
        expiresAt = .never
        retransmitAt = now + .seconds(1)
        return TCPDecision(reply: .synAck)
    }

    /// A SYN for a connection that exists.
    mutating func synArrived(_ segment: TCPSegment) -> TCPDecision {
        switch phase {
        case .connecting:
            return .nothing
        case .synReceived where segment.sequence.advanced(by: 1) == receiveNext:
            return TCPDecision(reply: .synAck)
        case .synSent:
            // Simultaneous opening is left out: a translator's peer never sends it, and a reset lets both retry.
            return resetting()
        case .synReceived, .established, .timeWait, .closed:
            // RFC 5961, section 4: a challenge acknowledgement, whatever the sequence number.
            flags.insert(.acknowledgementDue)
            return .nothing
        }
    }

    /// The guest's answer to our SYN.
    mutating func answerArrived(_ segment: TCPSegment, now: Instant) -> TCPDecision {
        let isAcceptable = segment.flags.contains(.ack) && segment.acknowledgement == sendNext
        if segment.flags.contains(.reset) {
            // RFC 9293, section 3.10.7.3: only a reset that acknowledges our SYN counts.
            return isAcceptable ? ended(.abort) : .nothing
        }
        guard isAcceptable else {
            guard segment.flags.contains(.ack) else { return .nothing }
            return TCPDecision(reply: .reset, resetSequence: segment.acknowledgement)
        }
        guard segment.flags.contains(.syn) else { return .nothing }
        receiveNext = segment.sequence.advanced(by: 1)
        forwarded = receiveNext
        lastAcknowledged = receiveNext
        ourScale = 0
        adoptOptions(of: segment, linkSegment: segmentByteCount)
        advertisedEdge = receiveNext.advanced(by: Self.openingWindow)
        establish(segment, now: now)
        guestWindow = UInt32(segment.window)  // the window of a SYN is not scaled
        flags.insert(.acknowledgementDue)
        return .nothing
    }

    /// Both sides agreed: data may move.
    mutating func establish(_ segment: TCPSegment, now: Instant) {
        phase = .established
        sendUnacknowledged = segment.acknowledgement
        windowSequence = segment.sequence
        windowAcknowledgement = segment.acknowledgement
        guestWindow = UInt32(segment.window) << guestScale
        if retryCount > 0 { retransmissionTimeout = 3_000_000 }  // RFC 6298, section 5.7
        retryCount = 0
        retransmitAt = .never
        scheduleKeepAlive(now: now)
    }

    private mutating func adoptOptions(of segment: TCPSegment, linkSegment: UInt16) {
        let offered = segment.options.maximumSegmentSize ?? Self.defaultSegment
        segmentByteCount = max(min(offered, linkSegment), Self.smallestSegment)
        if let scale = segment.options.windowScale {
            guestScale = min(scale, 14)  // RFC 7323, section 2.3
            ourScale = Self.offeredScale
        }
        if let timestamps = segment.options.timestamps {
            flags.insert(.timestamps)
            recentTimestamp = timestamps.value
            segmentByteCount -= Self.timestampOptionLength
        }
        if segment.options.permitsSACK { flags.insert(.sack) }
    }
}
