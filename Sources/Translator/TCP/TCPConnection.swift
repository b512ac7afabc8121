// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One TCP connection between the guest and a socket of the host: a TCP endpoint towards the guest whose
/// buffers are the kernel's.
///
/// Towards the guest the socket's receive queue is the retransmission queue: bytes are peeked, sent, and
/// discarded when the guest acknowledges them. From the guest, bytes go to the socket at once; what the socket
/// does not take waits in the flow's reserve. The connection never sees payload, only how much of it there is.
///
///     towards the guest          sendUnacknowledged    sendNext     sendMaximum
///     ------ discarded -----------|---- in flight ------|--- rewound ---|---- in the socket ----> hostEnd
///
///     from the guest             forwarded             receiveNext  advertisedEdge
///     ------ in the socket -------|---- in reserve -----|--- offered ---|
///
/// Invariant: `forwarded <= receiveNext <= advertisedEdge`, and the edge never moves left (RFC 9293, 3.8.6).
struct TCPConnection: BitwiseCopyable {
    enum Phase: UInt8, BitwiseCopyable {
        /// The guest asked; the host's socket is connecting.
        case connecting
        /// SYN-RECEIVED: our SYN+ACK is out.
        case synReceived
        /// SYN-SENT: the host's peer asked, our SYN is out.
        case synSent
        /// ESTABLISHED and everything after it that still moves; `Flags` say who finished.
        case established
        /// TIME-WAIT: late segments of the guest are acknowledged for a while.
        case timeWait
        case closed
    }

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt32

        /// The guest's FIN was reached in order; `receiveNext` lies behind it.
        static let guestFinished = Flags(rawValue: 1 << 0)
        /// The host's socket was told (write side shut down).
        static let guestFinDelivered = Flags(rawValue: 1 << 1)
        /// The guest's FIN was seen, in or out of order; it is at `guestFin`.
        static let guestFinSeen = Flags(rawValue: 1 << 2)
        /// The host's socket reached its end at `hostEnd`.
        static let hostFinished = Flags(rawValue: 1 << 3)
        /// The guest acknowledged our FIN.
        static let finAcknowledged = Flags(rawValue: 1 << 4)
        /// Timestamps are on every segment (RFC 7323).
        static let timestamps = Flags(rawValue: 1 << 5)
        /// The guest takes SACK blocks and sends them.
        static let sack = Flags(rawValue: 1 << 6)
        /// The guest is owed an acknowledgement by the end of this turn.
        static let acknowledgementDue = Flags(rawValue: 1 << 7)
        /// Loss recovery until `recoveryPoint` (RFC 6675).
        static let inRecovery = Flags(rawValue: 1 << 8)
        /// The host's socket may have data that was not peeked.
        static let hostReadable = Flags(rawValue: 1 << 9)
        /// The host's socket refused bytes; an event tells when it takes more.
        static let hostFull = Flags(rawValue: 1 << 10)
        /// `timedSequence` is being timed (connections without timestamps).
        static let timing = Flags(rawValue: 1 << 11)
        /// Accepted bytes had to be given back; the guest is asked to send them again when there is room.
        static let retracted = Flags(rawValue: 1 << 12)
        /// `guestWindow` is closed and only a probe gets us out.
        static let persisting = Flags(rawValue: 1 << 13)
        /// The connection was opened by the host's peer.
        static let fromHost = Flags(rawValue: 1 << 14)
        /// At least one round-trip sample was taken.
        static let hasRoundTrip = Flags(rawValue: 1 << 15)
        /// The first hole is to be sent again without a SACK that shows it (RFC 6582).
        static let resendFirst = Flags(rawValue: 1 << 16)
    }

    var phase: Phase
    var flags: Flags = []

    // Towards the guest
    var sendUnacknowledged: SequenceNumber
    var sendNext: SequenceNumber
    var sendMaximum: SequenceNumber
    /// Sequence number of our FIN once the host's end was seen.
    var hostEnd = SequenceNumber(0)
    /// Bytes beyond `sendUnacknowledged` that the guest takes, scaled.
    var guestWindow: UInt32 = 0
    var guestScale: UInt8 = 0
    var ourScale: UInt8 = 0
    var duplicateCount: UInt8 = 0
    var retryCount: UInt8 = 0
    /// Payload bytes of a full segment towards the guest, options already subtracted.
    var segmentByteCount: UInt16 = 536
    /// Payload bytes of a full segment from the guest: what we offered.
    var guestSegmentByteCount: UInt16 = 536
    var windowSequence = SequenceNumber(0)
    var windowAcknowledgement = SequenceNumber(0)
    var congestionWindow: UInt32 = Self.unlimitedWindow
    var slowStartThreshold: UInt32 = Self.unlimitedWindow
    var recoveryPoint = SequenceNumber(0)
    /// Everything left of it was sent again in this recovery.
    var resentEdge = SequenceNumber(0)
    var selective = SequenceRanges()

    // From the guest
    var receiveNext: SequenceNumber
    var forwarded: SequenceNumber
    var advertisedEdge: SequenceNumber
    var lastAcknowledged: SequenceNumber
    var guestFin = SequenceNumber(0)
    var outOfOrder = SequenceRanges()
    /// Duplicate acknowledgements owed for segments beyond a gap (RFC 5681, section 4.2).
    var duplicatesDue: UInt8 = 0

    // Time
    var recentTimestamp: UInt32 = 0
    var timedSequence = SequenceNumber(0)
    var timedAt = Instant.start
    /// Microseconds (RFC 6298).
    var smoothedRoundTrip: UInt32 = 0
    var roundTripVariation: UInt32 = 0
    var retransmissionTimeout: UInt32 = 1_000_000
    var retransmitAt = Instant.never
    var lastHeard: Instant
    var expiresAt = Instant.never

    /// More than any window.
    static let unlimitedWindow: UInt32 = 1 << 30
    /// RFC 9293, section 3.7.1: without the option.
    static let defaultSegment: UInt16 = 536
    /// Largest window offered; the reserve holds this much for one flow.
    static let largestWindow = 4 << 20

    /// Guest bytes that wait in the reserve, in order.
    var queuedByteCount: Int {
        forwarded.distance(to: receiveNext) - (flags.contains(.guestFinished) ? 1 : 0)
    }
    /// Bytes sent to the guest that it did not acknowledge.
    var flightByteCount: Int { sendUnacknowledged.distance(to: sendMaximum) }
    /// Payload may pass straight to the socket: nothing of this flow waits in the reserve.
    var isDirect: Bool { queuedByteCount == 0 && outOfOrder.isEmpty }

    /// When this connection wants `deadlinePassed`; never later than the state needs.
    var deadline: Instant { min(retransmitAt, expiresAt) }

    /// The value of our timestamp option: milliseconds (RFC 7323, section 5.4).
    static func timestamp(_ now: Instant) -> UInt32 {
        UInt32(truncatingIfNeeded: now.nanoseconds / 1_000_000 &+ 1)
    }
}
