// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// Keeps listening sockets in step with the forwarding rules while the engine runs: with what listens on the other side
// (RuleKeeperScan.swift) and with new rules from the control socket (RuleKeeperUpdate.swift). The engine holds the
// listeners; `Listener.rule` is the index of the rule in `rules`.

/// The rules that are in force, and what opens and closes their listening sockets.
struct RuleKeeper: ~Copyable {

    var rules: [ForwardingRule]
    let surroundings: PortSurroundings
    let opener: ListenerOpener
    /// The way into the namespace before the engine has its own.
    var door: DoorChannel?
    let log: Log

    /// nil: nothing can be followed.
    var hostScanner: PortScanner?
    var spaceScanner: PortScanner?
    /// What listens where, as seen last, and what of that is ours.
    var host = ListeningPorts()
    var space = ListeningPorts()
    var ours = ListeningPorts()
    /// Ports that a rule which follows listeners could not have, on the host and in the namespace.
    var missedOnHost = ListeningPorts()
    var missedInSpace = ListeningPorts()
    /// Where a scan leaves what it found.
    var found = ListeningPorts()
    var followed = PortSet()
    var open = PortSet()
    var closing = PortSet()
    /// Some are missing: try again then, though nothing else has changed.
    var retryAt = Instant.never
    /// When to look again; `never` when no rule follows listeners.
    var nextScan = Instant.never
    /// Why the last scan is not complete; 0: it is.
    var scanError: Int32 = 0
    /// The namespace's sockets cannot be bound to its loopback interface (unprivileged, before Linux 5.7).
    var lacksInterface = false

    /// Takes over the rules of a configuration; where they can follow listeners, what that needs is opened here.
    init(_ configuration: Configuration, _ world: borrowing LaunchedWorld, log: Log) throws(SetupError) {
        rules = configuration.forwardingRules
        surroundings = PortSurroundings(
            configuration: configuration, ephemeralPorts: PortSurroundings.usualEphemeralPorts)
        opener = ListenerOpener(configuration)
        self.log = log
        switch world.door {
        case .none:
            door = nil
            hostScanner = nil
            spaceScanner = nil
        case .some(let door):
            self.door = door.requests
            hostScanner = try PortScanner.ofHost(configuration.isEnabled)
            spaceScanner = PortScanner(
                try door.socket(
                    domain: AF_NETLINK, type: PortScanner.socketType, protocol: PortScanner.netlinkProtocol),
                versions: configuration.isEnabled)
        }
    }

    /// The engine has its own way into the namespace.
    mutating func setUpEnded() { door = nil }

    /// Opens the listening sockets of one port of a rule and hands them to the engine.
    ///
    /// - Parameter number: names the rule in its listeners.
    /// - Returns: 0 or -errno.
    mutating func open<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ rule: ForwardingRule, _ number: UInt32, port: UInt16, _ engine: inout Engine<Link, Host>
    ) -> Int32 {
        let place = ListeningPlace(rule, port: port)
        switch rule.direction {
        case .inbound: return add(opener.open(place), rule, number, port, &engine)
        case .outbound:
            if !lacksInterface {
                let result = openInNamespace(place, &engine)
                guard result == -EPERM else { return add(result, rule, number, port, &engine) }
                lacksInterface = true
            }
            for version in IPVersion.allCases where opener.isEnabled[version] {
                let result = add(
                    openInNamespace(place.loopback(version), &engine), rule, number, port, &engine)
                guard result == 0 else { return result }
            }
            return 0
        }
    }

    private func openInNamespace<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ place: ListeningPlace, _ engine: inout Engine<Link, Host>
    ) -> Int32 {
        let version = opener.version(of: place)
        let socket =
            door?.socket(place.transport, version)
            ?? engine.host.takeNamespaceSocket(place.transport, version)
        return opener.open(place, on: socket)
    }

    private func add<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ socket: Int32, _ rule: ForwardingRule, _ number: UInt32, _ port: UInt16,
        _ engine: inout Engine<Link, Host>
    ) -> Int32 {
        guard socket >= 0 else { return socket }
        let listener = Listener(
            socket: socket, direction: rule.direction, transport: rule.transport, port: port,
            targetPort: rule.targetPort(of: port), target: rule.target, rule: number)
        switch engine.addListener(listener) {
        case .added: return 0
        case .refused(let code): return -code
        }
    }

    /// Fills `open` with the ports of listeners that `isChosen`.
    mutating func collectOpen<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: borrowing Engine<Link, Host>, where isChosen: (Listener) -> Bool
    ) {
        open.removeAll()
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            if isChosen(engine.listeners[index]) { open.insert(engine.listeners[index].port) }
        }
    }

    /// Closes all listeners that `isChosen`; flows that came through them live on.
    static func close<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>, where isChosen: (Listener) -> Bool
    ) {
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            if isChosen(engine.listeners[index]) { closeListener(index, &engine) }
        }
    }

    static func closeListener<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ index: Int, _ engine: inout Engine<Link, Host>
    ) {
        // A ring may keep the file until it is waited for again, and with it the port. UDP lets others bind it anyway.
        if engine.listeners[index].transport == .tcp {
            _ = shutdown(engine.listeners[index].socket, Int32(SHUT_RDWR))
        }
        _ = engine.removeListener(engine.listenerToken(index))
    }
}
