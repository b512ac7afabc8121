// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The middle of a turn: what the batch's events and frames left to do, for all touched flows together, so that
// sends and peeks are performed in batches.

extension Engine where Link: ~Copyable, Host: ~Copyable {
    /// Guest bytes offered beyond what the socket takes, so that it may run full and the kernel lets it grow.
    private var slack: Int { 256 << 10 }
    /// Bytes that a flow may always offer: every send buffer takes them, or the reserve's spare blocks do.
    private var committedFloor: Int { 65536 }
    /// Bytes peeked for one flow before the next one has its turn.
    private var pullQuantum: Int { 4 * 65536 }

    /// Sends, peeks, acknowledges and closes for every touched flow, then forgets which were touched.
    mutating func settle() {
        guard !touched.isEmpty || !ended.isEmpty else { return }
        sendLines()
        sendReserves()
        for position in 0..<touched.count { afterSending(touched[position]) }
        pull()
        for position in 0..<touched.count { conclude(touched[position]) }
        touched.removeAll()
        freeEnded()
    }

    // MARK: Guest to host

    private mutating func sendLines() {
        for position in 0..<touched.count {
            let index = touched[position]
            guard flows[index].firstPiece >= 0 else { continue }
            guard flows[index].socket >= 0, !flows[index].connection.flags.contains(.hostFull) else {
                storeLine(index, from: 0)
                continue
            }
            if !host.beginSend(flows[index].socket, flow: index) {
                performSends()
                _ = host.beginSend(flows[index].socket, flow: index)
            }
            var piece = flows[index].firstPiece
            var posted = 0
            while piece >= 0, host.addPiece(pieces[piece].slice, arena: &arena) {
                posted += pieces[piece].slice.byteCount
                piece = pieces[piece].next
            }
            flows[index].postedByteCount = Int32(posted)
        }
        performSends()
    }

    /// Flows whose bytes wait in the reserve, at most one send each.
    private mutating func sendReserves() {
        for position in 0..<touched.count {
            let index = touched[position]
            let queued = flows[index].connection.queuedByteCount
            guard queued > 0, flows[index].socket >= 0, !flows[index].connection.flags.contains(.hostFull),
                flows[index].connection.phase == .established
            else { continue }
            if !host.beginSend(flows[index].socket, flow: index) {
                performSends()
                _ = host.beginSend(flows[index].socket, flow: index)
            }
            var offset = 0
            while offset < queued {
                let piece = reserve.slice(Int(flows[index].reserve), at: offset, upTo: queued - offset)
                guard host.addPiece(piece, arena: &arena) else { break }
                offset += piece.byteCount
            }
            flows[index].postedByteCount = Int32(offset)
            if offset < queued { makeReady(index) }
        }
        performSends()
    }

    private mutating func performSends() {
        guard host.postedCount > 0 else { return }
        host.perform(arena: &arena)
        for position in 0..<host.postedCount { sendEnded(host.flow(position), host.result(position)) }
        host.clearPosted()
    }

    private mutating func sendEnded(_ index: Int, _ result: Int) {
        if result < 0, !TransientFailure.isOne(Int32(-result)) {
            _ = perform(flows[index].connection.resetting(), for: index)
            return
        }
        let accepted = max(result, 0)
        flows[index].connection.hostAccepted(accepted)
        if flows[index].reserve >= 0 { reserve.consume(Int(flows[index].reserve), accepted) }
        let line = Int(flows[index].lineByteCount)
        if accepted < Int(flows[index].postedByteCount) {
            if result >= 0 || TransientFailure.isFull(Int32(-result)) {
                flows[index].connection.flags.insert(.hostFull)
            } else {
                schedule(index, at: now + .milliseconds(20))  // out of memory: no event tells when it is over
            }
        }
        if line > accepted {
            storeLine(index, from: accepted)
        } else {
            clearLine(index)
        }
    }

    /// Puts what the socket did not take of the batch's payload into the reserve.
    ///
    /// - Parameter skip: bytes of the line that the socket took; the reserve's origin lies behind them.
    private mutating func storeLine(_ index: Int, from skip: Int) {
        var piece = flows[index].firstPiece
        var skip = skip
        var place = flows[index].connection.forwarded
        while piece >= 0 {
            var slice = pieces[piece].slice
            let taken = min(skip, slice.byteCount)
            slice.offset += taken
            slice.byteCount -= taken
            skip -= taken
            if slice.byteCount > 0 {
                guard store(slice, at: place, for: index) else {
                    counters.retractedBytes &+= UInt64(slice.byteCount)
                    flows[index].connection.retract(to: place)
                    break
                }
                place = place + slice.byteCount
            }
            piece = pieces[piece].next
        }
        clearLine(index)
    }

    private mutating func clearLine(_ index: Int) {
        flows[index].firstPiece = -1
        flows[index].lastPiece = -1
        flows[index].lineByteCount = 0
    }

    /// Copies bytes of the stream into the flow's reserve; false when there is no room.
    mutating func store(_ slice: Slice, at sequence: SequenceNumber, for index: Int) -> Bool {
        if flows[index].reserve < 0 {
            guard let window = reserve.open() else { return false }
            flows[index].reserve = Int32(window)
        }
        let offset = flows[index].connection.forwarded.distance(to: sequence)
        guard reserve.write(Int(flows[index].reserve), at: offset, from: slice, arena: &arena) else {
            return false
        }
        counters.reservedBytes &+= UInt64(slice.byteCount)
        return true
    }

    mutating func closeReserve(_ index: Int) {
        if flows[index].reserve >= 0 { reserve.close(Int(flows[index].reserve)) }
        flows[index].reserve = -1
        committed -= Int(flows[index].committed)
        flows[index].committed = 0
    }

    // MARK: Between

    private mutating func afterSending(_ index: Int) {
        guard flows[index].connection.phase == .established || flows[index].discardDue > 0 else { return }
        discardAcknowledged(index)
        if flows[index].reserve >= 0, flows[index].connection.isDirect {
            reserve.close(Int(flows[index].reserve))
            flows[index].reserve = -1
        }
        if flows[index].connection.isShutdownDue, flows[index].socket >= 0 {
            _ = host.shutdownWriting(flows[index].socket)
            guard perform(flows[index].connection.shutdownDelivered(now: now), for: index) else { return }
        }
        offerWindow(index)
    }

    private mutating func discardAcknowledged(_ index: Int) {
        let due = flows[index].discardDue
        guard due > 0, flows[index].socket >= 0 else { return }
        flows[index].discardDue = 0
        let result = host.discard(flows[index].socket, byteCount: Int(due))
        if host.keepsPeekOffset { flows[index].peekOffset = max(flows[index].peekOffset - due, 0) }
        if result < 0, !TransientFailure.isOne(-result) {
            _ = perform(flows[index].connection.resetting(), for: index)
        }
    }

    /// Moves the offered window to what socket and reserve can take (spec 3.14).
    private mutating func offerWindow(_ index: Int) {
        let connection = flows[index].connection
        guard connection.phase == .established, flows[index].socket >= 0,
            !connection.flags.contains(.guestFinished)
        else { return }
        let remaining = connection.receiveNext.distance(to: connection.advertisedEdge)
        let least = max(49152, 2 * Int(connection.guestSegmentByteCount))
        guard remaining < least || remaining < Int(flows[index].offered) / 4 * 3 else { return }
        let queued = connection.queuedByteCount
        var room = slack
        if queued == 0, !connection.flags.contains(.hostFull) { room += host.sendRoom(flows[index].socket) }
        room = min(room, windowLimit(Int(connection.segmentByteCount))) - queued
        let wanted = max(room + queued - committedFloor, 0)
        let available = max(settings.reserveByteCount / 2 - committed + Int(flows[index].committed), 0)
        let granted = min(wanted, available)
        committed += granted - Int(flows[index].committed)
        flows[index].committed = Int32(granted)
        room = min(room, granted + committedFloor - queued)
        flows[index].offered = Int32(max(room, 0))
        flows[index].connection.offer(room: max(room, 0))
    }

    /// On a link without segmentation a window must fit the queue in front of us, or its end is dropped there.
    private func windowLimit(_ segment: Int) -> Int {
        let largest = TCPConnection.largestWindow - 65536
        return link.capabilities.segmentsTCP ? largest : min(largest, link.queueFrameCount / 2 * segment)
    }

    // MARK: Host to guest

    private mutating func pull() {
        for position in 0..<touched.count {
            let index = touched[position]
            guard flows[index].socket >= 0, let pull = flows[index].connection.nextPull() else { continue }
            if !beginPull(pull, index) {
                performPulls()
                link.flush(arena: &arena)
                if !beginPull(pull, index) { makeReady(index) }
            }
        }
        performPulls()
    }

    /// Reserves room for `pull` and posts the peek into it; false when the link or the batch is full.
    private mutating func beginPull(_ pull: TCPPull, _ index: Int) -> Bool {
        let chunk = chunkByteCount(index)
        let headers = dataHeaderByteCount(index)
        var left = min(pull.byteCount, pullQuantum)
        if !link.capabilities.segmentsTCP { left = min(left, 64 * chunk) }
        guard peeks.hasRoom, alignPeekOffset(pull.skip, index) else { return false }
        guard
            let first = link.reserve(
                headerByteCount: headers, payloadByteCount: min(left, chunk), arena: &arena)
        else { return false }
        guard host.beginPeek(flows[index].socket, flow: index, skip: pull.skip) else {
            link.release(first)
            return false
        }
        peeks.begin(pull)
        var slot: FrameSlot? = first
        while let room = slot {
            let count = pieceByteCount(min(left, chunk), in: room, index)
            guard host.addPiece(Slice(offset: room.payload.offset, byteCount: count), arena: &arena) else {
                link.release(room)
                break
            }
            peeks.append(room, byteCount: count)
            left -= count
            guard left > 0, peeks.hasRoomForSlot else { break }
            slot = link.reserve(
                headerByteCount: headers, payloadByteCount: min(left, chunk), arena: &arena)
        }
        return true
    }

    /// What goes into a slot that may have been given less room than was asked for: full segments, if one fits.
    private func pieceByteCount(_ wanted: Int, in room: FrameSlot, _ index: Int) -> Int {
        let limit = room.payload.byteCount
        guard limit < wanted else { return wanted }
        let segment = Int(flows[index].connection.segmentByteCount)
        return limit < segment ? limit : limit / segment * segment
    }

    private mutating func alignPeekOffset(_ skip: Int, _ index: Int) -> Bool {
        guard host.keepsPeekOffset, Int(flows[index].peekOffset) != skip else { return true }
        _ = host.setPeekOffset(flows[index].socket, to: skip)
        flows[index].peekOffset = Int32(skip)
        return true
    }

    /// Payload bytes of one frame: as many full segments as a frame holds, or one.
    private func chunkByteCount(_ index: Int) -> Int {
        let segment = Int(flows[index].connection.segmentByteCount)
        guard link.capabilities.segmentsTCP else { return segment }
        let headers = headerByteCount(index) + 12
        return max((min(link.capabilities.largestFrame, 65535) - headers) / segment * segment, segment)
    }

    private mutating func performPulls() {
        guard host.postedCount > 0 else { return }
        host.perform(arena: &arena)
        for position in 0..<host.postedCount {
            pullEnded(host.flow(position), position, host.result(position))
        }
        host.clearPosted()
        peeks.removeAll()
    }

    private mutating func pullEnded(_ index: Int, _ position: Int, _ result: Int) {
        let pull = peeks.pull(position)
        let slots = peeks.slots(position)
        var asked = 0
        for slot in slots { asked += peeks[slot].byteCount }
        var left = max(result, 0)
        var sequence = pull.sequence
        for slot in slots {
            let count = min(left, peeks[slot].byteCount)
            guard count > 0 else {
                link.release(peeks[slot].slot)
                continue
            }
            left -= count
            sealData(peeks[slot].slot, byteCount: count, at: sequence, isLast: left == 0, for: index)
            sequence = sequence + count
        }
        if result > 0 {
            if host.keepsPeekOffset { flows[index].peekOffset += Int32(result) }
            flows[index].connection.sent(pull, byteCount: result, now: now)
            if pull.isRetransmission { counters.tcpRetransmissions &+= 1 }
            if result < asked, !flows[index].isHungUp, !pull.isRetransmission {
                flows[index].connection.hostDrained()
            } else if flows[index].connection.nextPull() != nil {
                makeReady(index)
            }
        } else if result == 0 {
            if pull.isRetransmission { return }  // the timer comes again; nothing of ours is lost
            flows[index].connection.hostEnded()
        } else if TransientFailure.isOne(Int32(-result)) {
            if !pull.isRetransmission, !flows[index].isHungUp { flows[index].connection.hostDrained() }
        } else {
            _ = perform(flows[index].connection.resetting(), for: index)
        }
    }

    /// Lists a flow for the next turn.
    mutating func makeReady(_ index: Int) {
        guard !flows[index].isReady else { return }
        flows[index].isReady = true
        ready.append(index)
    }

    // MARK: The end of a batch

    private mutating func conclude(_ index: Int) {
        flows[index].isTouched = false
        guard flows[index].connection.phase != .closed else { return }
        if flows[index].connection.isFinDue { emitFin(for: index) }
        if flows[index].connection.flags.contains(.acknowledgementDue) { acknowledge(index) }
        flows[index].connection.considerPersistence(now: now)
        let deadline = flows[index].connection.deadline
        if deadline < flows[index].scheduledAt { schedule(index, at: deadline) }
    }

    private mutating func acknowledge(_ index: Int) {
        var count = 1
        if flows[index].connection.flags.contains(.retracted), flows[index].connection.queuedByteCount == 0 {
            flows[index].connection.flags.remove(.retracted)
            count = 4  // a window update and three duplicates ask for what was given back (spec 3.14, item 6)
        } else if !flows[index].connection.flags.contains(.sack) {
            count = max(Int(flows[index].connection.duplicatesDue), 1)
        }
        for _ in 0..<count { emitAcknowledgement(for: index) }
    }

    mutating func schedule(_ index: Int, at deadline: Instant) {
        flows[index].scheduledAt = deadline
        wheel.schedule(index, at: deadline)
    }
}
