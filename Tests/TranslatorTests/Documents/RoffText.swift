// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Plain prose made fit for man(7): options stand out, and no character loses its meaning.
///
/// Lines that begin with a dot are macros of the author's own and stay as they are, between `.EX` and `.EE` only
/// characters are quoted.
struct RoffText {
    private var isExample = false

    mutating func line(_ text: String) -> String {
        if text.hasPrefix(".") {
            if text == ".EX" { isExample = true }
            if text == ".EE" { isExample = false }
            return text
        }
        if isExample { return Self.quoted(text) }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { Self.word(String($0)) }
            .joined(separator: " ")
    }

    /// Options in bold type, whatever punctuation surrounds them.
    private static func word(_ word: String) -> String {
        let core = word.drop { $0 == "(" }
        guard core.hasPrefix("-"), core.count > 1 else { return quotedProse(word) }
        let end = core.lastIndex { !",.;:)".contains($0) } ?? core.startIndex
        let option = core[...end]
        return word.prefix(word.count - core.count) + bold(String(option)) + core[core.index(after: end)...]
    }

    static func bold(_ text: String) -> String { "\\fB\(quoted(text))\\fR" }

    /// Literal text: the hyphens are those that are typed.
    static func quoted(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "~": result += "\\(ti"
            case "^": result += "\\(ha"
            case "'": result += "\\(aq"
            default: result.append(character)
            }
        }
        return result
    }

    private static func quotedProse(_ text: String) -> String {
        text.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "\\(ti")
    }

    /// The placeholder of an argument: words in capitals are to be replaced, others are literal.
    static func argument(_ text: String) -> String {
        var result = ""
        var run = ""
        var isCapital = false
        func flushed() -> String {
            run.isEmpty ? "" : (isCapital ? "\\fI" : "\\fB") + run + "\\fR"
        }
        for character in text {
            guard character.isLetter else {
                result += flushed() + quoted(String(character))
                run = ""
                continue
            }
            if !run.isEmpty, character.isUppercase != isCapital {
                result += flushed()
                run = ""
            }
            isCapital = character.isUppercase
            run.append(character)
        }
        return result + flushed()
    }
}
