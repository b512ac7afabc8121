// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// TCP connections that bypass the link: accepted on the host and made in the namespace, or the other way round.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Steps of one way in a turn before other flows get their share.
    private var stepsPerTurn: Int { 32 }
    /// Bytes that are copied at once, at most; a read that fills that is bulk.
    private var copyByteCount: Int { 64 << 10 }

    /// A connection was accepted that bypasses the link.
    mutating func openSpliced(_ accepted: Int32, _ route: InboundRoute, at target: SpliceTarget) {
        guard let index = spliced.allocate() else { return refuse(accepted) }
        let near = spliceToken(index, .near)
        let outcome = host.connectSpliced(
            route.guest, from: route.remote.isKernelsChoice ? nil : route.remote.address, at: target,
            token: spliceToken(index, .far))
        guard outcome.socket >= 0 else {
            if DescriptorShortage.isOne(outcome.code) { descriptorsAreShort() }
            spliced.free(index)
            return refuse(accepted)
        }
        spliced[index] = SplicedConnection(near: accepted, far: outcome.socket)
        counters.tcpFlowsOpened &+= 1
        guard host.adopt(accepted, token: near) == 0 else { return closeSpliced(index, abortively: true) }
        drive(index)
    }

    /// Resets a connection that was accepted and cannot be served.
    mutating func refuse(_ accepted: Int32) {
        counters.tcpFlowsRefused &+= 1
        host.close(accepted, token: FlowToken(kind: .ignored), abortively: true)
    }

    /// Accepting failed for lack of descriptors: serves the next connection with what pools held back, or resets it
    /// at once, since no event will come for it. False when there is none, or nothing helps.
    mutating func acceptedTooMany(_ listener: Int) -> Bool {
        descriptorsAreShort()
        if host.spareDescriptors() { return true }
        counters.tcpFlowsRefused &+= 1
        return host.refuseConnection(listeners[listener].socket)
    }

    mutating func descriptorsAreShort() {
        counters.descriptorShortages &+= 1
        control.insert(.descriptorShortage)
    }

    /// A socket of a bypass reported an edge.
    mutating func spliceEventArrived(_ token: FlowToken, _ event: Readiness) {
        let index = token.index
        guard spliced.isAllocated(index), spliced.generation(index) == token.generation,
            !spliced[index].isClosed, let side = SplicedConnection.Side(rawValue: token.side)
        else { return }
        if event.isFailed, host.pendingError(spliced[index][side].socket) != 0 {
            return closeSpliced(index, abortively: true)
        }
        spliced[index].eventArrived(
            side, isReadable: event.isReadable, isWritable: event.isWritable, isHungUp: event.isHungUp)
        drive(index)
    }

    /// Goes on with those that had more to do than one turn gives.
    mutating func driveReadySpliced() {
        let count = readySpliced.count
        for position in 0..<count {
            let index = readySpliced[position]
            spliced[index].isReady = false
            if spliced[index].isClosed { spliced.free(index) } else { drive(index) }
        }
        readySpliced.removeFirst(count)
    }

    /// Moves what can be moved, both ways.
    private mutating func drive(_ index: Int) {
        guard drive(index, from: .near) == .proceed, drive(index, from: .far) == .proceed else {
            return closeSpliced(index, abortively: true)
        }
        if spliced[index].isFinished { closeSpliced(index, abortively: false) }
    }

    private mutating func drive(_ index: Int, from side: SplicedConnection.Side) -> SplicedWay.Outcome {
        for _ in 0..<stepsPerTurn {
            var outcome = SplicedWay.Outcome.proceed
            switch spliced[index][side].way.step {
            case .wait, .rest:
                givePipeBack(index, side)
                return .proceed
            case .copy: outcome = copy(index, side)
            case .fill: outcome = fill(index, side)
            case .drain: outcome = drain(index, side)
            case .end:
                let result = host.shutdownWriting(spliced[index][side.other].socket)
                outcome = spliced[index][side].way.ended(result)
            }
            if outcome == .fail { return .fail }
        }
        if !spliced[index].isReady {
            spliced[index].isReady = true
            readySpliced.append(index)
        }
        return .proceed
    }

    /// Receives once and sends once; what the sink refuses goes into a pipe, or was only looked at if there is none.
    private mutating func copy(_ index: Int, _ side: SplicedConnection.Side) -> SplicedWay.Outcome {
        let source = spliced[index][side].socket
        let room = Slice(offset: host.spliceRoom.offset, byteCount: copyByteCount)
        let peeks = !host.hasSparePipe
        let received = host.receive(source, into: room, peeks: peeks, arena: &arena)
        var sent = 0
        var isStored = false
        if received > 0 {
            let bytes = Slice(offset: room.offset, byteCount: received)
            sent = host.send(spliced[index][side.other].socket, bytes, arena: &arena)
            let accepted = max(sent, 0)
            counters.splicedBytes &+= UInt64(accepted)
            if peeks {
                if accepted > 0, host.discard(source, byteCount: accepted) < 0 { return .fail }
            } else if accepted < received {
                isStored = store(
                    Slice(offset: room.offset + accepted, byteCount: received - accepted), index, side)
                if !isStored { return .fail }
            }
        }
        return spliced[index][side].way.copied(
            received: received, of: copyByteCount, sent: sent, isStored: isStored)
    }

    private mutating func store(_ bytes: Slice, _ index: Int, _ side: SplicedConnection.Side) -> Bool {
        guard takePipe(index, side) else { return false }
        return host.store(bytes, in: spliced[index][side].pipe, arena: &arena)
    }

    private mutating func fill(_ index: Int, _ side: SplicedConnection.Side) -> SplicedWay.Outcome {
        guard takePipe(index, side) else {
            descriptorsAreShort()
            spliced[index][side].way.pipeLacks()
            return .proceed
        }
        let result = host.fill(spliced[index][side].pipe, from: spliced[index][side].socket)
        return spliced[index][side].way.filled(result)
    }

    private mutating func drain(_ index: Int, _ side: SplicedConnection.Side) -> SplicedWay.Outcome {
        let end = spliced[index][side]
        let result = host.drain(
            end.pipe, byteCount: end.way.pendingByteCount, to: spliced[index][side.other].socket)
        counters.splicedBytes &+= UInt64(max(result, 0))
        return spliced[index][side].way.drained(result)
    }

    private mutating func takePipe(_ index: Int, _ side: SplicedConnection.Side) -> Bool {
        guard spliced[index][side].pipe.isNone else { return true }
        guard let pipe = host.takePipe() else { return false }
        spliced[index][side].pipe = pipe
        return true
    }

    /// A way that copies, or is through, needs no pipe.
    private mutating func givePipeBack(_ index: Int, _ side: SplicedConnection.Side) {
        let end = spliced[index][side]
        guard !end.pipe.isNone, end.way.pendingByteCount == 0, !end.way.isBulk || end.way.isFinished else {
            return
        }
        host.givePipe(end.pipe, isEmpty: true)
        spliced[index][side].pipe = .none
    }

    private mutating func closeSpliced(_ index: Int, abortively: Bool) {
        closeEnd(index, .near, abortively: abortively)
        closeEnd(index, .far, abortively: abortively)
        counters.tcpFlowsEnded &+= 1
        if spliced[index].isReady {
            spliced[index].isClosed = true
        } else {
            spliced.free(index)
        }
    }

    private mutating func closeEnd(_ index: Int, _ side: SplicedConnection.Side, abortively: Bool) {
        let end = spliced[index][side]
        host.close(end.socket, token: spliceToken(index, side), abortively: abortively)
        if !end.pipe.isNone { host.givePipe(end.pipe, isEmpty: end.way.pendingByteCount == 0) }
    }

    private func spliceToken(_ index: Int, _ side: SplicedConnection.Side) -> FlowToken {
        FlowToken(
            kind: .tcpSplice, side: side.rawValue, generation: spliced.generation(index),
            index: UInt32(index))
    }
}

extension Endpoint {
    /// Any address, or the one that a loopback destination gets by itself.
    fileprivate var isKernelsChoice: Bool { address.isUnspecified || address == .loopback(address.version) }
}
