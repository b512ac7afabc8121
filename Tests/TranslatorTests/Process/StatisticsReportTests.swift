// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Foundation
import Testing

@testable import Translator

@Suite("The report of --stats")
struct StatisticsReportTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test("is printed at most once an interval, and only after something happened")
    func pace() throws {
        let pipe = Pipe()
        var report = report(.table, pipe)
        var statistics = EngineStatistics()

        #expect(report.turnEnded(statistics, now: start + .seconds(5)) == .never)
        statistics.counters.turns = 7
        #expect(report.turnEnded(statistics, now: start + .seconds(5)) == .never)
        statistics.link.framesFromGuest = 1
        #expect(report.turnEnded(statistics, now: start + .seconds(5)) == .never)
        statistics.link.framesFromGuest = 2
        #expect(report.turnEnded(statistics, now: start + .seconds(6)) == start + .seconds(7))
        #expect(report.turnEnded(statistics, now: start + .seconds(7)) == .never)

        #expect(lines(of: pipe).count == 3)
    }

    @Test("repeats the heading of the table every 20 lines, and columns stand below it")
    func heading() throws {
        let pipe = Pipe()
        var report = report(.table, pipe)
        var statistics = EngineStatistics()

        for number in 1...21 {
            statistics.counters.tcpFlowsOpened = UInt64(number)
            _ = report.turnEnded(statistics, now: start + .seconds(Int64(number * 2)))
        }

        let lines = lines(of: pipe)
        #expect(lines.count == 23)
        #expect(lines[0] == lines[21])
        #expect(lines[0].hasPrefix("     seconds"))
        #expect(Set(lines.map(\.count)).count == 1)
    }

    @Test("is one JSON object per line, however large the numbers")
    func json() throws {
        let pipe = Pipe()
        var report = report(.json, pipe)
        var statistics = EngineStatistics()
        statistics.counters.tcpFlowsOpened = .max
        statistics.capabilities.completesChecksums = true

        _ = report.turnEnded(statistics, now: start + .seconds(3))

        let line = try #require(lines(of: pipe).first)
        let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["reactor"] as? String == "ring")
        #expect(object["tcp_opened"] as? Int == .max)
        #expect(object["link_refused"] as? Int == 0)
        #expect((object["offload"] as? [String: Bool]) == ["checksum": true, "tcp": false, "udp": false])
        #expect(object.count == 24)
    }

    private func report(_ form: StatisticsReport.Form, _ pipe: Pipe) -> StatisticsReport {
        StatisticsReport(
            form, usesRing: true, interval: .seconds(2),
            descriptor: pipe.fileHandleForWriting.fileDescriptor, now: start)
    }

    private func lines(of pipe: Pipe) -> [Substring] {
        try? pipe.fileHandleForWriting.close()
        return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).split(
            separator: "\n")
    }
}
