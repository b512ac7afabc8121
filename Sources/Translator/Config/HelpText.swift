// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What `--help` prints, made from the option table.
enum HelpText {
    static func text(for mode: Configuration.Mode) -> String {
        var lines = synopsis(mode)
        var heading = ""
        for row in OptionTable.rows where lists(row, in: mode) {
            if row.identity.heading != heading {
                heading = row.identity.heading
                lines += ["", "\(heading):"]
            }
            lines += optionLines(row, in: mode)
        }
        lines += portSpecifierLines(mode)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whether help and manual of a mode list the option; what turns passt into a vhost-user back-end belongs to passt.
    static func lists(_ row: OptionRow, in mode: Configuration.Mode) -> Bool {
        row.modes.contains(mode) || mode == .passt && row.modes == .vhostUser
    }

    private static func synopsis(_ mode: Configuration.Mode) -> [String] {
        switch mode {
        case .passt, .vhostUser:
            [
                "Usage: passt [OPTION]...",
                "",
                "Connect a virtual machine to the network of the host, without privileges.",
            ]
        case .pasta:
            [
                "Usage: pasta [OPTION]... [COMMAND [ARG]...]",
                "       pasta [OPTION]... PID",
                "       pasta [OPTION]... --netns PATH|NAME",
                "",
                "Connect a network namespace to the network of the host, without privileges:",
                "that of a new shell or COMMAND, of the process PID, or the one given.",
            ]
        }
    }

    private static let column = 30
    private static let width = 80

    static func optionLines(_ row: OptionRow, in mode: Configuration.Mode) -> [String] {
        var head = row.letter.map { "  -\($0), " } ?? "      "
        head += row.names.map { "--\($0)" }.joined(separator: ", ")
        if let argument = row.argument { head += " \(argument)" }
        var words = row.help.split(separator: " ").map(String.init)
        if let value = row.defaultText(in: mode) {
            let text = "(default: \(value))"
            // In one piece, where a line can hold it.
            words += text.count <= width - column ? [text] : text.split(separator: " ").map(String.init)
        }
        let margin = String(repeating: " ", count: column)
        var lines = wrapped(words).map { margin + $0 }
        if head.count < column {
            lines[0] = head + lines[0].dropFirst(head.count)
        } else {
            lines.insert(head, at: 0)
        }
        return lines
    }

    private static func wrapped(_ words: [String]) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in words {
            if !line.isEmpty, column + line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " \(word)"
        }
        return lines + [line]
    }

    private static func portSpecifierLines(_ mode: Configuration.Mode) -> [String] {
        var lines = [
            "",
            "SPEC is none, or [ADDR][%INTERFACE]/ and a list, separated by commas, of:",
            "  PORT, FIRST-LAST            these ports",
            "  PORTS:PORTS                 to other ports of the \(mode.guestNoun)",
            "  PORTS:ADDR, PORTS:ADDR/PORTS",
            "                              to this address in the \(mode.guestNoun)",
            "  ~PORTS                      but not these",
            "  all                         all but the host's ephemeral ports, where possible",
        ]
        if mode == .pasta {
            lines.append("  auto                        only while something listens on the other side")
        }
        lines += [
            "Examples:",
            "  -t 22                       port 22 of any address to port 22",
            "  -t 2222:22                  port 2222 to port 22",
            "  -t 127.0.0.1/8000-8010      these ports of one address",
            "  -u %eth0/53                 port 53 of any address of one interface",
            "  -t all,~1-1023              whatever is free from 1024 on",
            "  -t 0.0.0.0/80:192.0.2.6/8080",
            "                              port 80 to port 8080 of an address behind the link",
        ]
        return lines
    }
}

extension OptionIdentity {
    /// Under which help and man page list the option.
    var heading: String {
        switch self {
        case .answer, .process: "General"
        case .addressing: "Addresses and names"
        case .resolver: "DNS"
        case .transport: "Protocols"
        case .forwarding: "Forwarding"
        case .machine: "Virtual machines"
        case .namespace: "Namespaces"
        case .client: "Changes"
        }
    }
}
