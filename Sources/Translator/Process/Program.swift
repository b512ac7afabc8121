// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The program: what its name and arguments ask for, from start to exit.
public enum Program {
    public static func run() -> Never {
        exit(1)
    }
}
