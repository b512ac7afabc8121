// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("TCP handshakes")
struct TCPHandshakeTests {
    private let now = TCPFixture.now

    @Test("the guest is answered when the host's socket connected, not before")
    func answer() {
        var connection = TCPConnection.connecting()
        let repeated = connection.segmentArrived(.syn(), now: now)

        let decision = connection.hostConnected(now: now)

        #expect(repeated == .nothing)
        #expect(decision == TCPDecision(reply: .synAck))
        #expect(connection.phase == .synReceived)
        #expect(connection.deadline == now + .seconds(1))
    }

    @Test("a SYN that comes again is answered with the same SYN+ACK")
    func repeatedSyn() {
        var connection = TCPConnection.synReceived()

        let decision = connection.segmentArrived(.syn(), now: now)

        #expect(decision == TCPDecision(reply: .synAck))
        #expect(connection.sendMaximum == 5001)
    }

    @Test("the guest's acknowledgement establishes, and its window is scaled")
    func establishment() {
        var options = TCPFixture.plain
        options.windowScale = 3
        var connection = TCPConnection.synReceived(options)

        _ = connection.segmentArrived(.acknowledging(0, window: 1000), now: now)

        #expect(connection.phase == .established)
        #expect(connection.guestWindow == 8000)
        #expect(connection.retransmitAt == .never)
    }

    @Test("data that comes with the acknowledgement is taken")
    func dataWithAcknowledgement() {
        var connection = TCPConnection.synReceived()

        let decision = connection.segmentArrived(.data(0, 10), now: now)

        #expect(decision == TCPDecision(payload: .forward, payloadStart: 0, payloadCount: 10))
    }

    @Test("an acknowledgement of something else is answered with a reset")
    func wrongAcknowledgement() {
        var connection = TCPConnection.synReceived()

        let decision = connection.segmentArrived(.data(0, 0, acknowledges: 4000), now: now)

        #expect(decision == TCPDecision(reply: .reset, resetSequence: 4000))
    }

    @Test("a reset ends a connection that is being made, if it is the guest's own")
    func resetWhileConnecting() {
        var connection = TCPConnection.connecting()

        let foreign = connection.segmentArrived(.data(5, 0, flags: .reset), now: now)
        let own = connection.segmentArrived(.data(0, 0, flags: .reset), now: now)

        #expect(foreign == .nothing)
        #expect(own == TCPDecision(host: .abort, isFinished: true))
    }

    @Test("a socket that never connects is given up after 180 s")
    func patience() {
        var connection = TCPConnection.connecting()

        let early = connection.deadlinePassed(now: now + .seconds(179))
        let late = connection.deadlinePassed(now: connection.deadline)

        #expect(early == .nothing)
        #expect(late == TCPDecision(reply: .reset, resetSequence: 5000, host: .abort, isFinished: true))
    }

    @Test("our SYN or SYN+ACK is repeated at 1 s, then doubling, and then the connection is reset")
    func retries() {
        for (start, reply) in [(TCPConnection.synSent(), TCPDecision.Reply.syn), (.synReceived(), .synAck)] {
            var connection = start
            var waits: [Interval] = []
            var last = now
            var decision = TCPDecision(reply: reply)
            while decision == TCPDecision(reply: reply) {
                waits.append(connection.deadline - last)
                last = connection.deadline
                decision = connection.deadlinePassed(now: last)
            }

            #expect(waits == [1, 1, 1, 1, 1, 2, 4, 8].map { .seconds($0) })
            #expect(decision.reply == .reset && decision.isFinished)
        }
    }

    @Test("after a repeated SYN the retransmission timeout is 3 s (RFC 6298, section 5.7)")
    func timeoutAfterRetry() {
        var connection = TCPConnection.synReceived()
        _ = connection.deadlinePassed(now: now + .seconds(1))

        _ = connection.segmentArrived(.acknowledging(0), now: now + .seconds(1))

        #expect(connection.retransmissionTimeout == 3_000_000)
    }

    @Test("the guest's SYN+ACK establishes what the host's peer opened; its window is not scaled")
    func answerOfGuest() {
        var connection = TCPConnection.synSent()
        var answer = TCPSegment.syn(TCPFixture.everything)
        answer.flags = [.syn, .ack]
        answer.acknowledgement = 5001
        answer.window = 1000

        let decision = connection.segmentArrived(answer, now: now)

        #expect(decision == .nothing)
        #expect(connection.phase == .established && connection.owesAcknowledgement)
        #expect(connection.receiveNext == 1001)
        #expect(connection.guestWindow == 1000 && connection.guestScale == 7)
    }

    @Test("only a reset that acknowledges our SYN refuses the host's peer")
    func refusal() {
        var connection = TCPConnection.synSent()

        let blind = connection.segmentArrived(.data(0, 0, acknowledges: 7, flags: [.reset, .ack]), now: now)
        let real = connection.segmentArrived(
            .data(0, 0, acknowledges: 5001, flags: [.reset, .ack]), now: now)

        #expect(blind == .nothing)
        #expect(real == TCPDecision(host: .abort, isFinished: true))
    }

    @Test("an answer to another SYN is reset, and ours still waits")
    func foreignAnswer() {
        var connection = TCPConnection.synSent()

        let decision = connection.segmentArrived(.data(0, 0, acknowledges: 77), now: now)

        #expect(decision == TCPDecision(reply: .reset, resetSequence: 77))
        #expect(connection.phase == .synSent)
    }

    @Test("options are adopted as the guest offered them")
    func adoption() {
        let all = TCPConnection.connecting(TCPFixture.everything)
        let none = TCPConnection.connecting(TCPOptions())

        #expect(all.flags.isSuperset(of: [.sack, .timestamps]))
        #expect(all.ourScale == TCPConnection.offeredScale && all.guestScale == 7)
        #expect(all.segmentByteCount == 1448)
        #expect(none.flags.isDisjoint(with: [.sack, .timestamps]))
        #expect(none.ourScale == 0 && none.guestScale == 0)
        #expect(none.segmentByteCount == 536)
    }

    @Test(
        "an offered segment size is held between 88 bytes and the link's own",
        arguments: [(1, 88), (9000, 1460)])
    func segmentSize(offered: UInt16, adopted: UInt16) {
        var options = TCPOptions()
        options.maximumSegmentSize = offered

        #expect(TCPConnection.connecting(options).segmentByteCount == adopted)
    }
}
