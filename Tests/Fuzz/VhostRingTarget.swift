// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc

@testable import Translator

/// A ring whose descriptors, indices and buffers are the fuzzer's bytes, in a guest of two regions that touch.
///
///     guest   0 descriptors   0x200 available   0x280 used   0x400 ...   0x3000 second region   0x4000 end
enum VhostRingTarget {
    private static let byteCount = 0x4000
    private static let user: UInt64 = 0x7000_0000
    private static let ring = VhostUserRingAddresses(
        index: 0, flags: VhostUserRingAddresses.logFlag, descriptors: user, used: user + 0x280,
        available: user + 0x200, log: 0x280)

    private final class State {
        var arena: Arena
        var memory: GuestMemory
        var chain = VirtqueueChain()
        var logArea: Slice
        /// Where in the arena the two regions lie.
        var parts: [Slice] = []

        init() throws {
            let own = try EngineMemory(linkByteCount: 1 << 20, lazyByteCount: 0, hasWindow: true)
            arena = own.arena
            memory = GuestMemory(window: arena.vector(own.window), offset: own.window.offset)
            let file = memfd_create("guest", 0)
            precondition(file >= 0 && ftruncate(file, byteCount + 4096) == 0)
            logArea = Slice(offset: 0, byteCount: 0)
            for (start, end) in [(0, 0x3000), (0x3000, byteCount)] as [(UInt64, Int)] {
                let size = end - Int(start)
                try memory.add(
                    VhostUserRegion(
                        guestAddress: start, byteCount: UInt64(size), userAddress: user + start,
                        fileOffset: start),
                    descriptor: file)
                parts.append(Slice(offset: memory[parts.count].offset, byteCount: size))
            }
            let log = try memory.mapLog(
                VhostUserLogArea(byteCount: 4096, fileOffset: UInt64(byteCount)), descriptor: file)
            logArea = Slice(offset: log, byteCount: 4096)
        }
    }
    nonisolated(unsafe) private static let state: State = {
        do { return try State() } catch { fatalError("no memory for a guest: \(error)") }
    }()

    static func run(_ input: FuzzInput) {
        var input = input
        let size = UInt32(1) << UInt32(input.byte() % 6)
        let flags = input.byte()
        let base = UInt16(input.byte())
        for part in state.parts {
            state.arena.store([UInt8](repeating: 0, count: part.byteCount), at: part.offset)
        }
        let bytes = input.take(byteCount)
        state.arena.store(Array(bytes.prefix(0x3000)), at: state.parts[0].offset)
        state.arena.store(Array(bytes.dropFirst(0x3000)), at: state.parts[1].offset)
        var queue = Virtqueue()
        queue.allowsIndirect = flags & 1 != 0
        queue.usesEventIndex = flags & 2 != 0
        var log = DirtyLog()
        if flags & 4 != 0 { log.begin(state.logArea) }
        // The driver's own mistakes end the session; here, the input.
        do throws(VhostUserError) {
            try queue.setSize(size)
            queue.setBase(base)
            try queue.setAddresses(ring, state.memory)
            (queue.isStarted, queue.isEnabled) = (true, true)
            try play(&queue, &log, isWritten: flags & 8 != 0)
        } catch {}
    }

    private static func play(_ queue: inout Virtqueue, _ log: inout DirtyLog, isWritten: Bool)
        throws(VhostUserError)
    {
        for _ in 0..<64 {
            guard let head = try queue.takeHead(state.memory, state.arena) else { break }
            try state.chain.read(head, isWritten: isWritten, queue, state.memory, state.arena)
            var sum = 0
            for index in 0..<state.chain.count {
                let slice = state.chain[index].slice
                sum += slice.byteCount
                precondition(slice.byteCount > 0)
                precondition(
                    state.parts.contains {
                        slice.offset >= $0.offset
                            && slice.offset + slice.byteCount <= $0.offset + $0.byteCount
                    }, "a buffer outside the guest")
                if isWritten { try log.mark(state.chain[index].address, slice.byteCount, state.memory) }
            }
            precondition(sum == state.chain.byteCount)
            let copied = state.chain.copy(from: Int(head), upTo: 65536, to: 0, &state.arena)
            precondition(copied == min(65536, max(0, sum - Int(head))))
            try queue.use(
                VirtioUsedElement(head: UInt32(head), byteCount: UInt32(sum)), &log, state.memory,
                &state.arena)
        }
        try queue.publish(&log, state.memory)
        _ = try queue.enableNotification(state.memory, &state.arena)
        queue.disableNotification(state.memory)
        log.notify()
    }
}
