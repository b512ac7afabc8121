// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Everything that starting the program has opened and that the engine then works with.
struct LaunchedWorld: ~Copyable {
    let plan: LaunchPlan
    /// Our own PID, as the caller sees it unless it waits.
    let process = getpid()
    /// Readable when `signalsArrived` should be asked.
    let signals: Descriptor
    /// pasta, unless it only splices.
    var tap: TapDevice?
    /// pasta: the way into the guest's network namespace.
    var door: NamespaceDoor?
    /// pasta attached to namespaces, unless told to stay.
    var watch: NamespaceWatch?
    /// passt: where hypervisors connect, unless one was inherited.
    var listener: ListeningSocket?
    /// The control socket, if there is one.
    var control: ListeningSocket?
    /// passt: the connection to a hypervisor that was inherited.
    var client: Descriptor?
    /// How the caller is told that we are ready, and tells us to leave.
    var handles = InheritedHandles()
    /// Where a service manager waits for readiness.
    var serviceManager: Descriptor?
    /// The capture file, created and truncated.
    var capture: Descriptor?

    var command: SpawnedCommand?
    var pidFile: Descriptor?
    /// Where a waiting parent learns that we are ready; -1: nobody waits.
    var notice: Int32 = -1
    /// Takes the place of the standard streams in the background.
    let null: Descriptor
    /// Privileges are those of a user namespace, not of the machine.
    var ownsNamespace = false

    init(plan: LaunchPlan, signals: consuming Descriptor, null: consuming Descriptor) {
        self.plan = plan
        self.signals = signals
        self.null = null
    }

    /// -1: none.
    var listenerDescriptor: Int32 {
        switch listener {
        case .some(let listener): listener.descriptor.number
        case .none: -1
        }
    }

    /// -1: none.
    var clientDescriptor: Int32 {
        switch client {
        case .some(let client): client.number
        case .none: -1
        }
    }

    /// -1: nobody asks us to leave that way.
    var exitDescriptor: Int32 {
        switch handles.exit {
        case .some(let exit): exit.number
        case .none: -1
        }
    }

    /// How to reach us, for the log.
    func hypervisorHint(_ mode: Configuration.Mode) -> [String] {
        switch listener {
        case .some(let listener):
            ["Socket: \(listener.path)"]
                + PresentedNetwork.hypervisorHint(socketPath: listener.path, mode: mode)
        case .none: []
        }
    }

    /// Takes up waiting signals; the status to exit with, or nil to go on. Does not allocate.
    mutating func signalsArrived() -> Int32? {
        while true {
            let number = shim_next_signal(signals.number)
            guard number > 0 else { return nil }
            guard number == SIGCHLD else { return 0 }
            if let status = reap() { return status }
        }
    }

    /// Collects ended children; the status of the spawned command when that is among them.
    private func reap() -> Int32? {
        var status: Int32 = 0
        while true {
            // SAFETY: the status is a value of this function, filled by the call.
            let process = unsafe shim_reap(&status)
            guard process > 0 else { return nil }
            switch command {
            case .some(let command): if command.process == process { return status }
            case .none: break
            }
        }
    }
}
