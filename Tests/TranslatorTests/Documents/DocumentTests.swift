// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Translator

/// Manual pages and completion are made from the option table; `make documents` writes what these tests compare.
@Suite("Manual pages and completion")
struct DocumentTests {
    @Test("are what the option table makes of them", arguments: Document.all)
    func generated(document: Document) throws {
        let text = try document.text()

        if ProcessInfo.processInfo.environment["WRITE_DOCUMENTS"] != nil {
            try text.write(to: document.place, atomically: true, encoding: .utf8)
        }

        let committed = try String(contentsOf: document.place, encoding: .utf8)
        #expect(committed == text, "\(document.path) is out of date: run \"make documents\"")
    }

    @Test("say more only about options that there are")
    func details() throws {
        let names = Set(OptionTable.rows.map { "--\($0.name)" })
        for piece in ManualPage.pieces(try Document.shared()).keys where piece.hasPrefix("--") {
            let words = piece.split(separator: " ").map(String.init)
            #expect(names.contains(words[0]), "\(piece)")
            #expect(words.count == 1 || words[1] == "passt" || words[1] == "pasta", "\(piece)")
        }
    }

    @Test("name every option of their mode")
    func complete() throws {
        for mode: Configuration.Mode in [.passt, .pasta] {
            let names = OptionTable.rows.filter { HelpText.lists($0, in: mode) }.map {
                RoffText.bold("--\($0.name)")
            }
            let page = try Document.manual(mode).text()
            for name in names { #expect(page.contains(name), "\(name)") }
        }
    }
}

/// One generated file.
struct Document: Sendable, CustomTestStringConvertible {
    let path: String
    let text: @Sendable () throws -> String

    var place: URL { Self.root.appending(path: path) }
    var testDescription: String { path }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func shared() throws -> String {
        try String(contentsOf: root.appending(path: "man/shared.in"), encoding: .utf8)
    }

    static func manual(_ mode: Configuration.Mode) -> Document {
        let path = "man/\(mode.programName).1"
        return Document(path: path) {
            let template = try String(contentsOf: root.appending(path: path + ".in"), encoding: .utf8)
            var page = ManualPage(mode: mode, template: template, shared: try shared())
            return page.text()
        }
    }

    static var all: [Document] {
        [Configuration.Mode.passt, .pasta].flatMap { mode in
            let name = mode.programName
            let script = CompletionScript(mode: mode)
            return [
                manual(mode),
                Document(path: "contrib/completion/\(name).bash", text: script.bash),
                Document(path: "contrib/completion/_\(name)", text: script.zsh),
                Document(path: "contrib/completion/\(name).fish", text: script.fish),
            ]
        }
    }
}
