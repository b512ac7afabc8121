// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The options that only router advertisements carry. Each `parsing` takes the option alone, each `write` its
// bytes.

/// Lifetimes in advertisements, in seconds.
enum AdvertisedLifetime {
    static let infinite: UInt32 = 0xffff_ffff  // RFC 4861, section 4.6.2
}

/// A prefix and what it is good for (RFC 4861, section 4.6.2): 32 bytes.
struct PrefixInformation: Equatable, BitwiseCopyable {
    static let length = 32

    /// The bits behind `prefixLength` are sent as 0.
    var prefix: IPv6Address
    var prefixLength: UInt8
    var isOnLink: Bool
    /// Hosts may form addresses from it (RFC 4862).
    var isAutonomous: Bool
    /// In seconds, as is `preferredLifetime`.
    var validLifetime = AdvertisedLifetime.infinite
    var preferredLifetime = AdvertisedLifetime.infinite

    init(prefix: IPv6Address, prefixLength: UInt8, isOnLink: Bool, isAutonomous: Bool) {
        self.prefix = prefix
        self.prefixLength = prefixLength
        self.isOnLink = isOnLink
        self.isAutonomous = isAutonomous
    }

    /// - Throws: `.truncated` below 32 bytes; `.malformed` for another type or length.
    init(parsing option: RawSpan) throws(WireError) {
        let field = try HeaderBytes<32>(option)
        guard field.uint8(at: 0) == NeighbourOption.prefixInformation, field.uint8(at: 1) == 4,
            field.uint8(at: 2) <= 128
        else { throw .malformed }
        prefixLength = field.uint8(at: 2)
        isOnLink = field.uint8(at: 3) & 0x80 != 0
        isAutonomous = field.uint8(at: 3) & 0x40 != 0
        validLifetime = field.uint32(at: 4)
        preferredLifetime = field.uint32(at: 8)
        prefix = field.ipv6Address(at: 16)
    }

    /// Writes 32 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt16(NeighbourOption.prefixInformation) << 8 | 4, at: offset)
        bytes.storeBigEndian(prefixLength, at: offset &+ 2)
        bytes.storeBigEndian(UInt8(isOnLink ? 0x80 : 0) | (isAutonomous ? 0x40 : 0), at: offset &+ 3)
        bytes.storeBigEndian(validLifetime, at: offset &+ 4)
        bytes.storeBigEndian(preferredLifetime, at: offset &+ 8)
        bytes.storeBigEndian(UInt32(0), at: offset &+ 12)
        bytes.store(prefix.masked(prefixLength: prefixLength), at: offset &+ 16)
    }
}

/// The link's MTU (RFC 4861, section 4.6.4): 8 bytes.
struct MTUOption: Equatable, BitwiseCopyable {
    static let length = 8

    var mtu: UInt32

    init(mtu: UInt32) { self.mtu = mtu }

    /// - Throws: `.truncated` below 8 bytes; `.malformed` for another type or length.
    init(parsing option: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(option)
        guard field.uint16(at: 0) == UInt16(NeighbourOption.mtu) << 8 | 1 else { throw .malformed }
        mtu = field.uint32(at: 4)
    }

    /// Writes 8 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt32(NeighbourOption.mtu) << 24 | 1 << 16, at: offset)
        bytes.storeBigEndian(mtu, at: offset &+ 4)
    }
}

/// Recursive resolvers, "RDNSS" (RFC 8106, section 5.1): 8 bytes and 16 for each.
struct RecursiveResolversOption: Equatable {
    static let maximumCount = 127

    /// In seconds.
    var lifetime = AdvertisedLifetime.infinite
    /// At least one; those beyond `maximumCount` are not sent.
    var resolvers: [IPv6Address]

    /// What `write` writes, in bytes.
    var length: Int { 8 &+ IPv6Address.length &* min(resolvers.count, Self.maximumCount) }

    init(_ resolvers: [IPv6Address]) { self.resolvers = resolvers }

    /// - Throws: `.truncated` when the length field leaves `option`; `.malformed` for another type or a
    ///   length that holds no whole number of addresses.
    init(parsing option: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(option)
        let units = Int(field.uint8(at: 1))
        guard field.uint8(at: 0) == NeighbourOption.recursiveResolvers, units >= 3, units & 1 == 1 else {
            throw .malformed
        }
        guard units &* NeighbourOption.unit <= option.byteCount else { throw .truncated }
        lifetime = field.uint32(at: 4)
        resolvers = []
        for index in 0..<units / 2 { resolvers.append(option.ipv6Address(at: 8 &+ 16 &* index)) }
    }

    /// Writes `length` bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(NeighbourOption.recursiveResolvers, at: offset)
        bytes.storeBigEndian(UInt8(truncatingIfNeeded: length / NeighbourOption.unit), at: offset &+ 1)
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        bytes.storeBigEndian(lifetime, at: offset &+ 4)
        for index in 0..<min(resolvers.count, Self.maximumCount) {
            bytes.store(resolvers[index], at: offset &+ 8 &+ 16 &* index)
        }
    }
}

/// The search list, "DNSSL" (RFC 8106, section 5.2): 8 bytes and the names, filled up with zero to a multiple
/// of 8.
enum SearchListOption {
    /// As many bytes of names as the length field can count.
    static let maximumNamesByteCount = 255 * 8 - 8

    /// What `write` writes for names of so many bytes.
    static func length(names byteCount: Int) -> Int { 8 &+ (byteCount &+ 7) & ~7 }

    /// Writes `length(names:)` bytes; traps beyond the end, and beyond `maximumNamesByteCount`.
    ///
    /// - Parameter names: one behind the other as DNS carries them, not compressed.
    /// - Parameter lifetime: in seconds.
    static func write(
        names: RawSpan, lifetime: UInt32 = AdvertisedLifetime.infinite, to bytes: inout MutableRawSpan,
        at offset: Int = 0
    ) {
        precondition(names.byteCount <= maximumNamesByteCount)
        let length = length(names: names.byteCount)
        bytes.storeBigEndian(NeighbourOption.searchList, at: offset)
        bytes.storeBigEndian(UInt8(truncatingIfNeeded: length / NeighbourOption.unit), at: offset &+ 1)
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        bytes.storeBigEndian(lifetime, at: offset &+ 4)
        bytes.copy(names, at: offset &+ 8)
        bytes.zero(offset &+ 8 &+ names.byteCount..<offset &+ length)
    }
}
