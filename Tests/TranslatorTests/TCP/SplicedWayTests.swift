// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("One direction of a spliced connection")
struct SplicedWayTests {
    private static let again = -11
    private static let reset = -104
    private static let room = 65_536

    @Test("small messages are copied, and after one there is nothing to do before an event")
    func smallMessage() {
        var way = SplicedWay(isReadable: true, isConnected: true)
        #expect(way.step == .copy)

        let outcome = way.copied(received: 100, of: Self.room, sent: 100, isStored: false)

        #expect(outcome == .proceed && way.step == .wait && !way.isBulk)
        way.isReadable = true
        #expect(way.step == .copy)
    }

    @Test("a read that fills the buffer proves bulk")
    func bulk() {
        var way = SplicedWay(isReadable: true, isConnected: true)

        _ = way.copied(received: Self.room, of: Self.room, sent: Self.room, isStored: false)

        #expect(way.step == .fill)
        _ = way.filled(200_000)
        #expect(way.step == .drain)
        _ = way.drained(150_000)
        #expect(way.step == .drain && way.pendingByteCount == 50_000)
        _ = way.drained(50_000)
        #expect(way.step == .fill)
    }

    @Test("little bulk in a row leads back to copies, one large burst in between does not")
    func lean() {
        var way = Self.bulkWay()
        for round in 0..<2 * Int(SplicedWay.leanLimit) - 1 {
            Self.burst(&way, round == Int(SplicedWay.leanLimit) - 1 ? 1 << 20 : 100)
        }
        #expect(way.isBulk)

        Self.burst(&way, 100)

        way.isReadable = true
        #expect(!way.isBulk && way.step == .copy)
    }

    @Test("what the sink refuses is kept, and nothing is read before it is gone")
    func fullSink() {
        var way = SplicedWay(isReadable: true, isConnected: true)

        _ = way.copied(received: 1000, of: Self.room, sent: 400, isStored: true)

        #expect(way.pendingByteCount == 600 && way.step == .wait)
        way.isReadable = true
        #expect(way.step == .wait)
        way.isWritable = true
        #expect(way.step == .drain)
        _ = way.drained(Self.again)
        #expect(way.step == .wait && way.pendingByteCount == 600)
        way.isWritable = true
        _ = way.drained(600)
        #expect(way.step == .copy)
    }

    @Test("without a pipe, bytes that the sink refuses stay in the source")
    func noPipe() {
        var way = SplicedWay(isReadable: true, isConnected: true)

        _ = way.copied(received: 1000, of: Self.room, sent: Self.again, isStored: false)

        #expect(way.pendingByteCount == 0 && way.step == .wait && way.isReadable)
        way.isWritable = true
        #expect(way.step == .copy)
    }

    @Test("the end follows the last byte, and only once the sink is connected")
    func end() {
        var way = SplicedWay(isReadable: true, isConnected: false)
        _ = way.copied(received: 10, of: Self.room, sent: Self.again, isStored: true)
        way.isReadable = true
        way.isWritable = true
        #expect(way.step == .drain)
        _ = way.drained(10)

        _ = way.copied(received: 0, of: Self.room, sent: 0, isStored: false)

        #expect(way.hasEnded && way.step == .end)
        #expect(way.ended(0) == .proceed && way.step == .rest && way.isFinished)

        var unconnected = SplicedWay(isReadable: true, isConnected: false)
        _ = unconnected.copied(received: 0, of: Self.room, sent: 0, isStored: false)
        #expect(unconnected.step == .wait)
        unconnected.isConnected = true
        #expect(unconnected.step == .end)
    }

    @Test("after a hang-up, a short read is no proof that the source is empty")
    func hangUp() {
        var way = SplicedWay(isReadable: true, isConnected: true)
        way.isHungUp = true

        _ = way.copied(received: 10, of: Self.room, sent: 10, isStored: false)

        #expect(way.step == .copy)
    }

    @Test("errors of either side fail the connection; a shortage of memory does not")
    func errors() {
        var way = SplicedWay(isReadable: true, isConnected: true)
        #expect(way.copied(received: Self.reset, of: Self.room, sent: 0, isStored: false) == .fail)
        #expect(way.copied(received: 10, of: Self.room, sent: Self.reset, isStored: false) == .fail)
        #expect(way.copied(received: -105, of: Self.room, sent: 0, isStored: false) == .proceed)
        var bulk = Self.bulkWay()
        #expect(bulk.filled(Self.reset) == .fail)
        _ = bulk.filled(10)
        #expect(bulk.drained(-32) == .fail)
        #expect(bulk.ended(-107) == .fail)
    }

    @Test("a connection's events concern the way from a side and the way to it")
    func connection() {
        var connection = SplicedConnection(near: 10, far: 11)
        connection[.near].way.isWritable = false

        connection.eventArrived(.far, isReadable: true, isWritable: true, isHungUp: false)

        #expect(connection[.far].way.isReadable)
        #expect(connection[.near].way.isWritable && connection[.near].way.isConnected)
        #expect(!connection.isFinished)
        for side in SplicedConnection.Side.allCases {
            _ = connection[side].way.copied(received: 0, of: Self.room, sent: 0, isStored: false)
            _ = connection[side].way.ended(0)
        }
        #expect(connection.isFinished)
    }

    private static func bulkWay() -> SplicedWay {
        var way = SplicedWay(isReadable: true, isConnected: true)
        _ = way.copied(received: room, of: room, sent: room, isStored: false)
        return way
    }

    /// Moves bytes until the source is empty.
    private static func burst(_ way: inout SplicedWay, _ byteCount: Int) {
        way.isReadable = true
        _ = way.filled(byteCount)
        _ = way.drained(byteCount)
        _ = way.filled(again)
    }
}
