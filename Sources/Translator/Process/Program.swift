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

    private static func answer(_ text: String) -> Never {
        print(text, terminator: "")
        exit(0)
    }
}
