// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Echo flows")
struct EchoFlowTests {
    @Test(
        "give the guest its own identifier, and nothing else in the message changes",
        arguments: IPVersion.allCases)
    func identifier(version: IPVersion) {
        var flow = Self.flow(version)
        _ = flow.requestArrived(sequence: 7, hopLimit: 64, now: .start)
        var message = Self.reply(version, identifier: 0x5555, sequence: 7)

        let isForGuest = Self.hand(&message, to: &flow)

        #expect(isForGuest)
        #expect(message == [version == .v4 ? 0 : 129, 0, 0, 0, 0x12, 0x34, 0, 7, 0xaa, 0xbb])
    }

    @Test("pass on a reply once", arguments: IPVersion.allCases)
    func duplicates(version: IPVersion) {
        var flow = Self.flow(version)
        _ = flow.requestArrived(sequence: 0, hopLimit: 64, now: .start)

        let passed = ([0, 0, 1, 1, 0] as [UInt16]).map { sequence in
            var message = Self.reply(version, identifier: 1, sequence: sequence)
            return Self.hand(&message, to: &flow)
        }

        #expect(passed == [true, false, true, false, true])
    }

    @Test("pass on the reply to a request that is repeated")
    func repeatedRequest() {
        var flow = Self.flow(.v4)
        let passed = (0..<2).map { _ in
            _ = flow.requestArrived(sequence: 9, hopLimit: 64, now: .start)
            var message = Self.reply(.v4, identifier: 1, sequence: 9)
            return Self.hand(&message, to: &flow)
        }

        #expect(passed == [true, true])
    }

    @Test("ignore what is no reply of their version, or no whole header", arguments: IPVersion.allCases)
    func otherMessages(version: IPVersion) {
        var flow = Self.flow(version)
        var other = Self.reply(version == .v4 ? .v6 : .v4, identifier: 1, sequence: 1)
        var short = Array(Self.reply(version, identifier: 1, sequence: 1).prefix(7))

        let passed = [Self.hand(&other, to: &flow), Self.hand(&short, to: &flow)]

        #expect(passed == [false, false])
    }

    @Test("live 60 s after the last request")
    func lifetime() {
        var flow = Self.flow(.v4)

        let asked = flow.requestArrived(sequence: 1, hopLimit: 3, now: .start + .seconds(5))

        #expect(asked)
        #expect(flow.deadline == .start + .seconds(65))
    }

    @Test("differ by guest, destination and identifier")
    func keys() {
        let flow = Self.flow(.v4)

        let other = EchoFlow.key(guest: flow.guest, remote: flow.remote, identifier: 0x1235)

        #expect(flow.key == EchoFlow.key(guest: flow.guest, remote: flow.remote, identifier: 0x1234))
        #expect(flow.key != other)
    }

    private static func hand(_ message: inout [UInt8], to flow: inout EchoFlow) -> Bool {
        var span = message.mutableSpan
        var bytes = span.mutableBytes
        return flow.replyArrived(&bytes)
    }

    private static func reply(_ version: IPVersion, identifier: UInt16, sequence: UInt16) -> [UInt8] {
        var message: [UInt8] = [version == .v4 ? 0 : 129, 0, 0x77, 0x88]
        for word in [identifier, sequence] {
            message.append(UInt8(word >> 8))
            message.append(UInt8(word & 0xff))
        }
        return message + [0xaa, 0xbb]
    }

    private static func flow(_ version: IPVersion) -> EchoFlow {
        let fixture = TranslationFixture(version)
        return EchoFlow(
            guest: fixture.observed, remote: fixture.mappedLoopback, peer: .loopback(version),
            identifier: 0x1234,
            socket: 5, now: .start)
    }
}
