// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The help text")
struct HelpTextTests {
    @Test("the help of pasta leaves out what is for machines, that of passt what is for namespaces")
    func modes() {
        let passt = HelpText.text(for: .passt)
        let pasta = HelpText.text(for: .pasta)

        for row in OptionTable.rows {
            #expect(passt.contains(" --\(row.name)") == (row.modes != .pasta))
            #expect(pasta.contains(" --\(row.name)") == row.modes.contains(.pasta))
        }
        #expect(HelpText.text(for: .vhostUser) == passt)
        #expect(passt.hasPrefix("Usage: passt"))
        #expect(pasta.hasPrefix("Usage: pasta"))
    }

    @Test("lines fit a terminal of 80 columns")
    func width() {
        for mode: Configuration.Mode in [.passt, .pasta] {
            for line in HelpText.text(for: mode).split(separator: "\n") {
                #expect(line.count <= 80, "\(line)")
            }
        }
    }

    @Test("defaults are those of the mode")
    func defaults() {
        #expect(
            HelpText.text(for: .passt).contains(
                "Forward TCP ports of the host, see below\n                              (default: none)"))
        #expect(
            HelpText.text(for: .pasta).contains(
                "Forward TCP ports of the host, see below\n                              (default: auto)"))
    }
}
