// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Both sides of the control socket: a client's update at the server, and the server's words at the client.
enum ControlTarget {
    nonisolated(unsafe) private static let surroundings: PortSurroundings? = {
        guard case .run(let configuration, _) = Invocation(arguments: ["pasta"]) else { return nil }
        return PortSurroundings(configuration: configuration, ephemeralPorts: 49152...65535)
    }()

    static func run(_ input: FuzzInput) {
        var input = input
        let isClient = input.byte() & 1 == 1
        if isClient { readServer(input) } else { readUpdate(input.bytes) }
    }

    private static func readUpdate(_ bytes: [UInt8]) {
        guard let length = try? ControlUpdate.length(in: bytes.span.bytes) else { return }
        precondition(length > 0 && length <= bytes.count)
        guard let update = try? ControlUpdate(parsing: bytes.span.bytes), let surroundings else { return }
        let back = try? ControlUpdate(parsing: update.bytes.span.bytes)
        precondition(back == update, "\(update) is not read as written")
        guard let rules = try? update.rules(after: [], surroundings) else { return }
        // What is in force can be told to a client, and comes back the same.
        let told = ControlUpdate(
            wantsAnswer: true,
            tables: ControlTableNumber.allCases.map { number in
                .init(
                    number: number,
                    rules: rules.filter { $0.direction == number.direction }.map(ControlRule.init))
            })
        let again = try? told.rules(after: [], surroundings)
        precondition(again?.map(\.description) == rules.map(\.description), "\(rules) are told otherwise")
    }

    private static func readServer(_ input: FuzzInput) {
        let bytes = input.bytes
        expectIdentity(bytes, byteCount: ControlGreeting.length, parse: ControlGreeting.init(parsing:)) {
            $0.write(to: &$1)
        }
        expectIdentity(bytes, byteCount: ControlTableHeader.length, parse: ControlTableHeader.init(parsing:))
        {
            $0.write(to: &$1)
        }
        if let answer = try? ControlAnswer(parsing: bytes.span.bytes), answer.reason.utf8.count <= UInt16.max
        {
            precondition((try? ControlAnswer(parsing: answer.bytes.span.bytes)) == answer)
        }
        readTable(input)
    }

    /// A table as pesto reads, changes and prints it.
    private static func readTable(_ input: FuzzInput) {
        var input = input
        guard let header = try? ControlTableHeader(parsing: input.take(ControlTableHeader.length).span.bytes)
        else {
            return
        }
        var rules: [ControlRule] = []
        for _ in 0..<header.ruleCount {
            guard let rule = try? ControlRule(parsing: input.take(ControlRule.length).span.bytes) else {
                return
            }
            rules.append(rule)
        }
        guard let table = try? ClientTable(header, rules, ephemeralPorts: 49152...65535) else { return }
        var tables = [table]
        _ = ClientRequest.text(of: tables, path: "socket")
        let words = ["pesto"] + input.text.split(separator: " ").map(String.init) + ["socket"]
        guard case .run(let request) = ClientInvocation(arguments: words) else { return }
        var warnings: [String] = []
        guard (try? request.perform(on: &tables, warnings: &warnings)) != nil else { return }
        _ = ClientRequest.text(of: tables, path: "socket")
    }
}
