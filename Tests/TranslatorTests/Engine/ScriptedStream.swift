// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// One TCP socket of the scripted host, seen from both its ends.
///
///     from the guest   accepted - drained: in the send buffer     drained: the peer read it
///     to the guest     written - discarded: in the receive queue  discarded: the guest acknowledged it
struct ScriptedStream {
    enum End: Equatable { case open, closed, aborted }

    let upload: StreamPattern
    let download: StreamPattern
    var token: FlowToken?
    var isConnected = false
    var pendingError: Int32 = 0

    var sendCapacity = 65536
    var receiveCapacity = 65536
    var acceptedCount = 0
    var drainedCount = 0
    var writtenCount = 0
    var discardedCount = 0
    var peekOffset = 0

    /// The engine shut its writing side down.
    var isShut = false
    /// The peer sent its FIN.
    var isPeerFinished = false
    var isPeerReset = false
    /// What the engine made of the socket.
    var end = End.open

    // What was reported and not used up since (see `Reactor`).
    var isReadableTold = false
    var isWritableTold = false

    /// The first thing that went wrong.
    var fault: String?

    var sendRoom: Int { max(sendCapacity - (acceptedCount - drainedCount), 0) }
    var queuedCount: Int { writtenCount - discardedCount }
    /// The peer read everything, and the FIN behind it.
    var peerSawEnd: Bool { drainedCount == acceptedCount && (isShut || end == .closed) }

    mutating func fail(_ text: String) { if fault == nil { fault = text } }

    mutating func accept(_ bytes: RawSpan) -> Int {
        let count = min(bytes.byteCount, sendRoom)
        if isShut { fail("the engine writes behind the end") }
        if !upload.matches(bytes.extracting(first: count), at: acceptedCount) {
            fail("the host got wrong bytes at \(acceptedCount)")
        }
        acceptedCount += count
        return count
    }
}
