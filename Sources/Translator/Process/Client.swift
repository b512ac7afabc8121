// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// pesto: shows and changes the forwarding rules of a running passt or pasta.
enum Client {
    static func run(_ arguments: [String]) -> Never {
        switch ClientInvocation(arguments: arguments) {
        case .help: answer(ClientOptions.help)
        case .version: answer(VersionText.text(program: "pesto"))
        case .failure(let error):
            complain(error.message)
            if error.showsUsage { complain(ClientOptions.help) }
            exit(1)
        case .run(let request):
            do throws(SetupError) {
                try Client.perform(request)
            } catch {
                complain(error.message)
                exit(1)
            }
            exit(0)
        }
    }

    private static func perform(_ request: ClientRequest) throws(SetupError) {
        let connection = try ControlConnection(to: request.path, isDebugging: request.isDebugging)
        let ephemeralPorts = Program.ephemeralPorts()
        var (tables, answers) = try connection.tables(ephemeralPorts)
        if request.showsTables || !request.changesRules {
            print(ClientRequest.text(of: tables, path: request.path), terminator: "")
        }
        guard request.changesRules else { return }
        var warnings: [String] = []
        do throws(ConfigurationError) {
            try request.perform(on: &tables, warnings: &warnings)
        } catch {
            throw SetupError(error.message)
        }
        for warning in warnings { complain(warning) }
        let update = ControlUpdate(
            wantsAnswer: answers,
            tables: tables.map { .init(number: $0.number, rules: $0.rules.rules.map(ControlRule.init)) })
        try connection.send(update)
        if answers { try judge(try connection.answer(), path: request.path) }
        guard request.showsTables else { return }
        let second = try ControlConnection(to: request.path, isDebugging: request.isDebugging)
        (tables, answers) = try second.tables(ephemeralPorts)
        print(ClientRequest.text(of: tables, path: request.path), terminator: "")
    }

    /// - Throws: unless the update is in force; ports of best-effort rules that cannot be had are only told.
    private static func judge(_ answer: ControlAnswer, path: String) throws(SetupError) {
        for failure in answer.failures.prefix(10) { complain(text(of: failure)) }
        if answer.failureCount > 10 { complain("\(answer.failureCount - 10) more ports cannot be had.") }
        guard answer.outcome == .refused else { return }
        let reason = answer.reason.isEmpty ? "" : " because \(answer.reason)"
        throw SetupError("Nothing was changed at \(path)\(reason).")
    }

    private static func text(of failure: ControlAnswer.Failure) -> String {
        let transport = TransportProtocol(rawValue: failure.protocolNumber)?.name ?? "protocol"
        let address = IPAddress(failure.address).unmapped
        let place = failure.address.isUnspecified ? "" : " of \(address)"
        let side = failure.table == .host ? "the host" : "the namespace"
        return SetupError(
            cannot: "listen on \(transport) port \(failure.port)\(place) on \(side)",
            code: Int32(truncatingIfNeeded: failure.errorNumber)
        ).message
    }

    private static func answer(_ text: String) -> Never {
        print(text, terminator: "")
        exit(0)
    }

    static func complain(_ text: String) {
        let line = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)
        // SAFETY: the buffer is valid for this call, which only reads it.
        _ = unsafe line.withUnsafeBytes { unsafe shim_write(2, $0.baseAddress, $0.count) }
    }
}
