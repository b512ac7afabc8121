// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Answers the guest's ARP requests (RFC 826, RFC 5227): behind our MAC lies every address but the guest's
/// own.
struct ARPResponder: BitwiseCopyable {
    private let mac: MACAddress
    private let assigned: IPv4Address
    private let ours: IPv4Address?
    /// Whether the guest has IPv4 at all.
    private let isEnabled: Bool

    init(network: GuestNetwork) {
        mac = network.ourMAC
        assigned = network.ipv4?.address ?? .unspecified
        ours = network.ipv4?.ours
        isEnabled = network.ipv4 != nil
    }

    /// The reply to send to `message.senderMAC`, Ethernet source ours; nil when there is none to give.
    ///
    /// A probe from 0.0.0.0 is answered too: whoever probes for an address other than the assigned one is to
    /// see that it is taken.
    func reply(to message: ARPMessage) -> ARPMessage? {
        let target = message.targetAddress
        guard isEnabled, message.operation == .request, !message.isAnnouncement, !message.senderMAC.isGroup,
            target != assigned, target.isUnicast, !target.isLoopback
        else { return nil }
        return ARPMessage(
            .reply, senderMAC: mac, senderAddress: target, targetMAC: message.senderMAC,
            targetAddress: message.senderAddress)
    }

    /// The request to broadcast when the guest attaches, whose answer shows the guest's MAC.
    ///
    /// nil when we have no address to ask from: a request from 0.0.0.0 would be a probe, and make a guest
    /// that is just checking its address give it up.
    var initialRequest: ARPMessage? {
        guard isEnabled, let ours else { return nil }
        return ARPMessage(
            .request, senderMAC: mac, senderAddress: ours, targetMAC: MACAddress(bits: 0),
            targetAddress: assigned)
    }
}
