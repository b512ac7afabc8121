// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The responders of the engine's services; everything constant in their answers was made at start.
struct EngineResponders: ~Copyable {
    /// What a buffer for any reply must hold, in bytes.
    static let largestReply = 2048

    var arp: ARPResponder
    var neighbours: NeighbourDiscoveryResponder
    var advertiser: RouterAdvertiser
    var dhcp: DHCPResponder
    var dhcpv6: DHCPv6Responder

    /// - Parameter time: seconds since 2000 when the DUID was made (RFC 8415, section 11.2).
    init(network: GuestNetwork, time: UInt32) {
        arp = ARPResponder(network: network)
        neighbours = NeighbourDiscoveryResponder(network: network)
        advertiser = RouterAdvertiser(network: network)
        dhcp = DHCPResponder(network: network)
        dhcpv6 = DHCPv6Responder(network: network, time: time)
    }

    func reply(toDHCP message: Slice, in arena: borrowing Arena, into scratch: inout Arena) -> DHCPReply? {
        var bytes = scratch.mutableBytes(scratch.all)
        return dhcp.reply(to: arena.bytes(message), into: &bytes)
    }

    func reply(
        toDHCPv6 message: Slice, in arena: borrowing Arena, source: IPv6Address, destination: IPv6Address,
        into scratch: inout Arena
    ) -> DHCPv6Reply? {
        var bytes = scratch.mutableBytes(scratch.all)
        return dhcpv6.reply(
            to: arena.bytes(message), source: source, destination: destination, into: &bytes)
    }

    func reply(
        toNeighbour message: Slice, in arena: borrowing Arena, source: IPv6Address,
        destination: IPv6Address, hopLimit: UInt8, into scratch: inout Arena
    ) -> NeighbourDiscoveryReply? {
        var bytes = scratch.mutableBytes(scratch.all)
        return neighbours.reply(
            toICMPv6: arena.bytes(message), source: source, destination: destination, hopLimit: hopLimit,
            advertiser: advertiser, into: &bytes)
    }

    func advertisement(into scratch: inout Arena) -> NeighbourDiscoveryReply? {
        var bytes = scratch.mutableBytes(scratch.all)
        return neighbours.writeAdvertisement(of: advertiser, into: &bytes)
    }

    func initialSolicitation(into scratch: inout Arena) -> NeighbourDiscoveryReply? {
        var bytes = scratch.mutableBytes(scratch.all)
        return neighbours.writeInitialSolicitation(into: &bytes)
    }
}
