// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Files and limits of the system, read and written whole at set-up.
enum SystemFile {
    /// The text of a small file, at most `limit` bytes of it; nil when it cannot be read.
    static func text(of path: String, limit: Int = 65536) -> String? {
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_open(path, O_RDONLY, 0)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        var bytes = [UInt8](repeating: 0, count: limit)
        var byteCount = 0
        while byteCount < limit {
            let received = unsafe bytes.withUnsafeMutableBytes { room in
                // SAFETY: the rest of the buffer holds `limit - byteCount` bytes.
                unsafe shim_read(
                    descriptor.number, room.baseAddress.map { unsafe $0 + byteCount }, limit - byteCount)
            }
            guard received > 0 else { break }
            byteCount += Int(received)
        }
        return String(decoding: bytes[..<byteCount], as: UTF8.self)
    }

    /// Writes `text` to an existing file in one call; the error number, or 0.
    static func write(_ text: String, to path: String) -> Int32 {
        var text = text
        let result = text.withUTF8 { bytes in
            // SAFETY: the buffer and the path are valid for this call.
            unsafe shim_write_file(path, bytes.baseAddress, bytes.count)
        }
        return -result
    }

    /// Opens `path`, close-on-exec.
    ///
    /// - Parameter step: what cannot be done when it fails, for the sentence.
    static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0, step: String, hint: String = "")
        throws(SetupError) -> Descriptor
    {
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_open(path, flags, mode)
        guard number >= 0 else { throw SetupError(cannot: step, code: -number, hint: hint) }
        return Descriptor(owning: number)
    }
}

/// Passes on what a shim returned; throws when it is the negative of an error number.
@discardableResult
func checked(_ result: Int32, _ step: @autoclosure () -> String, hint: String = "") throws(SetupError)
    -> Int32
{
    guard result >= 0 else { throw SetupError(cannot: step(), code: -result, hint: hint) }
    return result
}
