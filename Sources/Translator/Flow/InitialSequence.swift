// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Chooses where a connection's sequence numbers begin (RFC 6528): a keyed hash of its endpoints plus a clock.
///
/// Outsiders cannot guess the numbers of others' connections, and a new connection between the same endpoints starts
/// ahead of the old one's segments.
struct InitialSequence: BitwiseCopyable {
    /// Unknown outside.
    var secret: SipKey

    /// The number for a connection that begins at `now`.
    func sequence(for key: FlowKey, now: Instant) -> SequenceNumber {
        let hash = key.strongHash(secret)
        let folded = UInt32(truncatingIfNeeded: hash >> 32) ^ UInt32(truncatingIfNeeded: hash)
        // The clock ticks every 32 ns and is round in 137 s, well beyond the time a segment lives in one machine.
        return SequenceNumber(folded &+ UInt32(truncatingIfNeeded: now.nanoseconds >> 5))
    }
}
