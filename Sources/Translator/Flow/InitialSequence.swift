// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Chooses where a connection's sequence numbers begin (RFC 6528): a keyed hash of its endpoints plus a clock.
///
/// Outsiders cannot guess the numbers of others' connections, and a new connection between the same endpoints starts
/// ahead of the old one's segments.
struct InitialSequence: BitwiseCopyable {
    /// Unknown outside, not shared with a table whose order could be observed.
    var secret: SipKey

    /// - Parameters:
    ///   - near: our end, as the guest knows it.
    ///   - far: the guest's end.
    func number(near: Endpoint, far: Endpoint, now: Instant) -> SequenceNumber {
        let ports =
            UInt64(near.port) << 32 | UInt64(far.port) << 16 | UInt64(near.address.version.rawValue) << 8
            | UInt64(ProtocolNumber.tcp)
        let hash = SipHash24.of(
            ports, near.address.bits.high, near.address.bits.low, far.address.bits.high, far.address.bits.low,
            key: secret)
        let folded = UInt32(truncatingIfNeeded: hash >> 32) ^ UInt32(truncatingIfNeeded: hash)
        // The clock ticks every 32 ns and is round in 137 s, well beyond the time a segment lives in one machine.
        return SequenceNumber(folded &+ UInt32(truncatingIfNeeded: now.nanoseconds >> 5))
    }
}
