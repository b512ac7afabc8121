// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The stream to the guest: frames behind their lengths, laid out back to back as far as their order allows, so that
/// one send carries them all as few pieces.
///
/// Room is taken from blocks, front to back; a block is used again when nothing in it is reserved or waits. With all
/// sent at the end of a turn, which is the rule, the next turn begins at the front of the same, warm block.
///
///     block: | len | frame | len | frame |      reserved       |      free      |
///            ^ piece -------------------^                      ^ tail
@safe
struct StreamOutput: ~Copyable {
    private static var blockByteCount: Int { 512 << 10 }
    private static var blockCount: Int { 6 }
    /// Most pieces that wait, reserved slots counted in: what one send takes (`UIO_MAXIOV`).
    static var pieceCapacity: Int { 1024 }
    static var arenaByteCount: Int { blockByteCount * blockCount }
    /// Headers of any frame: Ethernet, IPv6, TCP with all options, and some to spare.
    static var largestHeader: Int { 160 }
    /// From here on the start of the payload on a page is worth more than frames back to back.
    private static var alignedByteCount: Int { 16 << 10 }
    private static var pageByteCount: Int { 4096 }
    /// IEEE 802.3, without the check sequence.
    private static var smallestFrame: Int { 60 }

    private struct Block: BitwiseCopyable {
        var tail = 0
        /// Frames that are reserved, or sealed and not sent to their end.
        var frameCount = 0
    }

    private struct Piece: BitwiseCopyable {
        var slice: Slice
        var block: Int
        var frameCount: Int
    }

    private let offset: Int
    private var blocks = InlineArray<6, Block>(repeating: Block())
    private var current = 0
    private var reservedCount = 0
    private(set) var pieceCount = 0
    private let pieces: UnsafeMutablePointer<Piece>

    init(arenaOffset: Int) {
        offset = arenaOffset
        unsafe pieces = .allocate(capacity: Self.pieceCapacity)
    }

    deinit { unsafe pieces.deallocate() }

    // MARK: Slots

    /// Room for a frame; nil when blocks or pieces are used up.
    ///
    /// - Parameter headerByteCount: at most `largestHeader`.
    mutating func reserve(headerByteCount: Int, payloadByteCount: Int) -> FrameSlot? {
        precondition(headerByteCount >= 0 && headerByteCount <= Self.largestHeader && payloadByteCount >= 0)
        guard pieceCount + reservedCount < Self.pieceCapacity else { return nil }
        if let slot = reserve(in: current, headerByteCount, payloadByteCount) { return slot }
        for block in 0..<Self.blockCount where blocks[block].frameCount == 0 {
            current = block
            return reserve(in: block, headerByteCount, payloadByteCount)
        }
        return nil
    }

    private mutating func reserve(in block: Int, _ headerByteCount: Int, _ payloadByteCount: Int)
        -> FrameSlot?
    {
        let padded = max(payloadByteCount, Self.smallestFrame - headerByteCount)
        var start = blocks[block].tail + StreamInput.prefixLength + headerByteCount
        if payloadByteCount >= Self.alignedByteCount {
            start = (start + Self.pageByteCount - 1) / Self.pageByteCount * Self.pageByteCount
        }
        guard start + padded <= Self.blockByteCount else { return nil }
        blocks[block].tail = start + padded
        blocks[block].frameCount += 1
        reservedCount += 1
        return FrameSlot(
            index: Int32(block << 16 | headerByteCount),
            payload: Slice(offset: offset + block * Self.blockByteCount + start, byteCount: payloadByteCount))
    }

    mutating func release(_ slot: FrameSlot) {
        let block = Int(slot.index) >> 16
        reservedCount -= 1
        let padded = max(slot.payload.byteCount, Self.smallestFrame - Self.headerByteCount(slot))
        let start = slot.payload.offset - offset - block * Self.blockByteCount
        if blocks[block].tail == start + padded {
            blocks[block].tail = start - Self.headerByteCount(slot) - StreamInput.prefixLength
        }
        leave(block, frameCount: 1)
    }

    private static func headerByteCount(_ slot: FrameSlot) -> Int { Int(slot.index) & 0xffff }

    private mutating func leave(_ block: Int, frameCount: Int) {
        blocks[block].frameCount -= frameCount
        precondition(blocks[block].frameCount >= 0, "a slot is released or sealed twice")
        if blocks[block].frameCount == 0 { blocks[block].tail = 0 }
    }

    /// Puts the frame in line, behind its length; a frame that is too short is filled up with zeroes.
    ///
    /// - Returns: its length on the link.
    @discardableResult
    mutating func seal(
        _ slot: FrameSlot, headerByteCount: Int, payloadByteCount: Int, _ arena: inout Arena
    ) -> Int {
        precondition(
            headerByteCount <= Self.headerByteCount(slot) && payloadByteCount <= slot.payload.byteCount)
        let block = Int(slot.index) >> 16
        let start = slot.payload.offset - headerByteCount - StreamInput.prefixLength
        let carried = headerByteCount + payloadByteCount
        let length = max(carried, Self.smallestFrame)
        let whole = Slice(offset: start, byteCount: StreamInput.prefixLength + length)
        var bytes = arena.mutableBytes(whole)
        bytes.storeBigEndian(UInt32(truncatingIfNeeded: length), at: 0)
        bytes.zero(StreamInput.prefixLength + carried..<whole.byteCount)
        reservedCount -= 1
        append(whole, block)
        return length
    }

    // MARK: Pieces

    private mutating func append(_ slice: Slice, _ block: Int) {
        if pieceCount > 0 {
            // SAFETY: everything below `pieceCount` was initialised below.
            let last = unsafe pieces[pieceCount - 1]
            if last.slice.offset + last.slice.byteCount == slice.offset, last.block == block {
                unsafe pieces[pieceCount - 1].slice.byteCount += slice.byteCount
                unsafe pieces[pieceCount - 1].frameCount += 1
                return
            }
        }
        precondition(pieceCount < Self.pieceCapacity)
        // SAFETY: the precondition keeps the place inside the allocation.
        unsafe (pieces + pieceCount).initialize(to: Piece(slice: slice, block: block, frameCount: 1))
        pieceCount += 1
    }

    /// One of the pieces that wait, in the order of the stream.
    func piece(_ index: Int) -> Slice {
        precondition(index >= 0 && index < pieceCount)
        // SAFETY: the precondition, and everything below `pieceCount` is initialised.
        return unsafe pieces[index].slice
    }

    /// So many bytes from the front were sent.
    mutating func consume(_ byteCount: Int) {
        var left = byteCount
        var done = 0
        while done < pieceCount {
            // SAFETY: the condition of the loop.
            let piece = unsafe pieces[done]
            guard piece.slice.byteCount <= left else {
                unsafe pieces[done].slice.offset += left
                unsafe pieces[done].slice.byteCount -= left
                left = 0
                break
            }
            left -= piece.slice.byteCount
            leave(piece.block, frameCount: piece.frameCount)
            done += 1
        }
        precondition(left == 0, "more was sent than waited")
        guard done > 0 else { return }
        // SAFETY: both ranges lie below the old count.
        unsafe pieces.update(from: pieces + done, count: pieceCount - done)
        pieceCount -= done
    }

    /// Forgets what waits: there is nobody to send it to.
    mutating func discard() {
        // SAFETY: everything below `pieceCount` is initialised.
        for index in 0..<pieceCount {
            unsafe leave(pieces[index].block, frameCount: pieces[index].frameCount)
        }
        pieceCount = 0
    }
}
