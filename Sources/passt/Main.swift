// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Translator

@main
struct Main {
    static func main() {
        Program.run()
    }
}
