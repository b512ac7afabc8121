// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Where messages go: standard error, the system log or a file, by level.
///
/// One instance is passed to whoever has something to say. Messages at set-up are `String`s; messages after it are put
/// together in a `LogLine`, so that they do not allocate, and are limited to five per second for each `Site`.
final class Log {
    enum Level: UInt8, Comparable, CaseIterable {
        case error, warning, info, debug, trace
        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Places that packets from outside can make talk, each with its own limit.
    enum Site: Int, CaseIterable {
        case guestMAC, fragment, flowTableFull, socketFailed, linkWrite, dhcp, dhcpv6, neighbour, listener,
            forwarding
        case namespace, other
    }

    static let messagesPerSecond = 5

    private let name: String
    private let start: Instant
    private var mostVerbose = Level.info
    private var mostVerboseOnTerminal = Level.info
    private var stamps = false
    /// Where `.toStandardError` leads; -1: nowhere.
    private var terminal: Int32 = 2
    private var systemLog: Int32 = -1
    private var file: LogFile?
    private var budgets = [Budget](repeating: Budget(), count: Site.allCases.count)

    private struct Budget {
        var second: Int64 = -1
        var used = 0
        var withheld = 0
    }

    /// A log that writes all but debug messages to standard error: what options ask for is not known yet.
    init(name: String) {
        self.name = name
        start = Instant(nanoseconds: Int64(shim_monotonic_nanoseconds()))
    }

    /// Takes up how much the options ask for.
    ///
    /// - Parameter sparesTerminal: a command will use it: only warnings and errors there, unless debugging.
    func limit(to verbosity: Configuration.Verbosity, sparesTerminal: Bool) {
        switch verbosity {
        case .quiet: mostVerbose = .warning
        case .normal: mostVerbose = .info
        case .debug: mostVerbose = .debug
        case .trace: mostVerbose = .trace
        }
        stamps = verbosity >= .debug
        mostVerboseOnTerminal = sparesTerminal && !stamps ? .warning : mostVerbose
    }

    /// Opens the log file, or the system log unless debugging.
    ///
    /// - Parameter header: first line of the log file.
    func open(file path: String?, limit: Int, header: String) throws(SetupError) {
        if let path {
            file = try LogFile(path: path, limit: limit, header: header)
        } else if !stamps {
            connectSystemLog()
        }
    }

    /// Nothing more on standard error: it belongs to the spawned command now. Debug messages still go there.
    func leaveTerminalToCommand() {
        if !stamps { terminal = -1 }
    }

    /// Nothing more on standard error: the daemon is in the background.
    func leaveTerminal() {
        if terminal > 2 { _ = close(terminal) }
        terminal = -1
    }

    /// Writes to `descriptor` what would go to standard error, until it is left.
    func moveTerminal(to descriptor: Int32) {
        if terminal >= 0 { terminal = descriptor }
    }

    /// Whether a message of `level` would be written anywhere; ask before putting one together on a packet path.
    @inline(__always)
    func wants(_ level: Level) -> Bool { level <= mostVerbose }

    func error(_ message: @autoclosure () -> String) { write(.error, message) }
    func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
    func info(_ message: @autoclosure () -> String) { write(.info, message) }
    func debug(_ message: @autoclosure () -> String) { write(.debug, message) }

    private func write(_ level: Level, _ message: () -> String) {
        guard wants(level) else { return }
        for text in message().split(separator: "\n", omittingEmptySubsequences: false) {
            var line = LogLine()
            line.append(String(text))
            deliver(level, line)
        }
    }

    /// A message from the packet paths: `compose` fills the line, without allocating. At most five a second and site.
    func limited(_ level: Level, _ site: Site, _ now: Instant, _ compose: (inout LogLine) -> Void) {
        guard wants(level) else { return }
        let second = now.nanoseconds / 1_000_000_000
        var budget = budgets[site.rawValue]
        if budget.second != second {
            let withheld = budget.withheld
            budget = Budget(second: second)
            if withheld > 0 {
                var note = LogLine()
                note.append("(")
                note.append(withheld)
                note.append(" similar messages left out)")
                deliver(level, note)
            }
        }
        if budget.used < Self.messagesPerSecond {
            budget.used += 1
            var line = LogLine()
            compose(&line)
            deliver(level, line)
        } else {
            budget.withheld += 1
        }
        budgets[site.rawValue] = budget
    }

    /// A message after set-up that no packet can repeat at will: `compose` fills the line, without allocating.
    func note(_ level: Level, _ compose: (inout LogLine) -> Void) {
        guard wants(level) else { return }
        var line = LogLine()
        compose(&line)
        deliver(level, line)
    }

    private func deliver(_ level: Level, _ message: borrowing LogLine) {
        let now = Instant(nanoseconds: Int64(shim_monotonic_nanoseconds()))
        let age = now - start
        if terminal >= 0, level <= mostVerboseOnTerminal {
            var line = LogLine()
            if stamps {
                line.append(timestamp: age)
                line.append(": ")
            }
            line.append(message)
            line.end()
            send(line, to: terminal)
        }
        if systemLog >= 0 {
            var line = LogLine()
            line.append("<")
            line.append(Self.daemonFacility | Self.priority(level))
            line.append(">")
            line.append(name)
            line.append(": ")
            line.append(message)
            send(line, to: systemLog)
        }
        if file != nil {
            var line = LogLine()
            line.append(timestamp: age)
            line.append(": ")
            line.append(Self.label(level))
            line.append(message)
            line.end()
            file?.append(line, age: age)
        }
    }

    private func send(_ line: borrowing LogLine, to descriptor: Int32) {
        unsafe line.content.withUnsafeBytes { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it. A log that cannot be written stays silent.
            _ = unsafe shim_write(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    private static let daemonFacility = 3 << 3  // RFC 5424, section 6.2.1

    private static func priority(_ level: Level) -> Int {
        switch level {
        case .error: 3
        case .warning: 4
        case .info: 6
        case .debug, .trace: 7
        }
    }

    private static func label(_ level: Level) -> StaticString {
        switch level {
        case .error: "ERROR:   "
        case .warning: "WARNING: "
        case .info: "info:    "
        case .debug, .trace: "         "
        }
    }

    /// Machines without a system log go without.
    private func connectSystemLog() {
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_connect_system_log("/dev/log")
        if number >= 0 { systemLog = number }
    }
}
