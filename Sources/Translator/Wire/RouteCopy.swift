// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension RouteMessage {
    /// What a copied route keeps: where it leads and how, not what names other objects of the host (preferred source
    /// addresses, next-hop objects, caches) and would not exist in the namespace.
    private static let copiedAttributes: Set<UInt16> = [
        Attribute.destination, Attribute.source, Attribute.gateway, Attribute.priority, Attribute.metrics,
        Attribute.via, Attribute.preference, Attribute.encapsulationType, Attribute.encapsulation,
    ]

    /// The request that adds the route of a dumped message to the main table of a namespace, through `interface`.
    ///
    /// - Parameter template: the host's interface whose routes are copied.
    /// - Returns: nil for a route that is not a unicast route of the main table wholly through `template`.
    static func copy(of bytes: RawSpan, from template: UInt32, to interface: UInt32) throws(WireError)
        -> NetlinkRequest?
    {
        let route = try RouteMessage(parsing: bytes)
        guard route.type == unicast, route.table == mainTable, route.scope != Scope.host else { return nil }
        guard !route.hops.isEmpty, route.hops.allSatisfy({ $0.interface == template }) else { return nil }

        var request = addition(
            family: route.family, destinationLength: route.destinationLength,
            sourceLength: bytes.native(at: 2, as: UInt8.self), service: bytes.native(at: 3, as: UInt8.self),
            scope: route.scope, origin: route.origin, flags: route.flags & isOnLink)
        var offset = fixedLength
        var hasHops = false
        while let attribute = try NetlinkAttribute.next(in: bytes, at: &offset) {
            let value = bytes.extracting(attribute.value)
            if copiedAttributes.contains(attribute.type) {
                request.attribute(attribute.type, copying: value)
            } else if attribute.type == Attribute.multipath {
                let copied = try hops(of: value, through: interface)
                request.nest(attribute.type) { for byte in copied { $0.append(byte) } }
                hasHops = true
            }
        }
        if !hasHops { request.attribute(Attribute.outputInterface, interface) }
        return request
    }

    /// A multipath attribute with every hop sent through `interface` and its state flags cleared.
    private static func hops(of bytes: RawSpan, through interface: UInt32) throws(WireError) -> [UInt8] {
        var copied = NetlinkRequest(type: new)
        var offset = 0
        while let hop = try nextHop(in: bytes, at: &offset) {
            let start = hop.lowerBound
            copied.append(UInt16(hop.count))
            copied.append(bytes.native(at: start + 2, as: UInt8.self) & UInt8(isOnLink))
            copied.append(bytes.native(at: start + 3, as: UInt8.self))
            copied.append(interface)
            copied.append(contentsOf: bytes.extracting(start + nextHopLength..<hop.upperBound))
            while copied.bytes.count % 4 != 0 { copied.append(UInt8(0)) }
        }
        return Array(copied.payload)
    }
}
