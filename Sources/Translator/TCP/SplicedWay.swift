// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One direction of a spliced TCP connection: what to do next to bring bytes from its source to its sink.
///
/// Small messages are copied, which answers sooner; a read that fills the buffer proves bulk, and from then on bytes
/// go through a pipe and never to user space, until there is little again. Whatever was taken from the source and not
/// accepted by the sink lies in the pipe, and nothing more is taken before that is gone. The end of the source is
/// passed on behind the last byte.
struct SplicedWay: Equatable, BitwiseCopyable {
    /// What can be done now.
    enum Step: Equatable, BitwiseCopyable {
        /// Nothing before an event.
        case wait
        /// Receive into a buffer and send from it.
        case copy
        /// Move from the source to the pipe, which is empty.
        case fill
        /// Move from the pipe to the sink.
        case drain
        /// Tell the sink that no more comes.
        case end
        /// Nothing, for good.
        case rest
    }

    /// How an operation ended, for the connection.
    enum Outcome: Equatable, BitwiseCopyable {
        case proceed
        /// The connection is to be reset on both sides.
        case fail
    }

    /// A source that gave less than this before it was empty is no bulk.
    static let leanByteCount = 32 << 10
    /// So often in a row until bytes are copied again.
    static let leanLimit = 8

    /// The source may have bytes, or its end.
    var isReadable: Bool
    /// The source's peer sends no more: reading goes on until the end is read.
    var isHungUp = false
    /// The sink may take bytes.
    var isWritable = true
    /// The sink can be told the end: before its connection stands, that would undo it.
    var isConnected: Bool
    /// Bytes go through a pipe.
    private(set) var isBulk = false
    /// Bytes in the pipe.
    private(set) var pendingByteCount = 0
    private(set) var hasEnded = false
    private(set) var isFinished = false
    /// Bytes since the source was empty, and how often that was little in a row.
    private var burstByteCount = 0
    private var leanCount: Int8 = 0

    init(isReadable: Bool, isConnected: Bool) {
        self.isReadable = isReadable
        self.isConnected = isConnected
    }

    var step: Step {
        guard !isFinished else { return .rest }
        if pendingByteCount > 0 { return isWritable ? .drain : .wait }
        if hasEnded { return isConnected ? .end : .wait }
        guard isReadable, isWritable else { return .wait }
        return isBulk ? .fill : .copy
    }

    /// Bytes were received and sent, or not.
    ///
    /// - Parameters:
    ///   - received: bytes, 0 at the end, or -errno.
    ///   - asked: bytes that there was room for.
    ///   - sent: bytes, or -errno; what is left of those received lies in the pipe, or was not taken at all.
    ///   - isStored: what is left lies in the pipe.
    mutating func copied(received: Int, of asked: Int, sent: Int, isStored: Bool) -> Outcome {
        guard received > 0 else { return sourceGave(received) }
        let accepted = max(sent, 0)
        if sent < 0, !TransientFailure.isOne(Int32(-sent)) { return .fail }
        if accepted > 0 { isConnected = true }
        if accepted < received {
            isWritable = false
            if isStored {
                pendingByteCount = received - accepted
            } else {
                return .proceed
            }
        }
        if received == asked {
            isBulk = true
        } else if !isHungUp {
            isReadable = false
        }
        return .proceed
    }

    /// The pipe was offered `result` bytes, 0 being the source's end, or -errno.
    mutating func filled(_ result: Int) -> Outcome {
        guard result > 0 else { return sourceGave(result) }
        pendingByteCount += result
        burstByteCount += result
        return .proceed
    }

    /// The sink took `result` bytes of the pipe, or -errno.
    mutating func drained(_ result: Int) -> Outcome {
        if result > 0 {
            isConnected = true
            pendingByteCount -= result
            return .proceed
        }
        guard result < 0, TransientFailure.isOne(Int32(-result)) else { return .fail }
        isWritable = false
        return .proceed
    }

    /// The end was passed on, or -errno.
    mutating func ended(_ result: Int32) -> Outcome {
        guard result == 0 else { return .fail }
        isFinished = true
        return .proceed
    }

    /// There is no pipe to be had: bytes are copied after all.
    mutating func pipeLacks() { isBulk = false }

    /// The source gave nothing.
    private mutating func sourceGave(_ result: Int) -> Outcome {
        if result == 0 {
            hasEnded = true
            isReadable = false
            return .proceed
        }
        guard TransientFailure.isOne(Int32(-result)) else { return .fail }
        isReadable = false
        leanCount = burstByteCount < Self.leanByteCount ? leanCount + 1 : 0
        burstByteCount = 0
        if leanCount >= Self.leanLimit {
            leanCount = 0
            isBulk = false
        }
        return .proceed
    }
}
