// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Capabilities (linux/capability.h), as a set.
struct Capabilities: OptionSet {
    let rawValue: UInt64

    static let overridesFileAccess = Capabilities(rawValue: 1 << 1)  // DAC_OVERRIDE
    static let setsGroup = Capabilities(rawValue: 1 << 6)
    static let setsUser = Capabilities(rawValue: 1 << 7)
    static let reducesOthers = Capabilities(rawValue: 1 << 8)
    static let bindsLowPorts = Capabilities(rawValue: 1 << 10)
    static let administersNetwork = Capabilities(rawValue: 1 << 12)
    static let changesRoot = Capabilities(rawValue: 1 << 18)
    static let looksIntoProcesses = Capabilities(rawValue: 1 << 19)
    static let administersSystem = Capabilities(rawValue: 1 << 21)
    static let mapsSuperuser = Capabilities(rawValue: 1 << 31)

    /// What the start needs until the user namespace is entered.
    static let starting: Capabilities = [
        .bindsLowPorts, .setsUser, .setsGroup, .reducesOthers, .administersSystem, .administersNetwork,
        .overridesFileAccess, .changesRoot,
    ]
    /// What root needs besides: to map itself, and to look at the namespaces of others' processes.
    static let startingAsRoot: Capabilities = [.mapsSuperuser, .looksIntoProcesses]
    /// What set-up needs once in the user namespace.
    static let settingUp: Capabilities = [
        .administersSystem, .administersNetwork, .bindsLowPorts, .reducesOthers, .changesRoot,
        .looksIntoProcesses,
        .overridesFileAccess,
    ]

    /// Gives up all others; of this thread.
    func limit() throws(SetupError) {
        try checked(shim_limit_capabilities(rawValue), "drop capabilities")
    }
}

/// The user and group that the daemon runs as.
struct RunningUser: Equatable {
    var user: UInt32
    var group: UInt32

    /// What `--runas` names: UID, UID:GID, LOGIN or LOGIN:GROUP.
    ///
    /// - Parameters: contents of /etc/passwd and /etc/group.
    init(_ text: String, users: String, groups: String) throws(SetupError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        if let number = Self.number(parts[0]) {
            user = number
            group = number
        } else {
            guard let entry = Self.entry(parts[0], in: users), entry.count >= 4, let found = UInt32(entry[2]),
                let primary = UInt32(entry[3])
            else { throw SetupError("Cannot run as \(text): there is no user \(parts[0]).") }
            guard found != 0 else { throw SetupError("Cannot run as \(text): that is the superuser.") }
            (user, group) = (found, primary)
        }
        guard parts.count == 2 else { return }
        if let number = Self.number(parts[1]) {
            group = number
        } else if let entry = Self.entry(parts[1], in: groups), entry.count >= 3, let found = UInt32(entry[2])
        {
            group = found
        } else {
            throw SetupError("Cannot run as \(text): there is no group \(parts[1]).")
        }
    }

    /// The user without privileges.
    static func nobody(users: String) -> RunningUser {
        let entry = entry("nobody", in: users) ?? []
        guard entry.count >= 4, let user = UInt32(entry[2]), let group = UInt32(entry[3]) else {
            return RunningUser(user: 65534, group: 65534)
        }
        return RunningUser(user: user, group: group)
    }

    private init(user: UInt32, group: UInt32) {
        (self.user, self.group) = (user, group)
    }

    /// The fields of one line of a colon-separated table, found by its first field.
    private static func entry(_ name: String, in table: String) -> [String]? {
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if fields.first == name { return fields }
        }
        return nil
    }

    /// Decimal, or with the prefixes of C.
    private static func number(_ text: String) -> UInt32? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") { return UInt32(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0"), text.count > 1 { return UInt32(text.dropFirst(), radix: 8) }
        guard text.utf8.first.map({ $0 >= 0x30 && $0 <= 0x39 }) == true else { return nil }
        return UInt32(text)
    }

    /// The user to become: the one asked for; `nobody` for root in the initial user namespace; else nil.
    static func chosen(_ configuration: Configuration, isInitialRoot: Bool, log: Log) throws(SetupError)
        -> RunningUser?
    {
        let users = SystemFile.text(of: "/etc/passwd", limit: 1 << 20) ?? ""
        if let runAs = configuration.runAs {
            let groups = SystemFile.text(of: "/etc/group", limit: 1 << 20) ?? ""
            return try RunningUser(runAs, users: users, groups: groups)
        }
        guard isInitialRoot else { return nil }
        log.warning("Started as root, running as nobody. Use --runas to choose another user.")
        return nobody(users: users)
    }

    /// Becomes this user, keeping capabilities.
    func assume() throws(SetupError) {
        try checked(shim_switch_user(user, group), "run as user \(user) and group \(group)")
        // Files below /proc/self belong to root after a change of user, and the maps could not be written.
        try checked(shim_set_dumpable(1), "open the process's own files")
    }
}

/// Whether the process is root as the whole machine knows it, not just in a user namespace.
func isInitialRoot() -> Bool {
    guard geteuid() == 0 else { return false }
    let map =
        SystemFile.text(of: "/proc/self/uid_map")?.split(whereSeparator: { $0 == " " || $0 == "\n" }) ?? []
    return map == ["0", "0", "4294967295"]
}
