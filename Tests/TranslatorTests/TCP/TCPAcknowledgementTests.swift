// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("What the guest acknowledges")
struct TCPAcknowledgementTests {
    private let now = TCPFixture.now

    @Test("bytes that arrived are discarded from the socket, and the timer stops with the last")
    func discarding() {
        var connection = TCPConnection.established()
        connection.send(3000)

        let first = connection.segmentArrived(.acknowledging(1000), now: now)
        let running = connection.retransmitAt
        let second = connection.segmentArrived(.acknowledging(3000), now: now)

        #expect(first == TCPDecision(discard: 1000) && running != .never)
        #expect(second == TCPDecision(discard: 2000) && connection.retransmitAt == .never)
    }

    @Test("our FIN is no byte of the socket's")
    func fin() {
        var connection = TCPConnection.established()
        connection.send(10)
        connection.finish()

        let decision = connection.segmentArrived(.acknowledging(11), now: now)

        #expect(decision == TCPDecision(discard: 10))
        #expect(connection.flags.contains(.finAcknowledged))
    }

    @Test("the window of an older segment does not count")
    func olderWindow() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 10), now: now)
        _ = connection.segmentArrived(.data(10, 10, window: 5000), now: now)

        _ = connection.segmentArrived(.data(5, 16, window: 100), now: now)

        #expect(connection.guestWindow == 5000)
    }

    @Test("a segment that acknowledges more brings its window, whatever its place")
    func windowOfRetransmission() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 1000, window: 2000), now: now)
        connection.send(2000)

        _ = connection.segmentArrived(.data(0, 1010, acknowledges: 7001, window: 0), now: now)

        #expect(connection.guestWindow == 0)
        #expect(connection.nextPull() == nil)
    }

    @Test("three duplicates bring the first segment again, once (RFC 5681, section 3.2)")
    func fastRetransmit() {
        var connection = TCPConnection.established()
        connection.send(14_600)
        for _ in 0..<2 { _ = connection.segmentArrived(.acknowledging(0), now: now) }
        let early = connection.flags.contains(.inRecovery)

        _ = connection.segmentArrived(.acknowledging(0), now: now)
        let pull = connection.nextPull()
        if let pull { connection.sent(pull, byteCount: pull.byteCount, now: now) }
        let next = connection.nextPull()

        #expect(!early)
        #expect(
            pull == TCPPull(sequence: 5001, skip: 0, byteCount: 1460, isRetransmission: true, isHole: true))
        #expect(next?.isHole != true)
        #expect(connection.congestionWindow == 7300)
    }

    @Test("a partial acknowledgement shows the next hole (RFC 6582)")
    func partialAcknowledgement() {
        var connection = TCPConnection.established()
        connection.send(14_600)
        for _ in 0..<3 { _ = connection.segmentArrived(.acknowledging(0), now: now) }
        if let pull = connection.nextPull() { connection.sent(pull, byteCount: pull.byteCount, now: now) }

        _ = connection.segmentArrived(.acknowledging(2920), now: now)

        #expect(connection.nextPull()?.sequence == SequenceNumber(7921))
        #expect(connection.flags.contains(.inRecovery))
    }

    @Test("selective acknowledgements show which ranges are lost (RFC 6675)")
    func selective() {
        var connection = TCPConnection.established(TCPFixture.everything)
        connection.send(14_480)

        _ = connection.segmentArrived(
            .acknowledging(0).with(timestamp: 700).with(sack: [(1448, 2896), (4344, 7240)]), now: now)
        var holes: [Range<Int>] = []
        while let pull = connection.nextPull(), pull.isHole {
            holes.append(pull.skip..<pull.skip + pull.byteCount)
            connection.sent(pull, byteCount: pull.byteCount, now: now)
        }

        #expect(holes == [0..<1448, 2896..<4344])
    }

    @Test("recovery ends when everything sent before it arrived")
    func recoveryEnds() {
        var connection = TCPConnection.established()
        connection.send(14_600)
        for _ in 0..<3 { _ = connection.segmentArrived(.acknowledging(0), now: now) }

        _ = connection.segmentArrived(.acknowledging(14_600), now: now)

        #expect(!connection.flags.contains(.inRecovery))
        #expect(connection.congestionWindow == connection.slowStartThreshold)
    }

    @Test("a duplicate with another window is a window update")
    func windowUpdate() {
        var connection = TCPConnection.established()
        connection.send(14_600)

        for window: UInt16 in [60_000, 61_000, 62_000, 63_000] {
            _ = connection.segmentArrived(.acknowledging(0, window: window), now: now)
        }

        #expect(!connection.flags.contains(.inRecovery))
    }

    @Test("the timeout follows the round trip, and is 200 ms at the least (RFC 6298, section 2)")
    func timeout() {
        var connection = TCPConnection.established()
        connection.send(100)
        _ = connection.segmentArrived(.acknowledging(100), now: now + .milliseconds(300))
        let first = connection.retransmissionTimeout
        for round in 0..<40 {
            let sent = now + .seconds(Int64(round + 1))
            connection.send(100, now: sent)
            _ = connection.segmentArrived(.acknowledging(200 + 100 * round), now: sent + .microseconds(50))
        }

        #expect(first == 900_000)
        #expect(connection.retransmissionTimeout == 200_000)
    }

    @Test("what was sent again is not timed (RFC 6298, section 3)")
    func karn() {
        var connection = TCPConnection.established()
        connection.send(100)
        _ = connection.deadlinePassed(now: connection.deadline)
        connection.send(100, now: now + .seconds(1))

        _ = connection.segmentArrived(.acknowledging(100), now: now + .seconds(2))

        #expect(!connection.flags.contains(.hasRoundTrip))
    }

    @Test("timestamps time every acknowledgement")
    func timestampSample() {
        var connection = TCPConnection.established(TCPFixture.everything)
        connection.send(100)
        let echo = TCPConnection.timestamp(now)

        _ = connection.segmentArrived(
            .acknowledging(100).with(timestamp: 701, echo: echo), now: now + .milliseconds(30))

        #expect(connection.smoothedRoundTrip == 30_000)
    }
}
