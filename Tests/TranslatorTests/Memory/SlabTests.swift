// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("Slab")
struct SlabTests {
    @Test("hands out every index once, lowest first, then none")
    func exhaustion() {
        var slab = Slab(capacity: 4, initial: 7)

        let taken = (0..<5).map { _ in slab.allocate() }

        #expect(taken == [0, 1, 2, 3, nil])
        let count = slab.count
        #expect(count == 4)
    }

    @Test("hands out the index freed last, holding the initial record in its next generation")
    func reuse() {
        var slab = Slab(capacity: 4, initial: 7)
        for _ in 0..<3 { _ = slab.allocate() }
        slab[1] = 99
        slab.free(0)
        slab.free(1)

        let again = slab.allocate()
        let (record, generations) = (slab[1], [slab.generation(0), slab.generation(1), slab.generation(2)])

        #expect(again == 1)
        #expect(record == 7)
        #expect(generations == [1, 1, 0])
    }

    @Test("knows which records are in use, also beyond its end")
    func membership() {
        var slab = Slab(capacity: 2, initial: 0)
        _ = slab.allocate()

        let answers = [-1, 0, 1, 2, 1 << 40].map { slab.isAllocated($0) }

        #expect(answers == [false, true, false, false, false])
    }

    @Test("changes a large record in place, without allocating")
    func inPlace() {
        struct Large: BitwiseCopyable {
            var words = InlineArray<48, UInt64>(repeating: 0)
        }
        var slab = Slab(capacity: 1000, initial: Large())
        // The runtime allocates when it meets a generic type first.
        if let index = slab.allocate() {
            slab[index].words[47] &+= 1
            slab.free(index)
        }
        let before = malloc_guard_count()
        for _ in 0..<1000 { _ = slab.allocate() }
        for index in 0..<1000 { slab[index].words[47] &+= UInt64(index) }
        for index in 0..<1000 where index % 2 == 0 { slab.free(index) }
        let allocations = malloc_guard_count() - before

        let last = slab[999].words[47]
        #expect(last == 999)
        #expect(allocations == 0)
    }

    @Test("costs no memory for records never used")
    func lazy() {
        struct Large: BitwiseCopyable {
            var words = InlineArray<48, UInt64>(repeating: 0)
        }
        var slab = Slab(capacity: 1 << 21, initial: Large())  // 768 MiB if touched

        let index = slab.allocate()

        #expect(index == 0)
    }
}
