// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The program: what its name and arguments ask for, from start to exit.
public enum Program {
    public static func run() -> Never {
        switch Invocation(arguments: CommandLine.arguments) {
        case .run(let configuration, let warnings):
            let log = Log(name: configuration.mode.programName)
            for warning in warnings { log.warning(warning) }
            do throws(SetupError) {
                try serve(configuration, log)
            } catch {
                log.error(error.message)
                exit(1)
            }
        case .help(let mode): answer(HelpText.text(for: mode))
        case .version(let mode): answer(VersionText.text(for: mode))
        case .capabilities: answer(Invocation.capabilitiesText)
        case .failure(let error, let mode):
            let log = Log(name: mode.programName)
            log.error(error.message)
            if error.showsUsage { log.error(HelpText.text(for: mode)) }
            exit(1)
        }
    }

    private static func answer(_ text: String) -> Never {
        print(text, terminator: "")
        exit(0)
    }

    /// Starts, and then waits for the end: nothing moves packets yet.
    private static func serve(_ configuration: Configuration, _ log: Log) throws(SetupError) -> Never {
        let inherited = try Launch.begin()
        let name = "\(configuration.mode.programName) \(VersionText.number): \(CommandLine.arguments[0]) (\(getpid()))"
        let host = try HostNetwork.query(configuration, log: log)
        let guest = temporaryGuest(configuration, host)
        var world = try Launch.prepare(
            configuration, host, guest, inherited, header: name, log: log)
        try Launch.seal(&world, configuration, usesRing: false, log: log)
        try Launch.ready(&world, log: log)
        while true {
            _ = shim_wait_readable(world.signals.number, world.watch?.descriptor ?? -1, 1000)
            if let status = world.signalsArrived() { _exit(status) }
            if world.watch?.isGone() == true { _exit(0) }
        }
    }

    private static func temporaryGuest(_ configuration: Configuration, _ host: HostNetwork) -> GuestNetwork {
        var guest = GuestNetwork()
        guest.mtu = configuration.mtu
        if let template = host.ipv4, let first = template.addresses.first, let address = first.address.v4 {
            guest.ipv4 = .init(address: address, prefixLength: first.prefixLength, gateway: template.gateway?.v4)
        }
        if let template = host.ipv6 {
            let address = template.addresses.first { !$0.isLinkScope }?.address.v6
            guest.ipv6 = .init(
                address: address, gateway: template.gateway?.v6,
                ours: template.linkLocal ?? IPv6Address(high: 0xfe80 << 48, low: 1))
        }
        return guest
    }
}
