// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Which namespaces the program works in and how it runs, as the options decide it.
struct LaunchPlan: Equatable {
    enum UserNamespace: Equatable {
        /// The caller's.
        case stay
        case create
        case join(String)
    }

    enum NetworkNamespace: Equatable {
        /// passt: the guest is a machine, not a namespace.
        case none
        /// A new one, with a command in it.
        case spawn([String])
        case process(Int32)
        case path(String)
    }

    var userNamespace: UserNamespace
    var networkNamespace: NetworkNamespace
    /// The caller's process returns when everything is ready.
    var isBackground: Bool

    init(_ configuration: Configuration) {
        guard configuration.mode == .pasta else {
            (userNamespace, networkNamespace) = (.create, .none)
            isBackground = !configuration.isForeground
            return
        }
        let given = configuration.userNamespace.map { UserNamespace.join($0) }
        isBackground = !configuration.isForeground
        switch configuration.target {
        case .command(let command):
            userNamespace = given ?? (configuration.isNetnsOnly ? .stay : .create)
            networkNamespace = .spawn(command)
            isBackground = false
        case .process(let process):
            userNamespace = given ?? (configuration.isNetnsOnly ? .stay : .join("/proc/\(process)/ns/user"))
            networkNamespace = .process(process)
        case .namespace(let path):
            userNamespace = given ?? .stay
            networkNamespace = .path(path)
        }
    }

    var spawns: Bool {
        if case .spawn = networkNamespace { return true }
        return false
    }

    /// Where the network namespace to join is found; nil when there is none yet.
    var networkPath: String? {
        switch networkNamespace {
        case .none, .spawn: nil
        case .process(let process): "/proc/\(process)/ns/net"
        case .path(let path): path
        }
    }
}
