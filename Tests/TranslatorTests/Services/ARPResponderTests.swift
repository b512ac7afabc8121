// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("ARP: who answers for whom")
struct ARPResponderTests {
    private let responder = ARPResponder(network: .documentation)
    private let guest = IPv4Address(0xc000_0202)
    private let gateway = IPv4Address(0xc000_0201)

    private func request(
        from sender: IPv4Address, for target: IPv4Address, mac: MACAddress = .documentationGuest
    ) -> ARPMessage {
        ARPMessage(
            .request, senderMAC: mac, senderAddress: sender, targetMAC: MACAddress(bits: 0),
            targetAddress: target)
    }

    @Test(
        "every address but the guest's own is at our MAC", arguments: [0xc000_0201, 0xc000_02ff, 0x0808_0808])
    func anyAddress(target: UInt32) {
        let reply = responder.reply(to: request(from: guest, for: IPv4Address(target)))

        #expect(
            reply
                == ARPMessage(
                    .reply, senderMAC: .defaultOurs, senderAddress: IPv4Address(target),
                    targetMAC: .documentationGuest, targetAddress: guest))
    }

    @Test("the assigned address is free for the guest to take")
    func assigned() {
        #expect(responder.reply(to: request(from: .unspecified, for: guest)) == nil)
        #expect(responder.reply(to: request(from: gateway, for: guest)) == nil)
    }

    @Test("a probe for another address meets a conflict")
    func probe() {
        let reply = responder.reply(to: request(from: .unspecified, for: IPv4Address(0xc000_0263)))

        #expect(reply?.targetAddress == .unspecified)
        #expect(reply?.senderAddress == IPv4Address(0xc000_0263))
    }

    @Test("announcements are not contested")
    func announcement() {
        let address = IPv4Address(0xc000_0263)

        #expect(responder.reply(to: request(from: address, for: address)) == nil)
    }

    @Test("replies get no reply")
    func reply() {
        var message = request(from: guest, for: gateway)
        message.operation = .reply

        #expect(responder.reply(to: message) == nil)
    }

    @Test(
        "no station has an unspecified, multicast, broadcast or loopback address",
        arguments: [
            0, 0xe000_0001, 0xffff_ffff, 0x7f00_0001,
        ])
    func noStation(target: UInt32) {
        #expect(responder.reply(to: request(from: guest, for: IPv4Address(target))) == nil)
    }

    @Test("a sender with a group address gets no reply")
    func groupSender() {
        #expect(responder.reply(to: request(from: guest, for: gateway, mac: .broadcast)) == nil)
    }

    @Test("without IPv4 nothing is answered or asked")
    func disabled() {
        var network = GuestNetwork.documentation
        network.ipv4 = nil
        let responder = ARPResponder(network: network)

        #expect(responder.reply(to: request(from: guest, for: gateway)) == nil)
        #expect(responder.initialRequest == nil)
    }

    @Test("the initial request asks for the assigned address in our name")
    func initialRequest() {
        #expect(
            responder.initialRequest
                == ARPMessage(
                    .request, senderMAC: .defaultOurs, senderAddress: gateway, targetMAC: MACAddress(bits: 0),
                    targetAddress: guest))
    }

    @Test("answering allocates nothing")
    func allocations() {
        let message = request(from: guest, for: gateway)

        #expect(allocationCount { _ = responder.reply(to: message) } ?? 0 == 0)
    }
}
