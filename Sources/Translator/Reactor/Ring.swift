// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// One io_uring, restricted to the operations it is for before it can perform any: ring operations bypass
/// seccomp.
///
/// It belongs to the thread that made it. Once made, only `io_uring_enter` is called, and nothing is mapped.
@safe
struct Ring: ~Copyable {
    /// Set-up flags, best first. Completions are posted when we ask (6.1), or at least without interrupting
    /// us (5.19); `SUBMIT_ALL` (5.18) goes on behind an entry that is refused.
    private static let flagChoices: [UInt32] = [
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG
            | IORING_SETUP_SUBMIT_ALL,
        IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL,
        0,
    ]
    /// No completion is lost when the queue is full (5.5), waits carry a time limit (5.11).
    private static let neededFeatures = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG

    /// For liburing's functions, by this folder only.
    let pointer: UnsafeMutablePointer<io_uring>

    /// - Parameters:
    ///   - operations: `IORING_OP_*` numbers of all that will ever be submitted, at most 16.
    ///   - completionCapacity: at least `submissionCapacity`; the kernel keeps what is beyond.
    init(submissionCapacity: Int, completionCapacity: Int, operations: [UInt8]) throws(SetupError) {
        let pointer = UnsafeMutablePointer<io_uring>.allocate(capacity: 1)
        unsafe pointer.initialize(to: io_uring())
        do throws(SetupError) {
            let features = try unsafe Self.open(pointer, submissionCapacity, completionCapacity)
            do throws(SetupError) {
                try unsafe Self.enable(pointer, features, operations)
            } catch {
                unsafe io_uring_queue_exit(pointer)
                throw error
            }
        } catch {
            unsafe pointer.deallocate()
            throw error
        }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe io_uring_queue_exit(pointer)
        unsafe pointer.deallocate()
    }

    /// Submits what was added and has the kernel post every completion that it holds back; waits for nothing.
    /// Entries that the kernel has no memory for stay.
    @inline(__always)
    func submit() { _ = unsafe io_uring_submit_and_get_events(pointer) }

    /// Makes the ring, disabled, with the best flags that the kernel takes; returns its features.
    private static func open(
        _ pointer: UnsafeMutablePointer<io_uring>, _ submissionCapacity: Int, _ completionCapacity: Int
    ) throws(SetupError) -> UInt32 {
        var result = -EINVAL
        for flags in Self.flagChoices where result == -EINVAL {
            var parameters = io_uring_params()
            parameters.flags = flags | IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP
            parameters.cq_entries = UInt32(completionCapacity)
            result = unsafe io_uring_queue_init_params(UInt32(submissionCapacity), pointer, &parameters)
            if result >= 0 { return parameters.features }
        }
        throw SetupError(cannot: "set up an io_uring", code: -result, hint: "The epoll reactor needs none")
    }

    private static func enable(
        _ pointer: UnsafeMutablePointer<io_uring>, _ features: UInt32, _ operations: [UInt8]
    ) throws(SetupError) {
        guard features & neededFeatures == neededFeatures,
            unsafe shim_ring_supports(pointer, operations, Int32(operations.count)) != 0
        else { throw SetupError("Cannot use this kernel's io_uring: it lacks what the reactor needs.") }
        let result = unsafe shim_ring_enable(pointer, operations, Int32(operations.count))
        guard result == 0 else { throw SetupError(cannot: "restrict an io_uring", code: -result) }
    }
}
