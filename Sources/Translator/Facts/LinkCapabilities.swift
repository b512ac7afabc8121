// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the far side of the link takes over from us.
struct LinkCapabilities: Equatable, BitwiseCopyable {
    /// Largest frame in bytes, Ethernet header included.
    var largestFrame: Int
    /// Transport checksums may be left as a pseudo-header sum, marked in the virtio-net header.
    var completesChecksums: Bool
    /// TCP over IPv4 and IPv6 may be handed over in one piece of up to `largestFrame` bytes whatever the MTU.
    var segmentsTCP: Bool
    /// UDP may be handed over as a run of equal datagrams (USO).
    var segmentsUDP: Bool

    /// A link that takes plain frames only.
    static let plain = LinkCapabilities(
        largestFrame: 65535, completesChecksums: false, segmentsTCP: false, segmentsUDP: false)
}
