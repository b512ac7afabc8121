// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The addresses that the guest was last seen to use: where flows to it go.
struct ObservedAddresses: Equatable, BitwiseCopyable {
    private(set) var v4: IPv4Address?
    /// A global one, or the first link-local one while no global one is known.
    private(set) var v6: IPv6Address?
    private(set) var v6LinkLocal: IPv6Address?

    /// Before the guest spoke: it is expected to take what is assigned to it.
    init(_ mapping: AddressMapping) {
        v4 = mapping.v4.assigned?.v4
        v6 = mapping.v6.assigned?.v6
    }

    /// The namespace was found, or made, to have this link-local address.
    mutating func namespaceHas(linkLocal address: IPv6Address) { learnLinkLocal(address) }

    /// A packet from the guest carried this source.
    ///
    /// A global address given by `--address` is not learned over: on a bridged namespace, frames of other stations
    /// are heard too.
    mutating func observe(_ source: IPAddress, mapping: AddressMapping) {
        guard source.isUnicast, !source.isLoopback else { return }
        switch source.version {
        case .v4:
            if !mapping.v4.isAssignedPinned { v4 = source.v4 }
        case .v6:
            if source.isLinkLocal {
                learnLinkLocal(source.bits)
            } else if !mapping.v6.isAssignedPinned {
                v6 = source.bits
            }
        }
    }

    /// The guest was told again what its address of `version` is, as by every DHCPv6 answer.
    mutating func reset(_ version: IPVersion, mapping: AddressMapping) {
        guard let assigned = mapping[version].assigned else { return }
        switch version {
        case .v4: v4 = assigned.v4
        case .v6: v6 = assigned.v6
        }
    }

    /// Where an inbound flow of `version` goes, if its source appears as `source` to the guest.
    func destination(_ version: IPVersion, for source: IPAddress?) -> IPAddress? {
        switch version {
        case .v4: v4.map { IPAddress($0) }
        case .v6: (source?.isLinkLocal == true ? v6LinkLocal : v6).map { IPAddress($0) }
        }
    }

    func contains(_ address: IPAddress) -> Bool {
        switch address.version {
        case .v4: address.v4 == v4
        case .v6: address.bits == v6 || address.bits == v6LinkLocal
        }
    }

    private mutating func learnLinkLocal(_ address: IPv6Address) {
        v6LinkLocal = address
        if v6 == nil { v6 = address }
    }
}
