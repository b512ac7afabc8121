// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A router solicitation (RFC 4861, section 4.1): 8 bytes and options.
struct RouterSolicitation: Equatable, BitwiseCopyable {
    /// Without options.
    static let length = 8

    /// Source link-layer address option; absent while the sender has no address of its own.
    var sourceMAC: MACAddress?

    /// What `write` writes, in bytes.
    var byteCount: Int { Self.length &+ (sourceMAC == nil ? 0 : LinkLayerAddressOption.length) }

    init(sourceMAC: MACAddress?) { self.sourceMAC = sourceMAC }

    /// Reads a whole ICMPv6 message; that the hop limit is 255 is for the caller to check.
    ///
    /// - Throws: `.truncated` below 8 bytes; `.malformed` for another type or a broken option (RFC 4861,
    ///   section 6.1.1).
    init(parsing message: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(message)
        guard field.uint16(at: 0) == UInt16(ICMPv6Type.routerSolicitation) << 8 else { throw .malformed }
        sourceMAC = try LinkLayerAddressOption.first(
            NeighbourOption.sourceLinkLayerAddress, in: message, from: Self.length)
    }

    /// Writes `byteCount` bytes, the checksum zero until `ICMPv6Message.seal`; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt32(ICMPv6Type.routerSolicitation) << 24, at: offset)
        bytes.storeBigEndian(UInt32(0), at: offset &+ 4)
        guard let sourceMAC else { return }
        LinkLayerAddressOption(type: NeighbourOption.sourceLinkLayerAddress, address: sourceMAC)
            .write(to: &bytes, at: offset &+ Self.length)
    }
}
