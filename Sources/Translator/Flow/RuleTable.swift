// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The forwarding rules in force and which of them each listening socket belongs to.
@safe
struct RuleTable: ~Copyable {
    /// What a flow needs to know of its `ForwardingRule`.
    struct Rule: Equatable, BitwiseCopyable {
        var direction: ForwardingDirection
        var transport: TransportProtocol
        var target: IPAddress?
        var firstPort: UInt16
        var firstTargetPort: UInt16

        init(_ rule: ForwardingRule) {
            direction = rule.direction
            transport = rule.transport
            target = rule.target
            firstPort = rule.ports.lowerBound
            firstTargetPort = rule.firstTargetPort
        }

        /// The port in step with `listeningPort`, which is in the rule's range.
        @inline(__always)
        func targetPort(for listeningPort: UInt16) -> UInt16 {
            firstTargetPort &+ (listeningPort &- firstPort)
        }
    }

    private struct Listener: BitwiseCopyable {
        var rule: UInt16
        var port: UInt16
    }

    /// Rules that a table has room for, as the control socket counts them with one byte.
    static let ruleCapacity = 255

    private(set) var ruleCount: Int
    private let rules: UnsafeMutablePointer<Rule>
    private var listeners: Slab<Listener>

    init(_ rules: [ForwardingRule], listenerCapacity: Int) {
        precondition(rules.count <= Self.ruleCapacity)
        ruleCount = rules.count
        unsafe self.rules = .allocate(capacity: Self.ruleCapacity)
        for (index, rule) in rules.enumerated() { unsafe (self.rules + index).initialize(to: Rule(rule)) }
        listeners = Slab(capacity: listenerCapacity, initial: Listener(rule: 0, port: 0))
    }

    deinit { unsafe rules.deallocate() }

    /// A socket listens on `port` for the rule at `ruleIndex`: the index for its token; nil when there are too many.
    mutating func addListener(ruleIndex: Int, port: UInt16) -> Int? {
        precondition(ruleIndex >= 0 && ruleIndex < ruleCount)
        guard let index = listeners.allocate() else { return nil }
        listeners[index] = Listener(rule: UInt16(truncatingIfNeeded: ruleIndex), port: port)
        return index
    }

    mutating func removeListener(_ index: Int) { listeners.free(index) }

    var listenerCount: Int { listeners.count }
    func isListening(_ index: Int) -> Bool { listeners.isAllocated(index) }
    func generation(ofListener index: Int) -> UInt16 { listeners.generation(index) }

    /// The rule of a listening socket.
    func rule(ofListener index: Int) -> Rule {
        // SAFETY: `addListener` compared the rule's index with `ruleCount`.
        unsafe rules[Int(listeners[index].rule)]
    }

    /// The port of a listening socket.
    func port(ofListener index: Int) -> UInt16 { listeners[index].port }
}
