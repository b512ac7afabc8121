// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a command line comes to.
enum Invocation {
    /// `warnings` are for the log, before anything else.
    case run(Configuration, warnings: [String])
    /// `HelpText` to standard output, exit 0.
    case help(Configuration.Mode)
    /// `VersionText` to standard output, exit 0.
    case version(Configuration.Mode)
    /// `Invocation.capabilitiesText` to standard output, exit 0.
    case capabilities
    /// The message to standard error, behind it the help text if it shows usage; exit 1.
    case failure(ConfigurationError, Configuration.Mode)

    /// What a vhost-user back-end prints for `--print-capabilities` (QEMU's vhost-user conventions).
    static let capabilitiesText = "{\n  \"type\": \"net\"\n}\n"

    /// Reads a command line.
    ///
    /// - Parameters:
    ///   - arguments: beginning with the program's name, which decides the mode.
    ///   - reactorVariable: PASST_REACTOR from the environment.
    ///   - ephemeralPorts: what the host gives to sockets that do not ask for a port; `all` leaves these out.
    init(
        arguments: [String], reactorVariable: String? = nil,
        ephemeralPorts: ClosedRange<UInt16> = PortSurroundings.usualEphemeralPorts
    ) {
        let program = arguments.first ?? ""
        var scanner = OptionScanner(program: program, arguments: Array(arguments.dropFirst()))
        var mode = Configuration.Mode.passt
        do throws(ConfigurationError) {
            mode = try Self.mode(program: program, scanner: scanner)
            var draft = ConfigurationDraft(mode: mode)
            if let reactorVariable, !reactorVariable.isEmpty {
                draft.configuration.reactor = try draft.reactor(reactorVariable, from: "PASST_REACTOR")
            }
            while let option = try scanner.next() {
                if case .answer(let answer) = option.row.identity {
                    self = Self.answered(answer, mode: mode)
                    return
                }
                try draft.apply(option)
            }
            try draft.apply(operands: scanner.operands)
            try draft.check()
            try draft.forwardPorts(ephemeralPorts: ephemeralPorts)
            self = .run(draft.configuration, warnings: draft.warnings)
        } catch {
            self = .failure(error, mode)
        }
    }

    private static func answered(_ answer: AnswerOption, mode: Configuration.Mode) -> Invocation {
        switch answer {
        case .help: .help(mode)
        case .version: .version(mode)
        case .capabilities: .capabilities
        }
    }

    /// `--vhost-user` before the first operand, else the program's name; "passt4netns" is the old name of
    /// pasta.
    private static func mode(
        program: String, scanner: OptionScanner
    ) throws(ConfigurationError) -> Configuration.Mode {
        if asksForVhostUser(scanner) { return .vhostUser }
        let baseName = program.split(separator: "/").last ?? ""
        if baseName.containsText("pasta") || baseName.containsText("passt4netns") { return .pasta }
        if baseName.containsText("passt") { return .passt }
        throw ConfigurationError("Cannot tell the mode from the name '\(program)': call it passt or pasta.")
    }

    private static func asksForVhostUser(_ start: OptionScanner) -> Bool {
        var scanner = start
        while true {
            do throws(ConfigurationError) {
                guard let option = try scanner.next() else { return false }
                if option.row.identity == .machine(.vhostUser) { return true }
            } catch {
                continue  // The real pass reports it.
            }
        }
    }
}

extension StringProtocol {
    /// True if `text`, which is not empty, occurs anywhere.
    func containsText(_ text: String) -> Bool {
        indices.contains { self[$0...].hasPrefix(text) }
    }
}
