// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The program: what its name and arguments ask for, from start to exit.
public enum Program {
    public static func run() -> Never {
        if (CommandLine.arguments.first ?? "").split(separator: "/").last?.containsText("qrap") == true {
            runQrap()
        }
        if ClientInvocation.isClient(CommandLine.arguments.first ?? "") { Client.run(CommandLine.arguments) }
        let invocation = Invocation(
            arguments: CommandLine.arguments, reactorVariable: ProcessEnvironment.value("PASST_REACTOR"),
            ephemeralPorts: ephemeralPorts())
        switch invocation {
        case .run(let configuration, let warnings):
            let log = Log(name: configuration.mode.programName)
            for warning in warnings { log.warning(warning) }
            do throws(SetupError) {
                try Service.run(configuration, log)
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

    /// What the host gives to sockets that do not ask for a port.
    static func ephemeralPorts() -> ClosedRange<UInt16> {
        let text = SystemFile.text(of: "/proc/sys/net/ipv4/ip_local_port_range") ?? ""
        let bounds = text.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { return PortSurroundings.usualEphemeralPorts }
        return bounds[0]...bounds[1]
    }

    private static func runQrap() -> Never {
        do throws(SetupError) {
            try Qrap.run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            Log(name: "qrap").error(error.message)
            exit(1)
        }
    }

    private static func answer(_ text: String) -> Never {
        print(text, terminator: "")
        exit(0)
    }
}
