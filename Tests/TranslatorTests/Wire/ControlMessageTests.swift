// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("ICMP of both versions")
struct ControlMessageTests {
    @Test("every ICMP message is read and written back the same")
    func icmp() {
        let messages: [(String, ICMPMessage)] = [
            ("08 00 00 00 12 34 00 07", .echoRequest(identifier: 0x1234, sequence: 7)),
            ("00 00 00 00 12 34 00 07", .echoReply(identifier: 0x1234, sequence: 7)),
            ("03 03 00 00 00 00 00 00", .unreachable(code: 3)),
            ("03 04 00 00 00 00 05 78", .fragmentationNeeded(nextHopMTU: 1400)),
            ("0b 00 00 00 00 00 00 00", .timeExceeded(code: 0)),
            ("0c 00 00 00 14 00 00 00", .parameterProblem(code: 0, pointer: 20)),
        ]
        for (fixture, message) in messages {
            expectIdentity(
                hex(fixture), message, parse: { bytes throws(WireError) in try ICMPMessage(parsing: bytes) },
                write: { $0.write(to: &$1) })
        }
    }

    @Test("every ICMPv6 message is read and written back the same")
    func icmpv6() {
        let messages: [(String, ICMPv6Message)] = [
            ("80 00 00 00 12 34 00 07", .echoRequest(identifier: 0x1234, sequence: 7)),
            ("81 00 00 00 12 34 00 07", .echoReply(identifier: 0x1234, sequence: 7)),
            ("01 04 00 00 00 00 00 00", .unreachable(code: 4)),
            ("02 00 00 00 00 00 05 00", .packetTooBig(mtu: 1280)),
            ("03 01 00 00 00 00 00 00", .timeExceeded(code: 1)),
            ("04 01 00 00 00 00 00 28", .parameterProblem(code: 1, pointer: 40)),
        ]
        for (fixture, message) in messages {
            expectIdentity(
                hex(fixture), message,
                parse: { bytes throws(WireError) in try ICMPv6Message(parsing: bytes) },
                write: { $0.write(to: &$1) })
        }
    }

    @Test("other types are malformed", arguments: [UInt8(1), 5, 13, 64, 135, 255])
    func otherTypes(type: UInt8) {
        let bytes: [UInt8] = [type, 0, 0, 0, 0, 0, 0, 0]
        #expect(refusal(bytes) { bytes throws(WireError) in try ICMPMessage(parsing: bytes) } == .malformed)
    }

    @Test("sealed messages sum to zero")
    func seal() {
        let v4 = written(12) { bytes in
            ICMPMessage.echoRequest(identifier: 1, sequence: 2).write(to: &bytes, at: 2)
            ICMPMessage.seal(&bytes, at: 2, byteCount: 9)
        }
        var sum = Checksum()
        sum.add(Array(v4[2..<11]).span.bytes)
        #expect(sum.complement == 0)

        let v6 = written(12) { bytes in
            ICMPv6Message.echoRequest(identifier: 1, sequence: 2).write(to: &bytes, at: 2)
            ICMPv6Message.seal(&bytes, at: 2, byteCount: 9, from: guestIPv6, to: hostIPv6)
        }
        var sum6 = PseudoHeader(guestIPv6, hostIPv6, protocolNumber: 58, byteCount: 9).checksum
        sum6.add(Array(v6[2..<11]).span.bytes)
        #expect(sum6.complement == 0)
    }
}
