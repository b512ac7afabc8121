// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// qrap: connects to a running passt and becomes a QEMU that inherits the connection, for versions before 7.2 that
/// cannot connect by themselves.
enum Qrap {
    private static let lastSocketNumber = ListeningSocket.lastDefaultNumber
    private static let busyRetryCount = 50
    private static let busyPauseMilliseconds: Int32 = 50
    private static let answerMilliseconds: Int32 = 500

    static func run(_ arguments: [String]) throws(SetupError) -> Never {
        let path = (ProcessEnvironment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
            .map(
                String.init)
        let request = try request(arguments, path)
        let socket = try connect()
        let number = request.descriptor
        guard dup2(socket, number) == number else {
            throw SetupError(cannot: "give QEMU the socket as descriptor \(number)", code: shim_errno())
        }
        if socket != number { _ = close(socket) }
        let code = execute(request.program, request.arguments)
        throw SetupError(cannot: "execute \(request.program)", code: code)
    }

    private struct Request {
        var descriptor: Int32
        var program: String
        /// Beginning with the program's name.
        var arguments: [String]
    }

    /// FDNUM QEMU_CMD and its arguments as they are, or arguments to change for the QEMU that is found.
    private static func request(_ arguments: [String], _ path: [String]) throws(SetupError) -> Request {
        if arguments.count >= 2, let number = Int32(arguments[0]), number >= 3,
            let program = find(arguments[1], in: path)
        {
            return Request(
                descriptor: number, program: program, arguments: Array(arguments.dropFirst()))
        }
        let candidates = ["kvm", "qemu-kvm", "qemu-system-" + machineName()]
        for name in candidates {
            if let program = find(name, in: path) { return implicit(program, name, arguments) }
        }
        let last = "/usr/libexec/qemu-kvm"
        if isExecutable(last) { return implicit(last, last, arguments) }
        throw SetupError(
            "Cannot find QEMU: none of \(candidates.joined(separator: ", ")) is in PATH. "
                + "Usage: qrap [FDNUM QEMU_CMD] [QEMU_ARG]...")
    }

    private static func implicit(_ program: String, _ name: String, _ arguments: [String]) -> Request {
        let descriptor = QrapArguments.usualDescriptor
        let edited = QrapArguments(editing: arguments, descriptor: descriptor)
        return Request(descriptor: descriptor, program: program, arguments: [name] + edited.arguments)
    }

    private static func find(_ name: String, in path: [String]) -> String? {
        guard !name.isEmpty else { return nil }
        return path.map { $0 + "/" + name }.first(where: isExecutable)
    }

    private static func isExecutable(_ path: String) -> Bool {
        // SAFETY: the string is terminated and outlives the call.
        unsafe access(path, X_OK) == 0
    }

    private static func machineName() -> String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "aarch64"
        #elseif arch(s390x)
            "s390x"
        #elseif arch(powerpc64le)
            "ppc64"
        #else
            "i386"
        #endif
    }

    // MARK: The socket

    /// A connection to the first passt that answers; blocking, and kept when the program is replaced.
    private static func connect() throws(SetupError) -> Int32 {
        for number in 1...lastSocketNumber {
            let path = "/tmp/passt_\(number).socket"
            for _ in 0..<busyRetryCount {
                switch probe(path) {
                case .connected(let socket):
                    say("Connected to \(path)")
                    return socket
                case .silent:
                    break
                case .busy:
                    _ = shim_wait_readable(-1, -1, busyPauseMilliseconds)
                    continue
                }
                break
            }
        }
        throw SetupError(
            "Cannot find a passt that answers at /tmp/passt_1.socket to /tmp/passt_\(lastSocketNumber).socket. "
                + "Start one first.")
    }

    private enum Probe {
        case connected(Int32)
        /// Nobody is there, or says anything.
        case silent
        /// It serves another client.
        case busy
    }

    private static func probe(_ path: String) -> Probe {
        // SAFETY: the string is terminated and outlives the call.
        let socket = unsafe shim_unix_connect(path)
        guard socket >= 0 else { return .silent }
        let question = framed(arpRequest) + framed(neighbourSolicitation)
        let sent = unsafe question.withUnsafeBytes { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it.
            unsafe shim_send(socket, bytes.baseAddress, bytes.count)
        }
        var outcome = Probe.busy
        if sent == question.count {
            _ = shim_wait_readable(socket, -1, answerMilliseconds)
            // The answer stays in the socket: it is for QEMU, which would lose its place in the stream.
            switch shim_is_answered(socket) {
            case 1: return .connected(socket)
            case -EAGAIN: outcome = .silent
            default: outcome = .busy
            }
        }
        _ = close(socket)
        return outcome
    }

    private static func framed(_ frame: [UInt8]) -> [UInt8] {
        [0, 0, UInt8(frame.count >> 8), UInt8(frame.count & 0xff)] + frame
    }

    /// Locally administered; the guest's own takes its place with its first frame.
    private static let mac: [UInt8] = [0x02, 0x00, 0x00, 0x00, 0x00, 0x02]

    /// A probe for an address that is nobody's (RFC 5227): no sender for passt to learn.
    private static let arpRequest: [UInt8] =
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] + mac + [0x08, 0x06]
        + [0x00, 0x01, 0x08, 0x00, 6, 4, 0x00, 0x01] + mac + [0, 0, 0, 0]
        + [0, 0, 0, 0, 0, 0] + [192, 0, 2, 255]

    /// For an address of the documentation prefix, from nobody (RFC 4861, section 4.3).
    private static let neighbourSolicitation: [UInt8] = {
        let ethernet: [UInt8] = [0x33, 0x33, 0xff, 0x00, 0x00, 0x01] + mac + [0x86, 0xdd]
        let target: [UInt8] = [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [1]
        let destination: [UInt8] =
            [0xff, 0x02] + [UInt8](repeating: 0, count: 9) + [1, 0xff, 0, 0, 1]
        let header: [UInt8] =
            [0x60, 0, 0, 0, 0, 24, 58, 255] + [UInt8](repeating: 0, count: 16) + destination
        var message: [UInt8] = [135, 0, 0, 0, 0, 0, 0, 0] + target
        // The sum over the pseudo-header: addresses, length and next header.
        var sum = 24 + 58
        for bytes in [destination, message] {
            for index in stride(from: 0, to: bytes.count, by: 2) {
                sum += Int(bytes[index]) << 8 | Int(bytes[index + 1])
            }
        }
        while sum > 0xffff { sum = (sum & 0xffff) + sum >> 16 }
        message[2] = UInt8(~sum >> 8 & 0xff)
        message[3] = UInt8(~sum & 0xff)
        return ethernet + header + message
    }()

    // MARK: The process

    private static func say(_ text: String) {
        let line = Array((text + "\n").utf8)
        unsafe line.withUnsafeBytes { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it.
            _ = unsafe shim_write(2, bytes.baseAddress, bytes.count)
        }
    }

    /// Becomes the program; the error number when that fails.
    private static func execute(_ program: String, _ arguments: [String]) -> Int32 {
        var pointers = unsafe arguments.map { unsafe strdup($0) }
        unsafe pointers.append(nil)
        // SAFETY: strings and vector are terminated and live until the call returns, if it does.
        _ = unsafe execv(program, pointers)
        return shim_errno()
    }
}
