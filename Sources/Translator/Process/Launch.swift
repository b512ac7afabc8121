// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// From the command line to a program that serves and can do nothing else. The order matters, each step uses up what the
// next must not have:
//
//   begin      streams, signals, limits                                  as the caller
//   prepare    descriptors closed, privileges reduced
//              files opened: log, PID file, capture, namespaces to join
//              background: fork; the parent waits for "ready"
//              listening sockets of the host (hook): low ports need the caller's privilege
//              user switched; user namespace joined or created           privileged in the user namespace only
//              background: first process of a new PID namespace
//              network namespace: command spawned, or joined; tap, addresses, routes
//   (engine)   memory, rings, tables: whatever needs mmap
//   seal       the host's files, names and processes out of reach; privileges dropped; system calls filtered
//   ready      PID file written, command or parent released
//
// Only the door's thread enters the network namespace; the first thread stays in the host's.

/// What a part of the program has to do at a certain point of the start.
struct LaunchHooks {
    /// Opens listening sockets on the host, before the user namespace is entered.
    var openListeners: () throws(SetupError) -> Void = {}
}

enum Launch {
    /// Makes the process orderly; call it before anything is opened.
    static func begin(_ configuration: Configuration, log: Log) throws(SetupError) -> shim_inherited {
        log.limit(to: configuration.verbosity, sparesTerminal: LaunchPlan(configuration).spawns)
        var inherited = shim_inherited()
        // SAFETY: the record is a value of this function, filled by the call.
        try checked(unsafe shim_tidy_process(&inherited), "set up the process")
        try InheritedHandles.check(configuration)
        return inherited
    }

    /// Takes over the connected descriptor that `--fd` names; call it before anything is opened.
    ///
    /// It moves above the standard streams, whose place /dev/null takes if it was one of them.
    static func adoptClient(_ configuration: Configuration) throws(SetupError) -> Descriptor? {
        guard let number = configuration.inheritedDescriptor else { return nil }
        let step = "use descriptor \(number)"
        let isConnected = try checked(
            shim_is_connected_stream(number), step, hint: "Give --fd an open descriptor.")
        guard isConnected == 1 else {
            throw SetupError("Cannot \(step): it is not a connected stream socket.")
        }
        return Descriptor(owning: try checked(shim_adopt(number), step))
    }

    /// Opens and creates everything that needs privilege or the host's files.
    ///
    /// In background mode this returns in the new process only; the caller's leaves with its outcome.
    ///
    /// - Parameters:
    ///   - client: a hypervisor's connection that was inherited.
    ///   - handles: what else was inherited.
    static func prepare(
        _ configuration: Configuration, _ host: HostNetwork, _ guest: GuestNetwork,
        _ inherited: shim_inherited, client: consuming Descriptor?,
        handles: consuming InheritedHandles, header: String, log: Log, hooks: LaunchHooks = LaunchHooks()
    ) throws(SetupError) -> LaunchedWorld {
        let plan = LaunchPlan(configuration)
        let isInitialRoot = isInitialRoot()
        try handles.closeOthers(client: number(client))
        // As root, while it is allowed: the user that we become may not open the system's node.
        let node = isInitialRoot && plan.networkNamespace != .none ? shim_detached_tun_node() : -1
        // A command that is spawned without a user namespace of its own keeps what the caller has.
        if !plan.spawns || plan.userNamespace != .stay {
            try (geteuid() == 0 ? Capabilities.starting.union(.startingAsRoot) : .starting).limit()
        }

        try log.open(file: configuration.logFile, limit: configuration.logSize, header: header)
        let pidFile = try openPIDFile(configuration.pidFile)
        let capture = openCapture(configuration.captureFile, log)
        let spaces = try TargetNamespaces(plan, watches: configuration.quitsWithNamespace)
        let null = try SystemFile.open("/dev/null", O_RDWR, step: "open /dev/null")
        let user = try RunningUser.chosen(configuration, isInitialRoot: isInitialRoot, log: log)

        let manager = LaunchedWorld.serviceManager(plan, log: log)

        var notice: Int32 = -1
        if plan.isBackground { notice = try fork(pidFile) }
        let signals = Descriptor(owning: try checked(shim_signal_descriptor(), "receive signals"))
        var world = LaunchedWorld(plan: plan, signals: signals, null: null)
        world.pidFile = pidFile
        world.capture = capture
        if let path = configuration.controlPath { world.control = try ControlServer.listen(at: path) }
        world.notice = notice
        world.handles = handles
        world.serviceManager = manager
        if configuration.mode != .pasta { try attach(&world, client, configuration.socketPath) }
        try hooks.openListeners()
        try user?.assume()
        try enterUserNamespace(plan, spaces, log)
        world.ownsNamespace = !isInitialRoot || plan.userNamespace != .stay
        if plan.isBackground {
            try checked(shim_continue_in_pid_namespace(notice), "create a process namespace for the sandbox")
        }
        try enterNetworkNamespace(&world, spaces, configuration, inherited, log)
        try prepareNetwork(&world, configuration, host, guest, node: node, log)
        if node >= 0 { _ = close(node) }
        return world
    }

    /// Gives up everything that running does not need. Memory is fixed from here on.
    static func seal(_ world: inout LaunchedWorld, _ configuration: Configuration, usesRing: Bool, log: Log)
        throws(SetupError)
    {
        world.door?.close()
        try Isolation.detach(allowsChrootFallback: configuration.allowsChrootFallback)
        try world.door?.openForever()
        try Isolation.finalCapabilities(configuration.mode, ownsNamespace: world.ownsNamespace).limit()
        if world.plan.isBackground { try leaveTerminal(world, log) }
        try checked(shim_set_dumpable(0), "protect the process's memory")
        try SystemCallFilter.load(configuration.mode, usesRing: usesRing)
    }
}
