// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Foundation
import Testing

@testable import Translator

@Suite("Log lines and files")
struct LogTests {
    @Test("numbers, addresses and times are written without String")
    func composition() {
        var line = LogLine()
        line.append("at ")
        line.append(timestamp: Interval(nanoseconds: 12_003_400_000))
        line.append(": ")
        line.append(-17)
        line.append(" ")
        line.append(IPAddress(IPv4Address(0xc000_0201)))
        line.append(" ")
        line.append(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1))
        line.append(" ")
        line.append(MACAddress(bits: 0x0200_0000_0a01))

        let text = line.text

        #expect(text == "at 12.0034: -17 192.0.2.1 2001:db8:0:0:0:0:0:1 02:00:00:00:0a:01")
    }

    @Test("a line that does not fit is cut off and still ends")
    func overflow() {
        var line = LogLine()
        line.append(String(repeating: "x", count: 1000))
        line.end()

        let text = line.text

        #expect(text.utf8.count == LogLine.capacity && text.hasSuffix("x\n"))
    }

    @Test("a full file loses about 30 % of its oldest lines and keeps whole lines")
    func trimming() throws {
        let path = NSTemporaryDirectory() + "passt-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let limit = 40960
        var file = try LogFile(path: path, limit: limit, header: "pasta 1: /bin/pasta (7)")
        var largest = 0

        for number in 0..<3000 {
            var line = LogLine()
            line.append("0.0000: info:    message ")
            line.append(number)
            line.end()
            file.append(line, age: .seconds(1))
            largest = max(largest, try byteCount(path))
        }

        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let numbers = lines.dropFirst().compactMap { Int($0.split(separator: " ").last ?? "") }
        #expect(largest <= limit)
        #expect(try byteCount(path) > limit / 2)
        #expect(lines.first == "pasta 1: /bin/pasta (7) - older lines removed at 1.0000")
        #expect(numbers.count == lines.count - 1 && numbers.last == 2999)
        #expect(numbers == Array((numbers.first ?? 0)...2999))
    }

    @Test("an existing file is truncated and readable by its owner only")
    func truncated() throws {
        let path = NSTemporaryDirectory() + "passt-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }

        do { _ = try LogFile(path: path, limit: 40960, header: "first, much longer header") }
        do { _ = try LogFile(path: path, limit: 40960, header: "second") }

        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "second\n")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("one site writes five messages a second and then how many it left out")
    func rateLimit() throws {
        let path = NSTemporaryDirectory() + "passt-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = Log(name: "pasta")
        log.limit(to: .quiet, sparesTerminal: false)
        try log.open(file: path, limit: 40960, header: "header")
        log.leaveTerminal()

        for _ in 0..<8 { log.limited(.warning, .fragment, .start) { $0.append("fragment") } }
        log.limited(.warning, .fragment, .start + .seconds(1)) { $0.append("fragment") }

        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.filter { $0.hasSuffix("WARNING: fragment") }.count == 6)
        #expect(lines.contains { $0.hasSuffix("WARNING: (3 similar messages left out)") })
    }

    @Test("messages after set-up do not allocate, also when the file is trimmed")
    func allocation() throws {
        let path = NSTemporaryDirectory() + "passt-log-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = Log(name: "pasta")
        log.limit(to: .quiet, sparesTerminal: false)
        try log.open(file: path, limit: 40960, header: "header")
        log.leaveTerminal()
        let address = IPAddress(IPv4Address(0xc000_0201))

        var before: UInt64 = 0
        for second in 0..<1000 {
            // The runtime makes its own tables at first use.
            if second == 1 { before = malloc_guard_count() }
            log.limited(.warning, .fragment, .start + .seconds(Int64(second))) { line in
                line.append("fragment from ")
                line.append(address)
            }
        }
        let allocations = malloc_guard_count() - before

        #expect(allocations == 0)
        #expect(try byteCount(path) <= 40960)
    }

    private func byteCount(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? -1
    }
}
