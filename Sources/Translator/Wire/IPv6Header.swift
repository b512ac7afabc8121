// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The fixed IPv6 header (RFC 8200, section 3): 40 bytes.
struct IPv6Header: Equatable, BitwiseCopyable {
    static let length = 40
    static let minimumMTU = 1280  // RFC 8200, section 5

    var trafficClass: UInt8 = 0
    /// 20 bits.
    var flowLabel: UInt32 = 0
    /// All that follows this header, extension headers included, in bytes.
    var payloadLength: UInt16
    var nextHeader: UInt8
    var hopLimit: UInt8 = 255
    var source: IPv6Address
    var destination: IPv6Address

    /// A header as the daemon generates it: traffic class and flow label 0, hop limit 255.
    init(payload byteCount: Int, nextHeader: UInt8, source: IPv6Address, destination: IPv6Address) {
        payloadLength = UInt16(truncatingIfNeeded: byteCount)
        self.nextHeader = nextHeader
        self.source = source
        self.destination = destination
    }

    /// Reads the header at the start of an Ethernet payload, which may be padded.
    ///
    /// - Throws: `.truncated` when the header or its payload leaves `bytes`; `.malformed` when the version is
    ///   not 6.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<40>(bytes)
        let first = field.uint32(at: 0)
        guard first >> 28 == 6 else { throw .malformed }
        trafficClass = UInt8(truncatingIfNeeded: first >> 20)
        flowLabel = first & 0xf_ffff
        payloadLength = field.uint16(at: 4)
        nextHeader = field.uint8(at: 6)
        hopLimit = field.uint8(at: 7)
        source = field.ipv6Address(at: 8)
        destination = field.ipv6Address(at: 24)
        guard Int(payloadLength) <= bytes.byteCount &- Self.length else { throw .truncated }
    }

    /// Writes 40 bytes; traps beyond the end.
    @inline(__always)
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        let first = 0x6000_0000 | UInt32(trafficClass) << 20 | flowLabel & 0xf_ffff
        bytes.storeBigEndian(first, at: offset)
        bytes.storeBigEndian(payloadLength, at: offset &+ 4)
        bytes.storeBigEndian(nextHeader, at: offset &+ 6)
        bytes.storeBigEndian(hopLimit, at: offset &+ 7)
        bytes.store(source, at: offset &+ 8)
        bytes.store(destination, at: offset &+ 24)
    }
}
