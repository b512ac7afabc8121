// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

// A command line as one text, split at blanks: what the tests of this folder begin with.

func invocation(_ line: String, reactorVariable: String? = nil) -> Invocation {
    Invocation(
        arguments: line.split(separator: " ").map(String.init), reactorVariable: reactorVariable,
        ephemeralPorts: 32768...60999)
}

func accepted(_ line: String) throws -> Configuration {
    let result = invocation(line)
    guard case .run(let configuration, _) = result else {
        Issue.record("\(line): \(result)")
        throw UnexpectedOutcome()
    }
    return configuration
}

func warnings(of line: String) throws -> [String] {
    guard case .run(_, let warnings) = invocation(line) else { throw UnexpectedOutcome() }
    return warnings
}

/// Nil if the command line is accepted.
func failure(of line: String) -> ConfigurationError? {
    if case .failure(let error, _) = invocation(line) { error } else { nil }
}

struct UnexpectedOutcome: Error {}
