// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc

@testable import Translator

/// The whole engine between a scripted guest and scripted sockets, in virtual time. One seed, one course of events.
struct Simulation: ~Copyable {
    enum Event {
        case toGuest(flow: Int, TCPSegment, [UInt8])
        case toEngine(LoopFrame)
        case opens(Int)
        case connectEnds(Int)
        case peerReads(Int)
        case peerWrites(Int)
        case guestReads(Int)
        case guestWrites(Int)
        case disturbs(Int)
    }

    struct Flow {
        var script: FlowScript
        var guest: GuestConnection
        var guestEnd: Endpoint
        var remoteEnd: Endpoint
        /// Rightmost edge that the engine offered; nil: nothing yet.
        var offeredEdge: SequenceNumber?
        var offeredScale = 0
        var isVanished = false
        var uploadWatch = StallWatch()
        var downloadWatch = StallWatch()
    }

    /// `PASST_SIMULATION_TRACE=1` prints every segment that the engine sends or gets.
    static let isTraced = getenv("PASST_SIMULATION_TRACE") != nil
    static let quietTime = Instant.start + .seconds(60)
    private static let longestTurnCount = 400_000

    let scenario: Scenario
    var engine: TestEngine
    var random: SplitMix
    var queue = EventQueue<Event>()
    var flows: [Flow] = []
    var lastArrival = [Instant.start, Instant.start]
    var problem: String?
    var turnCount = 0
    /// When applications give up what they still wait for.
    let scriptEnd: Instant
    private let limit: Instant

    init(seed: UInt64, memory: EngineTestMemory) {
        scenario = Scenario(seed: seed)
        random = SplitMix(seed: seed ^ 0x5eed)
        engine = scenario.fixture.engine(memory)
        engine.host.keepsPeekOffset = scenario.keepsPeekOffset
        engine.host.pieceLimit = scenario.pieceLimit
        engine.host.operationLimit = scenario.operationLimit
        engine.host.roomOverstatement = scenario.roomOverstatement
        engine.host.shortageRate = scenario.shortageRate
        engine.host.random = SplitMix(seed: seed ^ 0xbad)
        var script = Interval.zero
        for flow in scenario.flows { script = max(script, flow.longestScript) }
        scriptEnd = Self.quietTime + script + .seconds(300)
        limit = scriptEnd + .seconds(1000)
        for index in scenario.flows.indices { addFlow(index) }
    }

    private mutating func addFlow(_ index: Int) {
        let script = scenario.flows[index]
        let upload = StreamPattern(salt: 2 * index)
        let download = StreamPattern(salt: 2 * index + 1)
        let guest = GuestConnection(
            script.traits, upload: upload, download: download, uploadByteCount: script.uploadByteCount,
            isActive: !script.isFromHost)
        let guestPort = script.isFromHost ? 8000 : UInt16(40_000 + index)
        let remotePort = script.isFromHost ? UInt16(50_000 + index) : UInt16(1000 + index)
        flows.append(
            Flow(
                script: script, guest: guest,
                guestEnd: Endpoint(address: EngineFixture.guest(scenario.version), port: guestPort),
                remoteEnd: Endpoint(address: EngineFixture.peer(scenario.version), port: remotePort)))
        var stream = ScriptedStream(upload: upload, download: download)
        stream.sendCapacity = script.sendCapacity
        stream.receiveCapacity = script.receiveCapacity
        engine.host.scripts[remotePort] = ScriptedSockets.StreamScript(outcome: .never, stream: stream)
        if script.ending == .refused, script.connectDelay == .zero {
            engine.host.scripts[remotePort]?.outcome = .refusedAtOnce(111)
        } else if script.ending == .orderly, script.connectDelay == .zero {
            engine.host.scripts[remotePort]?.outcome = .atOnce
        }
        queue.add(.opens(index), at: engine.host.clock + script.start)
        if script.ending != .orderly {
            queue.add(.disturbs(index), at: engine.host.clock + script.disturbance)
        }
    }

    /// Runs to the end; nil: nothing was wrong.
    mutating func run() -> String? {
        while problem == nil {
            turn()
            if engine.host.isIdleForever { break }
        }
        return problem ?? verdict
    }

    private mutating func turn() {
        var next = queue.next
        for flow in flows where !flow.isVanished { next = min(next, flow.guest.deadline) }
        engine.host.horizon = next
        engine.turn(until: .never)
        turnCount += 1
        takeFrames()
        let now = engine.host.clock
        while problem == nil, let event = queue.popDue(now) { happen(event, now) }
        for index in flows.indices {
            if flows[index].guest.deadline <= now, !flows[index].isVanished {
                flows[index].guest.timePassed(now: now)
            }
            sendGuestSegments(index, now)
            watch(index, now)
        }
        if turnCount > Self.longestTurnCount { problem = "the engine is busy without end" }
        if now > limit { problem = "no end in sight: \(state)" }
    }

    private mutating func happen(_ event: Event, _ now: Instant) {
        switch event {
        case .toGuest(let index, let segment, let payload):
            guard !flows[index].isVanished else { return }
            flows[index].guest.segmentArrived(segment, payload: payload.span.bytes, now: now)
        case .toEngine(let frame):
            trace("guest ", frame)
            engine.link.incoming.append(frame)
            engine.host.linkBecameReadable()
        case .opens(let index): open(index, now)
        case .connectEnds(let index): connectEnds(index, now)
        case .peerReads(let index): peerReads(index, now)
        case .peerWrites(let index): peerWrites(index, now)
        case .guestReads(let index): guestReads(index, now)
        case .guestWrites(let index): guestWrites(index, now)
        case .disturbs(let index): disturb(index, now)
        }
    }

    // MARK: The link

    /// Takes what the engine flushed, checks it, and puts it on its way.
    private mutating func takeFrames() {
        let frames = engine.link.outgoing
        engine.link.outgoing.removeAll(keepingCapacity: true)
        for frame in frames {
            trace("engine", frame)
            guard let checked = CheckedFrame(frame, problem: &problem), problem == nil else { continue }
            guard checked.frame.kind == .tcp, let index = flowIndex(checked.frame) else {
                problem = "a frame for nobody"
                return
            }
            checkOffer(checked, index)
            cut(checked, index)
        }
    }

    private func trace(_ sender: String, _ loopFrame: LoopFrame) {
        guard Self.isTraced, let frame = try? ParsedFrame(parsing: loopFrame.bytes.span.bytes) else { return }
        print(
            engine.host.clock.nanoseconds / 1000, sender, frame.sourcePort, frame.destinationPort,
            "flags", frame.flags.rawValue, "sequence", frame.sequenceNumber.value, frame.payloadByteCount,
            "acknowledges", frame.acknowledgment.value, "window", frame.window)
    }

    private func flowIndex(_ frame: ParsedFrame) -> Int? {
        flows.firstIndex {
            $0.guestEnd.port == frame.destinationPort && $0.remoteEnd.port == frame.sourcePort
        }
    }

    /// The right edge never moves left (RFC 9293, section 3.8.6).
    private mutating func checkOffer(_ checked: CheckedFrame, _ index: Int) {
        let frame = checked.frame
        guard frame.flags.contains(.ack), !frame.flags.contains(.reset) else { return }
        let isOpening = frame.flags.contains(.syn)
        if isOpening, frame.options.windowScale == nil { flows[index].offeredScale = 0 }
        let scale = isOpening ? 0 : Int(flows[index].guest.peerScale)
        let edge = frame.acknowledgment + (Int(frame.window) << scale)
        if let offered = flows[index].offeredEdge, edge < offered {
            problem = "the offered edge moved left by \(edge.distance(to: offered)), flow \(index): \(state)"
        }
        flows[index].offeredEdge = edge
    }

    private mutating func cut(_ checked: CheckedFrame, _ index: Int) {
        let whole = TCPSegment(checked.frame)
        let payload = checked.payload
        let size = checked.offload.segmentation == .none ? payload.count : Int(checked.offload.segmentSize)
        if size > Int(scenario.fixture.mtu) { problem = "a segment beyond the MTU" }
        var start = 0
        repeat {
            let count = min(size, payload.count - start)
            var segment = whole
            segment.sequence = whole.sequence + start
            segment.byteCount = count
            let bytes = Array(payload.dropFirst(start).prefix(count))
            carry(.toGuest(flow: index, segment, bytes), direction: 0)
            start += count
        } while start < payload.count
    }

    private mutating func sendGuestSegments(_ index: Int, _ now: Instant) {
        let guest = flows[index].guest
        for segment in guest.outbox {
            let payload =
                segment.byteCount > 0
                ? guest.upload.array(at: segment.position, count: segment.byteCount) : []
            let frame = GuestFrame.tcp(
                segment, from: flows[index].guestEnd, to: flows[index].remoteEnd, payload: payload,
                segmentByteCount: guest.segmentByteCount)
            carry(.toEngine(frame), direction: 1)
        }
        guest.outbox.removeAll(keepingCapacity: true)
        if let fault = guest.fault { problem = "\(fault), flow \(index)" }
    }

    /// Loses, doubles, delays or reorders; none of it after `quietTime`.
    private mutating func carry(_ event: Event, direction: Int) {
        let now = engine.host.clock
        let isQuiet = now > Self.quietTime
        func happens(_ rate: Int) -> Bool { rate > 0 && Int(random.next() % 1000) < rate }
        if !isQuiet, happens(scenario.lossRate) { return }
        var arrival = max(now + scenario.delay, lastArrival[direction])
        if !isQuiet, happens(scenario.reorderRate) {
            arrival = arrival + .microseconds(Int64(random.next() % 30_000))
        } else {
            lastArrival[direction] = arrival
        }
        queue.add(event, at: arrival)
        if !isQuiet, happens(scenario.duplicateRate) {
            queue.add(event, at: arrival + .microseconds(Int64(random.next() % 30_000)))
        }
    }
}
