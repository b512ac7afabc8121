// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The parts of a split virtqueue (VIRTIO 1.2, section 2.7), little-endian.

/// One buffer of a chain (section 2.7.5).
struct VirtioDescriptor: Equatable, BitwiseCopyable {
    static let length = 16

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt16

        /// The chain continues at `next`.
        static let next = Flags(rawValue: 1)
        /// The device writes to it; else it reads.
        static let write = Flags(rawValue: 2)
        /// The buffer is itself a table of descriptors (section 2.7.5.3).
        static let indirect = Flags(rawValue: 4)
    }

    /// Guest physical.
    var address: UInt64
    var byteCount: UInt32
    var flags: Flags
    var next: UInt16

    init(address: UInt64, byteCount: UInt32, flags: Flags, next: UInt16 = 0) {
        self.address = address
        self.byteCount = byteCount
        self.flags = flags
        self.next = next
    }

    /// - Throws: `.truncated` below 16 bytes.
    @inline(__always)
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        address = bytes.littleEndian(at: 0, as: UInt64.self)
        byteCount = bytes.littleEndian(at: 8, as: UInt32.self)
        flags = Flags(rawValue: bytes.littleEndian(at: 12, as: UInt16.self))
        next = bytes.littleEndian(at: 14, as: UInt16.self)
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeLittleEndian(address, at: offset)
        bytes.storeLittleEndian(byteCount, at: offset + 8)
        bytes.storeLittleEndian(flags.rawValue, at: offset + 12)
        bytes.storeLittleEndian(next, at: offset + 14)
    }
}

/// A chain that the device is done with (section 2.7.8).
struct VirtioUsedElement: Equatable, BitwiseCopyable {
    static let length = 8

    /// The chain's first descriptor.
    var head: UInt32
    /// Bytes that the device wrote.
    var byteCount: UInt32

    @inline(__always)
    init(head: UInt32, byteCount: UInt32) {
        self.head = head
        self.byteCount = byteCount
    }

    /// - Throws: `.truncated` below 8 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        head = bytes.littleEndian(at: 0, as: UInt32.self)
        byteCount = bytes.littleEndian(at: 4, as: UInt32.self)
    }

    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeLittleEndian(head, at: offset)
        bytes.storeLittleEndian(byteCount, at: offset + 4)
    }
}

/// Sizes and offsets of a split queue's parts for a number of descriptors (section 2.7).
///
///     descriptors: 16 bytes each
///     available:   flags, index, one 16-bit head each, used event
///     used:        flags, index, one 8-byte element each, available event
struct VirtqueueLayout: Equatable, BitwiseCopyable {
    static let sizeLimit = 32768  // section 2.7

    static let availableNoInterrupt: UInt16 = 1
    static let usedNoNotify: UInt16 = 1

    let size: Int

    /// nil unless `size` is a power of two up to 32768.
    init?(size: UInt32) {
        guard size > 0, size <= Self.sizeLimit, size & (size - 1) == 0 else { return nil }
        self.size = Int(size)
    }

    var descriptorsByteCount: Int { size * VirtioDescriptor.length }
    var availableByteCount: Int { 6 + size * 2 }
    var usedByteCount: Int { 6 + size * VirtioUsedElement.length }
    var usedEventOffset: Int { 4 + size * 2 }
    var availableEventOffset: Int { 4 + size * VirtioUsedElement.length }

    @inline(__always)
    func availableOffset(_ index: UInt16) -> Int { 4 &+ (Int(index) & (size &- 1)) &* 2 }
    @inline(__always)
    func usedOffset(_ index: UInt16) -> Int { 4 &+ (Int(index) & (size &- 1)) &* VirtioUsedElement.length }

    /// The other side wants to hear of it when its index passed `event` (section 2.7.10): as `old` became `new`.
    @inline(__always)
    static func needsEvent(_ event: UInt16, new: UInt16, old: UInt16) -> Bool {
        new &- event &- 1 < new &- old
    }
}
