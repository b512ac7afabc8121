// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// How one guest's TCP differs from another's.
struct GuestTraits {
    var usesSACK = true
    var usesTimestamps = true
    /// nil: no window scaling.
    var scale: UInt8? = 7
    var segmentByteCount = 1460
    var receiveCapacity = 65535
    var delaysAcknowledgements = false
    /// Full segments in one frame, on a link that takes such.
    var segmentsInFrame = 1
    /// A closed window is probed with a byte of data, or with a segment left of the window.
    var probesWithData = false
    var initialSequence = SequenceNumber(0)
}

/// A segment that the guest sends; the payload is named by its place in the stream.
struct GuestSegment {
    var sequence: SequenceNumber
    var acknowledgement = SequenceNumber(0)
    var flags: TCPFlags
    var window: UInt16 = 0
    var options = TCPOptions()
    var position = 0
    var byteCount = 0
}

/// One connection of the guest: a small TCP after RFC 9293, 6298, 5681, 2018 and 7323, and its application.
///
/// Offsets count sequence space from the initial sequence number: 0 is the SYN, 1 the stream's first byte, and the FIN
/// comes behind the last. They do not wrap.
final class GuestConnection {
    enum State: Equatable { case synSent, synReceived, established, timeWait, closed, reset, gaveUp }

    let traits: GuestTraits
    let upload: StreamPattern
    let download: StreamPattern
    let uploadByteCount: Int
    var state: State
    var outbox: [GuestSegment] = []
    /// The first rule that the other side broke.
    var fault: String?

    // The application
    var writtenCount = 0
    var isClosing = false
    var readCount = 0
    var sawEnd: Bool { finOffset.map { $0 < receiveNext } ?? false }
    var receivedCount: Int { max(receiveNext - 1 - (sawEnd ? 1 : 0), 0) }

    // Sending
    var sendUnacknowledged = 0
    var sendNext = 0
    var sendMaximum = 0
    var sendWindow = 0
    var peerScale: UInt8 = 0
    var segmentByteCount = 536
    var congestionWindow = 0
    var duplicateCount = 0
    var retryCount = 0
    var retransmitAt = Instant.never
    var isProbing = false
    var windowSequence = 0
    var windowAcknowledgement = 0
    var usesTimestamps = false
    var usesSACK = false
    var usesScale = false
    var ourScale: UInt8 = 0

    // Receiving
    var initialReceive = SequenceNumber(0)
    var receiveNext = 0
    var advertisedEdge = 0
    var kept: [Range<Int>] = []
    var finOffset: Int?
    var isAcknowledgementDue = false
    var acknowledgeAt = Instant.never
    var unacknowledgedSegments = 0
    var recentTimestamp: UInt32 = 0
    var expiresAt = Instant.never

    init(
        _ traits: GuestTraits, upload: StreamPattern, download: StreamPattern, uploadByteCount: Int,
        isActive: Bool
    ) {
        self.traits = traits
        self.upload = upload
        self.download = download
        self.uploadByteCount = uploadByteCount
        state = isActive ? .synSent : .synReceived
        usesTimestamps = traits.usesTimestamps
        usesSACK = traits.usesSACK
    }

    var isOver: Bool { state == .closed || state == .reset || state == .gaveUp || state == .timeWait }
    var ourFinOffset: Int { 1 + uploadByteCount }
    var isFinAcknowledged: Bool { sendUnacknowledged > ourFinOffset }
    var flightByteCount: Int { sendMaximum - sendUnacknowledged }
    var deadline: Instant { min(min(retransmitAt, acknowledgeAt), expiresAt) }

    func fail(_ text: String) { if fault == nil { fault = text } }

    func sequence(_ offset: Int) -> SequenceNumber { traits.initialSequence + offset }

    /// Opens actively.
    func open(now: Instant) {
        sendNext = 1
        sendMaximum = 1
        emitOpening([.syn], now: now)
        retransmitAt = now + .seconds(1)
    }

    func emitOpening(_ flags: TCPFlags, now: Instant) {
        var segment = GuestSegment(sequence: sequence(0), flags: flags)
        segment.options.maximumSegmentSize = UInt16(traits.segmentByteCount)
        segment.options.permitsSACK = usesSACK
        if state == .synSent || usesScale { segment.options.windowScale = traits.scale }
        segment.window = UInt16(clamping: traits.receiveCapacity)
        if flags.contains(.ack) { segment.acknowledgement = initialReceive + receiveNext }
        if usesTimestamps { segment.options.timestamps = timestamps(now) }
        advertisedEdge = max(advertisedEdge, 1 + Int(segment.window))
        outbox.append(segment)
    }

    func timestamps(_ now: Instant) -> TCPTimestamps {
        TCPTimestamps(
            value: UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000) &+ 4_294_960_000,
            echo: state == .synSent ? 0 : recentTimestamp)
    }

    // MARK: Time

    func timePassed(now: Instant) {
        if acknowledgeAt <= now {
            isAcknowledgementDue = true
            acknowledgeAt = .never
        }
        if expiresAt <= now {
            expiresAt = .never
            if state == .timeWait { state = .closed }
        }
        if retransmitAt <= now { retransmit(now: now) }
        output(now: now)
    }

    private func retransmit(now: Instant) {
        retransmitAt = .never
        retryCount += 1
        guard retryCount <= 15 else {
            state = .gaveUp
            return
        }
        switch state {
        case .synSent:
            emitOpening([.syn], now: now)
            backOff(from: 1_000, now: now)
        case .synReceived:
            emitOpening([.syn, .ack], now: now)
            backOff(from: 1_000, now: now)
        case .established where isProbing && flightByteCount == 0: probe(now: now)
        case .established:
            guard flightByteCount > 0 else { return }
            sendNext = sendUnacknowledged
            congestionWindow = segmentByteCount
            duplicateCount = 0
            backOff(from: 200, now: now)
            if sendWindow == 0 { probe(now: now) }
        case .timeWait, .closed, .reset, .gaveUp: return
        }
    }

    private func probe(now: Instant) {
        if traits.probesWithData, sendUnacknowledged >= 1, sendUnacknowledged < 1 + writtenCount {
            emit(offset: sendUnacknowledged, byteCount: 1, now: now)
            sendNext = max(sendNext, sendUnacknowledged + 1)
            sendMaximum = max(sendMaximum, sendNext)
        } else {
            emit(offset: sendUnacknowledged - 1, byteCount: 0, now: now)
        }
        backOff(from: 200, now: now)
    }

    private func backOff(from milliseconds: Int64, now: Instant) {
        retransmitAt = now + .milliseconds(min(milliseconds << Int64(min(retryCount, 10)), 20_000))
    }

    // MARK: Sending

    /// Sends what may be sent: data, FIN, acknowledgements.
    func output(now: Instant) {
        if state == .established {
            sendData(now: now)
            considerProbing(now: now)
        }
        if isAcknowledgementDue, state == .established || state == .timeWait {
            emit(offset: sendMaximum, byteCount: 0, now: now)
        }
    }

    private func sendData(now: Instant) {
        let edge = sendUnacknowledged + min(sendWindow, congestionWindow)
        while true {
            let end = min(1 + writtenCount, edge)
            var count = end - sendNext
            if count > 0 {
                let frameLimit = max(min(traits.segmentsInFrame, 60_000 / segmentByteCount), 1)
                count = min(count, segmentByteCount * frameLimit)
                let isWhole = count >= segmentByteCount || sendNext + count == 1 + writtenCount
                guard isWhole || flightByteCount == 0 || sendNext < sendMaximum else { return }
                emit(offset: sendNext, byteCount: count, now: now)
                advanceSending(to: sendNext + count, now: now)
                continue
            }
            if isClosing, writtenCount == uploadByteCount, sendNext == ourFinOffset, sendNext < edge {
                emit(offset: sendNext, byteCount: 0, flags: [.fin, .ack], now: now)
                advanceSending(to: sendNext + 1, now: now)
            }
            return
        }
    }

    private func advanceSending(to offset: Int, now: Instant) {
        sendNext = offset
        sendMaximum = max(sendMaximum, sendNext)
        isProbing = false
        if retransmitAt == .never { retransmitAt = now + .milliseconds(200) }
    }

    private func considerProbing(now: Instant) {
        let hasMore = sendNext < 1 + writtenCount || isClosing && sendNext == ourFinOffset
        guard hasMore, flightByteCount == 0, retransmitAt == .never else { return }
        isProbing = true
        retransmitAt = now + .milliseconds(200)
    }

    func emit(offset: Int, byteCount: Int, flags: TCPFlags = .ack, now: Instant) {
        var segment = GuestSegment(sequence: sequence(offset), flags: flags)
        segment.position = offset - 1
        segment.byteCount = byteCount
        segment.acknowledgement = initialReceive + receiveNext
        let unit = 1 << Int(ourScale)
        let edge = max(advertisedEdge, windowEdge)
        let field = min((edge - receiveNext + unit - 1) / unit, 65535)
        segment.window = UInt16(max(field, 0))
        advertisedEdge = max(advertisedEdge, receiveNext + Int(segment.window) * unit)
        if usesTimestamps { segment.options.timestamps = timestamps(now) }
        if usesSACK, byteCount == 0 {
            for range in kept.prefix(3) {
                segment.options.append(
                    SACKBlock(
                        left: initialReceive + range.lowerBound, right: initialReceive + range.upperBound))
            }
        }
        outbox.append(segment)
        isAcknowledgementDue = false
        acknowledgeAt = .never
        unacknowledgedSegments = 0
    }

    // MARK: The application

    /// The right edge that the application's reading allows; small steps are not offered (RFC 9293, 3.8.6.2.2).
    var windowEdge: Int {
        let edge = 1 + readCount + traits.receiveCapacity
        let step = min(traits.receiveCapacity / 2, segmentByteCount)
        return edge - advertisedEdge >= step ? edge : advertisedEdge
    }

    func read(_ byteCount: Int, now: Instant) {
        readCount = min(readCount + byteCount, receivedCount)
        if state == .established, windowEdge > advertisedEdge { isAcknowledgementDue = true }
        output(now: now)
    }

    func write(_ byteCount: Int, now: Instant) {
        writtenCount = min(writtenCount + byteCount, uploadByteCount)
        output(now: now)
    }

    func close(now: Instant) {
        isClosing = true
        output(now: now)
    }
}
