// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CFuzz
import Glibc

/// One program for all targets, so that everything is built once: `fuzz TARGET [libFuzzer's arguments]`.
@main
struct Fuzz {
    /// What each target does with the fuzzer's bytes. Whatever goes wrong traps.
    private static let targets: [String: @Sendable (FuzzInput) -> Void] = [
        "frame": FrameTarget.run, "stream": StreamTarget.run, "vhost-message": VhostMessageTarget.run,
        "vhost-ring": VhostRingTarget.run, "netlink": NetlinkTarget.run,
        "port-specification": PortSpecificationTarget.run, "arguments": ArgumentsTarget.run,
        "resolver-file": ResolverFileTarget.run, "control": ControlTarget.run, "engine": EngineTarget.run,
    ]

    static func main() {
        var argc = CommandLine.argc
        var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        // In the environment, libFuzzer's own child processes find the name too.
        if argc > 1, let name = CommandLine.unsafeArgv[1], targets[String(cString: name)] != nil {
            setenv("FUZZ_TARGET", name, 1)
            CommandLine.unsafeArgv[1] = CommandLine.unsafeArgv[0]
            argc -= 1
            argv = CommandLine.unsafeArgv + 1
        }
        guard let name = getenv("FUZZ_TARGET"), targets[String(cString: name)] != nil else {
            print(targets.keys.sorted().joined(separator: "\n"))
            exit(2)
        }
        exit(
            LLVMFuzzerRunDriver(&argc, &argv) { bytes, count in
                Fuzz.target(FuzzInput(Array(UnsafeBufferPointer(start: bytes, count: count))))
                return 0
            })
    }

    private static let target: @Sendable (FuzzInput) -> Void = {
        getenv("FUZZ_TARGET").flatMap { targets[String(cString: $0)] } ?? { _ in }
    }()
}

/// The fuzzer's bytes, taken from the front; 0 when they are used up.
struct FuzzInput {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }
    /// All that is left, in an allocation of its own: a read beyond it is seen.
    var bytes: [UInt8] { Array(rest) }
    var text: String { String(decoding: rest, as: UTF8.self) }
    /// The same as the arguments of a program: no NUL is in them.
    var argumentText: String { String(decoding: rest.filter { $0 != 0 }, as: UTF8.self) }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }
    mutating func uint16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }
    mutating func take(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

/// What `write` leaves in `byteCount` bytes.
func written(_ byteCount: Int, _ write: (inout MutableRawSpan) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: byteCount)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    write(&raw)
    return bytes
}

/// If `bytes` are accepted, what is written from the value gives the same value.
func expectIdentity<Format: Equatable>(
    _ bytes: [UInt8], byteCount: Int, parse: (RawSpan) throws -> Format,
    write: (Format, inout MutableRawSpan) -> Void
) {
    guard let value = try? parse(bytes.span.bytes) else { return }
    let copy = written(byteCount) { write(value, &$0) }
    precondition((try? parse(copy.span.bytes)) == value, "\(value) is not read as written")
}
