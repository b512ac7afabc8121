// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a virtio-net header says of the frame behind it (VIRTIO 1.2, section 5.1.6); also the tap device's,
/// little-endian.
struct VirtioNetHeader: Equatable, BitwiseCopyable {
    /// The two forms on the wire.
    enum Layout: Int, BitwiseCopyable {
        /// Legacy without mergeable buffers: no buffer count.
        case legacy = 10
        case modern = 12

        /// In bytes.
        @inline(__always)
        var length: Int { rawValue }
    }

    enum Segmentation: UInt8, BitwiseCopyable {
        case none = 0
        case tcpv4 = 1
        /// Fragments of one large UDP datagram, deprecated.
        case udpFragments = 3
        case tcpv6 = 4
        /// A run of equal UDP datagrams.
        case udp = 5
    }

    static let needsChecksumFlag: UInt8 = 1
    static let dataIsValidFlag: UInt8 = 2
    /// Beside the segmentation type: the first segment carries congestion window reduced.
    private static let congestionFlag: UInt8 = 0x80

    /// The checksum from `checksumStart` on is to be completed; its field holds the pseudo-header's sum.
    var needsChecksum = false
    /// The checksum was verified.
    var dataIsValid = false
    var segmentation = Segmentation.none
    var carriesCongestionNotification = false
    /// All headers up to the payload, in bytes; a hint.
    var headerLength: UInt16 = 0
    /// Payload of each segment, in bytes.
    var segmentSize: UInt16 = 0
    /// From the start of the frame.
    var checksumStart: UInt16 = 0
    /// Of the field, from `checksumStart`.
    var checksumOffset: UInt16 = 0
    /// Buffers that the frame takes in the receive ring; only in the modern layout.
    var bufferCount: UInt16 = 0

    var isSegmentationOffloaded: Bool { segmentation != .none }

    @inline(__always)
    init() {}

    /// Reads the header in front of a frame; `layout` is what was negotiated.
    ///
    /// - Throws: `.truncated` below the layout's length; `.malformed` for an unknown segmentation type.
    @inline(__always)
    init(parsing bytes: RawSpan, layout: Layout = .modern) throws(WireError) {
        guard bytes.byteCount >= layout.length else { throw .truncated }
        let field = try HeaderView<10>(bytes, at: 0)
        let flags = field.uint8(at: 0)
        let type = field.uint8(at: 1)
        guard let segmentation = Segmentation(rawValue: type & ~Self.congestionFlag) else { throw .malformed }
        self.segmentation = segmentation
        needsChecksum = flags & Self.needsChecksumFlag != 0
        dataIsValid = flags & Self.dataIsValidFlag != 0
        carriesCongestionNotification = type & Self.congestionFlag != 0
        headerLength = bytes.littleEndian(at: 2, as: UInt16.self)
        segmentSize = bytes.littleEndian(at: 4, as: UInt16.self)
        checksumStart = bytes.littleEndian(at: 6, as: UInt16.self)
        checksumOffset = bytes.littleEndian(at: 8, as: UInt16.self)
        if layout == .modern { bufferCount = bytes.littleEndian(at: 10, as: UInt16.self) }
    }

    /// Writes the layout's length; traps beyond the end.
    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0, layout: Layout = .modern) {
        let flags = (needsChecksum ? Self.needsChecksumFlag : 0) | (dataIsValid ? Self.dataIsValidFlag : 0)
        bytes.storeLittleEndian(flags, at: offset)
        let type = segmentation.rawValue | (carriesCongestionNotification ? Self.congestionFlag : 0)
        bytes.storeLittleEndian(type, at: offset &+ 1)
        bytes.storeLittleEndian(headerLength, at: offset &+ 2)
        bytes.storeLittleEndian(segmentSize, at: offset &+ 4)
        bytes.storeLittleEndian(checksumStart, at: offset &+ 6)
        bytes.storeLittleEndian(checksumOffset, at: offset &+ 8)
        if layout == .modern { bytes.storeLittleEndian(bufferCount, at: offset &+ 10) }
    }
}
