// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@Suite("The floors of ARCHITECTURE.md")
struct FloorsTests {
    /// Folders of `Sources/Translator`, lowest floor first.
    private static let floors: [[String]] = [
        ["Memory"], ["Wire"], ["Facts"], ["Flow"], ["TCP", "UDP", "ICMP", "Services", "Config"], ["System"],
        ["Reactor"], ["Link", "Host"], ["Engine"], ["Process"],
    ]
    private static let lastPureFloor = 4

    @Test("every folder has its floor")
    func folders() {
        let known = Set(Self.floors.joined())

        #expect(Set(SourceTree.translator.map(\.folder)) == known)
    }

    @Test("floors 0 to 4 import nothing")
    func imports() {
        let pure = Set(Self.floors[...Self.lastPureFloor].joined())

        for file in SourceTree.translator where pure.contains(file.folder) {
            #expect(!file.words.contains("import"), "\(file.path) imports a module")
        }
    }

    @Test("a folder names only types of lower floors and its own")
    func names() {
        let floor = Self.floorNumbers
        var homes: [String: Set<String>] = [:]
        for file in SourceTree.translator {
            for type in file.declaredTypes { homes[type, default: []].insert(file.folder) }
        }
        for file in SourceTree.translator {
            guard let own = floor[file.folder] else { continue }
            for word in Set(file.words) {
                guard let folders = homes[word], !folders.contains(file.folder) else { continue }
                let isBelow = folders.contains { floor[$0, default: 0] < own }
                #expect(isBelow, "\(file.path) names \(word) of \(folders.sorted())")
            }
        }
    }

    private static var floorNumbers: [String: Int] {
        var numbers: [String: Int] = [:]
        for (number, folders) in floors.enumerated() {
            for folder in folders { numbers[folder] = number }
        }
        return numbers
    }
}

/// A Swift file as the words outside its comments and strings.
struct SourceText {
    let path: String
    /// Its folder on the highest level of the target.
    let folder: String
    let words: [String]

    init(path: String, folder: String, text: [UInt8]) {
        self.path = path
        self.folder = folder
        words = Self.words(text)
    }

    /// Types declared at the top level: what other files can name without naming where it is nested.
    var declaredTypes: [String] {
        let keywords: Set<String> = ["struct", "enum", "class", "protocol", "typealias"]
        var types: [String] = []
        var depth = 0
        for (index, word) in words.enumerated() {
            if word == "{" { depth += 1 }
            if word == "}" { depth -= 1 }
            let isPrivate = index > 0 && (words[index - 1] == "private" || words[index - 1] == "fileprivate")
            if depth == 0, keywords.contains(word), index + 1 < words.count, !isPrivate {
                types.append(words[index + 1])
            }
        }
        return types
    }

    private static func words(_ text: [UInt8]) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        var index = 0
        func end() {
            if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
            word.removeAll()
        }
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "/"), index + 1 < text.count, text[index + 1] == byte {
                end()
                while index < text.count, text[index] != UInt8(ascii: "\n") { index += 1 }
                continue
            }
            if byte == UInt8(ascii: "\"") {
                end()
                index = endOfString(text, from: index)
                continue
            }
            if isNamePart(byte) {
                word.append(byte)
            } else {
                end()
                if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
                    words.append(String(decoding: [byte], as: UTF8.self))
                }
            }
            index += 1
        }
        end()
        return words
    }

    /// One past the closing quotes; names in interpolations are left out with the string.
    private static func endOfString(_ text: [UInt8], from start: Int) -> Int {
        let quote = UInt8(ascii: "\"")
        let isLong = start + 2 < text.count && text[start + 1] == quote && text[start + 2] == quote
        var index = start + (isLong ? 3 : 1)
        while index < text.count {
            if text[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if text[index] == quote {
                guard isLong else { return index + 1 }
                if index + 2 < text.count, text[index + 1] == quote, text[index + 2] == quote {
                    return index + 3
                }
            }
            index += 1
        }
        return index
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// The sources that this test was built from.
enum SourceTree {
    static let translator: [SourceText] = {
        let here = #filePath
        let root = here[..<(here.firstRange(of: "/Tests/TranslatorTests")?.lowerBound ?? here.startIndex)]
        var files: [SourceText] = []
        collect(String(root) + "/Sources/Translator", folder: nil, into: &files)
        return files
    }()

    private static func collect(_ directory: String, folder: String?, into files: inout [SourceText]) {
        guard let handle = opendir(directory) else { return }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = directory + "/" + name
            if name.hasSuffix(".swift"), let folder {
                files.append(SourceText(path: path, folder: folder, text: contents(path)))
            } else {
                collect(path, folder: folder ?? name, into: &files)
            }
        }
    }

    private static func contents(_ path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }
}
