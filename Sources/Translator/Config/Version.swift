// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What `--version` prints.
enum VersionText {
    static let number = "0.1.0"

    /// First the name of the mode and the version, which callers parse; then the notice.
    static func text(for mode: Configuration.Mode) -> String { text(program: mode.programName) }

    static func text(program: String) -> String {
        """
        \(program) \(number)
        Copyright 2026 passt contributors
        GNU General Public License, version 2 or later
          <https://www.gnu.org/licenses/old-licenses/gpl-2.0.html>
        This is free software: you are free to change and redistribute it.
        There is NO WARRANTY, to the extent permitted by law.

        """
    }
}

extension Configuration.Mode {
    /// The name under which the mode is documented and announced.
    var programName: String {
        switch self {
        case .passt, .vhostUser: "passt"
        case .pasta: "pasta"
        }
    }

    /// The mode's own name for what is behind the link.
    var guestNoun: String {
        switch self {
        case .passt, .vhostUser: "guest"
        case .pasta: "namespace"
        }
    }
}
