// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A log file of limited size: when it is full, the oldest part is cut off in place, through the open descriptor alone,
/// so that it works without a file system.
///
///     before   | header | oldest lines ... | cut here, at a line | newer lines ............... |
///     after    | header with a note | newer lines ............... |
struct LogFile: ~Copyable {
    /// Part of the file that goes, in percent, rounded up to whole pages.
    static let cutPercentage = 30
    static let pageByteCount = 4096

    private let descriptor: Descriptor
    private let limit: Int
    private let header: String
    private var byteCount = 0
    /// Carries the newer lines to their new place.
    private var carrier = [UInt8](repeating: 0, count: pageByteCount)

    /// Creates or truncates `path` and writes the first line.
    ///
    /// - Parameter header: the first line, without its end.
    init(path: String, limit: Int, header: String) throws(SetupError) {
        // SAFETY: the string is terminated and outlives the call.
        let number = unsafe shim_open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard number >= 0 else { throw SetupError(cannot: "create the log file \(path)", code: -number) }
        descriptor = Descriptor(owning: number)
        self.limit = limit
        self.header = header
        var line = LogLine()
        line.append(header)
        line.end()
        write(line)
    }

    /// Appends a whole line; cuts the file first when the line would pass the limit.
    mutating func append(_ line: borrowing LogLine, age: Interval) {
        if byteCount + line.byteCount > limit { cut(age: age) }
        write(line)
    }

    /// Errors are passed over: there is no place left to report them.
    private mutating func write(_ line: borrowing LogLine) {
        let written = unsafe line.content.withUnsafeBytes { bytes in
            // SAFETY: the buffer is valid for this call, which only reads it.
            unsafe pwrite(descriptor.number, bytes.baseAddress, bytes.count, off_t(byteCount))
        }
        if written > 0 { byteCount += written }
    }

    private mutating func cut(age: Interval) {
        let wanted = limit * Self.cutPercentage / 100
        let pages = (wanted + Self.pageByteCount - 1) / Self.pageByteCount
        var source = lineStart(after: min(pages * Self.pageByteCount, byteCount))
        let end = byteCount

        byteCount = 0
        var line = LogLine()
        line.append(header)
        line.append(" - older lines removed at ")
        line.append(timestamp: age)
        line.end()
        write(line)
        while source < end {
            let count = read(at: source, upTo: end - source)
            guard count > 0 else { break }
            let written = unsafe carrier.withUnsafeBytes { bytes in
                // SAFETY: `count` is at most the size of the buffer.
                unsafe pwrite(descriptor.number, bytes.baseAddress, count, off_t(byteCount))
            }
            guard written > 0 else { break }
            source += written
            byteCount += written
        }
        _ = ftruncate(descriptor.number, off_t(byteCount))
    }

    /// Where the first line after `offset` begins.
    private mutating func lineStart(after offset: Int) -> Int {
        var position = offset
        while position < byteCount {
            let count = read(at: position, upTo: byteCount - position)
            guard count > 0 else { break }
            for index in 0..<count where carrier[index] == UInt8(ascii: "\n") { return position + index + 1 }
            position += count
        }
        return byteCount
    }

    private mutating func read(at offset: Int, upTo count: Int) -> Int {
        unsafe carrier.withUnsafeMutableBytes { bytes in
            // SAFETY: never more than the size of the buffer.
            unsafe pread(descriptor.number, bytes.baseAddress, min(count, bytes.count), off_t(offset))
        }
    }
}
