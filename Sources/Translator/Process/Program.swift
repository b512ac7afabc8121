// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The program: what its name and arguments ask for, from start to exit.
public enum Program {
    public static func run() -> Never {
        let log = Log(name: "pasta")
        do throws(SetupError) {
            try serve(arguments(), log)
        } catch {
            log.error(error.message)
            exit(1)
        }
    }

    /// Starts, and then waits for the end: nothing moves packets yet.
    private static func serve(_ configuration: Configuration, _ log: Log) throws(SetupError) -> Never {
        let inherited = try Launch.begin()
        let host = try HostNetwork.query(configuration, log: log)
        let guest = temporaryGuest(configuration, host)
        var world = try Launch.prepare(
            configuration, host, guest, inherited, header: "pasta 0: pasta (\(getpid()))", log: log)
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

    private static func arguments() -> Configuration {
        var configuration = Configuration()
        var words = CommandLine.arguments.dropFirst()
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            switch word {
            case "--config-net": configuration.configuresNamespace = true
            case "--netns-only": configuration.isNetnsOnly = true
            case "--no-netns-quit": configuration.quitsWithNamespace = false
            case "-f": configuration.isForeground = true
            case "-q": configuration.verbosity = .quiet
            case "-d": configuration.verbosity = .debug
            case "--netns":
                let name = words.removeFirst()
                configuration.target = .namespace(name.contains("/") ? name : "/run/netns/" + name)
            case "--userns": configuration.userNamespace = words.removeFirst()
            case "-P": configuration.pidFile = words.removeFirst()
            case "-l": configuration.logFile = words.removeFirst()
            case "-I": configuration.namespaceInterface = words.removeFirst()
            case "-i": configuration.interface = words.removeFirst()
            case "--runas": configuration.runAs = words.removeFirst()
            default: break
            }
            if word == "--" { break }
        }
        guard configuration.target == .command([]) else { return configuration }
        if words.count == 1, let process = Int32(words.first ?? "") {
            configuration.target = .process(process)
        } else {
            configuration.target = .command(Array(words))
        }
        return configuration
    }
}
