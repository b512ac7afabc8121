// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Descriptors through which the caller is told that we are ready, and tells us to leave: `--ready-fd`, `--exit-fd`.
struct InheritedHandles: ~Copyable {
    var ready: Descriptor?
    var exit: Descriptor?

    init() {
        ready = nil
        exit = nil
    }

    /// Finds mistakes while no number can be one of our own; call it before anything is opened.
    static func check(_ configuration: Configuration) throws(SetupError) {
        let given = [
            ("--ready-fd", configuration.readyDescriptor), ("--exit-fd", configuration.exitDescriptor),
        ]
        for (option, number) in given {
            guard let number else { continue }
            try checked(
                shim_is_open(number), "use descriptor \(number)", hint: "Give \(option) an open descriptor.")
        }
    }

    /// Takes them over, after `check`: above the standard streams, not inherited by anything that we start.
    init(_ configuration: Configuration) throws(SetupError) {
        ready = nil
        exit = nil
        if let number = configuration.readyDescriptor { ready = try Self.taken(number) }
        if let number = configuration.exitDescriptor { exit = try Self.taken(number) }
    }

    private static func taken(_ number: Int32) throws(SetupError) -> Descriptor {
        Descriptor(owning: try checked(shim_take(number), "use descriptor \(number)"))
    }

    /// Closes all other descriptors above the standard streams.
    ///
    /// - Parameter client: another one to keep, or -1.
    func closeOthers(client: Int32) throws(SetupError) {
        let kept = [client, Self.number(ready), Self.number(exit)].filter { $0 > 2 }.sorted()
        var first: Int32 = 3
        for number in kept + [Int32.max] {
            if number > first {
                try checked(shim_close_range(first, number - 1), "close inherited descriptors")
            }
            first = number &+ 1
        }
    }

    private static func number(_ descriptor: borrowing Descriptor?) -> Int32 {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }
}

extension LaunchedWorld {
    /// Writes a byte where `--ready-fd` says, and tells the service manager.
    mutating func announceReadiness() {
        switch handles.ready.take() {
        case .some(let ready): Self.send("1", to: ready.number)
        case .none: break
        }
        switch serviceManager.take() {
        case .some(let manager): Self.send("READY=1\n", to: manager.number)
        case .none: break
        }
    }

    /// Whoever does not listen any more is not told.
    private static func send(_ text: StaticString, to descriptor: Int32) {
        // SAFETY: a static string's bytes are constant data of `utf8CodeUnitCount` bytes.
        _ = unsafe shim_write(descriptor, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Connects to the service manager that started us (sd_notify(3)), while its socket can be reached.
    ///
    /// In the background, somebody else was told to wait; and a spawned command speaks for itself.
    static func serviceManager(_ plan: LaunchPlan, log: Log) -> Descriptor? {
        guard !plan.isBackground, !plan.spawns, let path = ProcessEnvironment.value("NOTIFY_SOCKET") else {
            return nil
        }
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_connect_notify_socket(path)
        guard number >= 0 else {
            log.warning(
                SetupError(cannot: "connect to the notification socket \(path)", code: -number).message)
            return nil
        }
        return Descriptor(owning: number)
    }
}

/// The environment, which this program reads and never changes.
enum ProcessEnvironment {
    /// nil: not set, or empty.
    static func value(_ name: String) -> String? {
        // SAFETY: the environment is not changed by this process; the text is copied at once.
        guard let value = unsafe getenv(name) else { return nil }
        let text = unsafe String(cString: value)
        return text.isEmpty ? nil : text
    }
}
