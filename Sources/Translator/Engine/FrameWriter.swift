// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Headers in front of a slot's payload, from Ethernet to the transport.

/// Who talks to whom on the link, for one frame to the guest.
struct FrameAddresses: BitwiseCopyable {
    var sourceMAC: MACAddress
    var destinationMAC: MACAddress
    var source: IPAddress
    var destination: IPAddress

    /// Ethernet and IP header together, in bytes.
    var headerByteCount: Int {
        EthernetHeader.length + (source.version == .v4 ? IPv4Header.length : IPv6Header.length)
    }

    /// Writes both headers at the start of `bytes`.
    ///
    /// - Parameter byteCount: what follows the IP header, transport header included.
    func write(
        to bytes: inout MutableRawSpan, payload byteCount: Int, protocolNumber: UInt8, hopLimit: UInt8 = 255
    ) {
        let isV4 = source.version == .v4
        EthernetHeader(
            destination: destinationMAC, source: sourceMAC, etherType: isV4 ? EtherType.ipv4 : EtherType.ipv6
        ).write(to: &bytes)
        if let source = source.v4, let destination = destination.v4 {
            var header = IPv4Header(
                payload: byteCount, protocolNumber: protocolNumber, source: source, destination: destination)
            header.timeToLive = hopLimit
            header.write(to: &bytes, at: EthernetHeader.length)
        } else {
            var header = IPv6Header(
                payload: byteCount, nextHeader: protocolNumber, source: source.bits,
                destination: destination.bits)
            header.hopLimit = hopLimit
            header.write(to: &bytes, at: EthernetHeader.length)
        }
    }
}

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// The addresses of a frame that seems to come from `source`.
    func addresses(from source: IPAddress, to destination: IPAddress) -> FrameAddresses {
        FrameAddresses(
            sourceMAC: settings.guest.ourMAC, destinationMAC: guestMAC, source: source,
            destination: destination)
    }

    /// Writes all headers of a TCP segment in front of the slot's payload and seals it.
    mutating func sealSegment(
        _ slot: FrameSlot, _ fields: SegmentFields, from remote: Endpoint, to guest: Endpoint
    ) {
        let addresses = addresses(from: remote.address, to: guest.address)
        let transportLength = TCPHeader.length + fields.options.length
        let headerLength = addresses.headerByteCount + transportLength
        let carried = transportLength + fields.payloadByteCount
        var header = TCPHeader(
            sourcePort: remote.port, destinationPort: guest.port, sequenceNumber: fields.sequence,
            flags: fields.flags)
        header.acknowledgment = fields.acknowledgement
        header.window = fields.window
        header.headerLength = transportLength
        let pseudo = PseudoHeader(
            source: remote.address, destination: guest.address, protocolNumber: ProtocolNumber.tcp,
            byteCount: carried)
        let completes = link.capabilities.completesChecksums
        if completes { header.checksum = pseudo.checksum.folded }
        let place = Slice(
            offset: slot.payload.offset - headerLength, byteCount: headerLength + fields.payloadByteCount)
        let start = addresses.headerByteCount
        var bytes = arena.mutableBytes(place)
        addresses.write(to: &bytes, payload: carried, protocolNumber: ProtocolNumber.tcp)
        header.write(to: &bytes, at: start)
        fields.options.write(to: &bytes, at: start + TCPHeader.length)
        if !completes {
            var checksum = pseudo.checksum
            checksum.add(bytes.bytes.extracting(start..<start + carried))
            bytes.storeBigEndian(checksum.complement, at: start + 16)
        }
        link.seal(
            slot, headerByteCount: headerLength, payloadByteCount: fields.payloadByteCount,
            offload: offload(fields, headerLength: headerLength, transportStart: start, completes: completes),
            arena: &arena)
    }

    private func offload(
        _ fields: SegmentFields, headerLength: Int, transportStart: Int, completes: Bool
    ) -> VirtioNetHeader {
        var offload = VirtioNetHeader()
        offload.headerLength = UInt16(truncatingIfNeeded: headerLength)
        guard completes else { return offload }
        offload.needsChecksum = true
        offload.checksumStart = UInt16(truncatingIfNeeded: transportStart)
        offload.checksumOffset = 16
        if fields.segmentByteCount > 0, fields.payloadByteCount > Int(fields.segmentByteCount) {
            offload.segmentation = transportStart == 34 ? .tcpv4 : .tcpv6
            offload.segmentSize = fields.segmentByteCount
        }
        return offload
    }

    /// Writes headers in front of a UDP payload that lies in the slot and seals it.
    ///
    /// - Parameter segmentByteCount: payload of each datagram when the slot holds a run of them; 0: one.
    mutating func sealDatagram(
        _ slot: FrameSlot, byteCount: Int, _ addresses: FrameAddresses, sourcePort: UInt16,
        destinationPort: UInt16, segmentByteCount: UInt16 = 0
    ) {
        let carried = UDPHeader.length + byteCount
        let start = addresses.headerByteCount
        let headerLength = start + UDPHeader.length
        var header = UDPHeader(sourcePort: sourcePort, destinationPort: destinationPort, payload: byteCount)
        let pseudo = PseudoHeader(
            source: addresses.source, destination: addresses.destination, protocolNumber: ProtocolNumber.udp,
            byteCount: carried)
        let completes = link.capabilities.completesChecksums
        if completes { header.checksum = pseudo.checksum.folded }
        var bytes = arena.mutableBytes(
            Slice(offset: slot.payload.offset - headerLength, byteCount: headerLength + byteCount))
        addresses.write(to: &bytes, payload: carried, protocolNumber: ProtocolNumber.udp)
        header.write(to: &bytes, at: start)
        var offload = VirtioNetHeader()
        offload.headerLength = UInt16(truncatingIfNeeded: headerLength)
        if completes {
            offload.needsChecksum = true
            offload.checksumStart = UInt16(truncatingIfNeeded: start)
            offload.checksumOffset = 6
            if segmentByteCount > 0, byteCount > Int(segmentByteCount) {
                offload.segmentation = .udp
                offload.segmentSize = segmentByteCount
            }
        } else {
            bytes.storeBigEndian(pseudo.checksumField(of: bytes.bytes, at: start), at: start + 6)
        }
        link.seal(
            slot, headerByteCount: headerLength, payloadByteCount: byteCount, offload: offload, arena: &arena)
    }

    /// Completes an ICMP or ICMPv6 message that lies in the slot, writes headers in front and seals it.
    mutating func sealICMP(_ slot: FrameSlot, byteCount: Int, _ addresses: FrameAddresses) {
        let start = addresses.headerByteCount
        var bytes = arena.mutableBytes(
            Slice(offset: slot.payload.offset - start, byteCount: start + byteCount))
        if let source = addresses.source.v6, let destination = addresses.destination.v6 {
            addresses.write(to: &bytes, payload: byteCount, protocolNumber: ProtocolNumber.icmpv6)
            ICMPv6Message.seal(&bytes, at: start, byteCount: byteCount, from: source, to: destination)
        } else {
            addresses.write(to: &bytes, payload: byteCount, protocolNumber: ProtocolNumber.icmp)
            ICMPMessage.seal(&bytes, at: start, byteCount: byteCount)
        }
        link.seal(
            slot, headerByteCount: start, payloadByteCount: byteCount, offload: VirtioNetHeader(),
            arena: &arena)
    }
}
