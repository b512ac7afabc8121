// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Notices that the namespace we were attached to is gone, so that the daemon can go, too.
struct NamespaceWatch: ~Copyable {
    private enum Means {
        /// `descriptor` is the process's pidfd.
        case process
        /// `descriptor` is an inotify descriptor on the directory that holds the name.
        case directory
        /// No event to wait for: ask once per second.
        case polling
    }

    private let means: Means
    private let event: Descriptor?
    /// Holds the directory where the name is looked up, after the file system is out of reach.
    private let directory: Descriptor?
    private let name: String

    private init(_ means: Means, event: consuming Descriptor?, directory: consuming Descriptor?, name: String)
    {
        self.means = means
        self.event = event
        self.directory = directory
        self.name = name
    }

    /// Watches the process whose namespaces are used.
    static func watching(process: Int32) throws(SetupError) -> NamespaceWatch {
        let number = try checked(shim_process_descriptor(process), "watch process \(process)")
        return NamespaceWatch(.process, event: Descriptor(owning: number), directory: nil, name: "")
    }

    /// Watches a path; `/proc/PID/ns/...` by its process, file systems without events once per second.
    static func watching(path: String) throws(SetupError) -> NamespaceWatch {
        if let process = process(of: path) { return try watching(process: process) }
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        var parent = slash.map { String(path[..<$0]) } ?? "."
        if parent.isEmpty { parent = "/" }
        let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
        let directory = try SystemFile.open(
            parent, O_PATH | O_DIRECTORY, step: "watch the directory \(parent)",
            hint: "Use --no-netns-quit to go without.")
        // SAFETY: the string is terminated and outlives the call.
        let event = hasEvents(parent) ? unsafe shim_watch_directory(parent) : -ENOSYS
        guard event >= 0 else {
            return NamespaceWatch(.polling, event: nil, directory: directory, name: name)
        }
        return NamespaceWatch(.directory, event: Descriptor(owning: event), directory: directory, name: name)
    }

    /// Readable when `isGone` should be asked; -1: ask once per second.
    var descriptor: Int32 {
        switch event {
        case .some(let event): event.number
        case .none: -1
        }
    }

    /// Whether the namespace's name or process is gone. Takes up the waiting events; does not allocate.
    func isGone() -> Bool {
        switch means {
        case .process: return shim_is_readable(descriptor) != 0
        case .directory: shim_drain(descriptor)
        case .polling: break
        }
        switch directory {
        // SAFETY: the string is terminated and outlives the call.
        case .some(let directory): return unsafe shim_exists_at(directory.number, name) == 0
        case .none: return false
        }
    }

    /// PID in `/proc/PID/ns/net` and `/proc/PID/task/TID/ns/net`.
    private static func process(of path: String) -> Int32? {
        let parts = path.split(separator: "/")
        guard path.hasPrefix("/"), parts.count >= 4, parts[0] == "proc", parts[parts.count - 2] == "ns" else {
            return nil
        }
        return Int32(parts[1])
    }

    /// procfs, sysfs and devpts do not tell about names that go (linux/magic.h).
    private static func hasEvents(_ path: String) -> Bool {
        let silent: [Int64] = [0x9fa0, 0x6265_6572, 0x1cd1]
        // SAFETY: the string is terminated and outlives the call.
        return !silent.contains(unsafe shim_file_system(path))
    }
}
