// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The namespaces to join, opened while the caller's privilege lasts.
struct TargetNamespaces: ~Copyable {
    /// nil: none to join.
    var user: Descriptor?
    /// nil: none to join, or not accessible before the user namespace is joined.
    var network: Descriptor?
    /// nil: nothing to watch, or it was not asked for.
    var watch: NamespaceWatch?

    init(_ plan: LaunchPlan, watches: Bool) throws(SetupError) {
        user = nil
        network = nil
        watch = nil
        if case .process(let process) = plan.networkNamespace, shim_process_exists(process) == 0 {
            throw SetupError("Cannot use the namespaces of process \(process): there is no such process.")
        }
        if case .join(let path) = plan.userNamespace { user = try UserNamespace.open(path) }
        guard let path = plan.networkPath else { return }
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_open(path, O_RDONLY, 0)
        if number >= 0 {
            network = Descriptor(owning: number)
        } else if number != -EACCES || plan.userNamespace == .stay {
            throw Self.refusal(path, number)
        }
        // Here, where the process can be seen and the directory be reached.
        if watches { watch = try .watching(path: path) }
    }

    /// The network namespace, opened now at the latest.
    mutating func takeNetwork(_ path: String) throws(SetupError) -> Descriptor {
        if let network = network.take() { return network }
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_open(path, O_RDONLY, 0)
        guard number >= 0 else { throw Self.refusal(path, number) }
        return Descriptor(owning: number)
    }

    private static func refusal(_ path: String, _ result: Int32) -> SetupError {
        SetupError(
            cannot: "open the network namespace \(path)", code: -result,
            hint: "It must exist and belong to you.")
    }
}

extension Launch {
    /// -1: none.
    static func number(_ descriptor: borrowing Descriptor?) -> Int32 {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case .none: -1
        }
    }

    /// Gives hypervisors a place to connect to, unless one is connected already.
    static func attach(
        _ world: inout LaunchedWorld, _ client: consuming Descriptor?, _ path: String?
    ) throws(SetupError) {
        world.client = client
        guard world.clientDescriptor < 0 else { return }
        if let path {
            world.listener = try ListeningSocket(at: path)
        } else {
            world.listener = try .openDefault()
        }
    }

    static func openPIDFile(_ path: String?) throws(SetupError) -> Descriptor? {
        guard let path else { return nil }
        return try SystemFile.open(
            path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600, step: "create the PID file \(path)")
    }

    /// A capture that cannot be written is no reason not to serve.
    static func openCapture(_ path: String?, _ log: Log) -> Descriptor? {
        guard let path else { return nil }
        do throws(SetupError) {
            return try SystemFile.open(
                path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600, step: "create the capture file \(path)")
        } catch {
            log.error(error.message)
            return nil
        }
    }

    /// Continues in a child, and returns where it says that it is ready; the parent waits for that and leaves.
    static func fork(_ pidFile: borrowing Descriptor?) throws(SetupError) -> Int32 {
        var notice: Int32 = -1
        // SAFETY: the descriptor's number is a value of this function, filled by the call.
        let process = unsafe shim_background(&notice)
        if process == 0 { return notice }
        // The child that ended early has said why.
        guard process > 0 else {
            if process == -ECHILD { _exit(1) }
            throw SetupError(cannot: "go to the background", code: -process)
        }
        write(process, to: pidFile)
        _exit(0)
    }

    /// Decimal PID and newline.
    static func write(_ process: Int32, to pidFile: borrowing Descriptor?) {
        switch pidFile {
        case .some(let pidFile):
            var line = LogLine()
            line.append(Int(process))
            line.end()
            unsafe line.content.withUnsafeBytes { bytes in
                // SAFETY: the buffer is valid for this call, which only reads it.
                _ = unsafe shim_write(pidFile.number, bytes.baseAddress, bytes.count)
            }
        case .none: break
        }
    }

    static func enterUserNamespace(_ plan: LaunchPlan, _ spaces: borrowing TargetNamespaces, _ log: Log)
        throws(SetupError)
    {
        switch plan.userNamespace {
        case .stay: break
        case .create:
            try UserNamespace.create(mapsUser: plan.networkNamespace != .none, log: log)
        case .join(let path):
            let (user, group) = (geteuid(), getegid())
            switch spaces.user {
            case .some(let space):
                try UserNamespace.join(space, path: path)
                if plan.spawns { UserNamespace.mapIfNew(user: user, group: group, log: log) }
            case .none: break
            }
        }
    }

    static func enterNetworkNamespace(
        _ world: inout LaunchedWorld, _ spaces: consuming TargetNamespaces, _ configuration: Configuration,
        _ inherited: shim_inherited, _ log: Log
    ) throws(SetupError) {
        if case .spawn(let arguments) = world.plan.networkNamespace {
            // With all capabilities that its exec gives it: a program that gains some could not be debugged.
            world.command = try SpawnedCommand(
                arguments, hostname: configuration.hostname, inherited: inherited, log: log)
        }
        try Capabilities.settingUp.limit()
        switch world.plan.networkNamespace {
        case .none: break
        case .spawn:
            if let space = try world.command?.networkNamespace() { world.door = try NamespaceDoor(to: space) }
        case .process(let process):
            world.door = try NamespaceDoor(to: spaces.takeNetwork("/proc/\(process)/ns/net"))
        case .path(let path):
            world.door = try NamespaceDoor(to: spaces.takeNetwork(path))
        }
        world.watch = spaces.watch.take()
    }

    static func prepareNetwork(
        _ world: inout LaunchedWorld, _ configuration: Configuration, _ host: HostNetwork,
        _ guest: GuestNetwork,
        node: Int32, _ log: Log
    ) throws(SetupError) {
        switch world.door {
        case .none: return
        case .some(let door):
            let type = Int32(SOCK_RAW.rawValue | SOCK_CLOEXEC.rawValue)
            let socket = try door.socket(domain: AF_NETLINK, type: type, protocol: 0)
            var network = NamespaceNetwork(
                host: try NetlinkSocket(), space: try NetlinkSocket(socket), log: log)
            try network.raiseLoopback()
            guard !configuration.isSpliceOnly else { return }
            let tap = try network.createTap(on: door.openTun(node: node), configuration, host)
            if configuration.configuresNamespace { try network.configure(tap, configuration, host, guest) }
            world.tap = consume tap
        }
    }

    /// Standard streams on /dev/null and no terminal; messages still reach the waiting parent's until `ready`.
    static func leaveTerminal(_ world: borrowing LaunchedWorld, _ log: Log) throws(SetupError) {
        log.moveTerminal(to: try checked(shim_duplicate(2), "keep standard error open"))
        try checked(shim_replace_standard_streams(world.null.number), "close the standard streams")
        _ = setsid()
    }

    /// Tells everybody who waits that the program serves: the PID file, the command, the parent.
    static func ready(_ world: inout LaunchedWorld, log: Log) throws(SetupError) {
        if world.notice >= 0 {
            log.leaveTerminal()
            // A parent that is gone was killed, and nobody knows of us.
            try checked(shim_notify_ready(world.notice), "tell the caller that the daemon is ready")
            _ = close(world.notice)
            world.notice = -1
        } else {
            write(world.process, to: world.pidFile)
        }
        world.pidFile = nil
        world.announceReadiness()
        if world.plan.spawns {
            world.command?.release()
            log.leaveTerminalToCommand()
        }
    }
}
