// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Datagrams: flows opened by either side, each with a connected socket of its own.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    private var receiveCount: Int { 16 }
    /// Batches of one socket before the others have their turn.
    private var receivesPerTurn: Int { 8 }

    mutating func datagramArrived(_ frame: ParsedFrame, in received: ReceivedFrame) {
        guard settings.allowsUDP else {
            counters.ignoredFrames &+= 1
            return
        }
        let guest = Endpoint(address: frame.source, port: frame.sourcePort)
        let remote = Endpoint(address: frame.destination, port: frame.destinationPort)
        guard
            let index = udpTable.find(UDPFlow.key(guest: guest, remote: remote))
                ?? openDatagrams(guest, remote)
        else {
            counters.udpDatagramsDropped &+= 1
            return
        }
        if index != postedFlow { sendDatagrams() }
        if udpFlows[index].datagramsFromGuest(hopLimit: frame.hopLimit, now: now) {
            sendDatagrams()
            let version = udpFlows[index].peer.address.version
            host.setHopLimit(udpFlows[index].socket, to: frame.hopLimit, version: version)
        }
        let isRun = received.offload.segmentation == .udp
        postDatagram(
            payload(of: frame, in: received),
            segmentByteCount: isRun ? Int(received.offload.segmentSize) : 0, for: index)
    }

    private mutating func postDatagram(_ payload: Slice, segmentByteCount: Int, for index: Int) {
        let version = udpFlows[index].peer.address.version
        postedFlow = index
        while !host.postDatagram(
            payload, segmentByteCount: segmentByteCount, version: version, arena: &arena)
        {
            sendDatagrams()
            postedFlow = index
        }
    }

    /// Sends the run of datagrams of one flow that was posted; call it before the payload's place is used again.
    mutating func sendDatagrams() {
        guard postedFlow >= 0 else { return }
        let index = postedFlow
        let count = host.postedDatagramCount
        var sentCount = 0
        var hasFailed = false
        var isSecondTry = false
        while sentCount < count {
            let result = host.sendDatagrams(udpFlows[index].socket, sentCount..<count)
            if result > 0 {
                sentCount += Int(result)
                isSecondTry = false
                continue
            }
            if result == 0 || TransientFailure.isFull(-result) { break }
            // The error of an earlier datagram is told before this one leaves: it says nothing about this one.
            hasFailed = true
            if isSecondTry {
                counters.udpDatagramsDropped &+= 1
                sentCount += 1
            }
            isSecondTry.toggle()
        }
        counters.udpDatagramsDropped &+= UInt64(count - sentCount)
        host.clearDatagrams()
        postedFlow = -1
        if hasFailed { datagramErrorsArrived(index) }
    }

    private mutating func openDatagrams(_ guest: Endpoint, _ remote: Endpoint) -> Int? {
        guard let route = settings.translation.outbound(.udp, from: guest, to: remote),
            let index = udpFlows.allocate()
        else { return nil }
        let outcome = host.openDatagram(route, token: udpToken(index))
        return addDatagrams(
            index, outcome,
            UDPFlow(
                guest: guest, remote: remote, peer: route.destination, opener: .guest, socket: outcome.socket,
                now: now))
    }

    private mutating func addDatagrams(_ index: Int, _ outcome: SocketOutcome, _ flow: UDPFlow) -> Int? {
        guard outcome.socket >= 0, udpTable.insert(flow.key, index) else {
            if outcome.socket >= 0 { host.close(outcome.socket, token: udpToken(index), abortively: false) }
            udpFlows.free(index)
            return nil
        }
        udpFlows[index] = flow
        udpWheel.schedule(index, at: flow.deadline(settings.udpTimeouts))
        counters.udpFlowsOpened &+= 1
        return index
    }

    private func udpToken(_ index: Int) -> FlowToken {
        FlowToken(kind: .udpFlow, generation: udpFlows.generation(index), index: UInt32(index))
    }

    /// A flow's socket reported an edge.
    mutating func udpEventArrived(_ token: FlowToken, _ event: Readiness) {
        let index = token.index
        guard index < udpFlows.capacity, udpFlows.isAllocated(index),
            udpFlows.generation(index) == token.generation
        else { return }
        if event.isFailed { datagramErrorsArrived(index) }
        for _ in 0..<receivesPerTurn {
            let count = receiveDatagrams(udpFlows[index].socket) { engine, slot, arrival in
                // Somebody else's may have come between the socket's binding and its connecting.
                guard arrival.source == nil || arrival.source == engine.udpFlows[index].peer else {
                    engine.counters.udpDatagramsDropped &+= 1
                    engine.link.release(slot)
                    return
                }
                engine.udpFlows[index].datagramsFromHost(now: engine.now)
                let flow = engine.udpFlows[index]
                engine.sealDatagram(
                    slot, byteCount: arrival.byteCount,
                    engine.addresses(from: flow.remote.address, to: flow.guest.address),
                    sourcePort: flow.remote.port, destinationPort: flow.guest.port)
            }
            if count < 0, !TransientFailure.isFull(Int32(-count)) {
                datagramErrorsArrived(index)  // datagrams may wait behind it
            } else if count != receiveCount {
                return
            }
        }
        if readyDatagrams.count < readyDatagrams.capacity { readyDatagrams.append(index) }
    }

    /// Goes on with the flows that the last turn left, so that a flood on one starves no other.
    mutating func serveReadyDatagrams() {
        let count = readyDatagrams.count
        for position in 0..<count {
            let index = readyDatagrams[position]
            guard udpFlows.isAllocated(index) else { continue }
            udpEventArrived(
                udpToken(index),
                Readiness(token: 0, isReadable: true, isWritable: false, isHungUp: false, isFailed: false))
        }
        readyDatagrams.removeFirst(count)
    }

    /// A listening socket reported an edge: each datagram finds or opens its flow.
    mutating func udpListenerEventArrived(_ listener: Int) {
        guard listener < listeners.capacity, listeners.isAllocated(listener) else { return }
        let socket = listeners[listener].socket
        if listeners[listener].direction == .outbound
            || settings.translation.splice.isAllowed && listeners[listener].target == nil
        {
            return bypassListenerEventArrived(listener)
        }
        for _ in 0..<receivesPerTurn {
            let count = receiveDatagrams(socket) { engine, slot, arrival in
                engine.deliver(arrival, in: slot, listener)
            }
            // A pending error is told once, and datagrams may wait behind it.
            guard count == receiveCount || count < 0 && !TransientFailure.isFull(Int32(-count)) else {
                return
            }
        }
        listenerIsReady(listener)
    }

    /// Seals a datagram that came through a listening socket and lies in a slot, if it has a flow.
    mutating func deliver(_ arrival: DatagramArrival, in slot: FrameSlot, _ listener: Int) {
        guard let index = flow(of: arrival, listener) else {
            counters.udpDatagramsDropped &+= 1
            link.release(slot)
            return
        }
        udpFlows[index].datagramsFromHost(now: now)
        let flow = udpFlows[index]
        sealDatagram(
            slot, byteCount: arrival.byteCount,
            addresses(from: flow.remote.address, to: flow.guest.address), sourcePort: flow.remote.port,
            destinationPort: flow.guest.port)
    }

    private mutating func flow(of arrival: DatagramArrival, _ listener: Int) -> Int? {
        guard let peer = arrival.source, let local = arrival.destination,
            let route = settings.translation.inbound(
                .udp, target: listeners[listener].target, targetPort: listeners[listener].targetPort,
                peer: peer,
                local: local, observed: observed),
            route.path == .link
        else { return nil }
        if let index = udpTable.find(UDPFlow.key(guest: route.guest, remote: route.remote)) { return index }
        guard let index = udpFlows.allocate() else { return nil }
        let outcome = host.openReply(
            from: Endpoint(address: local, port: listeners[listener].port), to: peer, token: udpToken(index))
        return addDatagrams(
            index, outcome,
            UDPFlow(
                guest: route.guest, remote: route.remote, peer: peer, opener: .host, socket: outcome.socket,
                now: now))
    }

    /// Receives a batch of datagrams into slots; the closure seals or releases each slot that was filled.
    private mutating func receiveDatagrams(
        _ socket: Int32, _ take: (inout Self, FrameSlot, DatagramArrival) -> Void
    ) -> Int {
        host.clearDatagrams()
        receiveSlots.removeAll()
        var isLinkShort = false
        for _ in 0..<receiveCount {
            guard let slot = link.reserve(payloadByteCount: 65507, arena: &arena) else {
                isLinkShort = true
                break
            }
            guard host.expectDatagram(slot.payload, arena: &arena) else {
                link.release(slot)
                break
            }
            receiveSlots.append(slot)
        }
        guard receiveSlots.count > 0 else {
            areDatagramsStarved = areDatagramsStarved || isLinkShort
            host.clearDatagrams()
            return 0
        }
        let count = Int(host.receiveDatagrams(socket))
        // A socket that left room unused is empty; asking it again would never end.
        if isLinkShort, count == receiveSlots.count { areDatagramsStarved = true }
        for index in 0..<receiveSlots.count {
            let slot = receiveSlots[index]
            guard index < count else {
                link.release(slot)
                continue
            }
            take(&self, slot, host.arrival(index))
        }
        host.clearDatagrams()
        if count > 0 { link.flush(arena: &arena) }
        return count
    }

    /// Receives from every socket, after a time without room on the link: their edges are used up.
    mutating func resumeDatagrams() {
        areDatagramsStarved = false
        let readable = Readiness(
            token: 0, isReadable: true, isWritable: false, isHungUp: false, isFailed: false)
        var left = udpFlows.count
        for index in 0..<udpFlows.capacity where left > 0 && udpFlows.isAllocated(index) {
            left -= 1
            udpEventArrived(udpToken(index), readable)
        }
        for index in 0..<listeners.endIndex
        where listeners.isAllocated(index) && listeners[index].transport == .udp {
            udpListenerEventArrived(index)
        }
        left = echoFlows.count
        for index in 0..<echoFlows.capacity where left > 0 && echoFlows.isAllocated(index) {
            left -= 1
            echoEventArrived(echoToken(index), readable)
        }
    }

    private mutating func datagramErrorsArrived(_ index: Int) {
        let flow = udpFlows[index]
        reportErrors(of: flow.socket, flow.original, peer: flow.peer.address)
    }

    /// Passes errors of a socket on to the guest as ICMP.
    mutating func reportErrors(
        _ original: ICMPErrorMessage.Original, _ slot: FrameSlot, _ error: DatagramError, peer: IPAddress
    ) {
        guard
            let message = ICMPErrorMessage(
                error, about: original, peer: peer, translation: settings.translation, observed: observed)
        else {
            link.release(slot)
            return
        }
        seal(message, in: slot)
    }

    /// Writes an error for the guest around what came back, if anything did, and seals it.
    mutating func seal(_ message: ICMPErrorMessage, in slot: FrameSlot) {
        var bytes = arena.mutableBytes(slot.payload)
        message.write(to: &bytes)
        sealICMP(
            slot, byteCount: message.byteCount, addresses(from: message.source, to: message.destination))
    }

    mutating func reportErrors(of socket: Int32, _ original: ICMPErrorMessage.Original, peer: IPAddress) {
        let offset = ICMPErrorMessage.quoteOffset(original)
        for _ in 0..<receiveCount {
            guard let slot = link.reserve(payloadByteCount: 1280, arena: &arena) else { return }
            var error = DatagramError.nothing
            let room = Slice(
                offset: slot.payload.offset + offset, byteCount: ICMPErrorMessage.quoteLimit(original))
            guard host.takeError(socket, into: room, &error, arena: &arena) == 0 else {
                link.release(slot)
                return
            }
            reportErrors(original, slot, error, peer: peer)
        }
    }

    mutating func passDatagramDeadlines() {
        passSplicedDatagramDeadlines()
        while let index = udpWheel.popExpired(now: now) {
            let deadline = udpFlows[index].deadline(settings.udpTimeouts)
            if now < deadline {
                udpWheel.schedule(index, at: deadline)
                continue
            }
            _ = udpTable.remove(udpFlows[index].key)
            host.close(udpFlows[index].socket, token: udpToken(index), abortively: false)
            udpFlows.free(index)
        }
        while let index = echoWheel.popExpired(now: now) {
            let deadline = echoFlows[index].deadline
            if now < deadline {
                echoWheel.schedule(index, at: deadline)
                continue
            }
            _ = echoTable.remove(echoFlows[index].key)
            host.close(echoFlows[index].socket, token: echoToken(index), abortively: false)
            echoFlows.free(index)
        }
    }
}

extension DatagramError {
    /// Before anything was taken.
    static let nothing = DatagramError(
        origin: .none, code: 0, type: 0, icmpCode: 0, mtu: 0, offender: nil, destination: nil, byteCount: 0)
}

extension UDPFlow {
    /// What an unused record holds.
    static let unused = UDPFlow(
        guest: .nowhere, remote: .nowhere, peer: .nowhere, opener: .guest, socket: -1, now: .start)
}

extension EchoFlow {
    /// What an unused record holds.
    static let unused = EchoFlow(
        guest: .unspecified(.v4), remote: .unspecified(.v4), peer: .unspecified(.v4), identifier: 0,
        socket: -1,
        now: .start)
}

extension Endpoint {
    fileprivate static let nowhere = Endpoint(address: .unspecified(.v4), port: 0)
}
