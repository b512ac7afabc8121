// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A UDP header (RFC 768): 8 bytes, big-endian on the wire, host order in these properties.
struct UDPHeader: Equatable, BitwiseCopyable {
    static let length = 8

    var sourcePort: UInt16
    var destinationPort: UInt16
    /// Header and payload together, in bytes; at least `length`.
    var totalLength: UInt16
    /// As carried. 0 means "not computed", which only IPv4 allows (RFC 8200, section 8.1).
    var checksum: UInt16 = 0

    init(sourcePort: UInt16, destinationPort: UInt16, payload byteCount: Int) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        totalLength = UInt16(truncatingIfNeeded: byteCount &+ Self.length)
    }

    /// Reads the header at the start of an IP payload, which may be longer than the datagram.
    ///
    /// - Throws: `.truncated` below 8 bytes; `.malformed` when the length field is below 8 or beyond `bytes`.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(bytes)
        sourcePort = field.uint16(at: 0)
        destinationPort = field.uint16(at: 2)
        totalLength = field.uint16(at: 4)
        checksum = field.uint16(at: 6)
        guard totalLength >= Self.length, totalLength <= bytes.byteCount else { throw .malformed }
    }

    /// Writes 8 bytes; traps beyond the end.
    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(sourcePort, at: offset)
        bytes.storeBigEndian(destinationPort, at: offset &+ 2)
        bytes.storeBigEndian(totalLength, at: offset &+ 4)
        bytes.storeBigEndian(checksum, at: offset &+ 6)
    }
}
