// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A neighbour discovery message that was written: an ICMPv6 message without checksum, to be sent with hop
/// limit 255.
struct NeighbourDiscoveryReply: Equatable, BitwiseCopyable {
    /// ICMPv6 message written, in bytes.
    var byteCount: Int
    var source: IPv6Address
    var destination: IPv6Address
}

/// Answers the guest's neighbour discovery (RFC 4861): behind our MAC lies every address but the guest's own,
/// and the guest's router is us.
struct NeighbourDiscoveryResponder {
    /// What every buffer for a reply must hold.
    static let largestReply = RouterAdvertiser.largestMessage

    private static let hopLimit: UInt8 = 255

    /// nil when the service is off: nothing is answered.
    private let network: GuestNetwork.IPv6?
    private let mac: MACAddress

    init(network: GuestNetwork) {
        self.network = network.services.ndp ? network.ipv6 : nil
        mac = network.ourMAC
    }

    /// Whether `type` belongs to neighbour discovery: swallowed here when it is not answered, and never
    /// forwarded.
    static func handles(_ type: UInt8) -> Bool {
        ICMPv6Type.routerSolicitation...ICMPv6Type.redirect ~= type
    }

    /// Answers an ICMPv6 message whose checksum was verified.
    ///
    /// - Parameter bytes: takes the ICMPv6 message of the reply; at least `largestReply`.
    /// - Returns: nil when nothing is to be sent, be it that the message is broken or that it wants no
    ///   answer.
    func reply(
        toICMPv6 message: RawSpan, source: IPv6Address, destination: IPv6Address, hopLimit: UInt8,
        advertiser: borrowing RouterAdvertiser, into bytes: inout MutableRawSpan
    ) -> NeighbourDiscoveryReply? {
        guard let network, hopLimit == Self.hopLimit, !source.isMulticast, message.byteCount > 0 else {
            return nil
        }
        precondition(bytes.byteCount >= Self.largestReply)
        do throws(WireError) {
            switch message.bigEndian(at: 0, as: UInt8.self) {
            case ICMPv6Type.neighbourSolicitation:
                let solicitation = try NeighbourSolicitation(parsing: message)
                return reply(to: solicitation, source: source, network, into: &bytes)
            case ICMPv6Type.routerSolicitation:
                let solicitation = try RouterSolicitation(parsing: message)
                // RFC 4861, section 6.1.1: who has no address cannot say where it is.
                guard !source.isUnspecified || solicitation.sourceMAC == nil else { return nil }
                guard let byteCount = advertiser.write(into: &bytes) else { return nil }
                return NeighbourDiscoveryReply(
                    byteCount: byteCount, source: network.ours,
                    destination: source.isUnspecified ? .allNodes : source)
            default:
                return nil
            }
        } catch {
            return nil
        }
    }

    /// A solicitation without source probes for duplicates (RFC 4862, section 5.4) and stays unanswered: the
    /// guest is free to take any address.
    private func reply(
        to solicitation: NeighbourSolicitation, source: IPv6Address, _ network: GuestNetwork.IPv6,
        into bytes: inout MutableRawSpan
    ) -> NeighbourDiscoveryReply? {
        let target = solicitation.target
        guard source.isUnicast, target.isUnicast, !target.isLoopback, target != network.address,
            target != source
        else { return nil }
        let advertisement = NeighbourAdvertisement(
            target: target, targetMAC: mac, isRouter: true, isSolicited: true, overrides: true)
        advertisement.write(to: &bytes)
        return NeighbourDiscoveryReply(
            byteCount: advertisement.byteCount, source: network.ours, destination: source)
    }

    /// Writes the advertisement to all nodes that `advertiser` found due; nil when nothing is advertised.
    func writeAdvertisement(
        of advertiser: borrowing RouterAdvertiser, into bytes: inout MutableRawSpan
    ) -> NeighbourDiscoveryReply? {
        guard let network, let byteCount = advertiser.write(into: &bytes) else { return nil }
        return NeighbourDiscoveryReply(byteCount: byteCount, source: network.ours, destination: .allNodes)
    }

    /// Writes the solicitation to send when the guest attaches, whose answer shows the guest's MAC; nil when
    /// there is no assigned address to ask for, or the service is off.
    func writeInitialSolicitation(into bytes: inout MutableRawSpan) -> NeighbourDiscoveryReply? {
        guard let network, let target = network.address else { return nil }
        let solicitation = NeighbourSolicitation(target: target, sourceMAC: mac)
        solicitation.write(to: &bytes)
        return NeighbourDiscoveryReply(
            byteCount: solicitation.byteCount, source: network.ours,
            destination: target.solicitedNodeMulticast)
    }
}
