// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// What `--stats` prints: a line at most every interval, and only when something has happened since the last one.
struct StatisticsReport {
    enum Form {
        /// A table on standard error, whose heading comes again every 20 lines.
        case table
        /// One JSON object a line (RFC 8259) on standard output.
        case json
    }

    private let form: Form
    private let usesRing: Bool
    private let descriptor: Int32
    private let interval: Interval
    private let start: Instant
    private var last = EngineStatistics()
    private var earliest: Instant
    private var lineCount = 0

    private static let linesPerHeading = 20
    private static let narrowest = 8

    /// - Returns: nil if nobody asked for it.
    init?(_ configuration: Configuration, usesRing: Bool, now: Instant) {
        guard configuration.statisticsInterval > 0 else { return nil }
        self.init(
            configuration.writesStatisticsAsJSON ? .json : .table, usesRing: usesRing,
            interval: .seconds(Int64(configuration.statisticsInterval)),
            descriptor: configuration.writesStatisticsAsJSON ? 1 : 2, now: now)
    }

    init(_ form: Form, usesRing: Bool, interval: Interval, descriptor: Int32, now: Instant) {
        self.form = form
        self.usesRing = usesRing
        self.interval = interval
        self.descriptor = descriptor
        start = now
        earliest = now + interval
    }

    /// Prints if it is time to, and returns when to ask again at the latest.
    mutating func turnEnded(_ statistics: EngineStatistics, now: Instant) -> Instant {
        guard !statistics.isSame(as: last) else { return .never }
        guard now >= earliest else { return earliest }
        last = statistics
        earliest = now + interval
        switch form {
        case .table: writeTable(statistics, age: now - start)
        case .json: writeObject(statistics, age: now - start)
        }
        return .never
    }

    private mutating func writeTable(_ statistics: EngineStatistics, age: Interval) {
        if lineCount % Self.linesPerHeading == 0 {
            var heading = LogLine()
            Self.append("seconds", width: 12, to: &heading)
            statistics.visit { name, _ in Self.append(name, width: Self.width(name), to: &heading) }
            write(&heading)
        }
        lineCount += 1
        var line = LogLine()
        Self.append(width: 12, to: &line) { $0.append(timestamp: age) }
        statistics.visit { name, value in
            Self.append(width: Self.width(name), to: &line) { $0.append(Int(clamping: value)) }
        }
        write(&line)
    }

    private static func width(_ name: StaticString) -> Int { max(name.utf8CodeUnitCount + 1, narrowest) }

    private static func append(_ name: StaticString, width: Int, to line: inout LogLine) {
        append(width: width, to: &line) { $0.append(name) }
    }

    /// Appends to the right of a column.
    private static func append(width: Int, to line: inout LogLine, _ compose: (inout LogLine) -> Void) {
        var cell = LogLine()
        compose(&cell)
        for _ in cell.byteCount..<max(width, cell.byteCount) { line.append(" ") }
        line.append(cell)
    }

    private mutating func writeObject(_ statistics: EngineStatistics, age: Interval) {
        var line = LogLine()
        line.append("{\"seconds\":")
        line.append(timestamp: age)
        line.append(",\"reactor\":")
        line.append(usesRing ? "\"ring\"" : "\"epoll\"")
        Self.append(statistics.capabilities, to: &line)
        let descriptor = descriptor
        statistics.visit { name, value in
            // An object may be longer than a line holds.
            if line.byteCount > LogLine.capacity / 2 {
                Self.send(line, to: descriptor)
                line = LogLine()
            }
            line.append(",\"")
            line.append(name)
            line.append("\":")
            line.append(Int(clamping: value))
        }
        line.append("}")
        write(&line)
    }

    private static func append(_ capabilities: LinkCapabilities, to line: inout LogLine) {
        line.append(",\"offload\":{\"checksum\":")
        line.append(capabilities.completesChecksums ? "true" : "false")
        line.append(",\"tcp\":")
        line.append(capabilities.segmentsTCP ? "true" : "false")
        line.append(",\"udp\":")
        line.append(capabilities.segmentsUDP ? "true" : "false")
        line.append("}")
    }

    private func write(_ line: inout LogLine) {
        line.end()
        Self.send(line, to: descriptor)
    }

    /// Numbers that nobody can read are lost, and nothing else.
    private static func send(_ line: borrowing LogLine, to descriptor: Int32) {
        unsafe line.content.withUnsafeBytes { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it.
            _ = unsafe shim_write(descriptor, bytes.baseAddress, bytes.count)
        }
    }
}
