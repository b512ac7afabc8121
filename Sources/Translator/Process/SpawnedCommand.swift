// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The command that runs in the new namespaces: created first, so that they exist, and let go when all is ready.
struct SpawnedCommand: ~Copyable {
    private static let hostnameLimit = 64  // HOST_NAME_MAX

    let process: Int32
    /// Closed without a byte, it ends the waiting child.
    private var go: Descriptor?

    /// Creates the namespaces with a child that waits in them.
    ///
    /// - Parameter command: empty for the user's shell, as a login shell.
    init(_ command: [String], hostname: String?, inherited: shim_inherited, log: Log) throws(SetupError) {
        let shell = ProcessEnvironment.value("SHELL") ?? "/bin/sh"
        let file = command.first ?? shell
        let arguments = command.isEmpty ? ["-" + shell] : command
        let name = String((hostname ?? "pasta-" + Self.hostname()).utf8.prefix(Self.hostnameLimit)) ?? "pasta"

        var started = shim_started()
        let result = unsafe Self.withArguments(arguments) { pointers in
            // SAFETY: strings and vector live until the call returns; the child has its own copy of all memory.
            unsafe file.withCString { file in
                unsafe name.withCString { name in
                    var request = unsafe shim_command(
                        file: file, arguments: pointers, hostname: name,
                        descriptor_limit: inherited.descriptor_limit,
                        ignores_broken_pipe: inherited.ignores_broken_pipe)
                    return unsafe shim_spawn(&request, &started)
                }
            }
        }
        try checked(
            result, "create the namespaces for the command",
            hint: "Check user.max_net_namespaces and the restrictions of the security module.")
        process = started.process
        go = Descriptor(owning: started.go)
        if started.proc_error != 0 {
            log.warning(SetupError(cannot: "mount /proc in the namespace", code: started.proc_error).message)
        }
        if started.hostname_error != 0 {
            log.warning(
                SetupError(cannot: "set the host name to \(name)", code: started.hostname_error).message)
        }
    }

    /// Opens the child's network namespace.
    func networkNamespace() throws(SetupError) -> Descriptor {
        try SystemFile.open(
            "/proc/\(process)/ns/net", O_RDONLY, step: "open the network namespace of the command")
    }

    /// Lets the command run.
    mutating func release() {
        switch go {
        case .some(let go):
            var byte: UInt8 = 1
            // SAFETY: one byte of this function is read. A child that is gone is noticed by its signal.
            _ = unsafe shim_write(go.number, &byte, 1)
        case .none: break
        }
        go = nil
    }

    /// Calls `body` with the terminated vector of `arguments`.
    @unsafe
    private static func withArguments(
        _ arguments: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
    ) -> Int32 {
        var pointers = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
        return unsafe pointers.withUnsafeBufferPointer { buffer in
            // SAFETY: the vector has at least its terminator.
            unsafe body(buffer.baseAddress!)
        }
    }

    private static func hostname() -> String {
        let text = SystemFile.text(of: "/proc/sys/kernel/hostname") ?? ""
        return text.split(separator: "\n").first.map(String.init) ?? "localhost"
    }
}
