// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Initial sequence numbers")
struct InitialSequenceTests {
    private let near = Endpoint(address: IPAddress(IPv4Address(0xc633_6401)), port: 443)
    private let far = Endpoint(address: IPAddress(IPv4Address(0xc000_0202)), port: 40000)
    private let sequence = InitialSequence(secret: SipKey(low: 1, high: 2))

    @Test("of the same endpoints advance by one each 32 ns")
    func clock() {
        let first = sequence.sequence(for: FlowKey(transport: 6, near: near, far: far), now: .start)

        let second = sequence.sequence(
            for: FlowKey(transport: 6, near: near, far: far), now: .start + .seconds(1))

        #expect(first.distance(to: second) == 31_250_000)
    }

    @Test("differ by every part of the endpoints and by the secret")
    func parts() {
        var (port, address) = (far, far)
        port.port += 1
        address.address = IPAddress(IPv4Address(0xc000_0203))
        let other = InitialSequence(secret: SipKey(low: 1, high: 3))

        let numbers: Set = [
            sequence.sequence(for: FlowKey(transport: 6, near: near, far: far), now: .start),
            sequence.sequence(for: FlowKey(transport: 6, near: far, far: near), now: .start),
            sequence.sequence(for: FlowKey(transport: 6, near: near, far: port), now: .start),
            sequence.sequence(for: FlowKey(transport: 6, near: near, far: address), now: .start),
            sequence.sequence(for: FlowKey(transport: 6, near: port, far: far), now: .start),
            other.sequence(for: FlowKey(transport: 6, near: near, far: far), now: .start),
        ]

        #expect(numbers.count == 6)
    }
}
