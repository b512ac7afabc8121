// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// From a flow's key to its index: open addressing with linear probing.
//
// A slot is 8 bytes: 32 bits of the key's hash and the number of an entry plus one, 0 when free. The entries, which
// hold the keys, are looked at only when those 32 bits agree. Removing moves later slots of the run back, so there
// are no tombstones and a table never decays.
//
// The slots grow by doubling, so that a few flows share a few cache lines and pages instead of being strewn over
// megabytes. Nothing is allocated for that: the slots of all sizes lie end to end in memory taken at start and not
// touched before its turn. Growing reads the stored hashes, not the keys; at 131,072 flows it moves 2 MiB once.
//
//     slots    [ 256 ][  512  ][    1024    ][ ...                 ][ 2 x capacity, rounded up ]

/// A map from flow keys to flow indices, with room for a fixed number of keys.
@safe
struct FlowTable: ~Copyable {
    private struct Slot: BitwiseCopyable {
        var hash: UInt32
        /// Number of the entry plus one; 0: free.
        var entry: UInt32
    }

    private struct Entry: BitwiseCopyable {
        var key: FlowKey
        var index: UInt32
    }

    private static var firstSlotCount: Int { 256 }

    let capacity: Int
    private let secret: SipKey
    private var entries: Slab<Entry>
    private let memory: UnsafeMutablePointer<Slot>
    private let largestSlotCount: Int
    /// Where the slots in use begin; every smaller size lies in front of them.
    private var firstSlot = 0
    private var mask: Int

    /// - Parameters:
    ///   - capacity: how many keys the table can hold; a flow may have several.
    ///   - secret: unknown to guest and peers, who choose the keys.
    init(capacity: Int, secret: SipKey) {
        precondition(capacity > 0 && capacity < 1 << 31)
        self.capacity = capacity
        self.secret = secret
        let nowhere = Endpoint(address: .unspecified(.v4), port: 0)
        entries = Slab(
            capacity: capacity,
            initial: Entry(key: FlowKey(transport: 0, near: nowhere, far: nowhere), index: 0))
        var largest = Self.firstSlotCount
        while largest < 2 * capacity { largest *= 2 }
        largestSlotCount = largest
        mask = Self.firstSlotCount - 1
        // All sizes together: 2 x largest - first.
        unsafe memory = .allocate(capacity: 2 * largest)
        unsafe memory.initialize(repeating: Slot(hash: 0, entry: 0), count: Self.firstSlotCount)
    }

    deinit { unsafe memory.deallocate() }

    /// Keys in the table.
    var count: Int { entries.count }

    /// The flow that `key` belongs to.
    func find(_ key: FlowKey) -> Int? {
        guard let position = position(of: key) else { return nil }
        return Int(entries[Int(slot(position).entry &- 1)].index)
    }

    /// Adds `key` for the flow `index`; the key must not be there.
    ///
    /// - Returns: false when the table is full; nothing changed then.
    mutating func insert(_ key: FlowKey, _ index: Int) -> Bool {
        assert(find(key) == nil, "a flow's key is in the table already")
        guard let number = entries.allocate() else { return false }
        entries[number] = Entry(key: key, index: UInt32(truncatingIfNeeded: index))
        if 2 &* entries.count > mask &+ 1, mask &+ 1 < largestSlotCount { grow() }
        place(Slot(hash: hash(of: key), entry: UInt32(truncatingIfNeeded: number &+ 1)))
        return true
    }

    /// Takes `key` out; false when it was not there.
    @discardableResult
    mutating func remove(_ key: FlowKey) -> Bool {
        guard let position = position(of: key) else { return false }
        entries.free(Int(slot(position).entry &- 1))
        closeGap(at: position)
        return true
    }

    private func position(of key: FlowKey) -> Int? {
        let hash = hash(of: key)
        var position = Int(hash) & mask
        while true {
            let slot = slot(position)
            if slot.entry == 0 { return nil }
            if slot.hash == hash, entries[Int(slot.entry &- 1)].key == key { return position }
            position = (position &+ 1) & mask
        }
    }

    private mutating func place(_ new: Slot) {
        var position = Int(new.hash) & mask
        while slot(position).entry != 0 { position = (position &+ 1) & mask }
        setSlot(position, new)
    }

    /// Frees a slot and moves back those behind it that would be cut off from their first place.
    private mutating func closeGap(at start: Int) {
        var gap = start
        var position = (gap &+ 1) & mask
        while slot(position).entry != 0 {
            let home = Int(slot(position).hash) & mask
            // Its distance from home reaches back to the gap or beyond it.
            if (position &- home) & mask >= (position &- gap) & mask {
                setSlot(gap, slot(position))
                gap = position
            }
            position = (position &+ 1) & mask
        }
        setSlot(gap, Slot(hash: 0, entry: 0))
    }

    /// Moves on to slots twice as many.
    private mutating func grow() {
        let (oldFirst, oldCount) = (firstSlot, mask &+ 1)
        firstSlot &+= oldCount
        mask = 2 &* oldCount &- 1
        // SAFETY: this size is at most `largestSlotCount`, so it ends within the memory.
        unsafe (memory + firstSlot).initialize(repeating: Slot(hash: 0, entry: 0), count: 2 &* oldCount)
        for index in oldFirst..<oldFirst &+ oldCount {
            // SAFETY: the smaller size lies in front of the new one.
            let slot = unsafe memory[index]
            if slot.entry != 0 { place(slot) }
        }
    }

    @inline(__always)
    private func hash(of key: FlowKey) -> UInt32 { UInt32(truncatingIfNeeded: key.hash(secret)) }

    // SAFETY of both: a position was masked, and `firstSlot + mask` lies within the memory and is initialised.
    @inline(__always)
    private func slot(_ position: Int) -> Slot { unsafe memory[firstSlot &+ position] }

    @inline(__always)
    private mutating func setSlot(_ position: Int, _ slot: Slot) {
        unsafe memory[firstSlot &+ position] = slot
    }
}
