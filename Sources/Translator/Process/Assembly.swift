// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Puts an engine together and runs it.
struct Assembly {
    let configuration: Configuration
    let network: PresentedNetwork
    let listeners: [Listener]
    let outboundInterfaces: Configuration.PerVersion<Int32>
    let log: Log

    /// Builds the engine over `reactor` and the link that the mode asks for, seals the process, says that it is ready,
    /// and serves; the exit status.
    func serve<LoopReactor: Reactor>(
        _ world: inout LaunchedWorld, _ reactor: LoopReactor, usesRing: Bool
    ) throws(SetupError) -> Int32 {
        switch configuration.mode {
        case .pasta:
            guard let tap = world.tap.take() else {
                let memory = try memory(for: reactor, linkByteCount: AbsentLink.arenaByteCount)
                return try serve(&world, AbsentLink(), memory, guestMAC: nil, reactor, usesRing: usesRing)
            }
            let mac = tap.mac
            let link = TapLink(tap, arenaOffset: 0, reactor: reactor)
            let memory = try memory(for: reactor, linkByteCount: TapLink<LoopReactor>.arenaByteCount)
            return try serve(&world, link, memory, guestMAC: mac, reactor, usesRing: usesRing)
        case .passt:
            let link = StreamLink(client: client(world, reactor), arenaOffset: 0, reactor: reactor)
            let memory = try memory(for: reactor, linkByteCount: StreamLink<LoopReactor>.arenaByteCount)
            return try serve(&world, link, memory, guestMAC: nil, reactor, usesRing: usesRing)
        case .vhostUser:
            let memory = try memory(
                for: reactor, linkByteCount: VhostUserLink<LoopReactor>.arenaByteCount, hasWindow: true)
            let guestMemory = GuestMemory(
                window: memory.arena.vector(memory.window), offset: memory.window.offset)
            try guestMemory.guardAgainstCuts()
            let link = VhostUserLink(
                client: client(world, reactor), memory: guestMemory, mtu: network.guest.mtu, arenaOffset: 0,
                reactor: reactor)
            return try serve(&world, link, memory, guestMAC: nil, reactor, usesRing: usesRing)
        }
    }

    /// Where the guest's hypervisor connects.
    private func client<LoopReactor: Reactor>(
        _ world: borrowing LaunchedWorld, _ reactor: LoopReactor
    ) -> ClientSocket<LoopReactor> {
        ClientSocket(
            listener: world.listenerDescriptor, client: world.clientDescriptor,
            isOneOff: configuration.isOneOff, reactor: reactor, log: log)
    }

    /// What a link, the sockets of `reactor` and the engine need; the link's part begins at the front of the arena.
    private func memory<LoopReactor: Reactor>(
        for reactor: LoopReactor, linkByteCount: Int, hasWindow: Bool = false
    ) throws(SetupError) -> EngineMemory {
        try EngineMemory(
            linkByteCount: linkByteCount,
            lazyByteCount: LinuxSockets<LoopReactor>.arenaByteCount + 65536 * 2
                + EngineSettings.defaultReserveByteCount, hasWindow: hasWindow)
    }

    /// The same for every link.
    private func serve<Link: FrameLink & ~Copyable, LoopReactor: Reactor>(
        _ world: inout LaunchedWorld, _ inner: consuming Link, _ memory: borrowing EngineMemory,
        guestMAC: MACAddress?, _ reactor: LoopReactor, usesRing: Bool
    ) throws(SetupError) -> Int32 {
        var settings = settings(guestMAC: guestMAC)
        let socketsByteCount = LinuxSockets<LoopReactor>.arenaByteCount
        settings.reassembledOffset = memory.lazyOffset + socketsByteCount
        let link = CapturingLink(
            inner, file: Self.captureDescriptor(world), trace: FrameTrace(log))
        let sockets = LinuxSockets(
            reactor: reactor, arenaOffset: memory.lazyOffset, outboundInterface: outboundInterfaces,
            splices: configuration.mode == .pasta, descriptorLimit: shim_descriptor_limit())
        let responders = EngineResponders(
            network: network.guest, time: UInt32(truncatingIfNeeded: time(nil) - Self.year2000))
        var engine = Engine(
            settings: settings, arena: memory.arena,
            scratch: try EngineMemory.scratch(byteCount: EngineResponders.largestReply), link: link,
            host: sockets, services: responders,
            reassembly: FragmentReassembly(
                memory: try EngineMemory.scratch(byteCount: FragmentReassembly.memoryByteCount)),
            reserveOffset: settings.reassembledOffset + 65536 * 2)
        try engine.link.watch()
        try watch(reactor, world)
        for listener in listeners {
            if case .refused(let code) = engine.addListener(listener) {
                throw SetupError(cannot: "watch the socket that listens on port \(listener.port)", code: code)
            }
        }
        var keeper = try RuleKeeper(configuration, world, log: log)
        try keeper.start(&engine)
        var server = try controlServer(&world, reactor)
        engine.start()
        try Launch.seal(&world, configuration, usesRing: usesRing, log: log)
        if let door = Service.channel(of: world) { engine.host.namespace.open(door) }
        keeper.setUpEnded()
        try Launch.ready(&world, log: log)
        let status = loop(&engine, &world, &keeper, &server, reactor, usesRing: usesRing)
        reactor.forgetAll()
        return status
    }

    private static let year2000 = 946_684_800

    private func watch(
        _ reactor: some Reactor, _ world: borrowing LaunchedWorld
    ) throws(SetupError) {
        let step = "watch descriptors"
        try checked(
            reactor.watch(world.signals.number, token: FlowToken(kind: .signal).rawValue, for: .readable),
            step)
        if let descriptor = Self.watchDescriptor(world), descriptor >= 0 {
            let token = FlowToken(kind: .namespaceWatch)
            try checked(reactor.watch(descriptor, token: token.rawValue, for: .readable), step)
        }
        if world.exitDescriptor >= 0 {
            let token = FlowToken(kind: .exitRequest)
            try checked(
                reactor.watch(world.exitDescriptor, token: token.rawValue, for: .readable),
                "watch the descriptor of --exit-fd", hint: "Give it a pipe or a socket.")
        }
    }

    /// nil: there is no control socket.
    private func controlServer(
        _ world: inout LaunchedWorld, _ reactor: some Reactor
    ) throws(SetupError) -> ControlServer? {
        guard let socket = world.control.take() else { return nil }
        let server = ControlServer(socket, hidesUsers: world.plan.userNamespace != .stay)
        try checked(server.watch(reactor), "watch the control socket")
        return server
    }

    /// -1: nothing is captured.
    private static func captureDescriptor(_ world: borrowing LaunchedWorld) -> Int32 {
        switch world.capture {
        case .some(let file): file.number
        case .none: -1
        }
    }

    /// nil: nothing is watched; below 0: it has to be asked.
    private static func watchDescriptor(_ world: borrowing LaunchedWorld) -> Int32? {
        switch world.watch {
        case .some(let watch): watch.descriptor
        case .none: nil
        }
    }

    private func loop<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>, _ world: inout LaunchedWorld, _ keeper: inout RuleKeeper,
        _ server: inout ControlServer?, _ reactor: some Reactor, usesRing: Bool
    ) -> Int32 {
        let polls = Self.watchDescriptor(world).map { $0 < 0 } ?? false
        var report = StatisticsReport(configuration, usesRing: usesRing, now: engine.now)
        var warnsAgainAt = Instant.start
        while true {
            let deadline = min(keeper.nextScan, server?.deadline ?? .never)
            let next = min(report?.turnEnded(engine.statistics, now: engine.now) ?? .never, deadline)
            engine.turn(until: min(next, polls ? engine.now + .seconds(1) : .never))
            if engine.now >= keeper.nextScan { keeper.scan(&engine) }
            if engine.control.contains(.controlSocket) || engine.now >= server?.deadline ?? .never {
                server?.proceed(&keeper, &engine, reactor)
            }
            if engine.control.contains(.signal), let status = world.signalsArrived() {
                if world.plan.spawns { drain(&engine) }
                return status
            }
            if engine.control.contains(.exitRequest) { return 0 }
            if polls || engine.control.contains(.namespaceWatch), world.watch?.isGone() == true { return 0 }
            if engine.isFinished { return 0 }
            if engine.control.contains(.descriptorShortage), engine.now >= warnsAgainAt {
                warnsAgainAt = engine.now + .seconds(10)
                log.note(.warning) { line in
                    line.append(
                        "Too few descriptors: connections are refused. Raise the limit of open files.")
                }
            }
            engine.control = []
        }
    }

    /// The command is gone, and its kernel may still send what it wrote last: serves as long as that moves.
    private func drain<Link: FrameLink & ~Copyable, Host: EngineSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>
    ) {
        let end = engine.now + .seconds(5)
        var progress = engine.counters.progress
        var patience = engine.now + .milliseconds(100)
        while engine.isOwedByGuest, engine.now < min(patience, end), !engine.isFinished {
            engine.turn(until: min(patience, end))
            if engine.counters.progress != progress {
                progress = engine.counters.progress
                patience = engine.now + .milliseconds(100)
            }
        }
    }

    private func settings(guestMAC: MACAddress?) -> EngineSettings {
        var random = SystemRandomNumberGenerator()
        func key() -> SipKey { SipKey(low: random.next(), high: random.next()) }
        var splice = SplicePolicy()
        splice.isAllowed = configuration.mode == .pasta && !configuration.forbidsSplice
        splice.isOnlyWay = configuration.isSpliceOnly
        splice.keepsLoopback = configuration.mapsHostLoopbackToNamespaceLoopback
        var settings = EngineSettings(
            guest: network.guest, translation: AddressTranslation(mapping: network.mapping, splice: splice),
            secret: key(), sequenceSecret: key())
        settings.allowsTCP = configuration.allowsTCP
        settings.allowsUDP = configuration.allowsUDP
        settings.allowsICMP = configuration.allowsICMP
        settings.guestMAC = guestMAC
        return settings
    }
}

extension TapLink {
    /// Over the device that set-up made, which stays open until exit.
    fileprivate init(_ tap: consuming TapDevice, arenaOffset: Int, reactor: LoopReactor) {
        let (capabilities, virtioLength) = (tap.capabilities, tap.headerByteCount)
        self.init(
            descriptor: tap.descriptor.release(), capabilities: capabilities, virtioLength: virtioLength,
            queueFrameCount: 1000, arenaOffset: arenaOffset, reactor: reactor)
    }
}
