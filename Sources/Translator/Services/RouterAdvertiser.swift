// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What we advertise as the guest's IPv6 router (RFC 4861, section 6.2; RFC 8106), and when without being
/// asked.
///
/// The message is the same for the whole run, so it is encoded once, its checksum left to who sends it.
struct RouterAdvertiser {
    /// What every buffer for an advertisement must hold: it fits every IPv6 link unfragmented.
    static let largestMessage = 1280 - 40
    /// RFC 4861, section 6.2.1, with the default MaxRtrAdvInterval of 600 s; a third of that, rounded, for
    /// the least.
    static let shortestInterval = Interval.seconds(200)
    static let longestInterval = Interval.seconds(600)

    /// Hop limit 255 is what we send ourselves.
    private static let hopLimit: UInt8 = 255
    /// The most the field takes (RFC 8319, section 4).
    private static let routerLifetime: UInt16 = 65535

    /// The ICMPv6 message; empty when nothing is advertised.
    private let message: [UInt8]
    /// When the next advertisement to all nodes is due; `.never` until `start`, and when nothing is
    /// advertised.
    private(set) var deadline = Instant.never

    /// Encodes the advertisement; there is none without IPv6, neighbour discovery or the service itself.
    init(network: GuestNetwork) {
        guard let ipv6 = network.ipv6, network.services.ndp, network.services.routerAdvertisements else {
            message = []
            return
        }
        message = [UInt8](capacity: Self.largestMessage) { Self.encode(network, ipv6, into: &$0) }
    }

    var isEnabled: Bool { !message.isEmpty }

    /// Writes an advertisement, from our link-local address and with hop limit 255, to whomever it goes.
    ///
    /// - Parameter bytes: takes the ICMPv6 message; at least `largestMessage`.
    /// - Returns: the message's length in bytes; nil when nothing is advertised.
    func write(into bytes: inout MutableRawSpan) -> Int? {
        guard isEnabled else { return nil }
        bytes.copy(message.span, at: 0)
        return message.count
    }

    /// Begins the schedule: the first advertisement is due after one interval.
    ///
    /// - Parameter random: 64 uniformly distributed bits.
    mutating func start(now: Instant, random: UInt64) {
        guard isEnabled else { return }
        deadline = now + Self.interval(random)
    }

    /// Whether an advertisement to all nodes is due; if so, the next one is scheduled.
    ///
    /// - Parameter random: 64 uniformly distributed bits.
    mutating func deadlinePassed(now: Instant, random: UInt64) -> Bool {
        guard isEnabled, deadline <= now else { return false }
        deadline = now + Self.interval(random)
        return true
    }

    private static func interval(_ random: UInt64) -> Interval {
        let span = UInt64((longestInterval - shortestInterval).nanoseconds) + 1
        return shortestInterval + Interval(nanoseconds: Int64(random.multipliedFullWidth(by: span).high))
    }

    private static func encode(
        _ network: GuestNetwork, _ ipv6: GuestNetwork.IPv6, into bytes: inout MutableRawSpan
    ) -> Int {
        // Addresses come by DHCPv6 only while that answers.
        let isManaged = network.services.dhcpv6 && ipv6.address != nil
        RouterAdvertisement(
            hopLimit: hopLimit, isManaged: isManaged, hasOtherConfiguration: false,
            routerLifetime: routerLifetime
        ).write(to: &bytes)
        var offset = RouterAdvertisement.length
        if let address = ipv6.address, !address.isLinkLocal {
            PrefixInformation(
                prefix: address, prefixLength: ipv6.prefixLength, isOnLink: true, isAutonomous: true
            ).write(to: &bytes, at: offset)
            offset += PrefixInformation.length
        }
        if network.mtu != 0 {
            MTUOption(mtu: UInt32(network.mtu)).write(to: &bytes, at: offset)
            offset += MTUOption.length
        }
        LinkLayerAddressOption(type: NeighbourOption.sourceLinkLayerAddress, address: network.ourMAC)
            .write(to: &bytes, at: offset)
        offset += LinkLayerAddressOption.length
        if !ipv6.resolvers.isEmpty {
            let option = RecursiveResolversOption(Array(ipv6.resolvers.prefix(16)))
            option.write(to: &bytes, at: offset)
            offset += option.length
        }
        let names = DomainNameList(network.searchDomains, compressing: false)
        let room = (largestMessage - offset - SearchListOption.length(names: 0)) & ~7
        let byteCount = names.byteCount(fitting: room)
        if byteCount > 0 {
            SearchListOption.write(
                names: names.bytes.span.extracting(0..<byteCount).raw, to: &bytes, at: offset)
            offset += SearchListOption.length(names: byteCount)
        }
        return offset
    }
}
