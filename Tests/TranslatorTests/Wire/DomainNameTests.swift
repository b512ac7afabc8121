// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Domain names on the wire")
struct DomainNameTests {
    @Test("labels follow their lengths, the root comes last", arguments: ["example.org", "example.org."])
    func plain(name: String) {
        #expect(DomainName(name)?.bytes == [7] + Array("example".utf8) + [3] + Array("org".utf8) + [0])
    }

    @Test(
        "what no message can carry is refused",
        arguments: [
            "", ".", "a..b", ".a", String(repeating: "x", count: 64),
            String(repeating: "ab.", count: 84) + "abc",
        ])
    func refused(name: String) {
        #expect(DomainName(name) == nil)
    }

    @Test("255 bytes on the wire are the most")
    func longest() {
        let name = String(repeating: "ab.", count: 84) + "a"

        #expect(DomainName(name)?.bytes.count == 255)
    }

    @Test("the example of RFC 3397, section 2: a shared suffix becomes a pointer")
    func compressed() {
        let list = DomainNameList(["eng.apple.com", "marketing.apple.com"], compressing: true)

        let first = [3] + Array("eng".utf8) + [5] + Array("apple".utf8) + [3] + Array("com".utf8) + [0]
        let second = [9] + Array("marketing".utf8) + [0xc0, 0x04]
        #expect(list.bytes == first + second)
        #expect(list.ends == [first.count, first.count + second.count])
    }

    @Test("a repeated name is one pointer")
    func repeated() {
        let list = DomainNameList(["a.b", "a.b"], compressing: true)

        #expect(list.bytes == [1, 0x61, 1, 0x62, 0, 0xc0, 0])
    }

    @Test("without compression every name stands alone")
    func uncompressed() {
        let list = DomainNameList(["a.b", "bad..name", "c.b"], compressing: false)

        #expect(list.bytes == [1, 0x61, 1, 0x62, 0, 1, 0x63, 1, 0x62, 0])
    }

    @Test("a list is cut between names", arguments: [(0, 0), (4, 0), (5, 5), (6, 5), (9, 9), (100, 9)])
    func cut(limit: Int, expected: Int) {
        let list = DomainNameList(["a.b", "c.b"], compressing: true)

        #expect(list.byteCount(fitting: limit) == expected)
    }
}
