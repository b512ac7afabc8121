// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Events that are not the engine's own.
struct ControlEvents: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    static let signal = ControlEvents(rawValue: 1)
    static let namespaceWatch = ControlEvents(rawValue: 2)
    static let namespaceDoor = ControlEvents(rawValue: 4)
    static let controlSocket = ControlEvents(rawValue: 16)
    static let exitRequest = ControlEvents(rawValue: 128)
    /// Descriptors are short: connections are refused.
    static let descriptorShortage = ControlEvents(rawValue: 8)
}

/// One thread's world: a link, the host's sockets, and the flows between them.
///
/// One turn: wait; take edges and frames, which decides; send to sockets, peek from sockets, acknowledge; hand
/// everything sealed to the link; let deadlines pass. Descriptions move, payload stays where the kernel put it.
struct Engine<Link: FrameLink & ~Copyable, Host: EngineSockets & ~Copyable>: ~Copyable {
    let settings: EngineSettings
    var arena: Arena
    var link: Link
    var host: Host
    var counters = EngineCounters()
    /// Read once a turn.
    var now: Instant

    var guestMAC: MACAddress
    var observed: ObservedAddresses
    var services: EngineResponders
    /// Where replies of services are written before they go into a slot.
    var scratch: Arena
    var reassembly: FragmentReassembly
    /// The frame at hand was put together from fragments.
    var isReassembled = false
    var batch = FrameBatch()
    /// Payload of the batch's frames that waits to be sent, linked by flow.
    var pieces = PayloadPieces()

    var flows: Slab<TCPFlow>
    var table: FlowTable
    var wheel: TimerWheel
    var reserve: ReserveBuffer
    var committed = 0
    /// Flows that something happened to in this batch.
    var touched: IndexList
    /// Flows that have more to do without any event.
    var ready: IndexList
    /// Flows that ended in this batch; their records are freed when nothing names them any more.
    var ended: IndexList
    var peeks = PeekedSlots()
    var listeners: Slab<Listener>
    var spliced: Slab<SplicedConnection>
    var splicedDatagrams: Slab<SplicedDatagrams>
    var splicedDatagramTable: FlowTable
    var splicedDatagramWheel: TimerWheel
    /// Bypasses that have more to do without any event.
    var readySpliced: IndexList
    var udpFlows: Slab<UDPFlow>
    var udpTable: FlowTable
    var udpWheel: TimerWheel
    var echoFlows: Slab<EchoFlow>
    var echoTable: FlowTable
    var echoWheel: TimerWheel
    var receiveSlots = FrameSlots()
    /// Listeners that had more connections than one turn takes.
    var readyListeners: IndexList
    /// The flow whose datagrams from the guest are posted to be sent together; -1: none.
    var postedFlow = -1
    /// Datagram flows that had more than one turn takes; an index may stand twice.
    var readyDatagrams: IndexList
    let isn: InitialSequence

    /// What the surroundings of the engine have to look at.
    var control: ControlEvents = []
    /// Frames may wait in the link.
    var isLinkReadable = true
    /// Datagrams wait in sockets that had their turn while the link was full.
    var areDatagramsStarved = false
    /// The guest's side is gone for good.
    var isFinished = false

    /// - Parameters:
    ///   - scratch: at least `EngineResponders.largestReply` bytes.
    ///   - reserveOffset: where in the arena `settings.reserveByteCount` bytes lie for guest data that waits.
    init(
        settings: EngineSettings, arena: consuming Arena, scratch: consuming Arena, link: consuming Link,
        host: consuming Host, services: consuming EngineResponders,
        reassembly: consuming FragmentReassembly, reserveOffset: Int
    ) {
        self.arena = arena
        self.link = link
        self.host = host
        listeners = Slab(capacity: settings.listenerCapacity, initial: Listener.unused)
        self.services = services
        self.scratch = scratch
        self.reassembly = reassembly
        // A listener may stand in it twice: when it is served, and again for what it had left.
        readyListeners = IndexList(capacity: self.listeners.capacity * 2)
        self.settings = settings
        now = self.host.now
        guestMAC = settings.guestMAC ?? .broadcast
        observed = ObservedAddresses(settings.translation.mapping)
        flows = Slab(capacity: settings.tcpCapacity, initial: TCPFlow.unused)
        table = FlowTable(capacity: settings.tcpCapacity, secret: settings.secret)
        wheel = TimerWheel(capacity: settings.tcpCapacity)
        reserve = ReserveBuffer(
            firstOffset: reserveOffset, byteCount: settings.reserveByteCount, windowCount: 4096)
        touched = IndexList(capacity: settings.tcpCapacity)
        ready = IndexList(capacity: settings.tcpCapacity)
        ended = IndexList(capacity: settings.tcpCapacity)
        spliced = Slab(capacity: settings.tcpCapacity, initial: SplicedConnection.unused)
        readySpliced = IndexList(capacity: settings.tcpCapacity * 2)
        splicedDatagrams = Slab(capacity: settings.udpCapacity, initial: SplicedDatagrams.unused)
        splicedDatagramTable = FlowTable(capacity: settings.udpCapacity, secret: settings.secret)
        splicedDatagramWheel = TimerWheel(capacity: settings.udpCapacity)
        udpFlows = Slab(capacity: settings.udpCapacity, initial: UDPFlow.unused)
        udpTable = FlowTable(capacity: settings.udpCapacity, secret: settings.secret)
        udpWheel = TimerWheel(capacity: settings.udpCapacity)
        readyDatagrams = IndexList(capacity: settings.udpCapacity * 2)
        echoFlows = Slab(capacity: settings.echoCapacity, initial: EchoFlow.unused)
        echoTable = FlowTable(capacity: settings.echoCapacity, secret: settings.secret)
        echoWheel = TimerWheel(capacity: settings.echoCapacity)
        isn = InitialSequence(secret: settings.sequenceSecret)
    }

    /// Begins what the daemon sends of its own accord.
    mutating func start() {
        var random = SystemRandomNumberGenerator()
        services.advertiser.start(now: now, random: random.next())
        probeGuest()
    }

    /// A connection is open on which the guest may still have something to say that the host was not told.
    var isOwedByGuest: Bool {
        if spliced.count > 0 { return true }
        guard flows.count > 0 else { return false }
        for index in 0..<flows.capacity where flows.isAllocated(index) {
            let connection = flows[index].connection
            if connection.phase == .established, !connection.flags.contains(.guestFinDelivered) {
                return true
            }
        }
        return false
    }

    /// Batches of frames in a turn before sockets and deadlines get their share.
    private var batchesPerTurn: Int { 8 }

    /// Waits for something to happen and deals with it.
    ///
    /// - Parameter limit: returns then at the latest.
    mutating func turn(until limit: Instant) {
        let canSend = !link.isFull && (!ready.isEmpty || !readyDatagrams.isEmpty || areDatagramsStarved)
        let isBusy = !readySpliced.isEmpty || canSend || !readyListeners.isEmpty || isLinkReadable
        let count = host.wait(until: isBusy ? .start : min(limit, nextDeadline))
        now = host.now
        counters.turns &+= 1
        driveReadySpliced()
        for index in 0..<count { eventArrived(host.event(index)) }
        touchReady()
        var batches = 0
        repeat {
            if isLinkReadable { harvest() }
            settle()
            batches += 1
        } while isLinkReadable && batches < batchesPerTurn
        passDeadlines()
        link.flush(arena: &arena)
        host.replenish()
    }

    private var nextDeadline: Instant {
        min(
            min(wheel.nextDeadline, services.advertiser.deadline),
            min(udpWheel.nextDeadline, min(echoWheel.nextDeadline, splicedDatagramWheel.nextDeadline)))
    }

    private mutating func eventArrived(_ event: Readiness) {
        let token = FlowToken(rawValue: event.token)
        switch token.kind {
        case .link:
            linkEventArrived(token, event)
        case .tcpTap:
            tcpEventArrived(token.index, token, event)
        case .tcpListener, .udpListener: listenerEventArrived(token)
        case .signal: control.insert(.signal)
        case .namespaceWatch: control.insert(.namespaceWatch)
        case .namespaceDoor: control.insert(.namespaceDoor)
        case .control: control.insert(.controlSocket)
        case .exitRequest: control.insert(.exitRequest)
        case .udpFlow: udpEventArrived(token, event)
        case .echo: echoEventArrived(token, event)
        case .tcpSplice: spliceEventArrived(token, event)
        case .udpSplice: splicedDatagramsArrived(token, event)
        case .ignored, .networkMonitor, .portScanner, .timer:
            break
        }
    }

    private mutating func linkEventArrived(_ token: FlowToken, _ event: Readiness) {
        let events = link.eventArrived(token, event, arena: &arena)
        if events.contains(.readable) { isLinkReadable = true }
        if events.contains(.finished) { isFinished = true }
        if events.contains(.attached) { guestAttached() }
    }

    private mutating func guestAttached() {
        isLinkReadable = true
        guestMAC = settings.guestMAC ?? .broadcast
        probeGuest()
    }

    /// Takes up what was put off; flows with something for the guest stay listed while the link is full.
    private mutating func touchReady() {
        if !link.isFull {
            for position in 0..<ready.count {
                let index = ready[position]
                flows[index].isReady = false
                if flows[index].connection.phase != .closed { touch(index) }
            }
            ready.removeAll()
            if areDatagramsStarved { resumeDatagrams() }
            serveReadyDatagrams()
        }
        serveReadyListeners()
    }

    /// Lists a flow for `settle`.
    @inline(__always)
    mutating func touch(_ index: Int) {
        guard !flows[index].isTouched else { return }
        flows[index].isTouched = true
        touched.append(index)
    }

    private mutating func harvest() {
        batch.removeAll()
        pieces.removeAll()
        switch link.harvest(into: &batch, arena: &arena) {
        case .drained: isLinkReadable = false
        case .detached: isLinkReadable = false
        case .attached: guestAttached()
        case .more: isLinkReadable = true
        case .closed:
            isLinkReadable = false
            isFinished = true
        }
        counters.framesFromGuest &+= UInt64(batch.count)
        for index in 0..<batch.count { frameArrived(batch[index]) }
        sendDatagrams()
    }

    private mutating func passDeadlines() {
        while let index = wheel.popExpired(now: now) {
            flows[index].scheduledAt = .never
            if flows[index].connection.deadline <= now {
                let decision = flows[index].connection.deadlinePassed(now: now)
                guard perform(decision, for: index) else { continue }
            }
            touch(index)
        }
        if !touched.isEmpty || !ended.isEmpty { settle() }
        passDatagramDeadlines()
        if services.advertiser.deadline <= now {
            var random = SystemRandomNumberGenerator()
            if services.advertiser.deadlinePassed(now: now, random: random.next()) { advertise() }
        }
    }
}
