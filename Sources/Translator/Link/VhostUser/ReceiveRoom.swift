// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Chains of the receive ring that were taken and not filled yet, oldest first.
///
/// Frames are promised room before their payload is peeked, in chains; they are filled in the order of the ring, so
/// that what is left at the end can be given back as if it had not been taken.
///
///     | promised to reserved slots | free |  ... not taken yet
///     ^ first                 ^ first + promisedCount
@safe
struct ReceiveRoom: ~Copyable {
    struct Chain: BitwiseCopyable {
        var head: UInt16
        /// It is one piece of memory; then it need not be read again.
        var isSimple: Bool
        var byteCount: Int32
        var piece: VirtqueueChain.Piece
    }

    static var capacity: Int { VirtqueueLayout.sizeLimit }

    private(set) var count = 0
    private var first = 0
    private(set) var promisedCount = 0
    private let chains: UnsafeMutablePointer<Chain>

    init() {
        unsafe chains = .allocate(capacity: Self.capacity)
    }

    deinit { unsafe chains.deallocate() }

    subscript(index: Int) -> Chain {
        @inline(__always) get {
            precondition(index >= 0 && index < count)
            // SAFETY: the place is inside the allocation, and `append` initialised it.
            return unsafe chains[(first &+ index) & (Self.capacity &- 1)]
        }
    }

    /// There are never more than the ring has descriptors.
    @inline(__always)
    mutating func append(_ chain: Chain) {
        precondition(count < Self.capacity)
        // SAFETY: the mask keeps the place inside the allocation.
        unsafe (chains + ((first &+ count) & (Self.capacity &- 1))).initialize(to: chain)
        count &+= 1
    }

    mutating func promise(_ chainCount: Int) { promisedCount += chainCount }
    mutating func withdraw(_ chainCount: Int) { promisedCount -= chainCount }

    /// Forgets the oldest chains: they were filled.
    @inline(__always)
    mutating func removeFirst(_ chainCount: Int) {
        precondition(chainCount <= count)
        first = (first &+ chainCount) & (Self.capacity &- 1)
        count &-= chainCount
    }

    mutating func removeAll() {
        count = 0
        first = 0
        promisedCount = 0
    }
}
