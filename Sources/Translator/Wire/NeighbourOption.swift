// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One option of a neighbour discovery message (RFC 4861, section 4.6), by place: type and length included.
struct NeighbourOption: Equatable, BitwiseCopyable {
    static let sourceLinkLayerAddress: UInt8 = 1
    static let targetLinkLayerAddress: UInt8 = 2
    static let prefixInformation: UInt8 = 3
    static let mtu: UInt8 = 5
    static let recursiveResolvers: UInt8 = 25  // RFC 8106, section 5.1
    static let searchList: UInt8 = 31  // RFC 8106, section 5.2
    /// Lengths are counted in these, in bytes.
    static let unit = 8

    var type: UInt8
    var offset: Int
    /// A multiple of 8, at least 8.
    var byteCount: Int
}

/// Steps through the options of a message whose fixed part ends at `offset`.
struct NeighbourOptionCursor: BitwiseCopyable {
    private(set) var offset: Int

    init(from offset: Int) { self.offset = offset }

    /// The next option, nil behind the last.
    ///
    /// - Throws: `.malformed` at a length of 0, `.truncated` when an option leaves the message: the whole
    ///   message is then to be dropped (RFC 4861, section 4.6).
    mutating func next(in message: RawSpan) throws(WireError) -> NeighbourOption? {
        guard offset < message.byteCount else { return nil }
        let field = try HeaderView<2>(message, at: offset)
        let byteCount = Int(field.uint8(at: 1)) &* NeighbourOption.unit
        guard byteCount > 0 else { throw .malformed }
        guard byteCount <= message.byteCount &- offset else { throw .truncated }
        defer { offset &+= byteCount }
        return NeighbourOption(type: field.uint8(at: 0), offset: offset, byteCount: byteCount)
    }
}

/// A link-layer address option for Ethernet (RFC 2464, section 6): 8 bytes.
struct LinkLayerAddressOption: Equatable, BitwiseCopyable {
    static let length = 8

    var type: UInt8
    var address: MACAddress

    /// Writes 8 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(type, at: offset)
        bytes.storeBigEndian(UInt8(1), at: offset &+ 1)
        bytes.store(address, at: offset &+ 2)
    }

    /// The first address of `type` among a message's options, all of which are walked.
    ///
    /// - Throws: as `NeighbourOptionCursor.next`.
    static func first(_ type: UInt8, in message: RawSpan, from offset: Int) throws(WireError) -> MACAddress? {
        var cursor = NeighbourOptionCursor(from: offset)
        var found: MACAddress?
        while let option = try cursor.next(in: message) {
            guard option.type == type, option.byteCount == length, found == nil else { continue }
            found = try HeaderView<8>(message, at: option.offset).macAddress(at: 2)
        }
        return found
    }
}
