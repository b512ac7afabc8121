// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What is offered to the guest: never more than the socket and the flow's reserve can take, never less than
// was offered before.

extension TCPConnection {
    /// Moves the offered edge, and owes the guest an acknowledgement when it moves far enough to matter
    /// (RFC 9293, section 3.8.6.2.2).
    ///
    /// - Parameter room: bytes beyond `receiveNext` that can be stored for certain.
    mutating func offer(room: Int) {
        let current = receiveNext.distance(to: advertisedEdge)
        let unit = 1 << Int(ourScale)
        let target = min(room, Self.largestWindow - unit, 65535 * unit)
        let growth = target - current
        guard growth > 0 else { return }
        // A guest that may not send a full segment waits to be told (RFC 9293, section 3.8.6.2.1).
        let isUnblocking = current < Int(guestSegmentByteCount) && target >= Int(guestSegmentByteCount)
        let isWorthIt = isUnblocking || growth >= 2 * Int(segmentByteCount) || growth >= 65536
        guard flags.contains(.acknowledgementDue) || isWorthIt else { return }
        advertisedEdge = receiveNext.advanced(by: (target + unit - 1) / unit * unit)
        if isUnblocking || isWorthIt && current < target / 2 { flags.insert(.acknowledgementDue) }
    }

    /// The window field of a segment that leaves now.
    ///
    /// Rounded up to the scale's unit, so that the right edge does not move left (RFC 7323, section 2.4), unless
    /// the flow's reserve could not hold what that promises.
    var windowField: UInt16 {
        let unit = 1 << Int(ourScale)
        let window = receiveNext.distance(to: advertisedEdge)
        let rounded = (window + unit - 1) / unit
        let isHonourable = forwarded.distance(to: receiveNext) + rounded * unit <= Self.largestWindow
        return UInt16(clamping: isHonourable ? rounded : window / unit)
    }

    /// A segment that acknowledges `receiveNext` left.
    mutating func acknowledgementSent() {
        // What the field said counts, rounding included.
        let told = receiveNext.advanced(by: Int(windowField) << Int(ourScale))
        advertisedEdge = SequenceNumber.latest(advertisedEdge, told)
        lastAcknowledged = receiveNext
        flags.remove(.acknowledgementDue)
        duplicatesDue = 0
    }
}
