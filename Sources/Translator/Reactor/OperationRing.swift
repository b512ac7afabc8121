// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Batches of operations through a ring: one system call submits them and finds them all complete.
///
/// Every operation is made so that it completes while it is submitted: for sockets `MSG_DONTWAIT` does that,
/// for files `RWF_NOWAIT` (`O_NONBLOCK` does not: the ring then polls for them). Taps know it; when a file
/// refuses it, all files are left to plain system calls. Should the kernel turn an operation asynchronous all
/// the same, it is cancelled and reported as `-EAGAIN`, so that none outlives the batch that owns its memory.
@safe
struct OperationRing: ~Copyable {
    /// The result of an operation whose completion was not taken yet; no errno has this value.
    private static let isPending = Int32.min

    private(set) var systemCallCount: UInt64 = 0
    /// Operations that went asynchronous and had to be cancelled; 0 on the kernels known to us.
    private(set) var cancelledCount: UInt64 = 0
    /// Until a file refuses `RWF_NOWAIT`.
    private var takesFiles = true
    private let ring: Ring
    private let capacity: Int
    private let completions: UnsafeMutablePointer<shim_completion>

    init(capacity: Int) throws(SetupError) {
        let operations = [
            IORING_OP_READ, IORING_OP_READV, IORING_OP_WRITE, IORING_OP_WRITEV, IORING_OP_SEND,
            IORING_OP_SENDMSG, IORING_OP_RECV, IORING_OP_RECVMSG, IORING_OP_ASYNC_CANCEL,
        ].map { UInt8($0.rawValue) }
        ring = try Ring(
            submissionCapacity: capacity, completionCapacity: capacity * 2, operations: operations)
        self.capacity = capacity
        unsafe completions = .allocate(capacity: capacity)
        unsafe completions.initialize(repeating: shim_completion(), count: capacity)
    }

    deinit { unsafe completions.deallocate() }

    @inline(__always)
    mutating func perform(_ batch: inout OperationBatch) {
        var start = 0
        while start < batch.count {
            let end = min(start &+ capacity, batch.count)
            perform(&batch, start..<end)
            start = end
        }
    }

    private mutating func perform(_ batch: inout OperationBatch, _ range: Range<Int>) {
        var missing = 0
        for index in range where !performedDirectly(&batch, index) {
            let operation = unsafe batch.operation(index)
            unsafe operation.pointee.result = Self.isPending
            // SAFETY: the poster vouches for the pieces; the operation ends before this function does.
            let result = unsafe shim_ring_operate(ring.pointer, operation, UInt64(index))
            precondition(result == 0, "the submission queue holds a whole range")
            missing &+= 1
        }
        guard missing > 0 else { return }
        repeat {
            systemCallCount &+= 1
            ring.submit()
        } while unsafe shim_ring_needs_entering(ring.pointer) != 0
        missing &-= take(&batch)
        if missing > 0 { cancel(&batch, range, missing: missing) }
    }

    @inline(__always)
    private mutating func performedDirectly(_ batch: inout OperationBatch, _ index: Int) -> Bool {
        guard !takesFiles, Self.isOnFile(batch.kind(index)) else { return false }
        systemCallCount &+= 1
        batch.performDirectly(index..<index &+ 1)
        return true
    }

    /// Stores the results that are there; returns how many.
    private mutating func take(_ batch: inout OperationBatch) -> Int {
        // SAFETY: `completions` has room for `capacity` elements.
        let count = unsafe Int(shim_ring_take(ring.pointer, completions, Int32(capacity)))
        var takenCount = 0
        for position in 0..<count {
            let completion = unsafe completions[position]
            guard completion.token != shim_ring_unread else { continue }
            completed(&batch, Int(completion.token), completion.result)
            takenCount &+= 1
        }
        return takenCount
    }

    @inline(__always)
    private mutating func completed(_ batch: inout OperationBatch, _ index: Int, _ result: Int32) {
        let operation = unsafe batch.operation(index)
        unsafe operation.pointee.result = result == -ECANCELED ? -EAGAIN : result
        guard result < 0 else { return }
        let isRefused = result == -EOPNOTSUPP && Self.isOnFile(batch.kind(index))
        guard isRefused || result == -EINTR else { return }
        if isRefused { takesFiles = false }
        systemCallCount &+= 1
        batch.performDirectly(index..<index &+ 1)
    }

    private mutating func cancel(_ batch: inout OperationBatch, _ range: Range<Int>, missing: Int) {
        cancelledCount &+= UInt64(missing)
        for index in range where batch.result(index) == Self.isPending {
            let result = unsafe shim_ring_cancel(ring.pointer, UInt64(index))
            precondition(result == 0, "the submission queue holds a whole range")
        }
        var missing = missing
        while missing > 0 {
            systemCallCount &+= 1
            _ = unsafe shim_ring_submit_and_wait(ring.pointer, -1)
            missing &-= take(&batch)
        }
    }

    @inline(__always)
    private static func isOnFile(_ kind: OperationBatch.Kind) -> Bool { kind == .read || kind == .write }
}
