// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A TCP connection with its two ends: the record of the flow table's slab.
struct TCPFlow: BitwiseCopyable {
    var connection: TCPConnection
    /// The guest's end.
    var guest: Endpoint
    /// The other end as the guest knows it.
    var remote: Endpoint
    /// The host's socket; -1 after it was closed.
    var socket: Int32
    /// Window of the reserve; -1 while nothing had to be stored.
    var reserve: Int32 = -1
    /// Where the socket's next peek begins, as the kernel has it.
    var peekOffset: Int32 = 0
    /// Bytes to drop from the socket's receive queue at the end of the batch.
    var discardDue: Int32 = 0
    /// Reserve that the offered window counts on.
    var committed: Int32 = 0
    /// Room that was offered last, in bytes.
    var offered: Int32 = 65535
    /// First and last frame of this batch whose payload waits to be sent; -1: none.
    var firstPiece: Int16 = -1
    var lastPiece: Int16 = -1
    /// Bytes in those frames: they follow `connection.forwarded` directly.
    var lineByteCount: Int32 = 0
    /// Bytes in the send that is posted.
    var postedByteCount: Int32 = 0
    var isTouched = false
    /// Listed for the next turn.
    var isReady = false
    /// The host's peer will send no more than what is queued.
    var isHungUp = false
    /// When the wheel will call; `never` when it will not.
    var scheduledAt = Instant.never

    init(connection: TCPConnection, guest: Endpoint, remote: Endpoint, socket: Int32) {
        self.connection = connection
        self.guest = guest
        self.remote = remote
        self.socket = socket
    }

    /// What an unused record holds.
    static let unused = TCPFlow(
        connection: TCPConnection(
            openedByHost: TCPOpening(initialSequence: 0, linkSegment: 536, now: .start)),
        guest: Endpoint(address: .unspecified(.v4), port: 0),
        remote: Endpoint(address: .unspecified(.v4), port: 0), socket: -1)
}
