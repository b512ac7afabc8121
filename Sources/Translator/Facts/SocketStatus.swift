// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the kernel says about one TCP connection of the host: one snapshot.
struct SocketStatus: Equatable, BitwiseCopyable {
    /// TCP state by the kernel's number (1: established, 2: SYN sent, 7: closed; include/net/tcp_states.h).
    var state: UInt8
    /// Window that the peer advertised last, in bytes and scaled; nil before Linux 5.4.
    var peerWindow: Int?
    /// Segments sent and not acknowledged.
    var unacknowledgedSegmentCount: Int
    /// Bytes that wait in the send queue and were never sent.
    var unsentByteCount: Int
    /// Bytes that the peer acknowledged since the connection began; counts the SYN of one that we opened.
    var acknowledgedByteCount: UInt64
    /// Smoothed round trip.
    var roundTrip: Interval
    /// Smallest round trip seen in the kernel's window for it.
    var minimumRoundTrip: Interval
    /// Bytes in a second that recently arrived at the peer; 0: not measured yet.
    var deliveryRate: UInt64
    /// The rate was limited by what was given to the socket, not by the path.
    var isRateLimitedByUs: Bool
    /// Payload of a full segment, in bytes.
    var segmentByteCount: Int
    /// Limit of the send buffer, in bytes with the kernel's overhead.
    var sendBufferByteCount: Int
    /// Bytes charged against the send buffer, with the kernel's overhead.
    var queuedByteCount: Int
}
