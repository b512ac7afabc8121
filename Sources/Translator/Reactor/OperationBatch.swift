// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Operations posted together and performed together by a `Reactor`; results stand in place afterwards.
///
/// Every operation is non-blocking: files must carry `O_NONBLOCK`, for sockets the reactor adds
/// `MSG_DONTWAIT` (and `MSG_NOSIGNAL` when sending). Operations on one descriptor are performed in the order
/// posted. The bytes that vectors name must stay valid until `perform` returns.
@safe
struct OperationBatch: ~Copyable {
    /// Raw values as in `shim_reactor.h`.
    enum Kind: UInt8, BitwiseCopyable {
        /// `readv` from a file such as the tap.
        case read = 0
        /// `writev` to a file.
        case write = 1
        /// `sendmsg` on a connected socket.
        case send = 2
        /// `recvmsg` on a connected socket; an address of 0 with `MSG_TRUNC` discards (TCP).
        case receive = 3
    }

    /// The kernel's limit of pieces in one operation, `UIO_MAXIOV`.
    static let largestVectorCount = 1024

    let operationCapacity: Int
    let vectorCapacity: Int
    private(set) var count = 0
    private var vectorCount = 0
    private let operations: UnsafeMutablePointer<shim_operation>
    private let vectors: UnsafeMutablePointer<iovec>

    init(operationCapacity: Int, vectorCapacity: Int) {
        precondition(operationCapacity > 0 && vectorCapacity > 0)
        self.operationCapacity = operationCapacity
        self.vectorCapacity = vectorCapacity
        unsafe operations = .allocate(capacity: operationCapacity)
        unsafe operations.initialize(repeating: shim_operation(), count: operationCapacity)
        unsafe vectors = .allocate(capacity: vectorCapacity)
        unsafe vectors.initialize(repeating: iovec(), count: vectorCapacity)
    }

    deinit {
        unsafe operations.deallocate()
        unsafe vectors.deallocate()
    }

    /// Adds an operation without pieces; false when the batch is full (perform it and try again).
    ///
    /// - Parameter flags: `MSG_*` of a send or receive; 0 for files.
    @inline(__always)
    mutating func post(_ kind: Kind, descriptor: Int32, flags: Int32, token: UInt64) -> Bool {
        guard count < operationCapacity else { return false }
        // SAFETY: `count` is below the capacity; `vectorCount` never exceeds its own, so the sum is at most
        // one past the last vector.
        unsafe operations[count].message.msg_iov = vectors + vectorCount
        unsafe operations[count].message.msg_iovlen = 0
        unsafe operations[count].token = token
        unsafe operations[count].byte_count = 0
        unsafe operations[count].descriptor = descriptor
        unsafe operations[count].flags = flags
        unsafe operations[count].result = 0
        unsafe operations[count].kind = kind.rawValue
        count &+= 1
        return true
    }

    /// Adds one piece to the operation posted last; false when the vectors are full or the operation has
    /// `largestVectorCount` pieces.
    @inline(__always)
    mutating func addVector(_ vector: IOVector) -> Bool {
        precondition(count > 0)
        guard vectorCount < vectorCapacity else { return false }
        let last = count &- 1
        // SAFETY: 0 <= `last` < `count`, and `vectorCount` was just compared with its capacity.
        guard unsafe operations[last].message.msg_iovlen < Self.largestVectorCount else { return false }
        unsafe vectors[vectorCount].iov_base = UnsafeMutableRawPointer(bitPattern: vector.address)
        unsafe vectors[vectorCount].iov_len = vector.byteCount
        unsafe operations[last].message.msg_iovlen &+= 1
        unsafe operations[last].byte_count &+= Int64(vector.byteCount)
        vectorCount &+= 1
        return true
    }

    @inline(__always)
    func token(_ index: Int) -> UInt64 { unsafe operation(index).pointee.token }

    @inline(__always)
    func kind(_ index: Int) -> Kind {
        switch Int32(unsafe operation(index).pointee.kind) {
        case SHIM_OPERATION_READ: .read
        case SHIM_OPERATION_WRITE: .write
        case SHIM_OPERATION_SEND: .send
        default: .receive
        }
    }

    @inline(__always)
    func descriptor(_ index: Int) -> Int32 { unsafe operation(index).pointee.descriptor }

    /// The bytes that all pieces of the operation name together.
    @inline(__always)
    func byteCount(_ index: Int) -> Int { Int(unsafe operation(index).pointee.byte_count) }

    /// After `perform`: the bytes moved, or -errno; `-EAGAIN` when it would have blocked, never `-EINTR`.
    @inline(__always)
    func result(_ index: Int) -> Int32 { unsafe operation(index).pointee.result }

    @inline(__always)
    mutating func removeAll() {
        count = 0
        vectorCount = 0
    }

    /// Performs the operations of `range` now, one system call each.
    @inline(__always)
    mutating func performDirectly(_ range: Range<Int>) {
        for index in range {
            let operation = unsafe operation(index)
            // SAFETY: `operation` checked the index; the poster vouches for the pieces.
            unsafe operation.pointee.result = shim_perform(operation)
        }
    }

    /// The operation as the reactors hand it to the kernel; traps beyond `count`.
    @unsafe
    @inline(__always)
    func operation(_ index: Int) -> UnsafeMutablePointer<shim_operation> {
        precondition(index >= 0 && index < count)
        return unsafe operations + index
    }
}
