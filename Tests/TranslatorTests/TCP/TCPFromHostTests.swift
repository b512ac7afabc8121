// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The host's bytes on their way to the guest")
struct TCPFromHostTests {
    private let now = TCPFixture.now

    @Test("as much is pulled as the guest's window takes")
    func window() {
        var connection = TCPConnection.established(window: 3000)
        let silent = connection.nextPull()
        connection.flags.insert(.hostReadable)

        let pull = connection.nextPull()

        #expect(silent == nil)
        #expect(pull == TCPPull(sequence: 5001, skip: 0, byteCount: 3000, isRetransmission: false))
    }

    @Test("less than a segment waits for an acknowledgement that is on its way (RFC 9293, section 3.8.6.2.1)")
    func sillyWindow() {
        var connection = TCPConnection.established(window: 3000)
        connection.send(2000)

        let waiting = connection.nextPull()
        _ = connection.segmentArrived(.acknowledging(2000, window: 1000), now: now)

        #expect(waiting == nil)
        #expect(connection.nextPull()?.byteCount == 1000)
    }

    @Test("an empty socket is asked again after an event")
    func drained() {
        var connection = TCPConnection.established()
        connection.flags.insert(.hostReadable)

        connection.hostDrained()

        #expect(connection.nextPull() == nil)
    }

    @Test("the FIN follows the last byte, and again after a timeout")
    func fin() {
        var connection = TCPConnection.established()
        connection.send(10)
        connection.hostEnded()
        let isDue = connection.isFinDue
        connection.finSent(now: now)
        let isDueAfterwards = connection.isFinDue
        _ = connection.segmentArrived(.acknowledging(10), now: now)

        _ = connection.deadlinePassed(now: connection.deadline)

        #expect(isDue && !isDueAfterwards)
        #expect(connection.isFinDue && connection.hostEnd == 5011)
    }

    @Test("after a timeout everything is sent again from the front, and the FIN behind it")
    func goBack() {
        var connection = TCPConnection.established()
        connection.send(2000)
        connection.finish()

        _ = connection.deadlinePassed(now: connection.deadline)
        let pull = connection.nextPull()
        if let pull { connection.sent(pull, byteCount: pull.byteCount, now: now) }
        let rest = connection.nextPull()

        #expect(pull == TCPPull(sequence: 5001, skip: 0, byteCount: 1460, isRetransmission: true))
        #expect(rest == nil && !connection.isFinDue)
    }

    @Test("what the link refused is sent again")
    func refused() {
        var connection = TCPConnection.established()
        connection.send(3000)

        connection.sendRefused(from: 6001)

        #expect(connection.nextPull()?.sequence == 6001)
        #expect(connection.nextPull()?.isRetransmission == true)
    }
}

@Suite("TCP deadlines")
struct TCPTimersTests {
    private let now = TCPFixture.now

    @Test("the timeout doubles, and after ten retries the connection is reset (RFC 6298, section 5)")
    func backOff() {
        var connection = TCPConnection.established()
        connection.send(100)
        var waits: [Int64] = []
        var last = now
        var decision = TCPDecision.nothing
        while !decision.isFinished {
            let deadline = connection.retransmitAt
            waits.append((deadline - last).nanoseconds / 1_000_000)
            last = deadline
            decision = connection.deadlinePassed(now: deadline)
            connection.send(100, now: deadline)
        }

        #expect(
            waits == [1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000, 120_000])
        #expect(decision.reply == .reset && decision.host == .abort)
    }

    @Test("a closed window is probed, and an open one is used at once (RFC 9293, section 3.8.6.1)")
    func persistence() {
        var connection = TCPConnection.established(window: 0)
        connection.flags.insert(.hostReadable)
        connection.considerPersistence(now: now)

        let probe = connection.deadlinePassed(now: connection.deadline)
        _ = connection.segmentArrived(.acknowledging(0, window: 4000), now: now + .seconds(2))

        #expect(probe == TCPDecision(reply: .probe))
        #expect(connection.nextPull()?.byteCount == 4000)
        #expect(connection.retransmitAt == .never && !connection.flags.contains(.persisting))
    }

    @Test("a closed window is probed as long as the guest answers, and 600 s longer")
    func longPersistence() {
        var connection = TCPConnection.established(window: 0)
        connection.flags.insert(.hostReadable)
        connection.considerPersistence(now: now)
        var time = now
        for _ in 0..<50 {
            time = connection.retransmitAt
            #expect(connection.deadlinePassed(now: time) == TCPDecision(reply: .probe))
            _ = connection.segmentArrived(.acknowledging(0, window: 0), now: time)
        }
        let lastHeard = time

        var decision = TCPDecision.nothing
        while !decision.isFinished {
            time = connection.retransmitAt
            decision = connection.deadlinePassed(now: time)
        }

        #expect(time - lastHeard > .seconds(600) && time - lastHeard < .seconds(800))
    }

    @Test("a silent guest is asked every minute and given up after ten")
    func keepAlive() {
        var connection = TCPConnection.established()
        var probes = 0
        var decision = TCPDecision.nothing
        while !decision.isFinished {
            decision = connection.deadlinePassed(now: connection.deadline)
            if decision == TCPDecision(reply: .probe) { probes += 1 }
        }

        #expect(probes == 10)
        #expect(decision.reply == .reset)
    }

    @Test("a guest that owes the acknowledgement of our FIN is not asked besides")
    func keepAliveWhileFinIsOut() {
        var connection = TCPConnection.established()
        connection.hostEnded()
        connection.finSent(now: now)

        var decisions: [TCPDecision] = []
        while connection.deadline <= now + .seconds(100) {
            decisions.append(connection.deadlinePassed(now: connection.deadline))
            if connection.isFinDue { connection.finSent(now: connection.retransmitAt) }
        }

        #expect(!decisions.isEmpty && decisions.allSatisfy { $0 == .nothing })
    }

    @Test("a guest that finished is not asked while its bytes still wait for the host")
    func keepAliveAfterFin() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 100, flags: [.ack, .fin]), now: now)

        let decisions = (0..<20).map { _ in connection.deadlinePassed(now: connection.deadline) }

        #expect(decisions.allSatisfy { $0 == .nothing })
        #expect(connection.deadline != .never && connection.queuedByteCount == 100)
    }
}
