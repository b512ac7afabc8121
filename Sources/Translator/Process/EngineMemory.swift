// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The engine's memory: one mapping, taken at start and cut into the regions that everything else names by offset.
@safe
struct EngineMemory: ~Copyable {
    static let pageByteCount = 4096
    static let hugePageByteCount = 2 << 20

    /// Where the part begins that is touched only when it is needed.
    let lazyOffset: Int
    private let byteCount: Int
    private let start: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - linkByteCount: slots of the link: touched now, so that no first frame waits for the kernel to find pages.
    ///   - lazyByteCount: touched only when a host's socket is full.
    init(linkByteCount: Int, lazyByteCount: Int) throws(SetupError) {
        let huge = Self.hugePageByteCount
        lazyOffset = (linkByteCount + huge - 1) / huge * huge
        byteCount = lazyOffset + lazyByteCount
        guard let start = unsafe shim_map_arena(byteCount, huge, 1) else {
            throw SetupError(
                "Cannot map \(byteCount >> 20) MiB of memory: the machine or a limit refuses it.")
        }
        unsafe self.start = start
        for offset in stride(from: 0, to: linkByteCount, by: Self.pageByteCount) {
            // SAFETY: `offset` lies inside the mapping just made.
            unsafe start.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
    }

    var arena: Arena {
        // SAFETY: the mapping is never unmapped.
        unsafe Arena(start: start, byteCount: byteCount)
    }

    /// A small arena of its own.
    static func scratch(byteCount: Int) throws(SetupError) -> Arena {
        guard let start = unsafe shim_map_arena(byteCount, pageByteCount, 0) else {
            throw SetupError("Cannot map memory: the machine or a limit refuses it.")
        }
        // SAFETY: as above.
        return unsafe Arena(start: start, byteCount: byteCount)
    }
}
