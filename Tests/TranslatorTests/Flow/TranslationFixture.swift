// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// One version's addresses for tests of translation: every role has an address of its own.
struct TranslationFixture {
    let version: IPVersion
    let assigned: IPAddress
    let ours: IPAddress
    let mappedLoopback: IPAddress
    let mappedGuest: IPAddress
    let dnsMatch: IPAddress
    let dnsHost: IPAddress
    let outbound: IPAddress
    let observed: IPAddress
    let observedLinkLocal: IPAddress
    let elsewhere: IPAddress
    let linkLocal: IPAddress
    let multicast: IPAddress
    let otherLoopback: IPAddress

    static let templateInterfaceIndex: UInt32 = 7

    init(_ version: IPVersion) {
        func address(_ number: UInt32) -> IPAddress {
            version == .v4
                ? IPAddress(IPv4Address(0xc000_0200 | number))
                : IPAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: UInt64(number)))
        }
        self.version = version
        assigned = address(2)
        ours = version == .v4 ? address(1) : IPAddress(IPv6Address(high: 0xfe80 << 48, low: 1))
        mappedLoopback = address(11)
        mappedGuest = address(12)
        dnsMatch = address(13)
        dnsHost = address(14)
        outbound = address(15)
        observed = address(16)
        observedLinkLocal = IPAddress(IPv6Address(high: 0xfe80 << 48, low: 16))
        elsewhere = address(99)
        linkLocal =
            version == .v4
            ? IPAddress(IPv4Address(0xa9fe_0101)) : IPAddress(IPv6Address(high: 0xfe80 << 48, low: 99))
        multicast =
            version == .v4
            ? IPAddress(IPv4Address(0xe000_00fb))
            : IPAddress(IPv6Address(high: 0xff02_0000_0000_0000, low: 0xfb))
        otherLoopback = version == .v4 ? IPAddress(IPv4Address(0x7f00_0002)) : .loopback(.v6)
    }

    /// Everything mapped; the other version is off.
    func mapping() -> AddressMapping {
        var mapping = AddressMapping()
        mapping[version] = AddressMapping.Family(
            isEnabled: true, assigned: assigned, isAssignedPinned: false, ours: ours,
            mappedLoopback: mappedLoopback,
            mappedGuest: mappedGuest, dnsMatch: dnsMatch, dnsHost: dnsHost, outbound: outbound,
            templateInterfaceIndex: Self.templateInterfaceIndex)
        return mapping
    }

    /// Nothing mapped.
    func plainMapping() -> AddressMapping {
        var mapping = mapping()
        mapping[version].mappedLoopback = nil
        mapping[version].mappedGuest = nil
        mapping[version].dnsMatch = nil
        mapping[version].dnsHost = nil
        mapping[version].outbound = nil
        return mapping
    }

    /// A guest that took other addresses than the one it was assigned.
    func observedAddresses() -> ObservedAddresses {
        var addresses = ObservedAddresses(mapping())
        addresses.observe(observed, mapping: mapping())
        if version == .v6 { addresses.observe(observedLinkLocal, mapping: mapping()) }
        return addresses
    }
}
