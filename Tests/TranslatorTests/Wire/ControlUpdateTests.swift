// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Messages on the control socket")
struct ControlUpdateTests {
    private static let greeting = hex(
        """
        62 61 73 69 6c 3a 73 00                               // "basil:s"
        00 00 00 02  00 00 00 80  00 00 00 10                 // version, lengths of names
        """)

    private static let rule = hex(
        """
        00 00 00 00 00 00 00 00  00 00 ff ff  7f 00 00 01     // 127.0.0.1
        00 00 00 00 00 00 00 00  00 00 ff ff  c0 00 02 06     // to 192.0.2.6
        65 74 68 30 00 00 00 00  00 00 00 00 00 00 00 00      // eth0
        00 16  00 50  00 20  06  02                           // 22-80 to 32, TCP, best effort
        """)

    private static let value = ControlRule(
        address: IPv6Address(mapping: .loopback),
        target: IPv6Address(mapping: IPv4Address(0xc000_0206)), interface: "eth0", ports: 22...80,
        firstTargetPort: 32, protocolNumber: 6, flags: .bestEffort)

    @Test("the greeting is understood, another version or layout is not")
    func greeting() throws {
        expectIdentity(
            Self.greeting, ControlGreeting(),
            parse: { (bytes) throws(WireError) in try ControlGreeting(parsing: bytes) },
            write: { $0.write(to: &$1) })
        for (offset, byte) in [(11, 1), (11, 3), (11, 0), (15, 0x40), (19, 0x20)] as [(Int, UInt8)] {
            var bytes = Self.greeting
            bytes[offset] = byte
            let isUnderstood = try ControlGreeting(parsing: bytes.span.bytes).isUnderstood
            #expect(!isUnderstood)
        }
        var bytes = Self.greeting
        bytes[0] = 0x63
        #expect(
            refusal(bytes) { (span) throws(WireError) in try ControlGreeting(parsing: span) } == .malformed)
    }

    @Test("a rule is read and written as it stands")
    func rule() {
        expectIdentity(
            Self.rule, Self.value, parse: { (bytes) throws(WireError) in try ControlRule(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test(
        "a rule with an unknown flag, an endless name or a name that is no text is malformed",
        arguments: [[(55, 8)], (32..<48).map { ($0, 0x61) }, [(32, 0xff)]] as [[(Int, UInt8)]])
    func malformedRule(changes: [(Int, UInt8)]) {
        var bytes = Self.rule
        for (offset, byte) in changes { bytes[offset] = byte }

        #expect(refusal(bytes) { (span) throws(WireError) in try ControlRule(parsing: span) } == .malformed)
    }

    @Test("a table's header has number, name, capabilities and count")
    func tableHeader() {
        let bytes =
            hex("01 48 4f 53 54") + [UInt8](repeating: 0, count: 124) + hex("80 00 00 3f  00 00 00 02")
        let header = ControlTableHeader(
            number: .host, capabilities: [.ipv4, .ipv6, .tcp, .udp, .scan, .interface, .answers], ruleCount: 2
        )

        expectIdentity(
            bytes, header, parse: { (bytes) throws(WireError) in try ControlTableHeader(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }

    @Test("an update is complete at its last byte and not before", arguments: [false, true])
    func update(wantsAnswer: Bool) throws {
        let update = ControlUpdate(
            wantsAnswer: wantsAnswer,
            tables: [
                .init(number: .splice, rules: []), .init(number: .host, rules: [Self.value, Self.value]),
            ])
        let bytes = update.bytes

        let start = wantsAnswer ? hex("ff") : []
        #expect(
            bytes == start + hex("03 00 00 00 00  01 00 00 00 02") + Self.rule + Self.rule + hex("00"))
        for count in 0..<bytes.count {
            #expect(try ControlUpdate.length(in: Array(bytes[..<count]).span.bytes) == nil)
        }
        #expect(try ControlUpdate.length(in: (bytes + [1, 2]).span.bytes) == bytes.count)
        #expect(try ControlUpdate(parsing: bytes.span.bytes) == update)
    }

    @Test(
        "what cannot become an update is refused at once",
        arguments: ["02", "04", "ff ff", "01 00 00 01 00", "01 ff ff ff ff", "47 45 54 20 2f"])
    func rubbish(text: String) {
        #expect(throws: WireError.malformed) { try ControlUpdate.length(in: hex(text).span.bytes) }
    }

    @Test("a table that is named twice is malformed")
    func twice() {
        let bytes = hex("01 00 00 00 00  01 00 00 00 00  00")

        #expect(refusal(bytes) { (span) throws(WireError) in try ControlUpdate(parsing: span) } == .malformed)
    }

    @Test("an answer is read as it was written, and not before it is complete")
    func answer() {
        let failure = ControlAnswer.Failure(
            table: .host, protocolNumber: 17, port: 53, errorNumber: 98, address: .unspecified)
        let answer = ControlAnswer(outcome: .incomplete, failureCount: 1, failures: [failure], reason: "why")
        let bytes = answer.bytes

        #expect(
            bytes
                == hex(
                    """
                    02  00 00 00 01  00 03                                // incomplete, failures, length of reason
                    01 11  00 35  00 00 00 62                             // HOST, UDP, port 53, EADDRINUSE
                    00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00      // any address
                    77 68 79
                    """))
        let parsed = try? ControlAnswer(parsing: bytes.span.bytes)
        #expect(parsed == answer)
        for count in 0..<bytes.count {
            let part = Array(bytes[..<count])
            #expect(
                refusal(part) { (span) throws(WireError) in try ControlAnswer(parsing: span) } == .truncated)
        }
    }
}
