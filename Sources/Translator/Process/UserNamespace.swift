// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Entering the user namespace in which all privilege of set-up is valid, and in which nothing of the host is.
enum UserNamespace {
    /// Opens a namespace to join; nil when it is the one we are in.
    static func open(_ path: String) throws(SetupError) -> Descriptor? {
        let opened = try SystemFile.open(
            path, O_RDONLY, step: "open the user namespace \(path)", hint: "It must exist and belong to you.")
        // SAFETY: the string is terminated and outlives the call.
        let isOurs = unsafe shim_is_same_file(opened.number, "/proc/self/ns/user") == 1
        if isOurs { return nil }
        return opened
    }

    static func join(_ space: borrowing Descriptor, path: String) throws(SetupError) {
        try checked(
            shim_enter_namespace(space.number, CLONE_NEWUSER), "join the user namespace \(path)",
            hint: "It must belong to you.")
    }

    /// Creates one in which our user is root and there is nobody else.
    static func create(mapsUser: Bool, log: Log) throws(SetupError) {
        let (user, group) = (geteuid(), getegid())
        try checked(
            shim_unshare(CLONE_NEWUSER), "create a user namespace",
            hint: "Check user.max_user_namespaces and the restrictions of the security module.")
        if mapsUser { writeMaps(user, group, log) }
    }

    /// After joining a namespace that nobody has mapped yet.
    static func mapIfNew(user: UInt32, group: UInt32, log: Log) {
        guard SystemFile.text(of: "/proc/self/uid_map")?.isEmpty == true else { return }
        writeMaps(user, group, log)
    }

    private static func writeMaps(_ user: UInt32, _ group: UInt32, _ log: Log) {
        // Groups may be mapped by an unprivileged user only where they cannot be dropped (user_namespaces(7)).
        let files = [("uid_map", "0 \(user) 1"), ("setgroups", "deny"), ("gid_map", "0 \(group) 1")]
        for (file, text) in files {
            let code = SystemFile.write(text, to: "/proc/self/\(file)")
            if code != 0 { log.warning(SetupError(cannot: "write /proc/self/\(file)", code: code).message) }
        }
    }
}
