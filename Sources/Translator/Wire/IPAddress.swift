// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The two IP versions that the daemon translates.
enum IPVersion: UInt8, BitwiseCopyable, CaseIterable {
    case v4 = 4
    case v6 = 6
}

/// An address of either version, 17 bytes flat: an IPv4 address is kept in mapped form beside its version.
struct IPAddress: Hashable, BitwiseCopyable {
    /// The address itself, or the IPv4-mapped form of an IPv4 one.
    var bits: IPv6Address
    var version: IPVersion

    init(_ address: IPv4Address) {
        bits = IPv6Address(mapping: address)
        version = .v4
    }

    /// An IPv6 address; a mapped one stays version 6.
    init(_ address: IPv6Address) {
        bits = address
        version = .v6
    }

    var v4: IPv4Address? { version == .v4 ? IPv4Address(UInt32(truncatingIfNeeded: bits.low)) : nil }
    var v6: IPv6Address? { version == .v6 ? bits : nil }

    var isUnspecified: Bool { v4?.isUnspecified ?? bits.isUnspecified }
    var isLoopback: Bool { v4?.isLoopback ?? bits.isLoopback }
    var isMulticast: Bool { v4?.isMulticast ?? bits.isMulticast }
    var isLinkLocal: Bool { v4?.isLinkLocal ?? bits.isLinkLocal }
    var isUnicast: Bool { v4?.isUnicast ?? bits.isUnicast }

    static func unspecified(_ version: IPVersion) -> IPAddress {
        version == .v4 ? IPAddress(IPv4Address.unspecified) : IPAddress(IPv6Address.unspecified)
    }
    static func loopback(_ version: IPVersion) -> IPAddress {
        version == .v4 ? IPAddress(IPv4Address.loopback) : IPAddress(IPv6Address.loopback)
    }
}

/// One end of a flow: an address and a port in host order.
struct Endpoint: Hashable, BitwiseCopyable {
    var address: IPAddress
    var port: UInt16
}
