// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The options of pesto, in the order of its help text.
enum ClientOptions {
    static let rows: [OptionRow] = [
        OptionRow(.answer(.help), "help", letter: "h", "Show this help and exit"),
        OptionRow(.answer(.version), "version", "Show the version and exit"),
        OptionRow(.process(.debug), "debug", letter: "d", "Show what is said on the control socket"),
        OptionRow(
            .client(.show), "show", letter: "s", "Show the rules, before and after a change if there is one"),
        OptionRow(.client(.add), "add", letter: "A", "Add the rules of the SPECs that follow"),
        OptionRow(.client(.delete), "delete", letter: "D", "Delete the rules of the SPECs that follow"),
        OptionRow(
            .client(.clear), "clear", letter: "C", argument: "TABLE",
            "Delete all rules of a table: HOST (inbound) or SPLICE (outbound)"),
        OptionRow(
            .forwarding(.tcpPorts), "tcp-ports", letter: "t", argument: "SPEC",
            "TCP ports of the host to forward"),
        OptionRow(
            .forwarding(.udpPorts), "udp-ports", letter: "u", argument: "SPEC",
            "UDP ports of the host to forward"),
        OptionRow(
            .forwarding(.tcpNamespacePorts), "tcp-ns", letter: "T", argument: "SPEC",
            "TCP ports of the namespace's loopback to forward"),
        OptionRow(
            .forwarding(.udpNamespacePorts), "udp-ns", letter: "U", argument: "SPEC",
            "UDP ports of the namespace's loopback to forward"),
    ]

    static var help: String {
        var lines = [
            "Usage: pesto [OPTION]... SOCKET",
            "",
            "Show or change what a running passt or pasta forwards, by its control socket",
            "(--conf-path). Without -A or -D, the first SPEC of a direction replaces all of its",
            "rules, those of TCP and UDP. Nothing is changed unless everything is possible.",
            "",
        ]
        for row in rows { lines += HelpText.optionLines(row, in: .pasta) }
        lines += [
            "",
            "SPEC is that of passt(1) and pasta(1).",
            "Examples:",
            "  pesto SOCKET                show the rules",
            "  pesto -t 1024 SOCKET        forward TCP port 1024, and nothing else inbound",
            "  pesto -A -t 2000 -D -t 3000 SOCKET",
            "                              add one port, delete another",
            "  pesto -C HOST SOCKET        forward nothing inbound",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}

/// What a command line of pesto comes to.
enum ClientInvocation {
    case run(ClientRequest)
    case help
    case version
    /// The message to standard error, behind it the help text if it shows usage; exit 1.
    case failure(ConfigurationError)

    /// Whether a program of this name is the client.
    static func isClient(_ program: String) -> Bool {
        (program.split(separator: "/").last ?? "").containsText("pesto")
    }

    /// - Parameter arguments: beginning with the program's name.
    init(arguments: [String]) {
        let program = arguments.first ?? "pesto"
        do throws(ConfigurationError) {
            self = try Self.parsed(program, Array(arguments.dropFirst()))
        } catch {
            self = .failure(error)
        }
    }

    /// Options may also follow the operand.
    private static func parsed(
        _ program: String, _ arguments: [String]
    ) throws(ConfigurationError) -> ClientInvocation {
        var request = ClientRequest()
        var operands: [String] = []
        var rest = arguments
        while !rest.isEmpty {
            var scanner = OptionScanner(program: program, arguments: rest, rows: ClientOptions.rows)
            while let option = try scanner.next() {
                switch option.row.identity {
                case .answer(.help): return .help
                case .answer: return .version
                default: try request.apply(option)
                }
            }
            let isEnd = scanner.position > 0 && rest[scanner.position - 1] == "--"
            operands += isEnd ? scanner.operands : Array(scanner.operands.prefix(1))
            rest = isEnd ? [] : Array(scanner.operands.dropFirst())
        }
        guard operands.count == 1, let path = operands.first else {
            throw ConfigurationError(
                "\(program): \(operands.isEmpty ? "the control socket is missing" : "one control socket only")",
                showsUsage: true)
        }
        guard 1...ScannedOption.longestSocketPath ~= path.utf8.count else {
            throw ConfigurationError(
                "Invalid control socket '\(path)': give a path of 1 to \(ScannedOption.longestSocketPath) bytes."
            )
        }
        request.path = path
        return .run(request)
    }
}
