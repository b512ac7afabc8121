// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The engine's memory: one mapping, taken at start and cut into the regions that everything else names by offset.
@safe
struct EngineMemory: ~Copyable {
    static let pageByteCount = 4096
    static let hugePageByteCount = 2 << 20

    /// Address space for a guest's memory that is asked for; what a limit allows may be less.
    static let windowByteCount = 1 << 40
    private static let leastWindowByteCount = 4 << 30

    /// Where the part begins that is touched only when it is needed.
    let lazyOffset: Int
    /// Where address space for a guest's memory lies (`GuestMemory`); empty: nowhere.
    let window: Slice
    private let byteCount: Int
    private let start: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - linkByteCount: slots of the link: touched now, so that no first frame waits for the kernel to find pages.
    ///   - lazyByteCount: touched only when a host's socket is full.
    ///   - hasWindow: a guest's memory will be mapped into the arena.
    init(linkByteCount: Int, lazyByteCount: Int, hasWindow: Bool = false) throws(SetupError) {
        let huge = Self.hugePageByteCount
        lazyOffset = (linkByteCount + huge - 1) / huge * huge
        let ownByteCount = lazyOffset + lazyByteCount
        let unit = GuestMemory.unit
        let windowOffset = (ownByteCount + unit - 1) / unit * unit
        var windowByteCount = hasWindow ? Self.windowByteCount : 0
        var mapped = unsafe UnsafeMutableRawPointer?.none
        if hasWindow {
            while windowByteCount >= Self.leastWindowByteCount {
                unsafe mapped = shim_map_arena_with_window(
                    ownByteCount, windowOffset - ownByteCount + windowByteCount, unit, 1)
                if unsafe mapped != nil { break }
                windowByteCount /= 2
            }
        } else {
            unsafe mapped = shim_map_arena(ownByteCount, huge, 1)
        }
        guard let start = unsafe mapped else {
            throw SetupError(
                "Cannot map \(ownByteCount >> 20) MiB of memory: the machine or a limit refuses it.")
        }
        window = Slice(offset: windowOffset, byteCount: windowByteCount)
        byteCount = hasWindow ? windowOffset + windowByteCount : ownByteCount
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
