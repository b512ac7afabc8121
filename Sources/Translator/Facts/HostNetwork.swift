// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The host's network as netlink told it: one snapshot.
struct HostNetwork: Equatable {
    /// An interface whose addresses and routes are shown to the guest, for one IP version.
    struct Template: Equatable {
        var interfaceIndex: UInt32
        var interfaceName: String
        /// All usable addresses of the version, in the kernel's order.
        var addresses: [InterfaceAddress]
        /// Next hop of the default route; nil for an on-link default or none at all.
        var gateway: IPAddress?
        /// IPv6: the interface's own link-local address.
        var linkLocal: IPv6Address?
        /// MTU of the interface, in bytes.
        var mtu: UInt32
    }

    struct InterfaceAddress: Equatable {
        var address: IPAddress
        var prefixLength: UInt8
        var isDeprecated = false
        /// `rtm_scope` of the address is narrower than the site (link or host).
        var isLinkScope = false
    }

    /// nil: no usable interface for the version (local mode) or the version is off.
    var ipv4: Template?
    var ipv6: Template?
}
