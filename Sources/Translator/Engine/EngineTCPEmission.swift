// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Segments to the guest.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Ethernet, IP and TCP header of a flow's segments without options, in bytes.
    func headerByteCount(_ index: Int) -> Int {
        EthernetHeader.length + (flows[index].guest.address.version == .v4 ? 40 : 60)
    }

    /// All headers of a flow's segments with data, in bytes.
    func dataHeaderByteCount(_ index: Int) -> Int {
        headerByteCount(index) + timestampOptions(flows[index].connection).length
    }

    /// Payload that was peeked into `slot`.
    mutating func sealData(
        _ slot: FrameSlot, byteCount: Int, at sequence: SequenceNumber, isLast: Bool, for index: Int
    ) {
        let connection = flows[index].connection
        let fields = SegmentFields(
            sequence: sequence, acknowledgement: connection.receiveNext,
            flags: isLast ? [.ack, .push] : [.ack],
            window: connection.windowField, options: timestampOptions(connection),
            payloadByteCount: byteCount,
            segmentByteCount: connection.segmentByteCount)
        sealSegment(slot, fields, from: flows[index].remote, to: flows[index].guest)
    }

    /// The host's peer finished.
    mutating func emitFin(for index: Int) {
        let connection = flows[index].connection
        let fields = SegmentFields(
            sequence: connection.hostEnd, acknowledgement: connection.receiveNext, flags: [.ack, .fin],
            window: connection.windowField, options: timestampOptions(connection))
        guard emitFields(fields, for: index) else { return makeReady(index) }
        flows[index].connection.finSent(now: now)
    }

    /// A segment without payload: what arrived, what may be sent, and what is missing.
    mutating func emitAcknowledgement(for index: Int) {
        let connection = flows[index].connection
        var options = timestampOptions(connection)
        if connection.flags.contains(.sack) {
            for range in 0..<min(connection.outOfOrder.count, 3) {
                let kept = connection.outOfOrder[range]
                options.append(SACKBlock(left: kept.start, right: kept.end))
            }
        }
        let fields = SegmentFields(
            sequence: connection.sendMaximum, acknowledgement: connection.receiveNext, flags: .ack,
            window: connection.windowField, options: options)
        guard emitFields(fields, for: index) else { return makeReady(index) }
        flows[index].connection.acknowledgementSent()
    }

    /// A handshake segment or a probe.
    mutating func emit(_ reply: TCPDecision.Reply, for index: Int) {
        let connection = flows[index].connection
        var fields = SegmentFields(
            sequence: connection.sendUnacknowledged, acknowledgement: connection.receiveNext, flags: .ack,
            window: connection.windowField)
        switch reply {
        case .none, .reset:
            return
        case .probe:
            fields.sequence = connection.sendUnacknowledged + -1
            fields.options = timestampOptions(connection)
        case .syn:
            fields.flags = .syn
            fields.acknowledgement = 0
            fields.window = UInt16(TCPConnection.openingWindow)
            fields.options = offerOptions(flows[index].guest.address.version)
            fields.options.timestamps = TCPTimestamps(value: TCPConnection.timestamp(now), echo: 0)
            fields.options.windowScale = TCPConnection.offeredScale
            fields.options.permitsSACK = true
        case .synAck:
            fields.flags = [.syn, .ack]
            fields.window = UInt16(TCPConnection.openingWindow)
            fields.options = timestampOptions(connection)
            fields.options.maximumSegmentSize = linkSegment(flows[index].guest.address.version)
            // Each only if the guest offered it (RFC 7323, section 2.2; RFC 2018, section 2).
            fields.options.windowScale = connection.ourScale > 0 ? connection.ourScale : nil
            fields.options.permitsSACK = connection.flags.contains(.sack)
        }
        // A handshake segment or probe that finds no room is repeated by its timer.
        if emitFields(fields, for: index), reply == .probe {
            flows[index].connection.acknowledgementSent()
        }
    }

    private func offerOptions(_ version: IPVersion) -> TCPOptions {
        var options = TCPOptions()
        options.maximumSegmentSize = linkSegment(version)
        return options
    }

    private func timestampOptions(_ connection: TCPConnection) -> TCPOptions {
        var options = TCPOptions()
        if connection.flags.contains(.timestamps) {
            options.timestamps = TCPTimestamps(
                value: TCPConnection.timestamp(now), echo: connection.recentTimestamp)
        }
        return options
    }

    private mutating func emitFields(_ fields: SegmentFields, for index: Int) -> Bool {
        let headers = headerByteCount(index) + fields.options.length
        guard let slot = link.reserve(headerByteCount: headers, payloadByteCount: 0, arena: &arena) else {
            return false
        }
        sealSegment(slot, fields, from: flows[index].remote, to: flows[index].guest)
        return true
    }

    /// The flow ends here and now.
    mutating func emitReset(at sequence: SequenceNumber, for index: Int) {
        counters.tcpResetsToGuest &+= 1
        let fields = SegmentFields(
            sequence: sequence, acknowledgement: flows[index].connection.receiveNext, flags: [.reset, .ack],
            window: 0)
        _ = emitFields(fields, for: index)
    }

    /// Nobody listens where the guest wanted to connect (RFC 9293, section 3.10.7.1).
    mutating func emitRefusal(for index: Int) {
        counters.tcpRefusalsToGuest &+= 1
        let fields = SegmentFields(
            sequence: 0, acknowledgement: flows[index].connection.receiveNext, flags: [.reset, .ack],
            window: 0)
        _ = emitFields(fields, for: index)
    }

    /// A segment for which there is no flow (RFC 9293, section 3.10.7.1).
    mutating func refuse(_ segment: TCPSegment, guest: Endpoint, remote: Endpoint) {
        guard guest.address.isUnicast, remote.address.isUnicast,
            let slot = link.reserve(payloadByteCount: 0, arena: &arena)
        else { return }
        counters.tcpStraySegments &+= 1
        var fields = SegmentFields(sequence: 0, acknowledgement: 0, flags: .reset, window: 0)
        if segment.flags.contains(.ack) {
            fields.sequence = segment.acknowledgement
        } else {
            fields.flags = [.reset, .ack]
            fields.acknowledgement = segment.sequence + segment.sequenceLength
        }
        sealSegment(slot, fields, from: remote, to: guest)
    }

    /// The connection cannot be made, for a reason that ICMP can say: quotes the guest's SYN.
    mutating func emitUnreachable(_ reason: ConnectFailure.Unreachable, for index: Int) {
        let flow = flows[index]
        let message = ICMPErrorMessage(
            reason,
            about: .syn(
                from: flow.guest, to: flow.remote, sequence: flow.connection.receiveNext.advanced(by: -1)),
            translation: settings.translation)
        guard let slot = link.reserve(payloadByteCount: message.byteCount, arena: &arena) else { return }
        seal(message, in: slot)
    }
}
