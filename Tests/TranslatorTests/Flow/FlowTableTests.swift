// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("FlowTable")
struct FlowTableTests {
    private static let secret = SipKey(low: 1, high: 2)

    @Test("finds what was inserted and nothing else")
    func lookup() {
        var table = FlowTable(capacity: 16, secret: Self.secret)
        let key = Self.key(1)

        let isInserted = table.insert(key, 77)

        let (found, missing) = (table.find(key), table.find(Self.key(2)))
        #expect(isInserted)
        #expect(found == 77)
        #expect(missing == nil)
    }

    @Test("tells keys apart by every part")
    func parts() {
        var table = FlowTable(capacity: 64, secret: Self.secret)
        let (a, b) = (IPAddress(IPv4Address(0xc000_0201)), IPAddress(IPv4Address(0xc000_0202)))
        let c = IPAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 1))
        let d = IPAddress(IPv6Address(high: 0x2001_0db8_0000_0001, low: 1))
        let mapped = IPAddress(IPv6Address(mapping: IPv4Address(0xc000_0201)))
        func end(_ address: IPAddress, _ port: UInt16) -> Endpoint { Endpoint(address: address, port: port) }
        let keys = [
            FlowKey(transport: 6, near: end(a, 1), far: end(b, 2)),
            FlowKey(transport: 17, near: end(a, 1), far: end(b, 2)),
            FlowKey(transport: 6, near: end(b, 1), far: end(a, 2)),
            FlowKey(transport: 6, near: end(a, 2), far: end(b, 1)),
            FlowKey(transport: 6, near: end(a, 1), far: end(a, 2)),
            FlowKey(side: .host, transport: 6, near: end(a, 1), far: end(b, 2)),
            FlowKey(side: .namespace, transport: 6, near: end(a, 1), far: end(b, 2)),
            FlowKey(transport: 6, near: end(c, 1), far: end(d, 2)),
            FlowKey(transport: 6, near: end(d, 1), far: end(c, 2)),
            FlowKey(transport: 6, near: end(c, 1), far: end(c, 2)),
            FlowKey(transport: 6, near: end(mapped, 1), far: end(mapped, 2)),
        ]

        for (index, key) in keys.enumerated() { _ = table.insert(key, index) }

        let found = keys.map { table.find($0) }
        #expect(found == Array(0..<keys.count))
        #expect(Set(keys).count == keys.count)
    }

    @Test("refuses a key beyond its capacity")
    func capacity() {
        var table = FlowTable(capacity: 100, secret: Self.secret)
        let inserted = (0..<101).map { table.insert(Self.key($0), $0) }

        #expect(inserted == Array(repeating: true, count: 100) + [false])
        table.remove(Self.key(50))
        let again = table.insert(Self.key(100), 100)
        #expect(again)
    }

    @Test("behaves like a dictionary, through growth and removal", arguments: 0..<4)
    func model(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = FlowTable(capacity: 3000, secret: SipKey(low: random.next(), high: random.next()))
        var model: [Int: Int] = [:]

        for _ in 0..<12_000 {
            let number = Int(random.next() % 4000)
            if random.next() % 3 == 0 {
                let isRemoved = table.remove(Self.key(number))
                #expect(isRemoved == (model.removeValue(forKey: number) != nil))
            } else if model[number] == nil {
                let isInserted = table.insert(Self.key(number), number * 3)
                #expect(isInserted == (model.count < 3000))
                if isInserted { model[number] = number * 3 }
            }
        }

        let count = table.count
        #expect(count == model.count)
        for number in 0..<4000 {
            let found = table.find(Self.key(number))
            #expect(found == model[number])
        }
    }

    @Test("does not allocate while it grows")
    func noAllocation() {
        _ = Self.allocations(keyCount: 10)  // the runtime makes its own tables at first use

        let allocations = Self.allocations(keyCount: 10_000)

        #expect(allocations == 0)
    }

    /// Made by filling a table and emptying half of it.
    private static func allocations(keyCount: Int) -> UInt64 {
        var table = FlowTable(capacity: keyCount, secret: secret)
        let before = malloc_guard_count()
        for number in 0..<keyCount { _ = table.insert(key(number), number) }
        for number in 0..<keyCount where number % 2 == 0 { table.remove(key(number)) }
        let allocations = malloc_guard_count() - before
        let count = table.count
        #expect(count == keyCount / 2)
        return allocations
    }

    private static func key(_ number: Int) -> FlowKey {
        let guest = Endpoint(address: IPAddress(IPv4Address(0xc000_0202)), port: UInt16(number % 1000 + 1))
        let remote = Endpoint(
            address: number % 2 == 0
                ? IPAddress(IPv4Address(0xc633_6400 + UInt32(number / 1000)))
                : IPAddress(IPv4Address(0xcb00_7100 + UInt32(number / 1000))), port: 443)
        return FlowKey(transport: 6, near: guest, far: remote)
    }
}
