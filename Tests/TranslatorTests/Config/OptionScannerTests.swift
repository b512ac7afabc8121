// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Options are taken apart as by getopt_long")
struct OptionScannerTests {
    @Test(
        "a form of writing an option gives its name and argument",
        arguments: [
            (["--mtu", "1500"], ["--mtu 1500"]),
            (["--mtu=1500"], ["--mtu 1500"]),
            (["--mt=1500"], ["--mtu 1500"]),
            (["-m1500"], ["-m 1500"]),
            (["-m", "1500"], ["-m 1500"]),
            (["-qf"], ["-q ", "-f "]),
            (["-qfm1500"], ["-q ", "-f ", "-m 1500"]),
            (["-qm", "1500", "-f"], ["-q ", "-m 1500", "-f "]),
            (["--debu"], ["--debug "]),
            (["--dns", "--debug"], ["--dns --debug"]),
            (["--dns=", "-q"], ["--dns ", "-q "]),
            (["-t", "--"], ["-t --"]),
            (["--socket-p", "x"], ["--socket-path x"]),
            (["--soc=x"], ["--socket x"]),
        ])
    func forms(arguments: [String], expected: [String]) throws {
        #expect(try scan(arguments).options == expected)
    }

    @Test(
        "scanning stops at the first operand",
        arguments: [
            (["-q", "true", "-d"], ["true", "-d"]),
            (["-q", "--", "-d"], ["-d"]),
            (["-q", "-"], ["-"]),
            (["-q"], []),
            (["-q", "--", "--", "x"], ["--", "x"]),
            (["-q", ""], [""]),
        ])
    func operands(arguments: [String], expected: [String]) throws {
        #expect(try scan(arguments).operands == expected)
    }

    @Test(
        "a mistake is reported in the words of getopt, and the help follows",
        arguments: [
            ("--nosuch", "pasta: unrecognized option '--nosuch'"),
            ("--nosuch=5", "pasta: unrecognized option '--nosuch=5'"),
            ("---x", "pasta: unrecognized option '---x'"),
            ("--netns", "pasta: option '--netns' requires an argument"),
            ("--debug=1", "pasta: option '--debug' doesn't allow an argument"),
            ("--deb=1", "pasta: option '--debug' doesn't allow an argument"),
            ("--dns-", "pasta: option '--dns-' is ambiguous; possibilities: '--dns-forward' '--dns-host'"),
            (
                "--outbound-=x",
                "pasta: option '--outbound-=x' is ambiguous; possibilities: '--outbound-if4' '--outbound-if6'"
            ),
            ("-x", "pasta: invalid option -- 'x'"),
            ("-qx", "pasta: invalid option -- 'x'"),
            ("-t", "pasta: option requires an argument -- 't'"),
            ("-qt", "pasta: option requires an argument -- 't'"),
        ])
    func diagnostics(argument: String, message: String) {
        #expect(throws: ConfigurationError(message, showsUsage: true)) { try scan([argument]) }
    }

    @Test("the program's name stands in the message as it was called")
    func programName() {
        var scanner = OptionScanner(program: "/usr/bin/passt", arguments: ["-x"])

        #expect(throws: ConfigurationError("/usr/bin/passt: invalid option -- 'x'", showsUsage: true)) {
            _ = try scanner.next()
        }
    }

    @Test("every name and letter of the table is there once, and every option has a row")
    func table() {
        let names = OptionTable.rows.flatMap(\.names)
        let letters = OptionTable.rows.compactMap(\.letter)

        #expect(Set(names).count == names.count)
        #expect(Set(letters).count == letters.count)
        #expect(Set(letters) == Set("dqfelhscFIpPmanMgioDSH461tuTU"))
        #expect(names.count == 77)
        #expect(Set(OptionTable.rows.map(\.identity)) == everyIdentity)
        #expect(OptionTable.rows.count == everyIdentity.count)
    }

    private var everyIdentity: Set<OptionIdentity> {
        var all: [OptionIdentity] = AnswerOption.allCases.map { .answer($0) }
        all += ProcessOption.allCases.map { .process($0) }
        all += AddressingOption.allCases.map { .addressing($0) }
        all += ResolverOption.allCases.map { .resolver($0) }
        all += ProtocolOption.allCases.map { .transport($0) }
        all += ForwardingOption.allCases.map { .forwarding($0) }
        all += MachineOption.allCases.map { .machine($0) }
        all += NamespaceOption.allCases.map { .namespace($0) }
        return Set(all)
    }
}

@discardableResult
private func scan(_ arguments: [String]) throws -> (options: [String], operands: [String]) {
    var scanner = OptionScanner(program: "pasta", arguments: arguments)
    var options: [String] = []
    while let option = try scanner.next() { options.append("\(option.spelling) \(option.argument)") }
    return (options, scanner.operands)
}
