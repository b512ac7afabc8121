// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A route as the kernel describes it (rtnetlink(7), `rtmsg` and its attributes).
struct RouteMessage: Equatable {
    static let fixedLength = 12
    static let nextHopLength = 8

    static let new: UInt16 = 24
    static let get: UInt16 = 26
    static let mainTable: UInt32 = 254
    static let unicast: UInt8 = 1
    /// Next-hop flags: the first ones are state, "on link" alone is configuration (linux/rtnetlink.h).
    static let isDead: UInt32 = 1
    static let isOnLink: UInt32 = 4

    enum Scope {
        static let universe: UInt8 = 0
        static let link: UInt8 = 253
        static let host: UInt8 = 254
    }

    enum Origin {
        static let kernel: UInt8 = 2
        static let boot: UInt8 = 3
    }

    enum Attribute {
        static let destination: UInt16 = 1
        static let source: UInt16 = 2
        static let outputInterface: UInt16 = 4
        static let gateway: UInt16 = 5
        static let priority: UInt16 = 6
        static let metrics: UInt16 = 8
        static let multipath: UInt16 = 9
        static let table: UInt16 = 15
        static let via: UInt16 = 18
        static let preference: UInt16 = 20
        static let encapsulationType: UInt16 = 21
        static let encapsulation: UInt16 = 22
    }

    /// One way out: interface, next hop (nil: on link) and share of the traffic.
    struct Hop: Equatable {
        var interface: UInt32
        var gateway: IPAddress?
        /// Number of shares, at least 1.
        var weight = 1
    }

    var family: UInt8
    var destinationLength: UInt8
    var scope: UInt8
    var type: UInt8
    var origin: UInt8
    var table: UInt32
    var flags: UInt32
    /// nil: the default route.
    var destination: IPAddress?
    var hops: [Hop] = []

    var isDefault: Bool { destinationLength == 0 }

    /// Reads the payload of a message of type `new`.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.fixedLength else { throw .truncated }
        family = bytes.native(at: 0, as: UInt8.self)
        destinationLength = bytes.native(at: 1, as: UInt8.self)
        table = UInt32(bytes.native(at: 4, as: UInt8.self))
        origin = bytes.native(at: 5, as: UInt8.self)
        scope = bytes.native(at: 6, as: UInt8.self)
        type = bytes.native(at: 7, as: UInt8.self)
        flags = bytes.native(at: 8, as: UInt32.self)
        var single = Hop(interface: 0)
        var offset = Self.fixedLength
        while let attribute = try NetlinkAttribute.next(in: bytes, at: &offset) {
            switch attribute.type {
            case Attribute.destination: destination = try attribute.address(in: bytes)
            case Attribute.outputInterface: single.interface = try attribute.uint32(in: bytes)
            case Attribute.gateway: single.gateway = try attribute.address(in: bytes)
            case Attribute.table: table = try attribute.uint32(in: bytes)
            case Attribute.multipath: hops = try Self.hops(in: bytes.extracting(attribute.value))
            default: break
            }
        }
        if hops.isEmpty, single.interface != 0 { hops = [single] }
    }

    /// The hops of a multipath attribute.
    private static func hops(in bytes: RawSpan) throws(WireError) -> [Hop] {
        var hops: [Hop] = []
        var offset = 0
        while let range = try nextHop(in: bytes, at: &offset) {
            let weight = Int(bytes.native(at: range.lowerBound + 3, as: UInt8.self)) + 1
            var hop = Hop(interface: bytes.native(at: range.lowerBound + 4, as: UInt32.self), weight: weight)
            let nested = bytes.extracting(range)
            var position = nextHopLength
            while let attribute = try NetlinkAttribute.next(in: nested, at: &position) {
                if attribute.type == Attribute.gateway { hop.gateway = try attribute.address(in: nested) }
            }
            hops.append(hop)
        }
        return hops
    }

    /// The bytes of the hop at `offset`, which is then moved behind it; nil at the end.
    static func nextHop(in bytes: RawSpan, at offset: inout Int) throws(WireError) -> Range<Int>? {
        guard offset + nextHopLength <= bytes.byteCount else { return nil }
        let start = offset
        let length = Int(bytes.native(at: start, as: UInt16.self))
        guard length >= nextHopLength, length <= bytes.byteCount - start else { throw .malformed }
        offset = min(bytes.byteCount, start + NetlinkAttribute.padded(length))
        return start..<start + length
    }

    /// The request that lists the routes of one version in `table`; of one interface unless `interface` is 0.
    static func dump(_ version: IPVersion, table: UInt32 = mainTable, interface: UInt32 = 0) -> NetlinkRequest
    {
        var request = NetlinkRequest(type: get, flags: NetlinkHeader.isDump)
        request.append(NetlinkFamily.of(version))
        for _ in 0..<11 { request.append(UInt8(0)) }
        request.attribute(Attribute.table, table)
        if interface != 0 { request.attribute(Attribute.outputInterface, interface) }
        return request
    }

    /// The request that adds a default route through `gateway`.
    static func defaultRoute(via gateway: IPAddress, on interface: UInt32) -> NetlinkRequest {
        var request = addition(
            family: NetlinkFamily.of(gateway.version), destinationLength: 0, scope: Scope.universe,
            origin: Origin.boot)
        request.attribute(Attribute.outputInterface, interface)
        request.attribute(Attribute.gateway, gateway)
        return request
    }

    /// The request that adds a route to one on-link host.
    static func hostRoute(to address: IPAddress, on interface: UInt32) -> NetlinkRequest {
        var request = addition(
            family: NetlinkFamily.of(address.version), destinationLength: address.version == .v4 ? 32 : 128,
            scope: address.version == .v4 ? Scope.link : Scope.universe, origin: Origin.boot)
        request.attribute(Attribute.destination, address)
        request.attribute(Attribute.outputInterface, interface)
        return request
    }

    static func addition(
        family: UInt8, destinationLength: UInt8, sourceLength: UInt8 = 0, service: UInt8 = 0, scope: UInt8,
        origin: UInt8, flags: UInt32 = 0
    ) -> NetlinkRequest {
        var request = NetlinkRequest(
            type: new,
            flags: NetlinkHeader.wantsAcknowledgement | NetlinkHeader.creates | NetlinkHeader.isExclusive)
        for byte in [
            family, destinationLength, sourceLength, service, UInt8(mainTable), origin, scope, unicast,
        ] {
            request.append(byte)
        }
        request.append(flags)
        return request
    }
}
