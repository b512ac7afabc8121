// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("UDP flows")
struct UDPFlowTests {
    private let timeouts = UDPTimeouts()

    @Test("live 30 s one way, or after one datagram each way, and 120 s as a stream")
    func lifetimes() {
        for fromGuest in 0...3 {
            for fromHost in 0...3 where fromGuest + fromHost > 0 {
                var flow = Self.flow()
                for _ in 0..<fromGuest { _ = flow.datagramsFromGuest(hopLimit: 64, now: .start) }
                for _ in 0..<fromHost { flow.datagramsFromHost(now: .start) }

                let isStream = fromGuest > 0 && fromHost > 0 && fromGuest + fromHost > 2
                let expected = Instant.start + .seconds(isStream ? 120 : 30)
                #expect(
                    flow.deadline(timeouts) == expected,
                    "\(fromGuest) from the guest, \(fromHost) from the host")
            }
        }
    }

    @Test("count the datagrams of a run")
    func runs() {
        var flow = Self.flow()

        _ = flow.datagramsFromGuest(1000, hopLimit: 64, now: .start)
        flow.datagramsFromHost(1, now: .start)

        #expect(flow.isStream)
    }

    @Test("are refreshed from either side")
    func refreshing() {
        var flow = Self.flow()
        _ = flow.datagramsFromGuest(hopLimit: 64, now: .start + .seconds(10))
        let first = flow.deadline(timeouts)

        flow.datagramsFromHost(now: .start + .seconds(20))

        #expect(first == .start + .seconds(40))
        #expect(flow.deadline(timeouts) == .start + .seconds(50))
    }

    @Test("ask for a new hop limit when it changes, and never for 0")
    func hopLimit() {
        var flow = Self.flow()

        let asked = [64, 64, 1, 1, 0, 2].map { flow.datagramsFromGuest(hopLimit: $0, now: .start) }

        #expect(asked == [true, false, true, false, false, true])
        #expect(flow.hopLimit == 2)
    }

    private static func flow() -> UDPFlow {
        let (guest, remote) = (IPAddress(IPv4Address(0xc000_0202)), IPAddress(IPv4Address(0xc633_6401)))
        return UDPFlow(
            guest: Endpoint(address: guest, port: 4000), remote: Endpoint(address: remote, port: 53),
            peer: Endpoint(address: remote, port: 53), opener: .guest, socket: 5, now: .start)
    }
}
