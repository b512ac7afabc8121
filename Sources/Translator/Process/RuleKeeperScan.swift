// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// Following listeners. The kernel tells nobody when a socket begins to listen, so it is asked, several times a second:
// often enough that nobody waits, and rarely enough that it takes a small, constant share of one processor's time.

extension RuleKeeper {
    /// Between two scans, when they are cheap.
    static let shortestPause = Interval.milliseconds(80)
    static let longestPause = Interval.seconds(1)
    /// Times the length of a scan until the next one: a quarter of a percent.
    static let pauseFactor: Int64 = 400
    static let retryPause = Interval.seconds(1)

    /// The first look, before anything is served: ports of explicit ranges must be had.
    mutating func start<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>
    ) throws(SetupError) {
        guard rules.contains(where: \.followsListeners) else { return }
        _ = look()
        nextScan = engine.now + Self.shortestPause
        if scanError != 0 {
            let error = SetupError(
                cannot: "ask the kernel for listening sockets", code: scanError,
                hint:
                    "Ports that follow listeners (auto) wait until its modules tcp_diag and udp_diag answer.")
            log.warning(error.message)
        }
        var failure: SetupError?
        follow(&engine) { rule, port, code in
            if !rule.isBestEffort, failure == nil {
                failure = SetupError(
                    cannot: "listen on \(rule.transport.name) port \(port), which something listens on",
                    code: code)
            }
        }
        if let failure { throw failure }
    }

    /// Looks whether listeners came or went, and follows them.
    mutating func scan<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>
    ) {
        guard rules.contains(where: \.followsListeners) else {
            nextScan = .never
            return
        }
        // The processor's time, not the clock's: others may have run in between.
        let begin = Self.processorTime
        let isChanged = look()
        if isChanged || engine.now >= retryAt { follow(&engine) { _, _, _ in } }
        let pause = (Self.processorTime - begin) * Self.pauseFactor
        nextScan = engine.host.now + max(Self.shortestPause, min(pause, Self.longestPause))
    }

    private static var processorTime: Instant {
        Instant(nanoseconds: Int64(bitPattern: shim_thread_nanoseconds()))
    }

    /// Asks the kernel; true when something changed. An answer that is not complete says nothing.
    private mutating func look() -> Bool {
        var isChanged = false
        let inSpace = wanted(.inbound)
        let onHost = wanted(.outbound)
        scanError = 0
        if !inSpace.isEmpty, taken(spaceScanner?.scan(inSpace, into: &found)) {
            let isTCPChanged = space.tcp.assign(found.tcp)
            let isUDPChanged = space.udp.assign(found.udp)
            isChanged = isTCPChanged || isUDPChanged
        }
        if !onHost.isEmpty, taken(hostScanner?.scan(onHost, into: &found)) {
            let isTCPChanged = host.tcp.assign(found.tcp)
            let isUDPChanged = host.udp.assign(found.udp)
            isChanged = isChanged || isTCPChanged || isUDPChanged
        }
        return isChanged
    }

    private mutating func taken(_ result: Int32?) -> Bool {
        guard let result else { return false }
        if result < 0 { scanError = -result }
        return result == 0
    }

    /// What rules of a direction need to know about the side that their flows go to.
    private func wanted(_ direction: ForwardingDirection) -> PortScanner.Wanted {
        var wanted: PortScanner.Wanted = []
        for rule in rules where rule.followsListeners && rule.direction == direction {
            switch rule.transport {
            case .tcp: wanted.insert(.tcp)
            case .udp: wanted.formUnion([.tcp, .udp])
            }
        }
        return wanted
    }

    /// Opens and closes listening sockets until all rules agree with what was seen last.
    mutating func follow<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ engine: inout Engine<Link, Host>,
        _ failed: (_ rule: ForwardingRule, _ port: UInt16, _ code: Int32) -> Void
    ) {
        retryAt = .never
        for (number, rule) in rules.enumerated() where rule.followsListeners {
            // One rule after the other: what one has opened, the next one must not follow.
            collectOurs(engine, beyond: rule.direction)
            switch rule.direction {
            case .inbound: space.followed(by: rule.transport, withoutOurs: ours, into: &followed)
            case .outbound: host.followed(by: rule.transport, withoutOurs: ours, into: &followed)
            }
            follow(rule, UInt32(number), &engine, failed)
        }
    }

    /// Our own listening sockets on the side that flows of `direction` go to.
    private mutating func collectOurs<
        Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable
    >(_ engine: borrowing Engine<Link, Host>, beyond direction: ForwardingDirection) {
        ours.removeAll()
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            guard engine.listeners[index].direction != direction else { continue }
            ours.insert(engine.listeners[index].port, engine.listeners[index].transport)
        }
    }

    private mutating func follow<
        Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable
    >(
        _ rule: ForwardingRule, _ number: UInt32, _ engine: inout Engine<Link, Host>,
        _ failed: (_ rule: ForwardingRule, _ port: UInt16, _ code: Int32) -> Void
    ) {
        collectOpen(engine) { $0.rule == number }
        closing.removeAll()
        var isClosing = false
        var next = Int(rule.ports.lowerBound)
        while next <= rule.ports.upperBound,
            let change = rule.nextChange(from: UInt16(next), followed: followed, open: open)
        {
            next = Int(change.port) + 1
            switch change {
            case .close(let port):
                closing.insert(port)
                isClosing = true
            case .open(let port):
                let result = open(rule, number, port: port, &engine)
                note(rule, port, result)
                if result < 0 {
                    retryAt = engine.now + Self.retryPause
                    failed(rule, port, -result)
                }
            }
        }
        guard isClosing else { return }
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            let listener = engine.listeners[index]
            guard listener.rule == number, closing.contains(listener.port) else { continue }
            Self.closeListener(index, &engine)
            noteClosed(listener)
        }
    }

    /// Tells of a port that cannot be had, once until it could.
    private mutating func note(_ rule: ForwardingRule, _ port: UInt16, _ result: Int32) {
        let isNew: Bool
        switch rule.direction {
        case .inbound: isNew = Self.note(port, rule.transport, isMissed: result < 0, in: &missedOnHost)
        case .outbound: isNew = Self.note(port, rule.transport, isMissed: result < 0, in: &missedInSpace)
        }
        guard isNew else { return }
        log.note(result < 0 && !rule.isBestEffort ? .warning : .debug) { line in
            line.append(result < 0 ? "Cannot forward " : "Forwarding ")
            line.append(rule.transport == .tcp ? "TCP port " : "UDP port ")
            line.append(Int(port))
            line.append(rule.direction == .inbound ? " of the host" : " of the namespace")
            if result < 0 {
                line.append(": error ")
                line.append(Int(-result))
            }
        }
    }

    /// True when it was not known.
    private static func note(
        _ port: UInt16, _ transport: TransportProtocol, isMissed: Bool, in ports: inout ListeningPorts
    ) -> Bool {
        let wasMissed = ports.contains(port, transport)
        if isMissed { ports.insert(port, transport) } else { ports.remove(port, transport) }
        return !isMissed || !wasMissed
    }

    private func noteClosed(_ listener: Listener) {
        log.note(.debug) { line in
            line.append("No longer forwarding ")
            line.append(listener.transport == .tcp ? "TCP port " : "UDP port ")
            line.append(Int(listener.port))
            line.append(listener.direction == .inbound ? " of the host" : " of the namespace")
        }
    }
}
