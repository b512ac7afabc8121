// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The buffers of one descriptor chain, as slices of the arena, each proven to lie in the guest's memory.
@safe
struct VirtqueueChain: ~Copyable {
    /// Buffers of a chain, and a few more where one crosses from region to region. Drivers use some twenty.
    static let capacity = 1088

    struct Piece: BitwiseCopyable {
        var slice: Slice
        /// Guest physical.
        var address: UInt64
    }

    private(set) var count = 0
    /// All pieces together.
    private(set) var byteCount = 0
    private let pieces: UnsafeMutablePointer<Piece>

    init() {
        unsafe pieces = .allocate(capacity: Self.capacity)
        unsafe pieces.initialize(
            repeating: Piece(slice: Slice(offset: 0, byteCount: 0), address: 0), count: Self.capacity)
    }

    deinit { unsafe pieces.deallocate() }

    @inline(__always)
    subscript(index: Int) -> Piece {
        precondition(index >= 0 && index < count)
        // SAFETY: the precondition; all are initialised.
        return unsafe pieces[index]
    }

    /// Reads the chain that begins at `head`. Every descriptor is read once, into a value, then checked.
    ///
    /// - Parameter isWritten: buffers that we write to; else those that we read.
    mutating func read(
        _ head: UInt16, isWritten: Bool, _ queue: borrowing Virtqueue, _ memory: borrowing GuestMemory,
        _ arena: borrowing Arena
    ) throws(VhostUserError) {
        count = 0
        byteCount = 0
        var table = queue.descriptors
        var tableSize = queue.size
        var index = Int(head)
        var isIndirect = false
        var left = queue.size
        while true {
            guard index < tableSize else { throw .descriptorIndex }
            guard left > 0 else { throw .descriptorLoop }
            left -= 1
            let place = Slice(
                offset: table + index * VirtioDescriptor.length, byteCount: VirtioDescriptor.length)
            guard let descriptor = try? VirtioDescriptor(parsing: arena.bytes(place)) else {
                throw .descriptorIndex
            }
            if descriptor.flags.contains(.indirect) {
                // VIRTIO 1.2, section 2.7.5.3.1: no table inside a table, and nothing behind one.
                guard queue.allowsIndirect, !isIndirect, !descriptor.flags.contains(.next) else {
                    throw .indirectTable
                }
                let inner = try Self.table(descriptor, memory)
                table = inner.offset
                tableSize = inner.byteCount / VirtioDescriptor.length
                index = 0
                isIndirect = true
                left = min(queue.size, tableSize)
                continue
            }
            guard descriptor.flags.contains(.write) == isWritten else { throw .descriptorDirection }
            try add(descriptor, memory)
            guard descriptor.flags.contains(.next) else { return }
            index = Int(descriptor.next)
        }
    }

    private static func table(_ descriptor: VirtioDescriptor, _ memory: borrowing GuestMemory)
        throws(VhostUserError) -> Slice
    {
        let byteCount = Int(descriptor.byteCount)
        guard byteCount > 0, byteCount % VirtioDescriptor.length == 0,
            byteCount <= VirtqueueLayout.sizeLimit * VirtioDescriptor.length,
            let place = memory.place(guest: descriptor.address, byteCount: byteCount),
            place.byteCount == byteCount
        else { throw .indirectTable }
        return place
    }

    private mutating func add(_ descriptor: VirtioDescriptor, _ memory: borrowing GuestMemory)
        throws(VhostUserError)
    {
        var address = descriptor.address
        var left = Int(descriptor.byteCount)
        // Nothing on this device is longer; it also keeps the sum far from overflow.
        guard left <= 1 << 24 else { throw .descriptorLength }
        while left > 0 {
            guard let slice = memory.place(guest: address, byteCount: left) else { throw .descriptorAddress }
            guard count < Self.capacity else { throw .descriptorLoop }
            // SAFETY: `count` is below the capacity.
            unsafe pieces[count] = Piece(slice: slice, address: address)
            count += 1
            byteCount += slice.byteCount
            left -= slice.byteCount
            address &+= UInt64(slice.byteCount)
        }
    }

    /// Copies the chain's bytes from `skip` on, up to `limit` of them, to one place of the arena; how many.
    func copy(from skip: Int, upTo limit: Int, to offset: Int, _ arena: inout Arena) -> Int {
        var skip = skip
        var copied = 0
        for index in 0..<count where copied < limit {
            var slice = self[index].slice
            let passed = min(skip, slice.byteCount)
            skip -= passed
            slice.offset += passed
            slice.byteCount = min(slice.byteCount - passed, limit - copied)
            guard slice.byteCount > 0 else { continue }
            arena.copy(slice, to: offset + copied)
            copied += slice.byteCount
        }
        return copied
    }
}
