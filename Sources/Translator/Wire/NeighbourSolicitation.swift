// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A neighbour solicitation (RFC 4861, section 4.3): 24 bytes and options.
struct NeighbourSolicitation: Equatable, BitwiseCopyable {
    /// Without options.
    static let length = 24

    var target: IPv6Address
    /// Source link-layer address option; absent while the sender has no address of its own.
    var sourceMAC: MACAddress?

    /// What `write` writes, in bytes.
    var byteCount: Int { Self.length &+ (sourceMAC == nil ? 0 : LinkLayerAddressOption.length) }

    init(target: IPv6Address, sourceMAC: MACAddress?) {
        self.target = target
        self.sourceMAC = sourceMAC
    }

    /// Reads a whole ICMPv6 message; that the hop limit is 255 is for the caller to check.
    ///
    /// - Throws: `.truncated` below 24 bytes; `.malformed` for another type, a multicast target or a broken
    ///   option (RFC 4861, section 7.1.1).
    init(parsing message: RawSpan) throws(WireError) {
        let field = try HeaderBytes<24>(message)
        target = field.ipv6Address(at: 8)
        guard field.uint16(at: 0) == UInt16(ICMPv6Type.neighbourSolicitation) << 8, !target.isMulticast else {
            throw .malformed
        }
        sourceMAC = try LinkLayerAddressOption.first(
            NeighbourOption.sourceLinkLayerAddress, in: message, from: Self.length)
    }

    /// Writes `byteCount` bytes, the checksum zero until `ICMPv6Message.seal`; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt32(ICMPv6Type.neighbourSolicitation) << 24, at: offset)
        bytes.storeBigEndian(UInt32(0), at: offset &+ 4)
        bytes.store(target, at: offset &+ 8)
        guard let sourceMAC else { return }
        LinkLayerAddressOption(type: NeighbourOption.sourceLinkLayerAddress, address: sourceMAC)
            .write(to: &bytes, at: offset &+ Self.length)
    }
}
