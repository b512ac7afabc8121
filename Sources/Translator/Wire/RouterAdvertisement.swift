// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The fixed part of a router advertisement (RFC 4861, section 4.2): 16 bytes, which options follow.
struct RouterAdvertisement: Equatable, BitwiseCopyable {
    static let length = 16

    /// What hosts are to put into their packets; 0: unspecified.
    var hopLimit: UInt8
    /// Addresses by DHCPv6.
    var isManaged: Bool
    /// Other configuration by DHCPv6.
    var hasOtherConfiguration: Bool
    /// As default router, in seconds; 0: not one.
    var routerLifetime: UInt16
    /// In milliseconds; 0: unspecified.
    var reachableTime: UInt32 = 0
    /// In milliseconds; 0: unspecified.
    var retransmissionTimer: UInt32 = 0

    init(hopLimit: UInt8, isManaged: Bool, hasOtherConfiguration: Bool, routerLifetime: UInt16) {
        self.hopLimit = hopLimit
        self.isManaged = isManaged
        self.hasOtherConfiguration = hasOtherConfiguration
        self.routerLifetime = routerLifetime
    }

    /// Reads the start of an ICMPv6 message and walks its options, which a `NeighbourOptionCursor` from
    /// `length` yields.
    ///
    /// - Throws: `.truncated` below 16 bytes; `.malformed` for another type or a broken option (RFC 4861,
    ///   section 6.1.2).
    init(parsing message: RawSpan) throws(WireError) {
        let field = try HeaderBytes<16>(message)
        guard field.uint16(at: 0) == UInt16(ICMPv6Type.routerAdvertisement) << 8 else { throw .malformed }
        hopLimit = field.uint8(at: 4)
        isManaged = field.uint8(at: 5) & 0x80 != 0
        hasOtherConfiguration = field.uint8(at: 5) & 0x40 != 0
        routerLifetime = field.uint16(at: 6)
        reachableTime = field.uint32(at: 8)
        retransmissionTimer = field.uint32(at: 12)
        var options = NeighbourOptionCursor(from: Self.length)
        while try options.next(in: message) != nil {}
    }

    /// Writes 16 bytes, the checksum zero until `ICMPv6Message.seal`; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt32(ICMPv6Type.routerAdvertisement) << 24, at: offset)
        bytes.storeBigEndian(hopLimit, at: offset &+ 4)
        bytes.storeBigEndian(
            UInt8(isManaged ? 0x80 : 0) | (hasOtherConfiguration ? 0x40 : 0), at: offset &+ 5)
        bytes.storeBigEndian(routerLifetime, at: offset &+ 6)
        bytes.storeBigEndian(reachableTime, at: offset &+ 8)
        bytes.storeBigEndian(retransmissionTimer, at: offset &+ 12)
    }
}
