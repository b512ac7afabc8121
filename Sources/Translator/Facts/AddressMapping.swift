// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Which addresses change their meaning on the way between guest and host: fixed at start, read for every new
/// flow.
struct AddressMapping: Equatable, BitwiseCopyable {
    /// The mapping of one IP version; every address in it is of that version.
    struct Family: Equatable, BitwiseCopyable {
        /// False: the version is switched off, and the other fields mean nothing.
        var isEnabled = false
        /// What the guest was told it is; nil where it was told nothing (IPv6 in local mode).
        var assigned: IPAddress?
        /// `assigned` was given by `--address`: sources seen from the guest do not change where flows to it
        /// go.
        var isAssignedPinned = false
        /// Our own address on the link: the IPv4 gateway, the IPv6 link-local address.
        var ours: IPAddress?
        /// Stands for the host's loopback address, as seen by the guest.
        var mappedLoopback: IPAddress?
        /// Stands for the host's own socket on the address that was assigned to the guest, as seen by the
        /// guest.
        var mappedGuest: IPAddress?
        /// The resolver as the guest knows it: TCP and UDP, ports 53 and 853, go to `dnsHost`. Never without
        /// it.
        var dnsMatch: IPAddress?
        /// The resolver that the host uses.
        var dnsHost: IPAddress?
        /// Source of outbound sockets (`--outbound`); nil: the kernel chooses.
        var outbound: IPAddress?
        /// Interface that link-local destinations of outbound flows belong to; 0: none.
        var templateInterfaceIndex: UInt32 = 0
    }

    var v4 = Family()
    var v6 = Family()

    @inline(__always)
    subscript(version: IPVersion) -> Family {
        get { version == .v4 ? v4 : v6 }
        set { if version == .v4 { v4 = newValue } else { v6 = newValue } }
    }
}
