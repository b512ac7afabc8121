// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("TCP segments from the guest")
struct TCPFromGuestTests {
    private let now = TCPFixture.now

    @Test("the next bytes go to the host and are acknowledged")
    func nextBytes() {
        var connection = TCPConnection.established()

        let decision = connection.segmentArrived(.data(0, 100), now: now)

        #expect(decision == TCPDecision(payload: .forward, payloadStart: 0, payloadCount: 100))
        #expect(connection.receivedByteCount == 100 && connection.owesAcknowledgement)
    }

    @Test("a retransmission is acknowledged again and not forwarded twice")
    func retransmission() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 100), now: now)
        connection.acknowledgementSent()

        let decision = connection.segmentArrived(.data(0, 100), now: now)

        #expect(decision == .nothing)
        #expect(connection.receivedByteCount == 100 && connection.owesAcknowledgement)
    }

    @Test("of a segment that overlaps, the new part counts")
    func overlap() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 100), now: now)

        let decision = connection.segmentArrived(.data(60, 100), now: now)

        #expect(decision == TCPDecision(payload: .forward, payloadStart: 40, payloadCount: 60))
    }

    @Test("what lies beyond the offered window is cut off, or only acknowledged")
    func beyondWindow() {
        var connection = TCPConnection.established()
        let window = connection.receiveNext.distance(to: connection.advertisedEdge)

        let outside = connection.segmentArrived(.data(window, 10), now: now)
        let across = connection.segmentArrived(.data(window - 4, 10), now: now)

        #expect(outside == .nothing && connection.owesAcknowledgement)
        #expect(across.payload == .keep && across.payloadCount == 4)
    }

    @Test("bytes beyond a gap are kept and count when the gap closes")
    func gap() {
        var connection = TCPConnection.established()

        let kept = connection.segmentArrived(.data(100, 50), now: now)
        let duplicates = connection.duplicatesDue
        let filling = connection.segmentArrived(.data(0, 100), now: now)

        #expect(kept == TCPDecision(payload: .keep, payloadStart: 0, payloadCount: 50))
        #expect(duplicates == 1)
        #expect(filling.payload == .forward && filling.payloadCount == 100)
        #expect(connection.receivedByteCount == 150 && connection.outOfOrder.isEmpty)
    }

    @Test("a ninth range beyond gaps is not kept, and still acknowledged")
    func manyGaps() {
        var connection = TCPConnection.established()
        for index in 1...8 { _ = connection.segmentArrived(.data(index * 100, 10), now: now) }

        let decision = connection.segmentArrived(.data(950, 10), now: now)

        #expect(decision.payload == .none && connection.owesAcknowledgement)
        #expect(connection.outOfOrder.count == 8)
    }

    @Test("bytes given back are asked for again, and a FIN behind them is forgotten")
    func retraction() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 100, flags: [.ack, .fin]), now: now)

        connection.retract(to: 1041)
        let again = connection.segmentArrived(.data(0, 100, flags: [.ack, .fin]), now: now)

        #expect(again == TCPDecision(payload: .forward, payloadStart: 40, payloadCount: 60))
        #expect(connection.flags.isSuperset(of: [.guestFinished, .retracted]))
    }

    @Test("a segment with an older timestamp is an old duplicate (RFC 7323, section 5.3)")
    func oldTimestamp() {
        var connection = TCPConnection.established(TCPFixture.everything)
        _ = connection.segmentArrived(.data(0, 10).with(timestamp: 800), now: now)
        connection.acknowledgementSent()

        let decision = connection.segmentArrived(.data(10, 10).with(timestamp: 799), now: now)

        #expect(decision == .nothing)
        #expect(connection.receivedByteCount == 10 && connection.owesAcknowledgement)
    }

    @Test("only a reset at the next byte counts; another in the window is challenged (RFC 5961)")
    func resets() {
        var connection = TCPConnection.established()

        let outside = connection.segmentArrived(.data(-5, 0, flags: .reset), now: now)
        let owedOutside = connection.owesAcknowledgement
        let inside = connection.segmentArrived(.data(5, 0, flags: .reset), now: now)
        let owedInside = connection.owesAcknowledgement
        let exact = connection.segmentArrived(.data(0, 0, flags: .reset), now: now)

        #expect(outside == .nothing && !owedOutside)
        #expect(inside == .nothing && owedInside)
        #expect(exact == TCPDecision(host: .abort, isFinished: true))
    }

    @Test("a SYN is challenged, wherever it lies (RFC 5961, section 4)")
    func syn() {
        for start in [-1, 0, 7, 1 << 30] {
            var connection = TCPConnection.established()

            let decision = connection.segmentArrived(.data(start, 0, flags: .syn), now: now)

            #expect(decision == .nothing && connection.owesAcknowledgement)
        }
    }

    @Test("a segment that acknowledges what was never sent is challenged, its payload not taken")
    func foreignAcknowledgement() {
        var connection = TCPConnection.established()

        let decision = connection.segmentArrived(.data(0, 10, acknowledges: 5002), now: now)

        #expect(decision == .nothing && connection.owesAcknowledgement)
        #expect(connection.receivedByteCount == 0)
    }

    @Test("a segment without ACK is ignored")
    func withoutAcknowledgement() {
        var connection = TCPConnection.established()

        let decision = connection.segmentArrived(.data(0, 10, flags: .push), now: now)

        #expect(decision == .nothing && connection.receivedByteCount == 0)
    }

    @Test("a FIN beyond a gap counts when the gap closes")
    func finBeyondGap() {
        var connection = TCPConnection.established()

        _ = connection.segmentArrived(.data(50, 10, flags: [.ack, .fin]), now: now)
        let early = connection.flags.contains(.guestFinished)
        _ = connection.segmentArrived(.data(0, 50), now: now)

        #expect(!early && connection.flags.contains(.guestFinished))
        #expect(connection.receivedByteCount == 61)
    }

    @Test("nothing behind the FIN is taken")
    func behindFin() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 10, flags: [.ack, .fin]), now: now)

        let decision = connection.segmentArrived(.data(11, 10), now: now)

        #expect(decision.payload == .none && connection.receivedByteCount == 11)
    }

    @Test("an offer never takes back what was offered before")
    func offers() {
        var connection = TCPConnection.established(TCPFixture.everything)
        connection.offer(room: 500_000)
        let edge = connection.advertisedEdge
        _ = connection.segmentArrived(.data(0, 1000).with(timestamp: 700), now: now)

        connection.offer(room: 0)
        let field = Int(connection.windowField) << Int(connection.ourScale)

        #expect(connection.advertisedEdge == edge)
        #expect(edge <= connection.receiveNext + field)
    }

    @Test("a closed window that opens is told at once")
    func opening() {
        var connection = TCPConnection.established()
        let window = connection.receiveNext.distance(to: connection.advertisedEdge)
        _ = connection.segmentArrived(.data(0, window), now: now)
        connection.acknowledgementSent()
        let closed = connection.windowField

        connection.offer(room: 20_000)

        #expect(closed == 0)
        #expect(connection.owesAcknowledgement && connection.windowField == 20_000)
    }
}
