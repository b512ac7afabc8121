// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The bounded store for what the guest sent and the host's socket did not take yet, in order or beyond a gap.
//
// The store is a pool of equal blocks in an arena. A flow that needs some of it opens a window: a stretch of byte
// space [0, windowByteCount) that starts at the flow's first byte not taken yet, and behind which blocks appear where
// something is written.
//
//     window     0                                            windowByteCount
//                |---- origin moves right as bytes are consumed ---->|
//     table      [ 7 | - | 3 | 12 | - | ...                    ]   ring of block numbers, - = no block
//     block          ^ origin lies `skip` bytes into the first block
//
// Invariants: a block is in one table or on the free stack, never in both; the ring has one entry more than a window
// has blocks, so that a window keeps its whole length wherever in its first block the origin lies. Which bytes were
// written is known to the flow, not here.

/// Blocks of arena memory, lent to flows' windows and returned as these are consumed.
@safe
struct ReserveBuffer: ~Copyable {
    static let blockByteCount = 16_384

    /// Bookkeeping of one window.
    private struct Window: BitwiseCopyable {
        /// Place in the ring of the block that holds the origin.
        var first = 0
        /// Bytes of that block in front of the origin.
        var skip = 0
        var blockCount = 0
    }

    /// Length of each window's byte space.
    let windowByteCount: Int
    private let ringCount: Int
    private var blocks: BufferPool
    private var windows: Slab<Window>
    /// `ringCount` block numbers for each window.
    private let tables: UnsafeMutablePointer<UInt32>

    private static var none: UInt32 { .max }

    /// - Parameters:
    ///   - firstOffset: where in the arena the blocks begin.
    ///   - byteCount: how much of the arena they are; a multiple of `blockByteCount`.
    ///   - windowCount: how many windows can be open at once.
    ///   - windowByteCount: length of each; a multiple of `blockByteCount`.
    init(firstOffset: Int, byteCount: Int, windowCount: Int, windowByteCount: Int = 4 << 20) {
        precondition(byteCount > 0 && byteCount % Self.blockByteCount == 0)
        precondition(windowByteCount > 0 && windowByteCount % Self.blockByteCount == 0)
        self.windowByteCount = windowByteCount
        ringCount = windowByteCount / Self.blockByteCount + 1
        blocks = BufferPool(
            firstOffset: firstOffset, slotByteCount: Self.blockByteCount,
            count: byteCount / Self.blockByteCount)
        windows = Slab(capacity: windowCount, initial: Window())
        unsafe tables = .allocate(capacity: ringCount * windowCount)
    }

    deinit { unsafe tables.deallocate() }

    /// Blocks that no window holds.
    var freeBlockCount: Int { blocks.freeCount }
    var openWindowCount: Int { windows.count }

    /// Opens an empty window; nil when all are open.
    mutating func open() -> Int? {
        guard let id = windows.allocate() else { return nil }
        // SAFETY: `id` is below the slab's capacity, and each window has `ringCount` entries.
        unsafe (tables + id &* ringCount).initialize(repeating: Self.none, count: ringCount)
        return id
    }

    /// Closes a window; all its blocks are free again.
    mutating func close(_ id: Int) {
        for place in 0..<ringCount where windows[id].blockCount > 0 { release(id, place) }
        windows.free(id)
    }

    /// Blocks held by the window.
    func blockCount(_ id: Int) -> Int { windows[id].blockCount }

    /// Copies `source` to `offset` bytes behind the window's origin, into blocks taken as needed.
    ///
    /// - Returns: false when too few blocks are free; nothing was written then.
    mutating func write(_ id: Int, at offset: Int, from source: Slice, arena: inout Arena) -> Bool {
        precondition(offset >= 0 && source.byteCount >= 0 && offset <= windowByteCount &- source.byteCount)
        guard source.byteCount > 0 else { return true }
        guard holdBlocks(id, from: offset, byteCount: source.byteCount) else { return false }
        var done = 0
        while done < source.byteCount {
            let target = slice(id, at: offset &+ done, upTo: source.byteCount &- done)
            arena.copy(Slice(offset: source.offset &+ done, byteCount: target.byteCount), to: target.offset)
            done &+= target.byteCount
        }
        return true
    }

    /// The bytes `offset` behind the origin, as far as they lie together and at most `byteCount` of them.
    ///
    /// Repeat with what was got added to `offset` for the rest. They must have been written.
    @inline(__always)
    func slice(_ id: Int, at offset: Int, upTo byteCount: Int) -> Slice {
        precondition(offset >= 0 && byteCount >= 0 && offset <= windowByteCount &- byteCount)
        let position = windows[id].skip &+ offset
        let block = entry(id, place(id, position))
        precondition(block != Self.none, "bytes of the reserve are read that were never written")
        let within = position % Self.blockByteCount
        return Slice(
            offset: blocks.offset(of: Int(block)) &+ within,
            byteCount: min(byteCount, Self.blockByteCount &- within))
    }

    /// Moves the origin on by `byteCount`; blocks that lie wholly behind it become free.
    mutating func consume(_ id: Int, _ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= windowByteCount)
        let position = windows[id].skip &+ byteCount
        let passed = position / Self.blockByteCount
        for index in 0..<passed { release(id, ringPlace(windows[id].first, index)) }
        windows[id].first = ringPlace(windows[id].first, passed)
        windows[id].skip = position % Self.blockByteCount
    }

    /// Puts a block behind every byte of the range, or none more than before.
    private mutating func holdBlocks(_ id: Int, from offset: Int, byteCount: Int) -> Bool {
        let start = windows[id].skip &+ offset
        let firstBlock = start / Self.blockByteCount
        let lastBlock = (start &+ byteCount &- 1) / Self.blockByteCount
        var missing = 0
        for index in firstBlock...lastBlock {
            missing &+= entry(id, ringPlace(windows[id].first, index)) == Self.none ? 1 : 0
        }
        guard missing <= blocks.freeCount else { return false }
        guard missing > 0 else { return true }
        for index in firstBlock...lastBlock {
            let place = ringPlace(windows[id].first, index)
            guard entry(id, place) == Self.none, let block = blocks.take() else { continue }
            setEntry(id, place, UInt32(truncatingIfNeeded: block))
            windows[id].blockCount &+= 1
        }
        return true
    }

    private mutating func release(_ id: Int, _ place: Int) {
        let block = entry(id, place)
        guard block != Self.none else { return }
        blocks.give(Int(block))
        setEntry(id, place, Self.none)
        windows[id].blockCount &-= 1
    }

    @inline(__always)
    private func place(_ id: Int, _ position: Int) -> Int {
        ringPlace(windows[id].first, position / Self.blockByteCount)
    }

    /// `index` places behind `first` in the ring; `index` is at most one round.
    @inline(__always)
    private func ringPlace(_ first: Int, _ index: Int) -> Int {
        let place = first &+ index
        return place >= ringCount ? place &- ringCount : place
    }

    @inline(__always)
    private func entry(_ id: Int, _ place: Int) -> UInt32 {
        precondition(UInt(bitPattern: place) < UInt(bitPattern: ringCount))
        // SAFETY: the slab checked `id` when its window was read, and the line above checks `place`.
        return unsafe tables[id &* ringCount &+ place]
    }

    @inline(__always)
    private func setEntry(_ id: Int, _ place: Int, _ block: UInt32) {
        precondition(UInt(bitPattern: place) < UInt(bitPattern: ringCount))
        // SAFETY: as in `entry`.
        unsafe tables[id &* ringCount &+ place] = block
    }
}
