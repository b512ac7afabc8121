// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Datagrams that bypass the link: from a connected socket on one side to one on the other, in the order they came.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Datagrams of one receive; each has room for the largest.
    private var spliceBatchCount: Int { 32 }
    /// Not a multiple of the page size, so that small datagrams do not share one cache set.
    private var spliceRoomStride: Int { 65_664 }
    /// Receives in a turn before other flows get their share.
    private var splicedBatchesPerEvent: Int { 64 }

    /// A listening socket reported an edge whose datagrams may bypass the link.
    mutating func bypassListenerEventArrived(_ listener: Int) {
        let socket = listeners[listener].socket
        for _ in 0..<splicedBatchesPerEvent {
            let count = receiveForBypass(socket)
            guard count > 0 else { return }
            var run = -1
            for position in 0..<count {
                let arrival = host.arrival(position)
                let index = splicedFlow(from: arrival.source, to: arrival.destination, listener)
                if index != run { sendRun(run, from: .near) }
                run = index ?? -1
                if let index {
                    addToRun(index, position, arrival, from: .near)
                } else {
                    leaveToLink(position, arrival, listener)
                }
            }
            sendRun(run, from: .near)
            guard count == spliceBatchCount else { return }
        }
        listenerIsReady(listener)
    }

    /// A flow's socket reported an edge.
    mutating func splicedDatagramsArrived(_ token: FlowToken, _ event: Readiness) {
        let index = token.index
        guard splicedDatagrams.isAllocated(index), splicedDatagrams.generation(index) == token.generation,
            let side = SplicedDatagrams.Side(rawValue: token.side)
        else { return }
        let socket = splicedDatagrams[index].socket(side)
        if event.isFailed { takeErrors(socket) }
        for _ in 0..<splicedBatchesPerEvent {
            let count = receiveForBypass(socket)
            if count < 0, count != -11 {
                takeErrors(socket)
                continue
            }
            guard count > 0 else { return }
            for position in 0..<count {
                let arrival = host.arrival(position)
                if side == .near, arrival.source != splicedDatagrams[index].peer {
                    passOnStray(position, arrival, index)
                } else {
                    addToRun(index, position, arrival, from: side)
                }
            }
            sendRun(index, from: side)
            guard count == spliceBatchCount else { return }
        }
        // What is left reports an edge anew.
        _ = host.adopt(socket, token: splicedDatagramToken(index, side))
    }

    mutating func passSplicedDatagramDeadlines() {
        while let index = splicedDatagramWheel.popExpired(now: now) {
            let deadline = splicedDatagrams[index].deadline(settings.udpTimeouts)
            if now < deadline {
                splicedDatagramWheel.schedule(index, at: deadline)
                continue
            }
            _ = splicedDatagramTable.remove(splicedDatagrams[index].key)
            let flow = splicedDatagrams[index]
            host.close(flow.near, token: splicedDatagramToken(index, .near), abortively: false)
            host.close(flow.far, token: splicedDatagramToken(index, .far), abortively: false)
            splicedDatagrams.free(index)
        }
    }

    private func room(_ position: Int) -> Slice {
        Slice(offset: host.spliceRoom.offset + position * spliceRoomStride, byteCount: 65_536)
    }

    private mutating func receiveForBypass(_ socket: Int32) -> Int {
        host.clearDatagrams()
        for position in 0..<spliceBatchCount { _ = host.expectDatagram(room(position), arena: &arena) }
        return Int(host.receiveDatagrams(socket))
    }

    private mutating func addToRun(
        _ index: Int, _ position: Int, _ arrival: DatagramArrival, from side: SplicedDatagrams.Side
    ) {
        splicedDatagrams[index].datagramsArrived(
            arrival.segmentByteCount > 0 && arrival.segmentByteCount < arrival.byteCount ? 2 : 1, from: side,
            now: now)
        let bytes = Slice(offset: room(position).offset, byteCount: arrival.byteCount)
        _ = host.relay(
            bytes, segmentByteCount: arrival.segmentByteCount,
            version: splicedDatagrams[index].peer.address.version, arena: &arena)
    }

    /// - Parameter index: below 0: nothing was added.
    private mutating func sendRun(_ index: Int, from side: SplicedDatagrams.Side) {
        guard index >= 0 else { return }
        let lost = host.sendRelayed(on: splicedDatagrams[index].socket(side.other))
        counters.udpDatagramsDropped &+= UInt64(lost)
    }

    /// A datagram of another peer came between binding and connecting a socket: it goes the way it would have gone
    /// through the listening socket.
    private mutating func passOnStray(_ position: Int, _ arrival: DatagramArrival, _ index: Int) {
        let flow = splicedDatagrams[index]
        guard isListener(flow.listener),
            let other = splicedFlow(from: arrival.source, to: flow.local.address, flow.listener.index)
        else {
            counters.udpDatagramsDropped &+= 1
            return
        }
        sendRun(index, from: .near)
        addToRun(other, position, arrival, from: .near)
        sendRun(other, from: .near)
    }

    /// Errors of these sockets are about a destination that the other side's peer cannot be told about: loopback has
    /// no router that could, and a daemon without privilege cannot send ICMP. They must not stay, either.
    private mutating func takeErrors(_ socket: Int32) {
        var error = DatagramError.nothing
        for _ in 0..<spliceBatchCount {
            guard host.takeError(socket, into: room(0), &error, arena: &arena) == 0 else { break }
        }
        _ = host.pendingError(socket)
    }

    /// The flow of a datagram that bypasses the link, opened if need be; nil: it does not, or cannot.
    private mutating func splicedFlow(from peer: Endpoint?, to address: IPAddress?, _ listener: Int) -> Int? {
        guard let peer, let address else { return nil }
        let rule = listeners[listener]
        let local = Endpoint(address: address, port: rule.port)
        let key = SplicedDatagrams.key(rule.direction, local: local, peer: peer)
        guard peer.address.version == address.version else { return nil }
        if let index = splicedDatagramTable.find(key) { return index }
        let route =
            switch rule.direction {
            case .inbound:
                settings.translation.inbound(
                    .udp, target: rule.target, targetPort: rule.targetPort, peer: peer, local: address,
                    observed: observed)
            case .outbound:
                settings.translation.fromNamespace(
                    .udp, target: rule.target, targetPort: rule.targetPort, peer: peer, local: address)
            }
        guard let route, route.path == .splice else { return nil }
        return openSplicedDatagrams(listener, local: local, peer: peer, route)
    }

    private mutating func openSplicedDatagrams(
        _ listener: Int, local: Endpoint, peer: Endpoint, _ route: InboundRoute
    ) -> Int? {
        let direction = listeners[listener].direction
        guard let index = splicedDatagrams.allocate() else { return nil }
        let nearSpace: SpliceTarget = direction == .inbound ? .host : .namespace
        let farSpace: SpliceTarget = direction == .inbound ? .namespace : .host
        let far = host.openSplicedDatagrams(
            at: farSpace, from: route.remote, to: route.guest, mustBind: false,
            token: splicedDatagramToken(index, .far))
        let near =
            far.socket < 0
            ? far
            : host.openSplicedDatagrams(
                at: nearSpace, from: local, to: peer, mustBind: true,
                token: splicedDatagramToken(index, .near))
        guard near.socket >= 0 else {
            if DescriptorShortage.isOne(near.code) { descriptorsAreShort() }
            if far.socket >= 0 {
                host.close(far.socket, token: splicedDatagramToken(index, .far), abortively: false)
            }
            splicedDatagrams.free(index)
            return nil
        }
        let flow = SplicedDatagrams(
            local: local, peer: peer, direction: direction, listener: listenerToken(listener),
            near: near.socket, far: far.socket, now: now)
        splicedDatagrams[index] = flow
        _ = splicedDatagramTable.insert(flow.key, index)
        splicedDatagramWheel.schedule(index, at: flow.deadline(settings.udpTimeouts))
        counters.udpFlowsOpened &+= 1
        return index
    }

    /// A datagram that takes the link after all.
    private mutating func leaveToLink(_ position: Int, _ arrival: DatagramArrival, _ listener: Int) {
        let source = Slice(offset: room(position).offset, byteCount: arrival.byteCount)
        guard listeners[listener].direction == .inbound,
            let slot = link.reserve(payloadByteCount: 65507, arena: &arena)
        else {
            counters.udpDatagramsDropped &+= 1
            return
        }
        arena.copy(source, to: slot.payload.offset)
        deliver(arrival, in: slot, listener)
    }

    private func splicedDatagramToken(_ index: Int, _ side: SplicedDatagrams.Side) -> FlowToken {
        FlowToken(
            kind: .udpSplice, side: side.rawValue, generation: splicedDatagrams.generation(index),
            index: UInt32(index))
    }
}
