// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The start of a capture file, classic format 2.4 in the machine's own byte order: 24 bytes.
struct CaptureFileHeader: Equatable, BitwiseCopyable {
    static let length = 24
    /// Times in microseconds; byte-swapped in a file of the other order.
    static let magic: UInt32 = 0xa1b2_c3d4
    static let ethernet: UInt32 = 1

    /// Bytes kept of a frame at most.
    var snapLength: UInt32 = 65535
    var linkType = Self.ethernet

    init() {}

    /// - Throws: `.truncated` below 24 bytes; `.malformed` for another format, version or byte order.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        guard bytes.native(at: 0, as: UInt32.self) == Self.magic, bytes.native(at: 4, as: UInt16.self) == 2,
            bytes.native(at: 6, as: UInt16.self) == 4
        else { throw .malformed }
        snapLength = bytes.native(at: 16, as: UInt32.self)
        linkType = bytes.native(at: 20, as: UInt32.self)
    }

    /// Writes 24 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(Self.magic, at: offset)
        bytes.storeNative(UInt16(2), at: offset &+ 4)
        bytes.storeNative(UInt16(4), at: offset &+ 6)
        bytes.storeNative(UInt64(0), at: offset &+ 8)  // time zone and accuracy, always 0
        bytes.storeNative(snapLength, at: offset &+ 16)
        bytes.storeNative(linkType, at: offset &+ 20)
    }
}

/// What stands before each frame of a capture file: 16 bytes, in the machine's own byte order.
struct CaptureRecordHeader: Equatable, BitwiseCopyable {
    static let length = 16

    /// Since 1970.
    var seconds: UInt32
    /// 0...999 999.
    var microseconds: UInt32
    /// Bytes of the frame that follow.
    var capturedByteCount: UInt32
    /// Bytes that the frame had.
    var frameByteCount: UInt32

    init(seconds: UInt32, microseconds: UInt32, capturedByteCount: UInt32, frameByteCount: UInt32) {
        self.seconds = seconds
        self.microseconds = microseconds
        self.capturedByteCount = capturedByteCount
        self.frameByteCount = frameByteCount
    }

    /// - Throws: `.truncated` below 16 bytes; `.malformed` when more was captured than there was.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        seconds = bytes.native(at: 0, as: UInt32.self)
        microseconds = bytes.native(at: 4, as: UInt32.self)
        capturedByteCount = bytes.native(at: 8, as: UInt32.self)
        frameByteCount = bytes.native(at: 12, as: UInt32.self)
        guard capturedByteCount <= frameByteCount else { throw .malformed }
    }

    /// Writes 16 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeNative(seconds, at: offset)
        bytes.storeNative(microseconds, at: offset &+ 4)
        bytes.storeNative(capturedByteCount, at: offset &+ 8)
        bytes.storeNative(frameByteCount, at: offset &+ 12)
    }
}
