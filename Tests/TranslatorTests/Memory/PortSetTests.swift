// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Sets of ports")
struct PortSetTests {
    @Test("every port is its own member", arguments: [0, 1, 63, 64, 1023, 32768, 65535] as [UInt16])
    func members(port: UInt16) {
        var set = PortSet()

        set.insert(port)

        let found = (0...65535).filter { set.contains(UInt16($0)) }
        #expect(found == [Int(port)])
        set.remove(port)
        let count = set.count
        #expect(count == 0)
    }

    @Test("union, difference, and assignment that tells of changes")
    func algebra() {
        var first = PortSet()
        var second = PortSet()
        first.insert(22)
        first.insert(80)
        second.insert(80)
        second.insert(443)

        var union = PortSet()
        let changes = [union.assign(first), union.assign(first)]
        union.formUnion(second)
        let unionPorts = [22, 80, 443].map { union.contains($0) }
        union.subtract(second)
        let rest = [22, 80, 443].map { union.contains($0) }

        #expect(changes == [true, false])
        #expect(unionPorts == [true, true, true])
        #expect(rest == [true, false, false])
    }
}
