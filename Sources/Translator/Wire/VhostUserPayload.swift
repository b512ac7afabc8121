// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Payloads of vhost-user messages (vhost-user protocol, "Message specification"), in the machine's byte order.

/// A run of guest memory behind one file descriptor.
struct VhostUserRegion: Equatable, BitwiseCopyable {
    static let length = 32

    /// Where the guest sees it: guest physical address.
    var guestAddress: UInt64
    /// In bytes; above 0, and no address or file offset of the region wraps.
    var byteCount: UInt64
    /// Where the front-end sees it: ring addresses are given so.
    var userAddress: UInt64
    /// Where in the file the region begins.
    var fileOffset: UInt64

    init(guestAddress: UInt64, byteCount: UInt64, userAddress: UInt64, fileOffset: UInt64) {
        self.guestAddress = guestAddress
        self.byteCount = byteCount
        self.userAddress = userAddress
        self.fileOffset = fileOffset
    }

    /// - Throws: `.truncated` below 32 bytes; `.malformed` for an empty region or one whose ends wrap.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        guestAddress = bytes.native(at: 0, as: UInt64.self)
        byteCount = bytes.native(at: 8, as: UInt64.self)
        userAddress = bytes.native(at: 16, as: UInt64.self)
        fileOffset = bytes.native(at: 24, as: UInt64.self)
        guard byteCount > 0, !guestAddress.addingReportingOverflow(byteCount).overflow,
            !userAddress.addingReportingOverflow(byteCount).overflow,
            !fileOffset.addingReportingOverflow(byteCount).overflow
        else { throw .malformed }
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(guestAddress, at: offset)
        bytes.storeNative(byteCount, at: offset + 8)
        bytes.storeNative(userAddress, at: offset + 16)
        bytes.storeNative(fileOffset, at: offset + 24)
    }
}

/// All regions of a guest at once: a count, padding, regions.
struct VhostUserMemoryTable: Equatable {
    static let headerLength = 8

    /// At most as many as descriptors come with a message.
    private(set) var count: Int
    private var regions: InlineArray<8, VhostUserRegion>

    /// - Throws: `.truncated` when regions are missing; `.malformed` for more than 8, or trailing bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.headerLength else { throw .truncated }
        let carried = bytes.native(at: 0, as: UInt32.self)
        guard carried <= VhostUserHeader.descriptorLimit else { throw .malformed }
        count = Int(carried)
        let length = Self.headerLength + count * VhostUserRegion.length
        guard bytes.byteCount >= length else { throw .truncated }
        guard bytes.byteCount == length else { throw .malformed }
        regions = InlineArray(
            repeating: VhostUserRegion(guestAddress: 0, byteCount: 0, userAddress: 0, fileOffset: 0))
        for index in 0..<count {
            let start = Self.headerLength + index * VhostUserRegion.length
            regions[index] = try VhostUserRegion(
                parsing: bytes.extracting(start..<start + VhostUserRegion.length))
        }
    }

    subscript(index: Int) -> VhostUserRegion {
        precondition(index >= 0 && index < count)
        return regions[index]
    }

    static func == (left: Self, right: Self) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }
}

/// A ring's number and a value of it: size, base or enablement.
struct VhostUserRingState: Equatable, BitwiseCopyable {
    static let length = 8

    var index: UInt32
    var value: UInt32

    init(index: UInt32, value: UInt32) {
        self.index = index
        self.value = value
    }

    /// - Throws: `.truncated` below 8 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        index = bytes.native(at: 0, as: UInt32.self)
        value = bytes.native(at: 4, as: UInt32.self)
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(index, at: offset)
        bytes.storeNative(value, at: offset + 4)
    }
}

/// Where the three parts of a ring lie, as the front-end sees them.
struct VhostUserRingAddresses: Equatable, BitwiseCopyable {
    static let length = 40
    /// Writes to the used ring are marked in the dirty log.
    static let logFlag: UInt32 = 1

    var index: UInt32
    var flags: UInt32
    var descriptors: UInt64
    var used: UInt64
    var available: UInt64
    /// Guest physical address of the used ring, for the log.
    var log: UInt64

    init(index: UInt32, flags: UInt32, descriptors: UInt64, used: UInt64, available: UInt64, log: UInt64) {
        self.index = index
        self.flags = flags
        self.descriptors = descriptors
        self.used = used
        self.available = available
        self.log = log
    }

    /// - Throws: `.truncated` below 40 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        index = bytes.native(at: 0, as: UInt32.self)
        flags = bytes.native(at: 4, as: UInt32.self)
        descriptors = bytes.native(at: 8, as: UInt64.self)
        used = bytes.native(at: 16, as: UInt64.self)
        available = bytes.native(at: 24, as: UInt64.self)
        log = bytes.native(at: 32, as: UInt64.self)
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(index, at: offset)
        bytes.storeNative(flags, at: offset + 4)
        bytes.storeNative(descriptors, at: offset + 8)
        bytes.storeNative(used, at: offset + 16)
        bytes.storeNative(available, at: offset + 24)
        bytes.storeNative(log, at: offset + 32)
    }
}

/// A ring's number, and whether a descriptor for it comes along.
struct VhostUserRingDescriptor: Equatable, BitwiseCopyable {
    static let length = 8
    private static let noDescriptorFlag: UInt64 = 1 << 8

    var index: UInt8
    var hasDescriptor: Bool

    init(index: UInt8, hasDescriptor: Bool) {
        self.index = index
        self.hasDescriptor = hasDescriptor
    }

    /// - Throws: `.truncated` below 8 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        let value = bytes.native(at: 0, as: UInt64.self)
        index = UInt8(truncatingIfNeeded: value)
        hasDescriptor = value & Self.noDescriptorFlag == 0
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(UInt64(index) | (hasDescriptor ? 0 : Self.noDescriptorFlag), at: offset)
    }
}

/// Size and place in its file of the dirty log.
struct VhostUserLogArea: Equatable, BitwiseCopyable {
    static let length = 16

    var byteCount: UInt64
    var fileOffset: UInt64

    init(byteCount: UInt64, fileOffset: UInt64) {
        self.byteCount = byteCount
        self.fileOffset = fileOffset
    }

    /// - Throws: `.truncated` below 16 bytes; `.malformed` for an empty area or one whose end wraps.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        byteCount = bytes.native(at: 0, as: UInt64.self)
        fileOffset = bytes.native(at: 8, as: UInt64.self)
        guard byteCount > 0, !fileOffset.addingReportingOverflow(byteCount).overflow else { throw .malformed }
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(byteCount, at: offset)
        bytes.storeNative(fileOffset, at: offset + 8)
    }
}

/// Which bytes of the device's configuration space a message reads or writes; they follow this header.
struct VhostUserConfigurationSpace: Equatable, BitwiseCopyable {
    static let length = 12
    /// "Virtio device config space": largest size.
    static let sizeLimit = 256

    var offset: UInt32
    var byteCount: UInt32
    var flags: UInt32

    init(offset: UInt32, byteCount: UInt32, flags: UInt32) {
        self.offset = offset
        self.byteCount = byteCount
        self.flags = flags
    }

    /// - Throws: `.truncated` when the header or the bytes it names are missing; `.malformed` beyond 256 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        offset = bytes.native(at: 0, as: UInt32.self)
        byteCount = bytes.native(at: 4, as: UInt32.self)
        flags = bytes.native(at: 8, as: UInt32.self)
        guard offset <= Self.sizeLimit, byteCount <= Self.sizeLimit,
            Int(offset) + Int(byteCount) <= Self.sizeLimit
        else { throw .malformed }
        guard bytes.byteCount >= Self.length + Int(byteCount) else { throw .truncated }
    }

    func write(to bytes: inout MutableRawSpan, at start: Int = 0) {
        bytes.storeNative(offset, at: start)
        bytes.storeNative(byteCount, at: start + 4)
        bytes.storeNative(flags, at: start + 8)
    }
}
