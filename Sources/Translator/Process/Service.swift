// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The program at work: everything between the command line and the end of the loop.
enum Service {
    /// Serves what `configuration` asks for until the guest's side, the command or a signal ends it.
    static func run(_ configuration: Configuration, _ log: Log) throws(SetupError) -> Never {
        let inherited = try Launch.begin(configuration, log: log)
        let client = try Launch.adoptClient(configuration)
        let handles = try InheritedHandles(configuration)
        let header =
            "\(configuration.mode.programName) \(VersionText.number): \(CommandLine.arguments[0]) (\(getpid()))"
        let host = try HostNetwork.query(configuration, log: log)
        let network = PresentedNetwork(
            configuration: configuration, host: host,
            resolverFile: SystemFile.text(of: "/etc/resolv.conf") ?? "")
        for warning in network.warnings { log.warning(warning) }
        var listeners = RuleListeners(configuration)
        var world = try Launch.prepare(
            configuration, host, network.guest, inherited, client: client, handles: handles, header: header,
            log: log,
            hooks: LaunchHooks(openListeners: { () throws(SetupError) in
                for (number, rule) in configuration.forwardingRules.enumerated()
                where rule.direction == .inbound && !rule.followsListeners {
                    try listeners.open(rule, number: UInt32(number))
                }
            }))
        if let door = channel(of: world) {
            for (number, rule) in configuration.forwardingRules.enumerated()
            where rule.direction == .outbound && !rule.followsListeners {
                try listeners.open(rule, number: UInt32(number), behind: door)
            }
        }
        for warning in listeners.warnings { log.warning(warning) }
        for line in network.summary { log.info(line) }
        for line in world.hypervisorHint(configuration.mode) { log.info(line) }
        let interfaces = try outboundInterfaces(configuration)
        let assembly = Assembly(
            configuration: configuration, network: network, listeners: listeners.listeners,
            outboundInterfaces: interfaces, log: log)
        if try usesRing(configuration) {
            log.debug("reactor: io_uring")
            _exit(try assembly.serve(&world, RingReactor(), usesRing: true))
        } else {
            log.debug("reactor: epoll")
            _exit(try assembly.serve(&world, EpollReactor(), usesRing: false))
        }
    }

    /// nil: there is no namespace.
    static func channel(of world: borrowing LaunchedWorld) -> DoorChannel? {
        switch world.door {
        case .some(let door): door.requests
        case .none: nil
        }
    }

    private static func usesRing(_ configuration: Configuration) throws(SetupError) -> Bool {
        switch configuration.reactor {
        case .epoll: return false
        case .automatic: return RingReactor.isAvailable()
        case .ring:
            guard RingReactor.isAvailable() else {
                throw SetupError(
                    "Cannot use io_uring: the kernel or a policy does not allow it. Leave out --reactor ring."
                )
            }
            return true
        }
    }

    private static func outboundInterfaces(
        _ configuration: Configuration
    ) throws(SetupError) -> Configuration.PerVersion<Int32> {
        Configuration.PerVersion(
            v4: try index(of: configuration.outboundInterface.v4),
            v6: try index(of: configuration.outboundInterface.v6))
    }

    private static func index(of interface: String?) throws(SetupError) -> Int32 {
        guard let interface else { return 0 }
        // SAFETY: the string is terminated and outlives the call.
        let index = unsafe if_nametoindex(interface)
        guard index > 0 else {
            throw SetupError("Cannot use the interface \(interface): there is none of that name.")
        }
        return Int32(bitPattern: index)
    }
}
