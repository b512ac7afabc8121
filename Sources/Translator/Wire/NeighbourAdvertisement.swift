// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A neighbour advertisement (RFC 4861, section 4.4): 24 bytes and options.
struct NeighbourAdvertisement: Equatable, BitwiseCopyable {
    /// Without options.
    static let length = 24

    var isRouter: Bool
    /// Answers a solicitation that had a source.
    var isSolicited: Bool
    /// The receiver is to replace what it had cached.
    var overrides: Bool
    var target: IPv6Address
    /// Target link-layer address option.
    var targetMAC: MACAddress?

    /// What `write` writes, in bytes.
    var byteCount: Int { Self.length &+ (targetMAC == nil ? 0 : LinkLayerAddressOption.length) }

    init(target: IPv6Address, targetMAC: MACAddress?, isRouter: Bool, isSolicited: Bool, overrides: Bool) {
        self.target = target
        self.targetMAC = targetMAC
        self.isRouter = isRouter
        self.isSolicited = isSolicited
        self.overrides = overrides
    }

    /// Reads a whole ICMPv6 message; that the hop limit is 255 is for the caller to check.
    ///
    /// - Throws: `.truncated` below 24 bytes; `.malformed` for another type, a multicast target or a broken
    ///   option (RFC 4861, section 7.1.2).
    init(parsing message: RawSpan) throws(WireError) {
        let field = try HeaderBytes<24>(message)
        let flags = field.uint8(at: 4)
        isRouter = flags & 0x80 != 0
        isSolicited = flags & 0x40 != 0
        overrides = flags & 0x20 != 0
        target = field.ipv6Address(at: 8)
        guard field.uint16(at: 0) == UInt16(ICMPv6Type.neighbourAdvertisement) << 8, !target.isMulticast
        else {
            throw .malformed
        }
        targetMAC = try LinkLayerAddressOption.first(
            NeighbourOption.targetLinkLayerAddress, in: message, from: Self.length)
    }

    /// Writes `byteCount` bytes, the checksum zero until `ICMPv6Message.seal`; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        let flags: UInt32 =
            (isRouter ? 0x8000_0000 : 0) | (isSolicited ? 0x4000_0000 : 0) | (overrides ? 0x2000_0000 : 0)
        bytes.storeBigEndian(UInt32(ICMPv6Type.neighbourAdvertisement) << 24, at: offset)
        bytes.storeBigEndian(flags, at: offset &+ 4)
        bytes.store(target, at: offset &+ 8)
        guard let targetMAC else { return }
        LinkLayerAddressOption(type: NeighbourOption.targetLinkLayerAddress, address: targetMAC)
            .write(to: &bytes, at: offset &+ Self.length)
    }
}
