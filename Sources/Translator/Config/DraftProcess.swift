// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// Process, logging, files.
    mutating func apply(_ which: ProcessOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .debug: configuration.verbosity = max(configuration.verbosity, .debug)
        case .trace: configuration.verbosity = .trace
        case .quiet: configuration.verbosity = .quiet
        case .statistics: configuration.statisticsInterval = try option.number(in: 0...86_400)
        case .foreground: configuration.isForeground = true
        case .standardError: warnings.append("\(option.spelling) is deprecated and has no effect.")
        case .logFile: configuration.logFile = try option.path()
        case .logSize: configuration.logSize = try option.number(in: Self.smallestLogSize...Int(Int32.max))
        case .runAs: configuration.runAs = try userAndGroup(option)
        case .controlPath: configuration.controlPath = try option.path(limit: ScannedOption.longestSocketPath)
        case .capture: configuration.captureFile = try option.path()
        case .pidFile: configuration.pidFile = try option.path()
        case .chrootFallback: configuration.allowsChrootFallback = true
        case .reactor: configuration.reactor = try reactor(option.argument, from: option.spelling)
        case .readyDescriptor: configuration.readyDescriptor = try option.number(in: 0...Int32.max - 1)
        case .exitDescriptor: configuration.exitDescriptor = try option.number(in: 0...Int32.max - 1)
        case .statisticsJSON: configuration.writesStatisticsAsJSON = true
        case .noOffload: configuration.forbidsOffload = true
        }
    }

    /// Below this, cutting old entries away would leave hardly a line.
    private static let smallestLogSize = 40_960

    /// What an option, or the environment, says about the reactor.
    func reactor(_ text: String, from source: String) throws(ConfigurationError)
        -> Configuration.ReactorChoice
    {
        switch text {
        case "auto": .automatic
        case "ring": .ring
        case "epoll": .epoll
        default:
            throw ConfigurationError("Invalid argument '\(text)' for \(source): give auto, ring or epoll.")
        }
    }

    /// UID, UID:GID, LOGIN or LOGIN:GROUP; names are looked up where the host is.
    private func userAndGroup(_ option: ScannedOption) throws(ConfigurationError) -> String {
        let parts = option.argument.split(separator: ":", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, parts.allSatisfy({ !$0.isEmpty }) else {
            throw option.invalid("give a user, or user and group separated by a colon")
        }
        return option.argument
    }
}
