// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Rules from the control socket")
struct ControlRulesTests {
    @Test(
        "what the command line makes of a specifier survives the way over the socket",
        arguments: [
            "-t 22", "-u 127.0.0.1/53:5353", "-t %eth0/80", "-t all,~1-1023", "-t auto",
            "-t ::/22-25:2222-2225",
            "-t 0.0.0.0/80:192.0.2.6/8080", "-T 5000:80", "-U auto", "-t 1-65535",
        ])
    func roundTrip(options: String) throws {
        let rules = try accepted("pasta \(options)").forwardingRules
        let update = ControlUpdate(
            wantsAnswer: false,
            tables: ControlTableNumber.allCases.map { number in
                .init(
                    number: number,
                    rules: rules.filter { $0.direction == number.direction }.map(ControlRule.init))
            })

        let back = try ControlUpdate(parsing: update.bytes.span.bytes).rules(after: [], try surroundings())

        #expect(Set(back.map(\.description)) == Set(rules.map(\.description)))
        #expect(back.count == rules.count)
    }

    @Test("a table that the update does not name is kept")
    func kept() throws {
        let rules = try accepted("pasta -t 22 -u none -T 5000 -U none").forwardingRules
        let update = ControlUpdate(wantsAnswer: false, tables: [.init(number: .host, rules: [])])

        let after = try update.rules(after: rules, try surroundings())

        #expect(after == rules.filter { $0.direction == .outbound })
    }

    @Test("a rule that no specifier could have given is refused", arguments: Flaw.allCases)
    func refused(flaw: Flaw) throws {
        var rule = ControlRule(
            address: IPv6Address(mapping: .loopback), target: .unspecified, interface: "", ports: 80...90,
            firstTargetPort: 80, protocolNumber: 6, flags: [])
        var line = "pasta"
        var table = ControlTableNumber.host
        var rules = [rule]
        switch flaw {
        case .protocolUnknown: rule.protocolNumber = 132
        case .protocolDisabled: line += " --no-tcp"
        case .portZero: rule.firstPort = 0
        case .reversed: rule.lastPort = 79
        case .targetZero: rule.firstTargetPort = 0
        case .targetBeyond: rule.firstTargetPort = 65530
        case .dualWithAddress: rule.flags = .dual
        case .dualOfOne:
            (rule.flags, rule.address) = (.dual, .unspecified)
            line += " -6"
        case .versionDisabled: line += " -6"
        case .multicastAddress: rule.address = .allNodes
        case .multicastTarget: rule.target = IPv6Address(mapping: IPv4Address(0xe000_0001))
        case .targetOfOtherVersion: rule.target = .loopback
        case .dualWithTarget:
            (rule.flags, rule.address, rule.target) = (.dual, .unspecified, .loopback)
        case .interfaceInvalid: rule.interface = "a/b"
        case .scanInPasst:
            rule.flags = .scan
            line = "passt"
        case .spliceInPasst:
            rule.address = .unspecified
            (line, table) = ("passt", .splice)
        case .spliceWithAddress: table = .splice
        case .spliceWithInterface:
            rule.address = .unspecified
            (rule.interface, table) = ("eth0", .splice)
        case .conflict: rules = [rule, rule]
        }
        if rules.count == 1 { rules = [rule] }
        let update = ControlUpdate(wantsAnswer: false, tables: [.init(number: table, rules: rules)])

        #expect(throws: PortSpecificationError.self) {
            try update.rules(after: [], try surroundings(line))
        }
    }

    enum Flaw: CaseIterable {
        case protocolUnknown, protocolDisabled, portZero, reversed, targetZero, targetBeyond, dualWithAddress
        case dualOfOne, versionDisabled, multicastAddress, multicastTarget, targetOfOtherVersion,
            dualWithTarget
        case interfaceInvalid, scanInPasst, spliceInPasst, spliceWithAddress, spliceWithInterface, conflict
    }

    private func surroundings(_ line: String = "pasta") throws -> PortSurroundings {
        PortSurroundings(
            configuration: try accepted(line), ephemeralPorts: PortSurroundings.usualEphemeralPorts)
    }
}
