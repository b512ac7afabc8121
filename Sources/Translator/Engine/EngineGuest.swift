// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Frames from the guest: understood once, then handed to the protocol they belong to.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Deals with one frame of the batch, or one that was put together from fragments.
    mutating func frameArrived(_ received: ReceivedFrame) {
        var frame = ParsedFrame()
        do throws(WireError) {
            try frame.parse(
                arena.bytes(received.bytes),
                isSegmentationOffloaded: received.offload.isSegmentationOffloaded)
        } catch {
            switch error {
            case .loopback: counters.loopbackFrames &+= 1
            case .truncated, .malformed: counters.malformedFrames &+= 1
            }
            return
        }
        guard !frame.sourceMAC.isGroup else {
            counters.malformedFrames &+= 1
            return
        }
        guestMAC = frame.sourceMAC
        switch frame.kind {
        case .tcp:
            observe(frame)
            segmentArrived(frame, in: received)
        case .arp:
            arpArrived(frame, in: received)
        case .neighbourDiscovery:
            observe(frame)
            neighbourMessageArrived(frame, in: received)
        case .udp:
            observe(frame)
            if !serviceDatagramArrived(frame, in: received) { datagramArrived(frame, in: received) }
        case .icmpEcho:
            observe(frame)
            echoArrived(frame, in: received)
        case .fragment where isReassembled:
            counters.malformedFrames &+= 1
        case .fragment:
            fragmentArrived(frame, in: received)
        case .ignored, .otherIPv4, .otherIPv6:
            counters.ignoredFrames &+= 1
        }
    }

    private mutating func observe(_ frame: ParsedFrame) {
        observed.observe(frame.source, mapping: settings.translation.mapping)
    }

    private mutating func segmentArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        guard settings.allowsTCP else {
            counters.ignoredFrames &+= 1
            return
        }
        let guest = Endpoint(address: frame.source, port: frame.sourcePort)
        let remote = Endpoint(address: frame.destination, port: frame.destinationPort)
        let segment = TCPSegment(frame)
        let key = FlowKey(transport: ProtocolNumber.tcp, near: guest, far: remote)
        guard let index = table.find(key) else {
            if segment.flags.isSuperset(of: .syn), segment.flags.isDisjoint(with: [.ack, .reset, .fin]) {
                openFromGuest(segment, key: key, guest: guest, remote: remote)
            } else if !segment.flags.contains(.reset) {
                refuse(segment, guest: guest, remote: remote)
            }
            return
        }
        if flows[index].connection.admitsReopening(by: segment) {
            finish(index)
            openFromGuest(segment, key: key, guest: guest, remote: remote)
            return
        }
        let previousNext = flows[index].connection.receiveNext
        let decision = flows[index].connection.segmentArrived(segment, now: now)
        touch(index)
        if decision.payloadCount > 0 {
            let slice = Slice(
                offset: received.bytes.offset + frame.payloadOffset + decision.payloadStart,
                byteCount: decision.payloadCount)
            let first = segment.sequence + decision.payloadStart
            switch decision.payload {
            case .none: break
            case .forward: forward(slice, at: first, for: index, from: previousNext)
            case .keep:
                if !store(slice, at: first, for: index) { flows[index].connection.forgetKept() }
            }
        }
        _ = perform(decision, for: index)
    }

    /// Puts the next bytes of a stream in line for the socket, or behind what waits in the reserve.
    private mutating func forward(
        _ slice: Slice, at first: SequenceNumber, for index: Int, from previousNext: SequenceNumber
    ) {
        if flows[index].connection.forwarded + Int(flows[index].lineByteCount) == first {
            let piece = pieces.append(slice, behind: flows[index].lastPiece)
            if flows[index].firstPiece < 0 { flows[index].firstPiece = piece }
            flows[index].lastPiece = piece
            flows[index].lineByteCount += Int32(slice.byteCount)
        } else if !store(slice, at: first, for: index) {
            counters.retractedBytes &+= UInt64(slice.byteCount)
            flows[index].connection.retract(to: previousNext)
        }
    }

    mutating func fragmentArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        let outcome = Self.keep(frame, received.bytes, in: &reassembly, from: arena, now: now)
        guard case .complete(let place) = outcome else {
            if case .dropped = outcome { counters.fragmentsDropped &+= 1 }
            return
        }
        let whole = Slice(offset: settings.reassembledOffset, byteCount: place.byteCount)
        arena.copy(from: reassembly.memory, place, to: whole.offset)
        reassembly.release(place)
        isReassembled = true
        frameArrived(ReceivedFrame(bytes: whole))
        sendDatagrams()
        settle()  // before the next one takes the same place
        isReassembled = false
    }

    private static func keep(
        _ frame: ParsedFrame, _ place: Slice, in reassembly: inout FragmentReassembly,
        from arena: borrowing Arena,
        now: Instant
    ) -> FragmentReassembly.Outcome {
        reassembly.fragmentArrived(frame, frame: arena.bytes(place), now: now)
    }
}
