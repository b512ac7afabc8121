// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("ReserveBuffer")
struct ReserveBufferTests {
    private static let block = ReserveBuffer.blockByteCount

    @Test("gives back what was written across blocks")
    func acrossBlocks() throws {
        var arena = Arena.forTest(byteCount: 10 * Self.block)
        var reserve = ReserveBuffer(firstOffset: 4 * Self.block, byteCount: 6 * Self.block, windowCount: 2)
        let bytes = Self.pattern(3 * Self.block)
        arena.store(bytes, at: 100)
        let opened = reserve.open()
        let id = try #require(opened)

        let isWritten = reserve.write(
            id, at: 1000, from: Slice(offset: 100, byteCount: bytes.count), arena: &arena)

        #expect(isWritten)
        let got = Self.read(reserve, id, at: 1000, byteCount: bytes.count, arena)
        #expect(got == bytes)
        let (held, free) = (reserve.blockCount(id), reserve.freeBlockCount)
        #expect(held == 4)
        #expect(free == 2)
    }

    @Test("writes nothing when too few blocks are free")
    func exhaustion() throws {
        var arena = Arena.forTest(byteCount: 8 * Self.block)
        var reserve = ReserveBuffer(firstOffset: 4 * Self.block, byteCount: 2 * Self.block, windowCount: 2)
        let opened = reserve.open()
        let id = try #require(opened)

        let isWritten = reserve.write(
            id, at: 0, from: Slice(offset: 0, byteCount: 2 * Self.block + 1), arena: &arena)

        let free = reserve.freeBlockCount
        #expect(!isWritten)
        #expect(free == 2)
    }

    @Test("returns the blocks of a closed window")
    func closing() throws {
        var arena = Arena.forTest(byteCount: 8 * Self.block)
        var reserve = ReserveBuffer(firstOffset: 4 * Self.block, byteCount: 4 * Self.block, windowCount: 1)
        let opened = reserve.open()
        let id = try #require(opened)
        _ = reserve.write(id, at: 0, from: Slice(offset: 0, byteCount: 10), arena: &arena)
        _ = reserve.write(id, at: 3 << 20, from: Slice(offset: 0, byteCount: 10), arena: &arena)
        let second = reserve.open()

        reserve.close(id)

        let (free, open) = (reserve.freeBlockCount, reserve.openWindowCount)
        #expect(second == nil)
        #expect(free == 4)
        #expect(open == 0)
    }

    @Test("keeps its whole length wherever the origin lies")
    func wholeLength() throws {
        let length = 4 * Self.block
        var arena = Arena.forTest(byteCount: 16 * Self.block)
        var reserve = ReserveBuffer(
            firstOffset: 8 * Self.block, byteCount: 8 * Self.block, windowCount: 1, windowByteCount: length)
        let opened = reserve.open()
        let id = try #require(opened)
        let bytes = Self.pattern(length)
        arena.store(bytes, at: 0)

        for origin in [0, 1, Self.block - 1, Self.block, 5000, 3 * Self.block + 1] {
            reserve.consume(id, origin)
            let isWritten = reserve.write(id, at: 0, from: Slice(offset: 0, byteCount: length), arena: &arena)

            #expect(isWritten)
            let got = Self.read(reserve, id, at: 0, byteCount: length, arena)
            #expect(got == bytes)
            reserve.consume(id, length)
            let held = reserve.blockCount(id)
            #expect(held <= 1)
        }
    }

    @Test("behaves like plain arrays with holes", arguments: 0..<8)
    func model(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let length = 6 * Self.block
        var arena = Arena.forTest(byteCount: 32 * Self.block)
        var reserve = ReserveBuffer(
            firstOffset: 16 * Self.block, byteCount: 12 * Self.block, windowCount: 4, windowByteCount: length)
        var models: [Int: [UInt8?]] = [:]

        for _ in 0..<100 {
            switch random.next() % 8 {
            case 0:
                if let id = reserve.open() { models[id] = Array(repeating: nil, count: length) }
            case 1:
                guard let id = models.keys.randomElement(using: &random), random.next() % 4 == 0 else {
                    break
                }
                reserve.close(id)
                models[id] = nil
            case 2, 3:
                guard let id = models.keys.randomElement(using: &random), let model = models[id] else {
                    break
                }
                let count = Int(random.next() % UInt64(2 * Self.block))
                reserve.consume(id, count)
                models[id] = Array(model.dropFirst(count)) + Array(repeating: nil, count: count)
            default:
                guard let id = models.keys.randomElement(using: &random) else { break }
                let count = Int(random.next() % UInt64(2 * Self.block))
                let offset = Int(random.next() % UInt64(length - count))
                let bytes = Self.pattern(count, from: UInt8(truncatingIfNeeded: random.next()))
                arena.store(bytes, at: 64)
                let isWritten = reserve.write(
                    id, at: offset, from: Slice(offset: 64, byteCount: count), arena: &arena)
                if isWritten { for index in 0..<count { models[id]?[offset + index] = bytes[index] } }
            }
        }

        for (id, model) in models {
            for (start, run) in Self.runs(model) {
                let got = Self.read(reserve, id, at: start, byteCount: run.count, arena)
                #expect(got == run)
            }
            reserve.close(id)
        }
        let free = reserve.freeBlockCount
        #expect(free == 12)
    }

    @Test("does not allocate")
    func noAllocation() throws {
        var arena = Arena.forTest(byteCount: 8 * Self.block)
        var reserve = ReserveBuffer(firstOffset: 4 * Self.block, byteCount: 4 * Self.block, windowCount: 1)
        let before = malloc_guard_count()
        for _ in 0..<10 {
            guard let id = reserve.open() else { continue }
            _ = reserve.write(id, at: 20_000, from: Slice(offset: 0, byteCount: 20_000), arena: &arena)
            reserve.consume(id, 30_000)
            reserve.close(id)
        }

        let allocations = malloc_guard_count() - before

        #expect(allocations == 0)
    }

    private static func pattern(_ count: Int, from first: UInt8 = 1) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) &+ first }
    }

    private static func read(
        _ reserve: borrowing ReserveBuffer, _ id: Int, at offset: Int, byteCount: Int,
        _ arena: borrowing Arena
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < byteCount {
            bytes += arena.array(reserve.slice(id, at: offset + bytes.count, upTo: byteCount - bytes.count))
        }
        return bytes
    }

    /// The stretches without holes.
    private static func runs(_ model: [UInt8?]) -> [(Int, [UInt8])] {
        var runs: [(Int, [UInt8])] = []
        var current: [UInt8] = []
        for (index, byte) in (model + [nil]).enumerated() {
            if let byte {
                current.append(byte)
            } else if !current.isEmpty {
                runs.append((index - current.count, current))
                current = []
            }
        }
        return runs
    }
}
