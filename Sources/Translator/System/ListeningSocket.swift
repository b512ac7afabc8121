// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A UNIX stream socket that listens at a path of the host; the path stays when it is closed.
struct ListeningSocket: ~Copyable {
    /// Candidates of `openDefault`: /tmp/passt_1.socket to this number.
    static let lastDefaultNumber = 99

    let path: String
    let descriptor: Descriptor

    /// Listens at `path`, in place of a socket there that nobody serves any more.
    init(at path: String) throws(SetupError) {
        guard !Self.isServed(path) else {
            throw SetupError(
                "Cannot listen at \(path): another instance does. Choose another path or end that one.")
        }
        // SAFETY: the string is terminated and outlives both calls.
        _ = unsafe shim_unix_remove(path)
        let number = unsafe shim_unix_listen(path)
        guard number >= 0 else {
            throw SetupError(
                cannot: "listen at \(path)", code: -number,
                hint: "The directory must exist and be writable, and the path be free or a socket.")
        }
        self.path = path
        descriptor = Descriptor(owning: number)
    }

    /// Gives the socket away, without its path.
    consuming func release() -> Descriptor { descriptor }

    /// Listens at the first free default path.
    static func openDefault() throws(SetupError) -> ListeningSocket {
        for number in 1...lastDefaultNumber {
            let path = "/tmp/passt_\(number).socket"
            guard !isServed(path) else { continue }
            do throws(SetupError) {
                return try ListeningSocket(at: path)
            } catch {
                continue  // Somebody else's file, or a race for it: the next one.
            }
        }
        throw SetupError(
            "Cannot listen at any of /tmp/passt_1.socket to /tmp/passt_\(lastDefaultNumber).socket: "
                + "all are in use. Give a path with --socket.")
    }

    /// Whether a process accepts connections at `path`.
    ///
    /// The kernel's table is asked first: a connection made just to try would be a client to the other instance,
    /// and with `--one-off` its last. Sockets of other network namespaces are not in the table.
    private static func isServed(_ path: String) -> Bool {
        if let table = SystemFile.text(of: "/proc/net/unix", limit: 8 << 20) {
            for line in table.split(separator: "\n") where line.hasSuffix(" " + path) {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                // Flags: __SO_ACCEPTCON
                if fields.count > 3, let flags = UInt32(fields[3], radix: 16), flags & 0x10000 != 0 {
                    return true
                }
            }
        }
        // SAFETY: the string is terminated and outlives the call.
        let result = unsafe shim_unix_probe(path)
        return ![-ENOENT, -ECONNREFUSED, -EACCES, -EPERM, -ENOTDIR, -ENAMETOOLONG].contains(result)
    }
}
