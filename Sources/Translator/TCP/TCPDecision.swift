// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a connection asks for after something happened to it; the engine performs it.
struct TCPDecision: Equatable, BitwiseCopyable {
    /// What becomes of the payload of the segment that arrived.
    enum Payload: UInt8, BitwiseCopyable {
        case none
        /// Next in order: to the host.
        case forward
        /// Beyond a gap: into the flow's reserve.
        case keep
    }

    /// What becomes of the host's socket.
    enum HostAction: UInt8, BitwiseCopyable {
        case none
        /// Both directions ended in order: close it.
        case close
        /// Close it so that the peer sees a reset.
        case abort
    }

    /// A segment without payload that the guest gets.
    enum Reply: UInt8, BitwiseCopyable {
        case none, syn, synAck, probe, reset
    }

    var payload = Payload.none
    /// The bytes meant by `payload`: start and count within the segment's payload.
    var payloadStart = 0
    var payloadCount = 0
    /// Bytes that the guest acknowledged, to be discarded from the socket's receive queue.
    var discard = 0
    var reply = Reply.none
    /// Sequence number of a reset.
    var resetSequence = SequenceNumber(0)
    var host = HostAction.none
    /// The flow ends; nothing refers to it after this decision was performed.
    var isFinished = false

    static let nothing = TCPDecision()
}
