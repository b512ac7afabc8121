// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The client's end of a control socket; every call waits for the server.
struct ControlConnection: ~Copyable {
    private let descriptor: Descriptor
    private let path: String
    private let isDebugging: Bool

    init(to path: String, isDebugging: Bool) throws(SetupError) {
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_control_connect(path)
        guard number >= 0 else {
            throw SetupError(
                cannot: "connect to \(path)", code: -number,
                hint: "It has to be the control socket (--conf-path) of a running passt or pasta of yours.")
        }
        descriptor = Descriptor(owning: number)
        self.path = path
        self.isDebugging = isDebugging
    }

    /// The tables of the server, and whether it answers updates.
    func tables(
        _ ephemeralPorts: ClosedRange<UInt16>
    ) throws(SetupError) -> (tables: [ClientTable], answers: Bool) {
        let greeting = try parsed(try read(ControlGreeting.length)) { (bytes) throws(WireError) in
            try ControlGreeting(parsing: bytes)
        }
        debug("The server speaks version \(greeting.version).")
        guard greeting.isUnderstood else {
            throw SetupError(
                "Cannot use \(path): it speaks version \(greeting.version) of the protocol, and this is version "
                    + "\(ControlGreeting.version).")
        }
        var tables: [ClientTable] = []
        var answers = true
        while true {
            let number = try read(1)
            if number == [0] { return (tables, answers && !tables.isEmpty) }
            let header = try parsed(number + (try read(ControlTableHeader.length - 1))) {
                (bytes) throws(WireError) in try ControlTableHeader(parsing: bytes)
            }
            guard !tables.contains(where: { $0.number == header.number }) else { throw nonsense }
            if !header.capabilities.contains(.answers) { answers = false }
            debug("Table \(header.number.name) has \(header.ruleCount) rules.")
            tables.append(try table(header, ephemeralPorts))
        }
    }

    private func table(
        _ header: ControlTableHeader, _ ephemeralPorts: ClosedRange<UInt16>
    ) throws(SetupError) -> ClientTable {
        var rules: [ControlRule] = []
        for _ in 0..<header.ruleCount {
            rules.append(
                try parsed(try read(ControlRule.length)) { (bytes) throws(WireError) in
                    try ControlRule(parsing: bytes)
                })
        }
        do throws(PortSpecificationError) {
            return try ClientTable(header, rules, ephemeralPorts: ephemeralPorts)
        } catch {
            throw SetupError("Cannot understand the rules of \(path): \(error.reason).")
        }
    }

    func send(_ update: ControlUpdate) throws(SetupError) {
        let bytes = update.bytes
        debug("Sending \(bytes.count) bytes.")
        // SAFETY: the buffer is valid for this call, which only reads it.
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe shim_send_all(descriptor.number, buffer.baseAddress, buffer.count)
        }
        try checked(Int32(result), "send the new rules to \(path)")
    }

    /// How the update ended.
    func answer() throws(SetupError) -> ControlAnswer {
        var bytes = try read(ControlAnswer.headerLength)
        let failureCount = Int(bytes[1]) << 24 | Int(bytes[2]) << 16 | Int(bytes[3]) << 8 | Int(bytes[4])
        let reasonLength = Int(bytes[5]) << 8 | Int(bytes[6])
        let listed = min(failureCount, ControlAnswer.mostFailures)
        bytes += try read(listed * ControlAnswer.Failure.length + reasonLength)
        return try parsed(bytes) { (bytes) throws(WireError) in try ControlAnswer(parsing: bytes) }
    }

    private func read(_ byteCount: Int) throws(SetupError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        // SAFETY: the buffer is valid for this call and holds as many bytes as are asked for.
        let result = unsafe bytes.withUnsafeMutableBytes { buffer in
            unsafe shim_receive_all(descriptor.number, buffer.baseAddress, buffer.count)
        }
        try checked(Int32(clamping: result), "read from \(path)")
        guard result == byteCount else {
            throw SetupError("The server at \(path) ended the conversation early.")
        }
        return bytes
    }

    private func parsed<Value>(
        _ bytes: [UInt8], _ parse: (RawSpan) throws(WireError) -> Value
    ) throws(SetupError) -> Value {
        do throws(WireError) {
            return try parse(bytes.span.raw)
        } catch {
            throw nonsense
        }
    }

    private var nonsense: SetupError {
        SetupError("Cannot use \(path): what answers there is no control socket of passt or pasta.")
    }

    private func debug(_ text: String) {
        if isDebugging { Client.complain(text) }
    }
}
