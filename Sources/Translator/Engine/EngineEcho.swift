// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Echo requests of the guest, through ping sockets; replies keep the guest's identifier.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    mutating func echoArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        guard settings.allowsICMP, frame.isEchoRequest else {
            counters.ignoredFrames &+= 1
            return
        }
        let key = EchoFlow.key(
            guest: frame.source, remote: frame.destination, identifier: frame.echoIdentifier)
        guard let index = echoTable.find(key) ?? openEcho(frame) else {
            counters.ignoredFrames &+= 1
            return
        }
        let socket = echoFlows[index].socket
        if echoFlows[index].requestArrived(sequence: frame.echoSequence, hopLimit: frame.hopLimit, now: now) {
            host.setHopLimit(socket, to: frame.hopLimit, version: frame.version)
        }
        sendDatagrams()
        // The kernel puts its own identifier and checksum in.
        let message = Slice(
            offset: received.bytes.offset + Int(frame.transportOffset),
            byteCount: ICMPMessage.length + frame.payloadByteCount)
        _ = host.postDatagram(message, segmentByteCount: 0, version: frame.version, arena: &arena)
        var result = host.sendDatagrams(socket, 0..<1)
        if result < 0, !TransientFailure.isFull(-result) {
            reportEchoErrors(index)
            result = host.sendDatagrams(socket, 0..<1)  // an earlier request's error is told first
            if result < 0 { reportEchoErrors(index) }
        }
        host.clearDatagrams()
    }

    private mutating func reportEchoErrors(_ index: Int) {
        let flow = echoFlows[index]
        reportErrors(of: flow.socket, flow.original, peer: flow.peer)
    }

    private mutating func openEcho(_ frame: ParsedFrame) -> Int? {
        guard let route = settings.translation.outboundEcho(from: frame.source, to: frame.destination),
            let index = echoFlows.allocate()
        else { return nil }
        let outcome = host.openEcho(route, token: echoToken(index))
        let flow = EchoFlow(
            guest: frame.source, remote: frame.destination, peer: route.destination.address,
            identifier: frame.echoIdentifier, socket: outcome.socket, now: now)
        guard outcome.socket >= 0, echoTable.insert(flow.key, index) else {
            if outcome.socket >= 0 { host.close(outcome.socket, token: echoToken(index), abortively: false) }
            echoFlows.free(index)
            return nil
        }
        echoFlows[index] = flow
        echoWheel.schedule(index, at: flow.deadline)
        counters.echoFlowsOpened &+= 1
        return index
    }

    func echoToken(_ index: Int) -> FlowToken {
        FlowToken(kind: .echo, generation: echoFlows.generation(index), index: UInt32(index))
    }

    /// A ping socket reported an edge.
    mutating func echoEventArrived(_ token: FlowToken, _ event: Readiness) {
        let index = token.index
        guard index < echoFlows.capacity, echoFlows.isAllocated(index),
            echoFlows.generation(index) == token.generation
        else { return }
        if event.isFailed { reportEchoErrors(index) }
        for _ in 0..<FrameBatch.capacity {
            guard let slot = link.reserve(payloadByteCount: 65507, arena: &arena) else {
                areDatagramsStarved = true
                return
            }
            let isThere =
                host.expectDatagram(slot.payload, arena: &arena)
                && host.receiveDatagrams(echoFlows[index].socket) == 1
            let byteCount = isThere ? host.arrival(0).byteCount : 0
            host.clearDatagrams()
            guard isThere else {
                link.release(slot)
                return
            }
            var flow = echoFlows[index]
            let isForGuest = Self.takeReply(
                &flow, Slice(offset: slot.payload.offset, byteCount: byteCount), &arena)
            echoFlows[index] = flow
            guard isForGuest else {
                link.release(slot)
                continue
            }
            sealICMP(slot, byteCount: byteCount, addresses(from: flow.remote, to: flow.guest))
        }
        areDatagramsStarved = true
    }

    private static func takeReply(_ flow: inout EchoFlow, _ place: Slice, _ arena: inout Arena) -> Bool {
        var message = arena.mutableBytes(place)
        return flow.replyArrived(&message)
    }
}
