// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// An IPv4 header (RFC 791): 20 to 60 bytes; options are skipped when read and never written.
struct IPv4Header: Equatable, BitwiseCopyable {
    /// Without options.
    static let length = 20
    static let minimumMTU = 68  // RFC 791, section 3.2

    /// Options included, in bytes; 20...60. `write` pads with the end-of-options octet.
    var headerLength = Self.length
    var typeOfService: UInt8 = 0
    /// Header and payload together, in bytes.
    var totalLength: UInt16
    var identification: UInt16 = 0
    var mayNotBeFragmented = true
    var hasMoreFragments = false
    /// Place of this payload in the datagram, in bytes; a multiple of 8.
    var fragmentOffset: UInt16 = 0
    var timeToLive: UInt8 = 255
    var protocolNumber: UInt8
    var source: IPv4Address
    var destination: IPv4Address

    var isFragment: Bool { hasMoreFragments || fragmentOffset != 0 }

    /// A header as the daemon generates it: no options, don't fragment, TTL 255.
    init(payload byteCount: Int, protocolNumber: UInt8, source: IPv4Address, destination: IPv4Address) {
        totalLength = UInt16(truncatingIfNeeded: byteCount &+ Self.length)
        self.protocolNumber = protocolNumber
        self.source = source
        self.destination = destination
    }

    /// Reads the header at the start of an Ethernet payload, which may be padded; the checksum is not
    /// verified.
    ///
    /// - Throws: `.truncated` when the header or the total length leaves `bytes`; `.malformed` when the
    ///   version is not 4 or a length contradicts another.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<20>(bytes)
        guard field.uint8(at: 0) >> 4 == 4 else { throw .malformed }
        headerLength = Int(field.uint8(at: 0) & 0xf) &* 4
        typeOfService = field.uint8(at: 1)
        totalLength = field.uint16(at: 2)
        identification = field.uint16(at: 4)
        let fragment = field.uint16(at: 6)
        mayNotBeFragmented = fragment & 0x4000 != 0
        hasMoreFragments = fragment & 0x2000 != 0
        fragmentOffset = fragment << 3
        timeToLive = field.uint8(at: 8)
        protocolNumber = field.uint8(at: 9)
        source = field.ipv4Address(at: 12)
        destination = field.ipv4Address(at: 16)
        guard headerLength >= Self.length, totalLength >= headerLength else { throw .malformed }
        guard totalLength <= bytes.byteCount else { throw .truncated }
    }

    /// Writes `headerLength` bytes with their checksum; traps beyond the end.
    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        precondition(headerLength >= Self.length && headerLength <= 60 && headerLength & 3 == 0)
        let first = UInt16(0x40 | headerLength >> 2) << 8 | UInt16(typeOfService)
        let fragment =
            (mayNotBeFragmented ? UInt16(0x4000) : 0) | (hasMoreFragments ? 0x2000 : 0) | fragmentOffset >> 3
        let lifetime = UInt16(timeToLive) << 8 | UInt16(protocolNumber)
        var checksum = Checksum()
        checksum.add(first)
        checksum.add(totalLength)
        checksum.add(identification)
        checksum.add(fragment)
        checksum.add(lifetime)
        checksum.add(source.bits)
        checksum.add(destination.bits)
        bytes.storeBigEndian(first, at: offset)
        bytes.storeBigEndian(totalLength, at: offset &+ 2)
        bytes.storeBigEndian(identification, at: offset &+ 4)
        bytes.storeBigEndian(fragment, at: offset &+ 6)
        bytes.storeBigEndian(lifetime, at: offset &+ 8)
        bytes.storeBigEndian(checksum.complement, at: offset &+ 10)
        bytes.store(source, at: offset &+ 12)
        bytes.store(destination, at: offset &+ 16)
        bytes.zero(offset &+ Self.length..<offset &+ headerLength)
    }
}
