// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Spliced UDP flows")
struct SplicedDatagramsTests {
    private static let local = Endpoint(address: .loopback(.v4), port: 53)
    private static let peer = Endpoint(address: .loopback(.v4), port: 4444)

    private static func flow(_ direction: ForwardingDirection = .inbound) -> SplicedDatagrams {
        SplicedDatagrams(
            local: local, peer: peer, direction: direction, listener: FlowToken(kind: .ignored), near: 7,
            far: 8,
            now: .start)
    }

    @Test("a question and its answer are forgotten after 30 seconds, a stream after 120")
    func deadlines() {
        var flow = Self.flow()
        flow.datagramsArrived(1, from: .near, now: .start)
        flow.datagramsArrived(1, from: .far, now: .start + .seconds(1))
        #expect(flow.deadline(UDPTimeouts()) == .start + .seconds(31))

        flow.datagramsArrived(1, from: .far, now: .start + .seconds(2))

        #expect(flow.isStream && flow.deadline(UDPTimeouts()) == .start + .seconds(122))
    }

    @Test("many datagrams one way are no stream")
    func oneWay() {
        var flow = Self.flow()

        flow.datagramsArrived(300, from: .near, now: .start)

        #expect(!flow.isStream)
    }

    @Test("the same loopback addresses on host and in the namespace are different flows")
    func keys() {
        #expect(Self.flow(.inbound).key != Self.flow(.outbound).key)
        #expect(Self.flow(.inbound).key == SplicedDatagrams.key(.inbound, local: Self.local, peer: Self.peer))
    }

    @Test("datagrams of one socket leave by the other")
    func sides() {
        let flow = Self.flow()

        #expect(flow.socket(.near) == 7 && flow.socket(SplicedDatagrams.Side.near.other) == 8)
    }
}
