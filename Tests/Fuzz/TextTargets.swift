// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// One port specifier: read, split into rules, and those over a control socket.
enum PortSpecificationTarget {
    static func run(_ input: FuzzInput) {
        var input = input
        let option = ["-t", "-u", "-T", "-U"][Int(input.byte() % 4)]
        let text = input.argumentText
        _ = try? PortSpecification(parsing: text)
        let invocation = Invocation(arguments: ["pasta", option, text])
        guard case .run(let configuration, _) = invocation else { return }
        for rule in configuration.forwardingRules {
            _ = rule.description
            let carried = ControlRule(rule)
            let bytes = written(ControlRule.length) { carried.write(to: &$0) }
            precondition(
                (try? ControlRule(parsing: bytes.span.bytes)) == carried, "\(rule) changes on its way")
        }
    }
}

/// Command lines, one argument per line, of the program that the first byte names.
enum ArgumentsTarget {
    static func run(_ input: FuzzInput) {
        var input = input
        let program = ["passt", "pasta", "pesto", "qrap", "x"][Int(input.byte() % 5)]
        let arguments = input.argumentText.split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
        switch program {
        case "pesto":
            if case .failure(let error) = ClientInvocation(arguments: [program] + arguments) {
                precondition(!error.message.isEmpty)
            }
        case "qrap":
            precondition(!QrapArguments(editing: arguments, descriptor: 5).arguments.isEmpty)
        default:
            if case .failure(let error, _) = Invocation(arguments: [program] + arguments) {
                precondition(!error.message.isEmpty)
            }
        }
    }
}

/// A resolv.conf; what was understood of it, written as one, gives the same.
enum ResolverFileTarget {
    static func run(_ input: FuzzInput) {
        let file = ResolverFile(text: input.text)
        let servers = file.nameservers.v4 + file.nameservers.v6
        var text = servers.map { "nameserver \($0)\n" }.joined()
        if !file.searchDomains.isEmpty {
            text += "search \(file.searchDomains.map { "\($0)." }.joined(separator: " "))\n"
        }
        precondition(file.searchDomains.count <= 5 && servers.allSatisfy(\.isUnicast))
        precondition(ResolverFile(text: text) == file, "\(file) is not read as written")
    }
}
