// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The control bits of a TCP header (RFC 9293, section 3.1; RFC 3168).
struct TCPFlags: OptionSet, Hashable, BitwiseCopyable {
    var rawValue: UInt8

    @inline(__always)
    init(rawValue: UInt8) { self.rawValue = rawValue }

    static let fin = TCPFlags(rawValue: 0x01)
    static let syn = TCPFlags(rawValue: 0x02)
    static let reset = TCPFlags(rawValue: 0x04)
    static let push = TCPFlags(rawValue: 0x08)
    static let ack = TCPFlags(rawValue: 0x10)
    static let urgent = TCPFlags(rawValue: 0x20)
    static let echo = TCPFlags(rawValue: 0x40)
    static let windowReduced = TCPFlags(rawValue: 0x80)
}

/// A TCP header (RFC 9293, section 3.1): 20 bytes, options apart.
struct TCPHeader: Equatable, BitwiseCopyable {
    /// Without options.
    static let length = 20
    static let maximumLength = 60

    var sourcePort: UInt16
    var destinationPort: UInt16
    var sequenceNumber: SequenceNumber
    var acknowledgment: SequenceNumber = 0
    /// Options included, in bytes; 20...60, a multiple of 4.
    var headerLength = Self.length
    var flags: TCPFlags
    /// As carried, not scaled.
    var window: UInt16 = 0
    var checksum: UInt16 = 0
    var urgentPointer: UInt16 = 0

    init(sourcePort: UInt16, destinationPort: UInt16, sequenceNumber: SequenceNumber, flags: TCPFlags) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.sequenceNumber = sequenceNumber
        self.flags = flags
    }

    /// Reads the header at the start of a segment; the options lie in `length..<headerLength`.
    ///
    /// - Throws: `.truncated` when the header leaves `bytes`; `.malformed` when its length is below 20.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<20>(bytes)
        sourcePort = field.uint16(at: 0)
        destinationPort = field.uint16(at: 2)
        sequenceNumber = SequenceNumber(field.uint32(at: 4))
        acknowledgment = SequenceNumber(field.uint32(at: 8))
        headerLength = Int(field.uint8(at: 12) >> 4) &* 4
        flags = TCPFlags(rawValue: field.uint8(at: 13))
        window = field.uint16(at: 14)
        checksum = field.uint16(at: 16)
        urgentPointer = field.uint16(at: 18)
        guard headerLength >= Self.length else { throw .malformed }
        guard headerLength <= bytes.byteCount else { throw .truncated }
    }

    /// Writes 20 bytes; the options and the checksum over everything are the caller's. Traps beyond the end.
    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(sourcePort, at: offset)
        bytes.storeBigEndian(destinationPort, at: offset &+ 2)
        bytes.storeBigEndian(sequenceNumber.value, at: offset &+ 4)
        bytes.storeBigEndian(acknowledgment.value, at: offset &+ 8)
        bytes.storeBigEndian(UInt8(truncatingIfNeeded: headerLength &* 4), at: offset &+ 12)
        bytes.storeBigEndian(flags.rawValue, at: offset &+ 13)
        bytes.storeBigEndian(window, at: offset &+ 14)
        bytes.storeBigEndian(checksum, at: offset &+ 16)
        bytes.storeBigEndian(urgentPointer, at: offset &+ 18)
    }
}
