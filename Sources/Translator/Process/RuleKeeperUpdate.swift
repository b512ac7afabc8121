// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// New rules at run time. A listening socket that both the old and the new rules want stays open: nobody notices. New
// ones are opened before old ones are closed, so that a refusal leaves everything as it was.
//
// While that goes on, `Listener.rule` holds both indices:
//
//     31          16 15           0
//     [ new, plus 1 ] [    old    ]     new 0: not wanted any more; old 0xffff: was not there before

extension RuleKeeper {
    private static let absent: UInt32 = 0xffff

    /// Puts `new` in the place of the present rules, or says why not.
    ///
    /// - Parameter strictly: a port that cannot be had is a reason to change nothing; otherwise its rule is kept without.
    mutating func replace<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        by new: [ForwardingRule], strictly: Bool, _ engine: inout Engine<Link, Host>
    ) -> ControlAnswer {
        var leaving = ListeningPorts()
        match(new, &engine, &leaving)
        var answer = ControlAnswer(outcome: .applied)
        var isFatal = false
        var postponed: [Int] = []
        for (number, rule) in new.enumerated() where !rule.followsListeners {
            let outcome = openMissing(rule, number, &engine, leaving: leaving, isLast: false, &answer)
            if outcome.isPostponed { postponed.append(number) }
            if outcome.isFatal { isFatal = true }
        }
        if isFatal, strictly {
            Self.close(&engine) { $0.rule & Self.absent == Self.absent }
            Self.forEachListener(&engine) { $0.rule &= Self.absent }
            answer.outcome = .refused
            return answer
        }
        Self.close(&engine) { $0.rule >> 16 == 0 }
        for number in postponed {
            _ = openMissing(new[number], number, &engine, leaving: leaving, isLast: true, &answer)
        }
        commit(new, &engine)
        if answer.failureCount > 0 { answer.outcome = .incomplete }
        return answer
    }

    /// Notes for each listener which of the new rules wants it, and which ports nobody wants any more.
    private func match<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ new: [ForwardingRule], _ engine: inout Engine<Link, Host>, _ leaving: inout ListeningPorts
    ) {
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            let listener = engine.listeners[index]
            guard Int(listener.rule) < rules.count else { continue }
            let old = rules[Int(listener.rule)]
            let successor = new.firstIndex { $0.listensLike(old) && $0.ports.contains(listener.port) }
            if let successor {
                engine.listeners[index].rule |= UInt32(successor + 1) << 16
            } else {
                leaving.insert(listener.port, listener.transport)
            }
        }
    }

    /// Opens the ports of a new rule that are not open yet.
    ///
    /// - Parameters:
    ///   - leaving: ports that may be in use only by ourselves, and not for long: they are tried again then.
    ///   - isLast: this is that second time.
    private mutating func openMissing<
        Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable
    >(
        _ rule: ForwardingRule, _ number: Int, _ engine: inout Engine<Link, Host>,
        leaving: borrowing ListeningPorts, isLast: Bool, _ answer: inout ControlAnswer
    ) -> (isPostponed: Bool, isFatal: Bool) {
        let name = UInt32(number + 1) << 16 | Self.absent
        collectOpen(engine) { $0.rule >> 16 == UInt32(number + 1) }
        var openCount = open.count
        var failureCount = 0
        var isPostponed = false
        var exhausted: Int32 = 0
        for port in rule.ports where !open.contains(port) {
            let isLeaving = leaving.contains(port, rule.transport)
            if isLast, !isLeaving { continue }
            let result = exhausted != 0 ? exhausted : open(rule, name, port: port, &engine)
            if result == 0 {
                openCount += 1
                continue
            }
            if result == -EADDRINUSE, isLeaving, !isLast {
                isPostponed = true
                continue
            }
            // The next ones fare no better.
            if [-EMFILE, -ENFILE, -ENOMEM, -ENOBUFS].contains(result) { exhausted = result }
            failureCount += 1
            answer.add(rule, port, result)
        }
        let isFatal = failureCount > 0 && (!rule.isBestEffort || (openCount == 0 && !isPostponed))
        return (isPostponed, isFatal)
    }

    /// The new rules are those in force from here on.
    private mutating func commit<
        Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable
    >(
        _ new: [ForwardingRule], _ engine: inout Engine<Link, Host>
    ) {
        Self.forEachListener(&engine) { listener in
            let number = Int(listener.rule >> 16) - 1
            listener.rule = UInt32(number)
            listener.targetPort = new[number].targetPort(of: listener.port)
            listener.target = new[number].target
        }
        rules = new
        missedOnHost.removeAll()
        missedInSpace.removeAll()
        // The tables that matter may be others: all is looked at again.
        nextScan = rules.contains(where: \.followsListeners) ? engine.now : .never
        retryAt = engine.now
    }

    private static func forEachListener<
        Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable
    >(_ engine: inout Engine<Link, Host>, _ change: (inout Listener) -> Void) {
        for index in 0..<engine.listeners.endIndex where engine.listeners.isAllocated(index) {
            change(&engine.listeners[index])
        }
    }
}

extension ForwardingRule {
    /// True if listening sockets of one are good for the other, where they have the port.
    fileprivate func listensLike(_ other: ForwardingRule) -> Bool {
        direction == other.direction && transport == other.transport && address == other.address
            && interface == other.interface
    }
}

extension ControlAnswer {
    fileprivate mutating func add(_ rule: ForwardingRule, _ port: UInt16, _ result: Int32) {
        failureCount += 1
        guard failures.count < Self.mostFailures else { return }
        failures.append(
            Failure(
                table: ControlTableNumber(rule.direction), protocolNumber: rule.transport.rawValue,
                port: port,
                errorNumber: UInt32(-result), address: rule.address?.bits ?? .unspecified))
    }
}
