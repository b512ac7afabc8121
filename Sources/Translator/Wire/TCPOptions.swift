// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A contiguous run of bytes that arrived out of order (RFC 2018, section 3).
struct SACKBlock: Equatable, BitwiseCopyable {
    var left: SequenceNumber
    /// One past the last byte.
    var right: SequenceNumber
}

/// The timestamps option (RFC 7323, section 3.2).
struct TCPTimestamps: Equatable, BitwiseCopyable {
    var value: UInt32
    var echo: UInt32
}

/// The options of a TCP header that the daemon understands, flat.
///
/// Reading never fails: an option of the wrong length is passed over, and a list that does not add up is
/// believed as far as it does (RFC 9293, section 3.1, MUST-6 and MUST-7).
struct TCPOptions: BitwiseCopyable {
    static let maximumLength = 40
    static let maximumSACKBlockCount = 4
    static let maximumWindowScale: UInt8 = 14  // RFC 7323, section 2.3

    var maximumSegmentSize: UInt16?
    /// 0...14; a larger one is read as 14.
    var windowScale: UInt8?
    var permitsSACK = false
    /// How many of `sackBlocks` count.
    private(set) var sackBlockCount: UInt8 = 0
    var timestamps: TCPTimestamps?
    private var sackBlocks = InlineArray<4, SACKBlock>(repeating: SACKBlock(left: 0, right: 0))

    @inline(__always)
    init() {}

    /// Reads the option area of a header, 0 to 40 bytes.
    init(parsing bytes: RawSpan) { read(bytes, from: 0, to: bytes.byteCount) }

    /// Adds the options that lie in `start..<end` of `bytes`; traps when that leaves `bytes`.
    @inline(__always)
    mutating func read(_ bytes: RawSpan, from start: Int, to end: Int) {
        guard start < end else { return }
        // What an established flow's segments carry: two no-operations, then timestamps (RFC 7323, appendix
        // A).
        if end &- start == 12, let field = try? HeaderView<12>(bytes, at: start),
            field.uint32(at: 0) == 0x0101_080a
        {
            timestamps = TCPTimestamps(value: field.uint32(at: 4), echo: field.uint32(at: 8))
            return
        }
        readList(bytes, from: start, to: end)
    }

    /// The `index`th of `sackBlockCount` blocks; traps beyond.
    func sackBlock(_ index: Int) -> SACKBlock {
        precondition(index < sackBlockCount)
        return sackBlocks[index]
    }

    /// Adds a block behind those present; ignored when there are four.
    mutating func append(_ block: SACKBlock) {
        guard sackBlockCount < Self.maximumSACKBlockCount else { return }
        sackBlocks[Int(sackBlockCount)] = block
        sackBlockCount &+= 1
    }

    @inline(never)
    private mutating func readList(_ bytes: RawSpan, from start: Int, to end: Int) {
        precondition(start >= 0 && end <= bytes.byteCount)
        var offset = start
        while offset < end {
            let kind = bytes.bigEndian(at: offset, as: UInt8.self)
            if kind == Kind.endOfList { return }
            if kind == Kind.noOperation {
                offset &+= 1
                continue
            }
            guard offset &+ 1 < end else { return }
            let length = Int(bytes.bigEndian(at: offset &+ 1, as: UInt8.self))
            guard length >= 2, length <= end &- offset else { return }
            readOption(bytes, at: offset, kind: kind, length: length)
            offset &+= length
        }
    }

    private mutating func readOption(_ bytes: RawSpan, at offset: Int, kind: UInt8, length: Int) {
        switch (kind, length) {
        case (Kind.maximumSegmentSize, 4):
            maximumSegmentSize = bytes.bigEndian(at: offset &+ 2, as: UInt16.self)
        case (Kind.windowScale, 3):
            windowScale = min(bytes.bigEndian(at: offset &+ 2, as: UInt8.self), Self.maximumWindowScale)
        case (Kind.sackPermitted, 2):
            permitsSACK = true
        case (Kind.timestamps, 10):
            timestamps = TCPTimestamps(
                value: bytes.bigEndian(at: offset &+ 2, as: UInt32.self),
                echo: bytes.bigEndian(at: offset &+ 6, as: UInt32.self))
        case (Kind.sack, 10), (Kind.sack, 18), (Kind.sack, 26), (Kind.sack, 34):
            sackBlockCount = 0
            for place in stride(from: offset &+ 2, to: offset &+ length, by: 8) {
                append(
                    SACKBlock(
                        left: SequenceNumber(bytes.bigEndian(at: place, as: UInt32.self)),
                        right: SequenceNumber(bytes.bigEndian(at: place &+ 4, as: UInt32.self))))
            }
        default:
            return
        }
    }
}

// What goes out: every option starts such that its numbers are aligned, as RFC 7323, appendix A recommends.
extension TCPOptions {
    /// What `write` writes, in bytes; a multiple of 4, at most 40.
    var length: Int {
        let blocks = writableBlockCount
        return lengthWithoutBlocks &+ (blocks == 0 ? 0 : 4 &+ 8 &* blocks)
    }

    /// Writes `length` bytes; blocks that no longer fit are left out. Traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at start: Int = 0) {
        var offset = start
        if let maximumSegmentSize {
            bytes.storeBigEndian(UInt16(Kind.maximumSegmentSize) << 8 | 4, at: offset)
            bytes.storeBigEndian(maximumSegmentSize, at: offset &+ 2)
            offset &+= 4
        }
        if let timestamps {
            // SACK permitted takes the place of the padding, as the kernel does it.
            bytes.storeBigEndian(
                permitsSACK ? UInt16(Kind.sackPermitted) << 8 | 2 : Kind.twoNoOperations, at: offset)
            bytes.storeBigEndian(UInt16(Kind.timestamps) << 8 | 10, at: offset &+ 2)
            bytes.storeBigEndian(timestamps.value, at: offset &+ 4)
            bytes.storeBigEndian(timestamps.echo, at: offset &+ 8)
            offset &+= 12
        } else if permitsSACK {
            bytes.storeBigEndian(Kind.twoNoOperations, at: offset)
            bytes.storeBigEndian(UInt16(Kind.sackPermitted) << 8 | 2, at: offset &+ 2)
            offset &+= 4
        }
        if let windowScale {
            bytes.storeBigEndian(UInt16(Kind.noOperation) << 8 | UInt16(Kind.windowScale), at: offset)
            bytes.storeBigEndian(UInt16(3 << 8) | UInt16(windowScale), at: offset &+ 2)
            offset &+= 4
        }
        writeBlocks(to: &bytes, at: offset)
    }

    private func writeBlocks(to bytes: inout MutableRawSpan, at start: Int) {
        let count = writableBlockCount
        guard count > 0 else { return }
        bytes.storeBigEndian(Kind.twoNoOperations, at: start)
        bytes.storeBigEndian(UInt16(Kind.sack) << 8 | UInt16(2 &+ 8 &* count), at: start &+ 2)
        for index in 0..<count {
            bytes.storeBigEndian(sackBlocks[index].left.value, at: start &+ 4 &+ 8 &* index)
            bytes.storeBigEndian(sackBlocks[index].right.value, at: start &+ 8 &+ 8 &* index)
        }
    }

    private var lengthWithoutBlocks: Int {
        (maximumSegmentSize == nil ? 0 : 4) &+ (windowScale == nil ? 0 : 4)
            &+ (timestamps != nil ? 12 : permitsSACK ? 4 : 0)
    }

    private var writableBlockCount: Int {
        min(Int(sackBlockCount), (Self.maximumLength &- 4 &- lengthWithoutBlocks) / 8)
    }
}

extension TCPOptions: Equatable {
    static func == (left: TCPOptions, right: TCPOptions) -> Bool {
        guard left.maximumSegmentSize == right.maximumSegmentSize, left.windowScale == right.windowScale,
            left.permitsSACK == right.permitsSACK, left.timestamps == right.timestamps,
            left.sackBlockCount == right.sackBlockCount
        else { return false }
        for index in 0..<Int(left.sackBlockCount) where left.sackBlocks[index] != right.sackBlocks[index] {
            return false
        }
        return true
    }
}

extension TCPOptions {
    /// Option kinds (IANA, TCP parameters).
    private enum Kind {
        static let endOfList: UInt8 = 0
        static let noOperation: UInt8 = 1
        static let maximumSegmentSize: UInt8 = 2
        static let windowScale: UInt8 = 3
        static let sackPermitted: UInt8 = 4
        static let sack: UInt8 = 5
        static let timestamps: UInt8 = 8
        static let twoNoOperations: UInt16 = 0x0101
    }
}
