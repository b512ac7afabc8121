// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Batches of operations through a ring: one system call submits them and finds them all complete.
///
/// Every operation is made so that it completes while it is submitted. Should the kernel turn one asynchronous all
/// the same, it is cancelled and reported as `-EAGAIN`, so that no operation outlives the batch that owns its memory.
@safe
struct OperationRing: ~Copyable {
    /// The result of an operation whose completion was not taken yet; no errno has this value.
    private static let isPending = Int32.min

    private(set) var systemCallCount: UInt64 = 0
    /// Operations that went asynchronous and had to be cancelled; 0 on the kernels known to us.
    private(set) var cancelledCount: UInt64 = 0
    /// Files are asked not to wait by `RWF_NOWAIT`, until one does not know it.
    private var asksNoWait = true
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
        for index in range {
            let operation = unsafe batch.operation(index)
            unsafe operation.pointee.result = Self.isPending
            // SAFETY: the poster vouches for the pieces; the batch outlives the operation, see below.
            let result = unsafe shim_ring_operate(ring.pointer, operation, UInt64(index), asksNoWait ? 1 : 0)
            precondition(result == 0, "the submission queue holds a whole range")
        }
        repeat {
            systemCallCount &+= 1
            ring.submit()
        } while unsafe io_uring_sq_ready(ring.pointer) != 0
        let taken = take(&batch)
        if taken < range.count { cancel(&batch, range, missing: range.count &- taken) }
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
        let isOnFile = batch.kind(index) == .read || batch.kind(index) == .write
        let lacksNoWait = result == -EOPNOTSUPP && isOnFile
        guard lacksNoWait || result == -EINTR else { return }
        // The file does not know RWF_NOWAIT; then O_NONBLOCK alone keeps the ring from waiting.
        if lacksNoWait { asksNoWait = false }
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
}
