// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("BufferPool")
struct BufferPoolTests {
    @Test("hands out every slot once, then none")
    func exhaustion() {
        var pool = BufferPool(firstOffset: 4096, slotByteCount: 2048, count: 100)
        var taken: [Int] = []
        while let slot = pool.take() { taken.append(slot) }

        let offsets = [pool.offset(of: 0), pool.offset(of: 99)]
        let free = pool.freeCount

        #expect(taken.sorted() == Array(0..<100))
        #expect(offsets == [4096, 4096 + 99 * 2048])
        #expect(free == 0)
    }

    @Test("hands out the slot given last")
    func warmth() {
        var pool = BufferPool(firstOffset: 0, slotByteCount: 64, count: 8)
        let (first, second) = (pool.take(), pool.take())
        pool.give(first ?? -1)
        pool.give(second ?? -1)

        let next = pool.take()

        #expect(next == second)
        let states = [
            pool.isTaken(first ?? -1), pool.isTaken(second ?? -1), pool.isTaken(8), pool.isTaken(-1),
        ]
        #expect(states == [false, true, false, false])
    }
}
