// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What the daemon answers itself: ARP, neighbour discovery, DHCP, DHCPv6, router advertisements.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    mutating func arpArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        guard let message = try? ARPMessage(parsing: arena.bytes(payload(of: frame, in: received))) else {
            counters.malformedFrames &+= 1
            return
        }
        observed.observe(IPAddress(message.senderAddress), mapping: settings.translation.mapping)
        let reply = services.arp.reply(to: message)
        if let reply { emit(reply, to: message.senderMAC) }
    }

    /// Sends an ARP message to one station, or to all.
    mutating func emit(_ message: ARPMessage, to destination: MACAddress) {
        guard let slot = link.reserve(payloadByteCount: ARPMessage.length, arena: &arena) else { return }
        let place = Slice(
            offset: slot.payload.offset - EthernetHeader.length,
            byteCount: EthernetHeader.length + ARPMessage.length)
        let header = EthernetHeader(
            destination: destination, source: settings.guest.ourMAC, etherType: EtherType.arp)
        var bytes = arena.mutableBytes(place)
        header.write(to: &bytes)
        message.write(to: &bytes, at: EthernetHeader.length)
        link.seal(
            slot, headerByteCount: EthernetHeader.length, payloadByteCount: ARPMessage.length,
            offload: VirtioNetHeader(), arena: &arena)
    }

    mutating func neighbourMessageArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        guard let source = frame.source.v6, let destination = frame.destination.v6 else { return }
        let reply = services.reply(
            toNeighbour: payload(of: frame, in: received), in: arena, source: source,
            destination: destination,
            hopLimit: frame.hopLimit, into: &scratch)
        if let reply { sendNeighbourMessage(reply) }
    }

    /// Sends the router advertisement that is due, to all nodes.
    mutating func advertise() {
        let reply = services.advertisement(into: &scratch)
        if let reply { sendNeighbourMessage(reply) }
    }

    /// Asks for the guest's MAC when the link is new (spec 7.1, 7.2).
    mutating func probeGuest() {
        let request = services.arp.initialRequest
        if let request { emit(request, to: .broadcast) }
        let reply = services.initialSolicitation(into: &scratch)
        if let reply { sendNeighbourMessage(reply) }
        link.flush(arena: &arena)
    }

    /// Sends the ICMPv6 message in `scratch`.
    private mutating func sendNeighbourMessage(_ reply: NeighbourDiscoveryReply) {
        guard let slot = slotWithScratch(reply.byteCount) else { return }
        var addresses = addresses(from: IPAddress(reply.source), to: IPAddress(reply.destination))
        if reply.destination.isMulticast { addresses.destinationMAC = .multicast(for: reply.destination) }
        sealICMP(slot, byteCount: reply.byteCount, addresses)
    }

    /// Where in the arena a frame's payload lies.
    func payload(of frame: ParsedFrame, in received: ReceivedFrame) -> Slice {
        Slice(offset: received.bytes.offset + frame.payloadOffset, byteCount: frame.payloadByteCount)
    }

    /// A slot that holds the first `byteCount` bytes of `scratch`; nil when the link is full.
    mutating func slotWithScratch(_ byteCount: Int) -> FrameSlot? {
        guard let slot = link.reserve(payloadByteCount: byteCount, arena: &arena) else { return nil }
        arena.copy(from: scratch, Slice(offset: 0, byteCount: byteCount), to: slot.payload.offset)
        return slot
    }

    /// A datagram to one of our servers; false when it is for nobody here and may be translated.
    mutating func serviceDatagramArrived(_ frame: ParsedFrame, in received: ReceivedFrame) -> Bool {
        let place = payload(of: frame, in: received)
        switch (frame.version, frame.destinationPort) {
        case (.v4, 67): dhcpArrived(place)
        case (.v6, 547): dhcpv6Arrived(place, frame)
        default: return false
        }
        return true
    }

    private mutating func dhcpArrived(_ place: Slice) {
        guard let ours = settings.guest.ipv4?.ours else { return }
        let reply = services.reply(toDHCP: place, in: arena, into: &scratch)
        guard let reply, let slot = slotWithScratch(reply.byteCount) else { return }
        if let clientMAC = reply.clientMAC { guestMAC = clientMAC }
        var addresses = addresses(from: IPAddress(ours), to: IPAddress(reply.destination))
        addresses.destinationMAC = reply.destinationMAC
        sealDatagram(slot, byteCount: reply.byteCount, addresses, sourcePort: 67, destinationPort: 68)
    }

    private mutating func dhcpv6Arrived(_ place: Slice, _ frame: ParsedFrame) {
        guard let ours = settings.guest.ipv6?.ours, let source = frame.source.v6,
            let destination = frame.destination.v6
        else { return }
        let reply = services.reply(
            toDHCPv6: place, in: arena, source: source, destination: destination, into: &scratch)
        guard let reply, let slot = slotWithScratch(reply.byteCount) else { return }
        observed.reset(.v6, mapping: settings.translation.mapping)
        let addresses = addresses(from: IPAddress(ours), to: IPAddress(reply.destination))
        sealDatagram(slot, byteCount: reply.byteCount, addresses, sourcePort: 547, destinationPort: 546)
    }
}
