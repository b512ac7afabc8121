// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Address families as netlink carries them (linux/socket.h).
enum NetlinkFamily {
    static let unspecified: UInt8 = 0
    static let ipv4: UInt8 = 2
    static let ipv6: UInt8 = 10

    static func of(_ version: IPVersion) -> UInt8 { version == .v4 ? ipv4 : ipv6 }
}

/// A link as the kernel describes it (rtnetlink(7), `ifinfomsg` and its attributes).
struct InterfaceMessage: Equatable {
    static let fixedLength = 16

    static let new: UInt16 = 16
    static let get: UInt16 = 18
    static let isUp: UInt32 = 1

    enum Attribute {
        static let address: UInt16 = 1
        static let name: UInt16 = 3
        static let mtu: UInt16 = 4
        static let perFamily: UInt16 = 26
        /// Inside `perFamily`, below the number of the family IPv6.
        static let addressGenerationMode: UInt16 = 8
    }

    /// How the kernel forms a link-local address when the link comes up (linux/if_link.h).
    enum AddressGeneration: UInt8 {
        case fromMAC = 0
        case none = 1
    }

    var index: UInt32
    var flags: UInt32
    var name = ""
    var mtu: UInt32 = 0
    /// nil for links without a 6-byte address, such as tunnels.
    var mac: MACAddress?

    /// Reads the payload of a message of type `new`.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.fixedLength else { throw .truncated }
        index = bytes.native(at: 4, as: UInt32.self)
        flags = bytes.native(at: 8, as: UInt32.self)
        var offset = Self.fixedLength
        while let attribute = try NetlinkAttribute.next(in: bytes, at: &offset) {
            switch attribute.type {
            case Attribute.name:
                name = attribute.text(in: bytes)
            case Attribute.mtu:
                mtu = try attribute.uint32(in: bytes)
            case Attribute.address where attribute.value.count == MACAddress.length:
                let start = attribute.value.lowerBound
                let high = UInt64(bytes.bigEndian(at: start, as: UInt16.self))
                mac = MACAddress(bits: high << 32 | UInt64(bytes.bigEndian(at: start + 2, as: UInt32.self)))
            default:
                break
            }
        }
    }

    /// A request whose fixed part names `index` (0: by the name attribute) and changes `flags` to `values`.
    static func request(
        type: UInt16, index: UInt32, values: UInt32 = 0, changing flags: UInt32 = 0
    ) -> NetlinkRequest {
        var request = NetlinkRequest(type: type)
        request.append(NetlinkFamily.unspecified)
        request.append(UInt8(0))
        request.append(UInt16(0))
        request.append(index)
        request.append(values)
        request.append(flags)
        return request
    }
}

/// An address of an interface (rtnetlink(7), `ifaddrmsg` and its attributes).
struct AddressMessage: Equatable {
    static let fixedLength = 8

    static let new: UInt16 = 20
    static let get: UInt16 = 22

    enum Attribute {
        static let address: UInt16 = 1
        static let local: UInt16 = 2
        static let broadcast: UInt16 = 4
        static let flags: UInt16 = 8
    }

    enum Flag {
        static let skipsDuplicateDetection: UInt32 = 0x02
        static let isDeprecated: UInt32 = 0x20
        static let isTentative: UInt32 = 0x40
        static let isPermanent: UInt32 = 0x80
        static let hasNoPrefixRoute: UInt32 = 0x200
    }

    var prefixLength: UInt8
    var flags: UInt32
    /// As `RouteMessage.Scope`.
    var scope: UInt8
    var index: UInt32
    /// The interface's own address; nil when the message carries none.
    var address: IPAddress?
    /// The other end of a point-to-point link, otherwise the same.
    var peer: IPAddress?
    var broadcast: IPAddress?

    /// Reads the payload of a message of type `new`.
    ///
    /// - Throws: `.malformed` for a prefix longer than the address.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.fixedLength else { throw .truncated }
        prefixLength = bytes.native(at: 1, as: UInt8.self)
        flags = UInt32(bytes.native(at: 2, as: UInt8.self))
        scope = bytes.native(at: 3, as: UInt8.self)
        index = bytes.native(at: 4, as: UInt32.self)
        var offset = Self.fixedLength
        while let attribute = try NetlinkAttribute.next(in: bytes, at: &offset) {
            switch attribute.type {
            case Attribute.address: peer = try attribute.address(in: bytes)
            case Attribute.local: address = try attribute.address(in: bytes)
            case Attribute.broadcast: broadcast = try attribute.address(in: bytes)
            case Attribute.flags: flags = try attribute.uint32(in: bytes)
            default: break
            }
        }
        // IPv6 names the interface's own address only when there is a peer (linux/if_addr.h).
        address = address ?? peer
        if let address, prefixLength > (address.version == .v4 ? 32 : 128) { throw .malformed }
    }

    init(
        address: IPAddress, prefixLength: UInt8, index: UInt32, scope: UInt8 = RouteMessage.Scope.universe,
        flags: UInt32 = 0
    ) {
        (self.address, self.prefixLength, self.index) = (address, prefixLength, index)
        (self.scope, self.flags) = (scope, flags)
    }

    /// The request that adds this address; without a label and without lifetimes, so it stays.
    func addition() -> NetlinkRequest? {
        guard let address else { return nil }
        var request = NetlinkRequest(
            type: Self.new,
            flags: NetlinkHeader.wantsAcknowledgement | NetlinkHeader.creates | NetlinkHeader.replaces)
        request.append(NetlinkFamily.of(address.version))
        request.append(prefixLength)
        request.append(UInt8(truncatingIfNeeded: flags))
        request.append(scope)
        request.append(index)
        request.attribute(Attribute.local, address)
        request.attribute(Attribute.address, peer ?? address)
        if let broadcast { request.attribute(Attribute.broadcast, broadcast) }
        request.attribute(Attribute.flags, flags)
        return request
    }

    /// The request that lists the addresses of one version on one interface.
    static func dump(_ version: IPVersion, of index: UInt32) -> NetlinkRequest {
        var request = NetlinkRequest(type: get, flags: NetlinkHeader.isDump)
        request.append(NetlinkFamily.of(version))
        request.append(UInt8(0))
        request.append(UInt16(0))
        request.append(index)
        return request
    }
}
