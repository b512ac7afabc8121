// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// TCP flows: opened from either side, told what their sockets report, ended.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// The guest asks for a connection.
    mutating func openFromGuest(_ segment: TCPSegment, key: FlowKey, guest: Endpoint, remote: Endpoint) {
        guard let route = settings.translation.outbound(.tcp, from: guest, to: remote) else {
            counters.ignoredFrames &+= 1
            return
        }
        guard let index = flows.allocate() else {
            counters.tcpFlowsRefused &+= 1
            return
        }
        let opening = TCPOpening(
            initialSequence: isn.sequence(for: key, now: now),
            linkSegment: linkSegment(remote.address.version), now: now)
        flows[index] = TCPFlow(
            connection: TCPConnection(openedByGuest: segment, opening), guest: guest, remote: remote,
            socket: -1)
        let outcome = host.connect(route, token: token(of: index))
        flows[index].socket = outcome.socket
        _ = table.insert(key, index)
        counters.tcpFlowsOpened &+= 1
        if outcome.socket < 0 {
            connectFailed(index, code: outcome.code)
            return
        }
        if outcome.code == 0 { _ = perform(flows[index].connection.hostConnected(now: now), for: index) }
        touch(index)
    }

    /// A peer of the host asks for a connection to the guest.
    mutating func acceptConnections(_ listener: Int) {
        for _ in 0..<FrameBatch.capacity {
            switch host.accept(listeners[listener].socket) {
            case .none: return
            case .failed(let code):
                if DescriptorShortage.isOne(code), acceptedTooMany(listener) { continue }
                counters.tcpFlowsRefused &+= 1
                return
            case .connection(let accepted): connectionArrived(accepted, listener)
            }
        }
        listenerIsReady(listener)
    }

    private mutating func connectionArrived(_ accepted: AcceptedConnection, _ listener: Int) {
        let rule = listeners[listener]
        let route =
            switch rule.direction {
            case .inbound:
                settings.translation.inbound(
                    .tcp, target: rule.target, targetPort: rule.targetPort, peer: accepted.peer,
                    local: accepted.local.address, observed: observed)
            case .outbound:
                settings.translation.fromNamespace(
                    .tcp, target: rule.target, targetPort: rule.targetPort, peer: accepted.peer,
                    local: accepted.local.address)
            }
        guard let route else { return refuse(accepted.socket) }
        switch route.path {
        case .link: openFromHost(accepted, route)
        case .splice:
            openSpliced(
                accepted.socket, route, at: rule.direction == .inbound ? .namespace : .host)
        }
    }

    private mutating func openFromHost(_ accepted: AcceptedConnection, _ inbound: InboundRoute) {
        guard let index = flows.allocate() else { return refuse(accepted.socket) }
        let key = FlowKey(transport: ProtocolNumber.tcp, near: inbound.guest, far: inbound.remote)
        guard table.find(key) == nil else {
            flows.free(index)
            return refuse(accepted.socket)
        }
        let opening = TCPOpening(
            initialSequence: isn.sequence(for: key, now: now),
            linkSegment: linkSegment(inbound.guest.address.version), now: now)
        flows[index] = TCPFlow(
            connection: TCPConnection(openedByHost: opening), guest: inbound.guest,
            remote: inbound.remote, socket: accepted.socket)
        _ = table.insert(key, index)
        counters.tcpFlowsOpened &+= 1
        guard host.adopt(accepted.socket, token: token(of: index)) == 0 else {
            _ = perform(flows[index].connection.ended(.abort), for: index)
            return
        }
        emit(.syn, for: index)
        touch(index)
    }

    /// A socket reported an edge.
    mutating func tcpEventArrived(_ index: Int, _ token: FlowToken, _ event: Readiness) {
        guard index < flows.capacity, flows.isAllocated(index), flows.generation(index) == token.generation,
            flows[index].socket >= 0
        else { return }
        if flows[index].connection.phase == .connecting {
            connectEnded(index, event)
            return
        }
        if event.isFailed, flows[index].connection.phase != .timeWait {
            if host.pendingError(flows[index].socket) != 0 {
                _ = perform(flows[index].connection.resetting(), for: index)
                return
            }
        }
        if event.isHungUp { flows[index].isHungUp = true }
        if event.isReadable || event.isHungUp { flows[index].connection.flags.insert(.hostReadable) }
        if event.isWritable { flows[index].connection.flags.remove(.hostFull) }
        touch(index)
    }

    private mutating func connectEnded(_ index: Int, _ event: Readiness) {
        let code = host.pendingError(flows[index].socket)
        if code != 0 {
            connectFailed(index, code: code)
        } else if event.isWritable {
            if event.isHungUp { flows[index].isHungUp = true }
            if event.isReadable || event.isHungUp { flows[index].connection.flags.insert(.hostReadable) }
            _ = perform(flows[index].connection.hostConnected(now: now), for: index)
            touch(index)
        }
    }

    /// Tells the guest why there is no connection: a reset when the peer refused, else an ICMP error.
    private mutating func connectFailed(_ index: Int, code: Int32) {
        switch ConnectFailure(code: code) {
        case .refused: emitRefusal(for: index)
        case .unreachable(let reason): emitUnreachable(reason, for: index)
        case .silent: break
        }
        _ = perform(flows[index].connection.ended(.abort), for: index)
    }

    /// Performs what a connection decided; false when the flow ended.
    mutating func perform(_ decision: TCPDecision, for index: Int) -> Bool {
        if decision.discard > 0 { flows[index].discardDue += Int32(decision.discard) }
        switch decision.reply {
        case .none: break
        case .reset: emitReset(at: decision.resetSequence, for: index)
        case .syn, .synAck, .probe: emit(decision.reply, for: index)
        }
        switch decision.host {
        case .none: break
        case .close: closeSocket(index, abortively: false)
        case .abort: closeSocket(index, abortively: true)
        }
        if decision.isFinished { finish(index) }
        return !decision.isFinished
    }

    private mutating func closeSocket(_ index: Int, abortively: Bool) {
        guard flows[index].socket >= 0 else { return }
        // The kernel resets a connection that is closed over bytes nobody read.
        let due = flows[index].discardDue
        if due > 0, !abortively { _ = host.discard(flows[index].socket, byteCount: Int(due)) }
        host.close(flows[index].socket, token: token(of: index), abortively: abortively)
        flows[index].socket = -1
        flows[index].discardDue = 0
    }

    /// Ends a flow; its record is freed at the end of the batch.
    mutating func finish(_ index: Int) {
        closeSocket(index, abortively: true)
        table.remove(
            FlowKey(transport: ProtocolNumber.tcp, near: flows[index].guest, far: flows[index].remote))
        wheel.cancel(index)
        closeReserve(index)
        flows[index].connection.phase = .closed
        flows[index].firstPiece = -1
        flows[index].lineByteCount = 0
        ended.append(index)
        counters.tcpFlowsEnded &+= 1
    }

    /// Frees the records of flows that ended and that nothing names any more; those listed for the next turn wait
    /// for it.
    mutating func freeEnded() {
        let count = ended.count
        for position in 0..<count {
            let index = ended[position]
            if flows[index].isReady { ended.append(index) } else { flows.free(index) }
        }
        ended.removeFirst(count)
    }

    func token(of index: Int) -> FlowToken {
        FlowToken(kind: .tcpTap, generation: flows.generation(index), index: UInt32(index))
    }

    /// Largest payload of a segment on the link, before options.
    func linkSegment(_ version: IPVersion) -> UInt16 {
        let mtu = settings.guest.mtu == 0 ? 1500 : settings.guest.mtu
        return mtu - (version == .v4 ? 40 : 60)
    }
}
