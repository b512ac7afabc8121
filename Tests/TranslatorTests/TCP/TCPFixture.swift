// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Numbers of the connections in these tests: our stream begins at 5001, the guest's at 1001.
enum TCPFixture {
    static let now = Instant.start + .seconds(100)
    static let ourISN = SequenceNumber(5000)
    static let guestISN = SequenceNumber(1000)
    static let linkSegment: UInt16 = 1460

    static func opening(_ now: Instant = now) -> TCPOpening {
        TCPOpening(initialSequence: ourISN, linkSegment: linkSegment, now: now)
    }

    /// What a guest's SYN offers unless a test says otherwise: nothing but its segment size.
    static var plain: TCPOptions {
        var options = TCPOptions()
        options.maximumSegmentSize = 1460
        return options
    }

    static var everything: TCPOptions {
        var options = plain
        options.windowScale = 7
        options.permitsSACK = true
        options.timestamps = TCPTimestamps(value: 700, echo: 0)
        return options
    }
}

extension TCPSegment {
    static func syn(_ options: TCPOptions = TCPFixture.plain) -> TCPSegment {
        TCPSegment(sequence: TCPFixture.guestISN, flags: .syn, options: options)
    }

    /// A segment of the guest's stream; byte 0 has sequence number 1001.
    static func data(
        _ start: Int, _ byteCount: Int, acknowledges: SequenceNumber = 5001, flags: TCPFlags = .ack,
        window: UInt16 = 65535
    ) -> TCPSegment {
        TCPSegment(
            sequence: TCPFixture.guestISN + 1 + start, acknowledgement: acknowledges, flags: flags,
            window: window,
            byteCount: byteCount)
    }

    /// Acknowledges `count` bytes of our stream.
    static func acknowledging(_ count: Int, window: UInt16 = 65535, flags: TCPFlags = .ack) -> TCPSegment {
        data(0, 0, acknowledges: TCPFixture.ourISN + 1 + count, flags: flags, window: window)
    }

    func with(sack blocks: [(Int, Int)]) -> TCPSegment {
        var copy = self
        for (left, right) in blocks {
            copy.options.append(
                SACKBlock(left: TCPFixture.ourISN + 1 + left, right: TCPFixture.ourISN + 1 + right))
        }
        return copy
    }

    func with(timestamp value: UInt32, echo: UInt32 = 0) -> TCPSegment {
        var copy = self
        copy.options.timestamps = TCPTimestamps(value: value, echo: echo)
        return copy
    }
}

extension TCPConnection {
    static func connecting(_ options: TCPOptions = TCPFixture.plain) -> TCPConnection {
        TCPConnection(openedByGuest: .syn(options), TCPFixture.opening())
    }

    static func synReceived(_ options: TCPOptions = TCPFixture.plain) -> TCPConnection {
        var connection = connecting(options)
        _ = connection.hostConnected(now: TCPFixture.now)
        return connection
    }

    static func synSent() -> TCPConnection { TCPConnection(openedByHost: TCPFixture.opening()) }

    /// Opened by the guest and acknowledged.
    static func established(_ options: TCPOptions = TCPFixture.plain, window: UInt16 = 65535) -> TCPConnection
    {
        var connection = synReceived(options)
        var segment = TCPSegment.acknowledging(0, window: window)
        if options.timestamps != nil { segment = segment.with(timestamp: 700) }
        _ = connection.segmentArrived(segment, now: TCPFixture.now)
        connection.acknowledgementSent()
        return connection
    }

    /// The host's socket has data, and `byteCount` of it is sent.
    mutating func send(_ byteCount: Int, now: Instant = TCPFixture.now) {
        flags.insert(.hostReadable)
        var left = byteCount
        while left > 0, let pull = nextPull() {
            let count = min(left, pull.byteCount)
            sent(pull, byteCount: count, now: now)
            left -= count
        }
    }

    /// The host's end was read and our FIN sent.
    mutating func finish(now: Instant = TCPFixture.now) {
        hostEnded()
        finSent(now: now)
    }

    /// What the guest sent in order so far, in bytes.
    var receivedByteCount: Int { (TCPFixture.guestISN + 1).distance(to: receiveNext) }

    var owesAcknowledgement: Bool { flags.contains(.acknowledgementDue) }
}
