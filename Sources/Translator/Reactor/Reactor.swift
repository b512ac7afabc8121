// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a watcher wants to hear about. Peer hang-up and errors are always reported.
struct Interest: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    static let readable = Interest(rawValue: 1)
    static let writable = Interest(rawValue: 2)
}

/// One edge: what a watched descriptor became, or was when its watching began.
struct Readiness: Equatable, BitwiseCopyable {
    var token: UInt64
    var isReadable: Bool
    var isWritable: Bool
    /// The peer will send no more (RDHUP), or the connection is gone both ways (HUP).
    var isHungUp: Bool
    /// An error is pending on the descriptor (`SO_ERROR`, error queue), or it cannot be watched.
    var isFailed: Bool
}

/// One thread's way to the kernel: waits for edges on many descriptors and performs batches of operations.
///
/// Two implementations, one behaviour; engines are generic over this protocol, so that no call is dispatched
/// at run time. Edges: after an event, nothing more is said about the same readiness until it was used up
/// (the operation gave `-EAGAIN` or moved less than asked) and came back. Events may repeat or report a
/// readiness that is already used up; they are never lost.
protocol Reactor: AnyObject {
    /// Begins to watch, or replaces token and interest of a descriptor that is watched already. Readiness
    /// that exists at that moment is reported by the next `wait`.
    ///
    /// - Returns: 0 or -errno.
    func watch(_ descriptor: Int32, token: UInt64, for interest: Interest) -> Int32

    /// Ends watching; call it before the descriptor is closed. No later `wait` returns an event with its
    /// token, but one that the last `wait` counted already may still stand in `event`: compare the token's
    /// generation. The kernel may keep the file open until the next `wait` begins.
    func forget(_ descriptor: Int32, token: UInt64)

    /// Ends all watching, once, before the process ends: what it has open is closed then when it is gone, not later.
    func forgetAll()

    /// Waits until an event is there or the time is over, rounded up to milliseconds where the kernel counts
    /// so.
    ///
    /// - Parameter timeout: nil: without end. Zero or less: not at all.
    /// - Returns: how many events `event` holds; 0 also when a signal came.
    func wait(for timeout: Interval?) -> Int

    /// One of the events that the last `wait` counted.
    func event(_ index: Int) -> Readiness

    /// Performs every operation of the batch, those of one descriptor in order; afterwards each has its
    /// result.
    func perform(_ batch: inout OperationBatch)

    /// System calls made so far, and operations performed by them.
    var systemCallCount: UInt64 { get }
    var operationCount: UInt64 { get }
}
