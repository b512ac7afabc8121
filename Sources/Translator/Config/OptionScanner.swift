// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Takes an argument list apart by the rules of GNU getopt_long, stopping at the first operand.
//
// It is written here rather than called, because getopt_long keeps its place in global variables and prints
// its diagnostics itself: this folder takes values and returns values. The diagnostics have getopt's wording
// to the letter, since callers search for it ("unrecognized option '--map-guest-addr'" makes Podman try again
// without the option).

/// One option as met on the command line.
struct ScannedOption {
    let row: OptionRow
    /// Empty where the option takes none.
    let argument: String
    /// For messages: "--mtu", or "-m" when given by letter.
    let spelling: String
}

/// A walk over the options of one command line.
struct OptionScanner {
    let program: String
    let arguments: [String]
    private let rows: [OptionRow]
    /// Index of the next argument to look at; of the first operand, in the end.
    private(set) var position = 0
    /// What is left of a group of letters ("-qf").
    private var letters: Substring = ""

    /// - Parameters:
    ///   - arguments: without the program's name.
    ///   - rows: the options that there are.
    init(program: String, arguments: [String], rows: [OptionRow] = OptionTable.rows) {
        self.program = program
        self.arguments = arguments
        self.rows = rows
    }

    /// What follows the options; to be read when `next` returned nil.
    var operands: [String] { Array(arguments[position...]) }

    /// Returns the next option, nil at the first operand; after a failure the walk can go on behind the
    /// culprit.
    mutating func next() throws(ConfigurationError) -> ScannedOption? {
        if !letters.isEmpty { return try nextLetter() }
        guard position < arguments.count else { return nil }
        let word = arguments[position]
        guard word.first == "-", word != "-" else { return nil }
        position += 1
        if word == "--" { return nil }
        if word.hasPrefix("--") { return try longOption(word) }
        letters = word.dropFirst()
        return try nextLetter()
    }

    private mutating func longOption(_ word: String) throws(ConfigurationError) -> ScannedOption {
        let body = word.dropFirst(2)
        let equals = body.firstIndex(of: "=")
        let name = body[..<(equals ?? body.endIndex)]
        let (row, fullName) = try match(name, word: word)
        let spelling = "--\(fullName)"
        if let equals {
            guard row.argument != nil else { throw usage("option '\(spelling)' doesn't allow an argument") }
            return ScannedOption(
                row: row, argument: String(body[body.index(after: equals)...]), spelling: spelling)
        }
        guard row.argument != nil else { return ScannedOption(row: row, argument: "", spelling: spelling) }
        guard position < arguments.count else { throw usage("option '\(spelling)' requires an argument") }
        defer { position += 1 }
        return ScannedOption(row: row, argument: arguments[position], spelling: spelling)
    }

    /// An exact name wins; otherwise all options whose names start with it must be the same one.
    private func match(_ name: Substring, word: String) throws(ConfigurationError) -> (OptionRow, String) {
        var candidates: [(row: OptionRow, name: String)] = []
        for row in rows {
            for candidate in row.names where candidate.hasPrefix(name) {
                if candidate == name { return (row, candidate) }
                candidates.append((row, candidate))
            }
        }
        guard let first = candidates.first else { throw usage("unrecognized option '\(word)'") }
        guard candidates.allSatisfy({ $0.row.identity == first.row.identity }) else {
            let possibilities = candidates.map { " '--\($0.name)'" }.joined()
            throw usage("option '\(word)' is ambiguous; possibilities:\(possibilities)")
        }
        return first
    }

    private mutating func nextLetter() throws(ConfigurationError) -> ScannedOption {
        let letter = letters.removeFirst()
        guard let row = rows.first(where: { $0.letter == letter }) else {
            throw usage("invalid option -- '\(letter)'")
        }
        let spelling = "-\(letter)"
        guard row.argument != nil else { return ScannedOption(row: row, argument: "", spelling: spelling) }
        if !letters.isEmpty {
            defer { letters = "" }
            return ScannedOption(row: row, argument: String(letters), spelling: spelling)
        }
        guard position < arguments.count else { throw usage("option requires an argument -- '\(letter)'") }
        defer { position += 1 }
        return ScannedOption(row: row, argument: arguments[position], spelling: spelling)
    }

    private func usage(_ message: String) -> ConfigurationError {
        ConfigurationError("\(program): \(message)", showsUsage: true)
    }
}

/// Why a command line is refused: one sentence for the user.
struct ConfigurationError: Error, Equatable {
    var message: String
    /// The help text follows the message: for options that do not exist or are not written correctly.
    var showsUsage: Bool

    init(_ message: String, showsUsage: Bool = false) {
        self.message = message
        self.showsUsage = showsUsage
    }
}
