// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@testable import Translator

@Suite("Rings in a guest's memory", .serialized)
struct VirtqueueTests {
    private static let guest: UInt64 = 0x1_0000
    private static let user: UInt64 = 0x7000_0000
    private static let byteCount = 1 << 20
    private static let region = VhostUserRegion(
        guestAddress: guest, byteCount: UInt64(byteCount), userAddress: user, fileOffset: 0)
    private static let ring = VhostUserRingAddresses(
        index: 0, flags: 0, descriptors: user, used: user + 0x2000, available: user + 0x1000, log: 0)

    private static func file() -> Int32 {
        let file = memfd_create("guest", 0)
        precondition(file >= 0 && ftruncate(file, byteCount) == 0)
        return file
    }

    private static func memory(_ own: borrowing EngineMemory) -> GuestMemory {
        GuestMemory(window: own.arena.vector(own.window), offset: own.window.offset)
    }

    @Test("random descriptors never trap, and what is accepted lies in the guest's memory", arguments: 0..<4)
    func randomChains(seed: UInt64) throws {
        let own = try EngineMemory(linkByteCount: 4096, lazyByteCount: 0, hasWindow: true)
        var arena = own.arena
        var memory = Self.memory(own)
        let file = Self.file()
        defer { close(file) }
        try memory.add(Self.region, descriptor: file)
        let start = memory[0].offset
        var queue = Virtqueue()
        try queue.setSize(16)
        queue.allowsIndirect = true
        try queue.setAddresses(Self.ring, memory)
        var chain = VirtqueueChain()
        var random = SplitMix(seed: seed)
        var acceptedCount = 0
        var isInside = true

        for _ in 0..<20_000 {
            for _ in 0..<4 {
                let descriptor = VirtioDescriptor(
                    address: Self.guest &+ random.next() % UInt64(Self.byteCount + 64) &- 32,
                    byteCount: UInt32(truncatingIfNeeded: random.next() % 3 == 0 ? 32 : random.next() % 5000),
                    flags: VirtioDescriptor.Flags(
                        rawValue: UInt16(random.next() % 16 < 13 ? random.next() % 2 : 4)),
                    next: UInt16(random.next() % 17))
                let place = start + Int(random.next() % 16) * VirtioDescriptor.length
                var bytes = arena.mutableBytes(Slice(offset: place, byteCount: VirtioDescriptor.length))
                descriptor.write(to: &bytes)
            }
            do throws(VhostUserError) {
                try chain.read(UInt16(random.next() % 17), isWritten: false, queue, memory, arena)
                acceptedCount += 1
                for index in 0..<chain.count {
                    let slice = chain[index].slice
                    if slice.offset < start || slice.offset + slice.byteCount > start + Self.byteCount {
                        isInside = false
                    }
                }
            } catch {}
        }

        #expect(isInside)
        #expect(acceptedCount > 1000)
    }

    @Test("an available index that is more than a ring ahead is refused")
    func availableIndex() throws {
        let own = try EngineMemory(linkByteCount: 4096, lazyByteCount: 0, hasWindow: true)
        var arena = own.arena
        var memory = Self.memory(own)
        let file = Self.file()
        defer { close(file) }
        try memory.add(Self.region, descriptor: file)
        var queue = Virtqueue()
        try queue.setSize(16)
        try queue.setAddresses(Self.ring, memory)
        var outcomes: [VhostUserError?] = []

        for ahead: UInt16 in [16, 17, 65535] {
            queue.setBase(0)
            var bytes = arena.mutableBytes(Slice(offset: memory[0].offset + 0x1002, byteCount: 2))
            bytes.storeLittleEndian(ahead, at: 0)
            do throws(VhostUserError) {
                _ = try queue.waitingCount(memory)
                outcomes.append(nil)
            } catch {
                outcomes.append(error)
            }
        }

        #expect(outcomes == [nil, .availableIndex, .availableIndex])
    }

    @Test("addresses are found in their region and nowhere else")
    func translation() throws {
        let own = try EngineMemory(linkByteCount: 4096, lazyByteCount: 0, hasWindow: true)
        var memory = Self.memory(own)
        let file = Self.file()
        defer { close(file) }
        try memory.add(Self.region, descriptor: file)
        let start = memory[0].offset
        let end = Self.guest + UInt64(Self.byteCount)

        let first = memory.place(guest: Self.guest, byteCount: 10)
        let cut = memory.place(guest: end - 4, byteCount: 10)
        let outside = [Self.guest - 1, end, 0, UInt64.max].map { memory.place(guest: $0, byteCount: 1) }
        let crossing = memory.place(user: Self.user + UInt64(Self.byteCount) - 4, byteCount: 10)

        #expect(first == Slice(offset: start, byteCount: 10))
        #expect(cut == Slice(offset: start + Self.byteCount - 4, byteCount: 4))
        #expect(outside == [nil, nil, nil, nil])
        #expect(crossing == nil)
    }

    @Test("a file that is cut short while mapped reads as zeros, once, and everything is unmapped")
    func cutFile() throws {
        let own = try EngineMemory(linkByteCount: 4096, lazyByteCount: 0, hasWindow: true)
        let arena = own.arena
        var memory = Self.memory(own)
        try memory.guardAgainstCuts()
        let file = Self.file()
        defer { close(file) }
        try memory.add(Self.region, descriptor: file)
        let place = Slice(offset: memory[0].offset, byteCount: 8)
        #expect(ftruncate(file, 0) == 0)

        let value = arena.bytes(place).native(at: 0, as: UInt64.self)

        let (isFaulted, isFaultedAgain) = (memory.checkFault(), memory.checkFault())
        let count = memory.count
        #expect(value == 0)
        #expect(isFaulted && !isFaultedAgain)
        #expect(count == 0)
    }
}
