// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("RuleTable")
struct RuleTableTests {
    private static let rules = [
        ForwardingRule(direction: .inbound, transport: .tcp, ports: 80...89, firstTargetPort: 8080),
        ForwardingRule(direction: .outbound, transport: .udp, ports: 1...65535, firstTargetPort: 1),
    ]

    @Test("finds the rule and port of a listening socket")
    func lookup() {
        var table = RuleTable(Self.rules, listenerCapacity: 10)

        let first = table.addListener(ruleIndex: 1, port: 5353)
        let second = table.addListener(ruleIndex: 0, port: 85)

        let rules = [table.rule(ofListener: first ?? -1), table.rule(ofListener: second ?? -1)]
        let ports = [table.port(ofListener: first ?? -1), table.port(ofListener: second ?? -1)]
        #expect(rules == [RuleTable.Rule(Self.rules[1]), RuleTable.Rule(Self.rules[0])])
        #expect(ports == [5353, 85])
        #expect(rules[1].targetPort(for: 85) == 8085)
        #expect(rules[0].targetPort(for: 65535) == 65535)
    }

    @Test("gives a removed listener's place a new generation")
    func removal() {
        var table = RuleTable(Self.rules, listenerCapacity: 1)
        let first = table.addListener(ruleIndex: 0, port: 80)
        let beyond = table.addListener(ruleIndex: 0, port: 81)

        table.removeListener(first ?? -1)
        let isListening = table.isListening(0)
        let second = table.addListener(ruleIndex: 0, port: 82)

        let generation = table.generation(ofListener: second ?? -1)
        #expect(first == 0 && second == 0)
        #expect(beyond == nil)
        #expect(!isListening)
        #expect(generation == 1)
    }
}
