// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Translator

/// What a shell can offer for an argument.
enum ArgumentKind {
    case file, namespace, interface, other
    case words([String])

    init(_ row: OptionRow) {
        switch row.argument ?? "" {
        case "FILE", "PATH", "PATH|none": self = .file
        case "PATH|NAME": self = .namespace
        case "INTERFACE": self = .interface
        case "SPEC": self = .words(row.modes == .pasta ? ["auto", "all", "none"] : ["all", "none"])
        case let text where text.contains("|"):
            self = .words(text.split(separator: "|").map(String.init).filter { $0.lowercased() == $0 })
        default: self = .other
        }
    }
}

/// Completion for one program and one shell, from the option table.
struct CompletionScript {
    let mode: Configuration.Mode

    private var program: String { mode.programName }
    private var isPasta: Bool { mode == .pasta }
    private var rows: [OptionRow] { OptionTable.rows.filter { HelpText.lists($0, in: mode) } }

    private static let header = """
        # SPDX-FileCopyrightText: 2026 passt contributors
        # SPDX-License-Identifier: GPL-2.0-or-later
        # Made from the option table by `make documents`.
        """

    private static func spellings(_ row: OptionRow) -> [String] {
        row.names.map { "--\($0)" } + (row.letter.map { ["-\($0)"] } ?? [])
    }

    // Bash

    func bash() -> String {
        let options = rows.flatMap { row in row.names.map { "--\($0)" } }
        return """
            \(Self.header)

            _\(program)() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
                COMPREPLY=()
            \(isPasta ? bashCommand : "")
                # Readline splits at an equals sign: "--name=value" is three words.
                if [[ $current == "=" ]]; then
                    current=
                elif [[ $previous == "=" ]]; then
                    previous=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                case $previous in
            \(bashCases)
                esac
                if [[ $current == -* ]]; then
                    mapfile -t COMPREPLY < <(compgen -W '
            \(Self.columns(options))
                    ' -- "$current")
                    return
                fi
            \(isPasta ? Self.bashOperands : "")
            }
            complete -F _\(program) \(program)

            """.split(separator: "\n", omittingEmptySubsequences: false).reduced()
    }

    /// Options with the same kind of argument share a case.
    private var bashCases: String {
        var replies: [(reply: String, patterns: [String])] = []
        for row in rows where row.argument != nil {
            let reply = Self.bashReply(ArgumentKind(row))
            if let index = replies.firstIndex(where: { $0.reply == reply }) {
                replies[index].patterns += Self.spellings(row)
            } else {
                replies.append((reply, Self.spellings(row)))
            }
        }
        return replies.map { entry in
            let patterns = Self.columns(
                entry.patterns, indentation: 8, separator: " | ", continuation: " | \\")
            return patterns + ")\n            \(entry.reply)\n            return\n            ;;"
        }.joined(separator: "\n")
    }

    /// Behind the first operand, the command's own completion has its turn.
    private var bashCommand: String {
        let takers = rows.filter { $0.argument != nil }.flatMap(Self.spellings)
        return """
                local index
                for ((index = 1; index < COMP_CWORD; index++)); do
                    case ${COMP_WORDS[index]} in
            \(Self.columns(takers, indentation: 12, separator: " | ", continuation: " | \\")))
                            [[ ${COMP_WORDS[index + 1]} != "=" ]] || ((index++))
                            ((index++))
                            ;;
                        --)
                            ((index++))
                            break
                            ;;
                        -*) ;;
                        *) break ;;
                    esac
                done
                if ((index < COMP_CWORD)) && declare -F _command_offset >/dev/null; then
                    _command_offset "$index"
                    return
                fi
            """
    }

    private static func columns(
        _ words: [String], indentation: Int = 12, separator: String = " ", continuation: String = ""
    ) -> String {
        let margin = String(repeating: " ", count: indentation)
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, line.count + word.count > 100 {
                lines.append(line + continuation)
                line = ""
            }
            line += (line.isEmpty ? margin : separator) + word
        }
        return (lines + [line]).joined(separator: "\n")
    }

    private static let bashOperands = """
            mapfile -t COMPREPLY < <(
                compgen -c -- "$current"
                [[ $current != [0-9]* ]] || compgen -W "$(cd /proc && echo [0-9]*)" -- "$current"
            )
        """

    private static func bashReply(_ kind: ArgumentKind) -> String {
        let offer = { (source: String) in "mapfile -t COMPREPLY < <(\(source) -- \"$current\")" }
        switch kind {
        case .file: return "compopt -o filenames\n            " + offer("compgen -f")
        case .namespace:
            return "compopt -o filenames\n            "
                + offer("compgen -f -W \"$(ls /run/netns 2>/dev/null)\"")
        case .interface: return offer("compgen -W \"$(ls /sys/class/net)\"")
        case .words(let words): return offer("compgen -W '\(words.joined(separator: " "))'")
        case .other: return ":"
        }
    }

    // Zsh

    func zsh() -> String {
        let specifications = rows.flatMap { row in
            Self.spellings(row).map { "    \(Self.zshSpecification($0, row)) \\" }
        }
        let operands =
            isPasta ? "    '(-)1:command or PID:_command_names -e' \\\n    '*::arguments:_normal'" : ""
        return """
            #compdef \(program)
            \(Self.header)

            _arguments -s -S \\
            \(specifications.joined(separator: "\n"))
            \(operands.isEmpty ? "    '*:no operands:'" : operands)

            """
    }

    private static func zshSpecification(_ spelling: String, _ row: OptionRow) -> String {
        let help = row.help.flatMap { character -> [Character] in
            switch character {
            case "[", "]", ":", "\\": ["\\", character]
            case "'": ["'", "\\", "'", "'"]
            default: [character]
            }
        }
        guard let argument = row.argument else { return "'*\(spelling)[\(String(help))]'" }
        let action =
            switch ArgumentKind(row) {
            case .file: "_files"
            case .namespace: "_files -W \"(/run/netns .)\""
            case .interface: "_net_interfaces"
            case .words(let words): "(\(words.joined(separator: " ")))"
            case .other: ""
            }
        let placeholder = argument.replacing(":", with: "\\:").replacing("[", with: "").replacing(
            "]", with: "")
        // Long options take "=" or the next word; letters take the rest of the word or the next one.
        let sign = spelling.hasPrefix("--") ? "=" : "+"
        return "'*\(spelling)\(sign)[\(String(help))]:\(placeholder):\(action)'"
    }

    // Fish

    func fish() -> String {
        var lines = ["complete -c \(program) -f"]
        for row in rows {
            for (index, name) in row.names.enumerated() {
                var line = "complete -c \(program) -l \(name)"
                if index == 0, let letter = row.letter { line += " -s \(letter)" }
                if row.argument != nil { line += Self.fishArgument(ArgumentKind(row)) }
                let help = row.help.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
                lines.append(line + " -d '\(help)'")
            }
        }
        if isPasta {
            lines.append("complete -c pasta -n __fish_is_first_token -a '(__fish_complete_command)'")
            lines.append("complete -c pasta -n __fish_is_first_token -a '(__fish_complete_pids)'")
        }
        return Self.header + "\n\n" + lines.joined(separator: "\n") + "\n"
    }

    private static func fishArgument(_ kind: ArgumentKind) -> String {
        switch kind {
        case .file: " -r -F"
        case .namespace: " -r -F -a '(command ls /run/netns 2>/dev/null)'"
        case .interface: " -x -a '(command ls /sys/class/net)'"
        case .words(let words): " -x -a '\(words.joined(separator: " "))'"
        case .other: " -x"
        }
    }
}

extension [Substring] {
    /// One text again, without empty lines next to each other and before a closing brace.
    fileprivate func reduced() -> String {
        var lines: [Substring] = []
        for line in self {
            if lines.last?.isEmpty == true, line.isEmpty || line == "}" { lines.removeLast() }
            lines.append(line)
        }
        return lines.joined(separator: "\n")
    }
}
