// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A connection that a listening socket gave us.
struct AcceptedConnection: BitwiseCopyable {
    var socket: Int32
    var peer: Endpoint
    /// Where the peer connected to.
    var local: Endpoint
}

/// The host's sockets as the engine uses them. Every call returns at once; an outcome below zero is an errno.
///
/// Bulk transfers are posted and then performed together: `beginSend` or `beginPeek`, `addPiece` for every piece,
/// and after `perform` one `result` for each, in the order posted.
protocol HostSockets: ~Copyable {
    /// The monotonic clock, or the simulation's.
    var now: Instant { get }
    /// Waits for edges until `deadline`; returns how many `event` holds.
    mutating func wait(until deadline: Instant) -> Int
    func event(_ index: Int) -> Readiness

    /// Makes a little of what later calls will want, such as sockets for the next connections.
    mutating func replenish()

    /// Starts a TCP connection; its end is an event that says writable, or failed.
    mutating func connect(_ route: OutboundRoute, token: FlowToken) -> SocketOutcome
    /// The next connection of a listening socket: -EAGAIN when there is none.
    mutating func accept(_ listener: Int32) -> Accepting
    /// Begins to report edges of an accepted socket.
    mutating func adopt(_ socket: Int32, token: FlowToken) -> Int32
    /// The pending error of a socket, cleared; 0: none.
    mutating func pendingError(_ socket: Int32) -> Int32
    /// Bytes that the socket's send buffer takes before it refuses.
    mutating func sendRoom(_ socket: Int32) -> Int
    mutating func shutdownWriting(_ socket: Int32) -> Int32
    /// Closes; with `abortively` the peer sees a reset.
    mutating func close(_ socket: Int32, token: FlowToken, abortively: Bool)
    /// Drops bytes from the front of the receive queue.
    mutating func discard(_ socket: Int32, byteCount: Int) -> Int32
    /// True when a socket remembers where its next peek begins (`SO_PEEK_OFF` on TCP, Linux 6.9).
    var keepsPeekOffset: Bool { get }
    mutating func setPeekOffset(_ socket: Int32, to offset: Int) -> Int32

    /// Posts a send; false: perform what is posted first.
    mutating func beginSend(_ socket: Int32, flow: Int) -> Bool
    /// Posts a peek behind the first `skip` bytes; false: perform what is posted first.
    ///
    /// Where sockets keep a peek offset it must stand at `skip`, and moves on by what is peeked.
    mutating func beginPeek(_ socket: Int32, flow: Int, skip: Int) -> Bool
    mutating func addPiece(_ piece: Slice, arena: inout Arena) -> Bool
    mutating func perform(arena: inout Arena)
    var postedCount: Int { get }
    /// Bytes moved, or -errno.
    func result(_ index: Int) -> Int
    func flow(_ index: Int) -> Int
    mutating func clearPosted()
}

/// A descriptor, or the errno of what refused it.
struct SocketOutcome: Equatable, BitwiseCopyable {
    var socket: Int32
    /// 0: done. `EINPROGRESS`: an event follows. Else `socket` is -1.
    var code: Int32
}

/// What `accept` found.
enum Accepting: BitwiseCopyable {
    case connection(AcceptedConnection)
    case none
    /// The error number; `EMFILE` and the like want a pause.
    case failed(Int32)
}
