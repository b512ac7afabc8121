// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("How TCP connections end")
struct TCPClosingTests {
    private let now = TCPFixture.now

    @Test("the guest's FIN is passed on when its bytes were, and the other direction goes on")
    func halfClose() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 10, flags: [.ack, .fin]), now: now)
        let early = connection.isShutdownDue
        connection.hostAccepted(10)

        let due = connection.isShutdownDue
        let decision = connection.shutdownDelivered(now: now)
        connection.send(500)

        #expect(!early && due)
        #expect(decision == .nothing && !connection.isShutdownDue)
        #expect(connection.flightByteCount == 500)
    }

    @Test("the guest finished first: the socket is closed when our FIN was acknowledged")
    func guestFirst() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 0, flags: [.ack, .fin]), now: now)
        _ = connection.shutdownDelivered(now: now)
        connection.finish()

        let decision = connection.segmentArrived(.data(1, 0, acknowledges: 5002), now: now)

        #expect(decision == TCPDecision(host: .close))
        #expect(connection.phase == .timeWait)
    }

    @Test("the host finished first: the socket is closed when the guest's FIN was passed on")
    func hostFirst() {
        var connection = TCPConnection.established()
        connection.finish()
        _ = connection.segmentArrived(.acknowledging(1), now: now)

        let fin = connection.segmentArrived(.data(0, 0, acknowledges: 5002, flags: [.ack, .fin]), now: now)
        let decision = connection.shutdownDelivered(now: now)

        #expect(fin.host == .none)
        #expect(decision == TCPDecision(host: .close))
    }

    @Test("both FINs cross: the connection ends all the same")
    func crossing() {
        var connection = TCPConnection.established()
        connection.finish()
        _ = connection.segmentArrived(.data(0, 0, flags: [.ack, .fin]), now: now)
        let early = connection.shutdownDelivered(now: now)

        let decision = connection.segmentArrived(.data(1, 0, acknowledges: 5002), now: now)

        #expect(early == .nothing)
        #expect(decision.host == .close)
    }

    @Test("a FIN that comes again is acknowledged while late segments are waited for, and then no longer")
    func timeWait() {
        var connection = Self.waiting()
        connection.acknowledgementSent()

        _ = connection.segmentArrived(.data(0, 0, acknowledges: 5002, flags: [.ack, .fin]), now: now)
        let owes = connection.owesAcknowledgement
        let decision = connection.deadlinePassed(now: connection.deadline)

        #expect(owes)
        #expect(decision == TCPDecision(isFinished: true))
        #expect(connection.phase == .closed && connection.deadline == .never)
    }

    @Test("a new SYN takes the place of a connection that waits, a late one does not")
    func reopening() {
        let connection = Self.waiting()
        var late = TCPSegment.syn()
        var new = TCPSegment.syn()
        late.sequence = TCPFixture.guestISN
        new.sequence = connection.receiveNext + 70_000

        #expect(!connection.admitsReopening(by: late))
        #expect(connection.admitsReopening(by: new))
        #expect(!TCPConnection.established().admitsReopening(by: new))
    }

    @Test("a reset after both sides finished does not take away what waits for the host")
    func lateReset() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 100, flags: [.ack, .fin]), now: now)
        connection.finish()
        _ = connection.segmentArrived(.data(101, 0, acknowledges: 5002), now: now)

        let decision = connection.segmentArrived(.data(101, 0, flags: .reset), now: now)

        #expect(decision == .nothing)
        #expect(connection.queuedByteCount == 100)
    }

    @Test("a guest that has everything and answers our FIN by a reset does no harm to the host's peer")
    func resetForFin() {
        var connection = TCPConnection.established()
        _ = connection.segmentArrived(.data(0, 0, flags: [.ack, .fin]), now: now)
        _ = connection.shutdownDelivered(now: now)
        connection.finish()

        let decision = connection.segmentArrived(.data(1, 0, flags: .reset), now: now)

        #expect(decision.host == .close && decision.isFinished)
    }

    @Test("an error of the host's socket resets the guest, behind everything that was sent")
    func resetting() {
        var connection = TCPConnection.established()
        connection.send(700)

        let decision = connection.resetting()
        let again = connection.resetting()

        #expect(decision == TCPDecision(reply: .reset, resetSequence: 5701, host: .abort, isFinished: true))
        #expect(again == .nothing)
    }

    @Test("a connection that ended answers nothing")
    func closed() {
        var connection = TCPConnection.established()
        _ = connection.ended(.abort)

        let decisions = [
            TCPSegment.syn(), .data(0, 5), .data(0, 0, flags: .reset), .data(0, 0, flags: [.ack, .fin]),
        ]
        .map { connection.segmentArrived($0, now: now) }

        #expect(decisions.allSatisfy { $0 == .nothing })
        #expect(connection.deadlinePassed(now: now + .seconds(1000)) == .nothing)
    }

    private static func waiting() -> TCPConnection {
        var connection = TCPConnection.established()
        connection.finish(now: TCPFixture.now)
        _ = connection.segmentArrived(
            .data(0, 0, acknowledges: 5002, flags: [.ack, .fin]), now: TCPFixture.now)
        _ = connection.shutdownDelivered(now: TCPFixture.now)
        return connection
    }
}
