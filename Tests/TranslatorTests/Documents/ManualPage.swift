// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Translator

/// A manual page: prose by hand from a template, options from the option table.
///
/// A template is roff whose comments ask for more:
///
///     .\" insert NAME        a piece of the shared text
///     .\" options HEADING    the options of that heading, for the mode of the page
///
/// The shared text consists of pieces that begin with `@ NAME`, or with `@ --option [passt|pasta]` for what is to be
/// said about an option beyond its line in the table.
struct ManualPage {
    let mode: Configuration.Mode
    let template: String
    let shared: [String: [String]]
    private var prose = RoffText()
    private var result: [String] = []

    init(mode: Configuration.Mode, template: String, shared: String) {
        self.mode = mode
        self.template = template
        self.shared = Self.pieces(shared)
    }

    static func pieces(_ text: String) -> [String: [String]] {
        var pieces: [String: [String]] = [:]
        var name = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix("@ ") {
                name = String(line.dropFirst(2))
                pieces[name] = []
            } else if !name.isEmpty {
                pieces[name]?.append(String(line))
            }
        }
        return pieces
    }

    mutating func text() -> String {
        result = []
        for line in template.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix(".\\\" insert ") {
                append(piece: String(line.dropFirst(11)))
            } else if line.hasPrefix(".\\\" options ") {
                appendOptions(heading: String(line.dropFirst(12)))
            } else {
                append(String(line))
            }
        }
        return result.joined(separator: "\n") + "\n"
    }

    private mutating func append(_ line: String) {
        result.append(Self.withVersion(prose.line(line)))
    }

    private static func withVersion(_ line: String) -> String {
        guard line.hasPrefix(".TH ") else { return line }
        return line + " \"passt \(VersionText.number)\" \"User Commands\""
    }

    private mutating func append(piece name: String) {
        for line in shared[name] ?? ["(no piece named \(name))"] { append(line) }
    }

    private mutating func appendOptions(heading: String) {
        let rows = OptionTable.rows.filter { $0.identity.heading == heading && HelpText.lists($0, in: mode) }
        for row in rows {
            result.append(".TP")
            result.append(Self.head(row))
            append(row.help + ".")
            for key in ["--\(row.name)", "--\(row.name) \(mode.programName)"] {
                for line in shared[key] ?? [] { append(line) }
            }
            if let value = row.defaultText(in: mode) { append("Default: \(value).") }
        }
    }

    private static func head(_ row: OptionRow) -> String {
        let names = (row.letter.map { ["-\($0)"] } ?? []) + row.names.map { "--\($0)" }
        let argument = row.argument.map { " " + RoffText.argument($0) } ?? ""
        return names.map(RoffText.bold).joined(separator: ", ") + argument
    }
}
