// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Pipes for spliced connections, of one size, some of them made ahead.
struct SplicePipes: ~Copyable {
    /// Sizes to try, in bytes. The kernel grants an unprivileged user 1 MiB for a pipe and 64 MiB for all together
    /// (`fs.pipe-max-size`, `fs.pipe-user-pages-soft`), beyond that only pages for the next few.
    private static let sizes: [Int32] = [1 << 20, 1 << 19, 1 << 18, 1 << 17, 1 << 16]

    /// Bytes that a pipe takes.
    let byteCount: Int
    /// Readers and writers in turn.
    private var spare: IndexList

    /// - Parameter count: pipes to keep ready, all of the largest size that the kernel grants so many.
    init(count: Int) {
        spare = IndexList(capacity: 2 * count)
        var granted = Self.sizes.last ?? 0
        for size in Self.sizes where Self.isGranted(size, count: count) {
            granted = size
            break
        }
        byteCount = Int(granted)
        refill()
    }

    var isEmpty: Bool { spare.isEmpty }

    /// A pipe that is empty; nil when descriptors are short.
    mutating func take() -> SplicedConnection.Pipe? {
        if let writer = spare.removeLast(), let reader = spare.removeLast() {
            return SplicedConnection.Pipe(reader: Int32(reader), writer: Int32(writer))
        }
        return Self.make(Int32(byteCount))
    }

    /// Takes a pipe back; one with bytes in it is closed.
    mutating func give(_ pipe: SplicedConnection.Pipe, isEmpty: Bool) {
        guard isEmpty, spare.count < spare.capacity else {
            _ = close(pipe.reader)
            _ = close(pipe.writer)
            return
        }
        spare.append(Int(pipe.reader))
        spare.append(Int(pipe.writer))
    }

    /// Makes one of the pipes that lack.
    mutating func replenish() {
        guard spare.count < spare.capacity, let pipe = Self.make(Int32(byteCount)) else { return }
        give(pipe, isEmpty: true)
    }

    /// Closes a spare pipe, for its descriptors; false when there is none.
    mutating func shrink() -> Bool {
        guard let writer = spare.removeLast(), let reader = spare.removeLast() else { return false }
        _ = close(Int32(reader))
        _ = close(Int32(writer))
        return true
    }

    private mutating func refill() {
        while spare.count < spare.capacity, let pipe = Self.make(Int32(byteCount)) {
            give(pipe, isEmpty: true)
        }
    }

    private static func make(_ byteCount: Int32) -> SplicedConnection.Pipe? {
        var pipe = SplicedConnection.Pipe.none
        // SAFETY: both numbers are values of this function, filled by the call.
        guard unsafe shim_pipe(&pipe.reader, &pipe.writer) == 0 else { return nil }
        // A smaller pipe works, too.
        _ = shim_pipe_resize(pipe.writer, byteCount)
        return pipe
    }

    /// Whether so many pipes can have a size at the same time.
    private static func isGranted(_ byteCount: Int32, count: Int) -> Bool {
        var pipes: [SplicedConnection.Pipe] = []
        var isGranted = true
        while isGranted, pipes.count < count {
            var pipe = SplicedConnection.Pipe.none
            // SAFETY: as above.
            guard unsafe shim_pipe(&pipe.reader, &pipe.writer) == 0 else { break }
            pipes.append(pipe)
            isGranted = shim_pipe_resize(pipe.writer, byteCount) >= 0
        }
        for pipe in pipes {
            _ = close(pipe.reader)
            _ = close(pipe.writer)
        }
        return isGranted
    }
}
