// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("DHCP: which message gets which answer")
struct DHCPResponderTests {
    private let guest: [UInt8] = [192, 0, 2, 2]
    private let server: [UInt8] = [192, 0, 2, 1]
    private let other: [UInt8] = [192, 0, 2, 77]
    private let responder = DHCPResponder(network: .documentation)

    @Test("DISCOVER gets an OFFER, byte for byte")
    func discover() throws {
        let discover =
            hexBytes(
                """
                01 01 06 00  39 03 f3 26  00 00  00 00           // request, Ethernet, transaction
                00 00 00 00  00 00 00 00  00 00 00 00  00 00 00 00
                02 00 00 00 00 01  00 00 00 00 00 00 00 00 00 00 // client hardware address
                """) + [UInt8](repeating: 0, count: 192)
            + hexBytes(
                """
                63 82 53 63                                  // cookie
                35 01 01                                     // message type: DISCOVER
                37 03 01 03 06                               // asks for mask, router, resolvers
                00 00 ff                                     // padding, end
                """)

        let read = try #require(DHCPReplyRead(responder, to: discover))

        let offer =
            hexBytes(
                """
                02 01 06 00  39 03 f3 26  00 00  00 00           // reply
                00 00 00 00  c0 00 02 02  00 00 00 00  00 00 00 00
                02 00 00 00 00 01  00 00 00 00 00 00 00 00 00 00
                """) + [UInt8](repeating: 0, count: 192)
            + hexBytes(
                """
                63 82 53 63
                35 01 02                                     // first, for the list lacks it: OFFER
                01 04 ff ff ff 00                            // mask, as asked
                03 04 c0 00 02 01                            // router, as asked
                1a 02 ff f0                                  // MTU 65520
                33 04 ff ff ff ff                            // infinite lease
                36 04 c0 00 02 01                            // server
                ff
                """) + [UInt8](repeating: 0, count: 28)
        #expect(read.bytes == offer)
        #expect(
            read.reply
                == DHCPReply(
                    byteCount: 300, destination: IPv4Address(0xc000_0202),
                    destinationMAC: .documentationGuest,
                    clientMAC: .documentationGuest))
    }

    @Test("DISCOVER for another address gets the assigned one offered")
    func discoverOther() {
        let read = DHCPReplyRead(responder, to: DHCPClient().message(.discover, [(50, other)]))

        #expect(read?.type == 2)
        #expect(read?.yourAddress == guest)
        #expect(read?[80] == nil)
    }

    @Test("DISCOVER with rapid commit gets an ACK that says so")
    func rapidCommit() {
        let read = DHCPReplyRead(responder, to: DHCPClient().message(.discover, [(80, [])]))

        #expect(read?.type == 5)
        #expect(read?[80] == [])
        #expect(read?.yourAddress == guest)
    }

    @Test(
        "a client that selects us gets ACK or NAK, one that chose another server gets nothing"
    )
    func selecting() {
        func type(_ address: [UInt8], _ chosen: [UInt8]) -> UInt8? {
            DHCPReplyRead(responder, to: DHCPClient().message(.request, [(50, address), (54, chosen)]))?.type
        }

        #expect(type(guest, server) == 5)
        #expect(type(other, server) == 6)
        #expect(type(guest, other) == nil)
    }

    @Test("a client that reboots gets an ACK for our address and a NAK for another")
    func rebooting() {
        #expect(DHCPReplyRead(responder, to: DHCPClient().message(.request, [(50, guest)]))?.type == 5)
        #expect(DHCPReplyRead(responder, to: DHCPClient().message(.request, [(50, other)]))?.type == 6)
    }

    @Test("a client that renews gets an ACK for our address and a NAK for another")
    func renewing() {
        let good = DHCPReplyRead(responder, to: DHCPClient(clientAddress: 0xc000_0202).message(.request))
        let bad = DHCPReplyRead(responder, to: DHCPClient(clientAddress: 0xc000_024d).message(.request))

        #expect(good?.type == 5)
        #expect(good.map { Array($0.bytes[12..<16]) } == guest)
        #expect(bad?.type == 6)
    }

    @Test("a request that names no address at all is granted")
    func unspecific() {
        #expect(DHCPReplyRead(responder, to: DHCPClient().message(.request))?.type == 5)
    }

    @Test("a NAK goes to everybody, and carries type, server and client identifier only")
    func refusal() throws {
        let client = DHCPClient(clientAddress: 0xc000_024d)

        let read = try #require(
            DHCPReplyRead(responder, to: client.message(.request, [(61, [1, 2, 3]), (55, [1, 3])])))

        #expect(read.codes == [53, 54, 61])
        #expect(read.reply.destination == .broadcast)
        #expect(read.reply.destinationMAC == .broadcast)
        #expect(read.bytes[12..<28].allSatisfy { $0 == 0 })
    }

    @Test("INFORM gets parameters at its own address, but no lease")
    func inform() throws {
        let read = try #require(
            DHCPReplyRead(responder, to: DHCPClient(clientAddress: 0xc000_0263).message(.inform)))

        #expect(read.type == 5)
        #expect(read.yourAddress == [0, 0, 0, 0])
        #expect(read.codes == [1, 3, 26, 53, 54])
        #expect(read.reply.destination == IPv4Address(0xc000_0263))
    }

    @Test(
        "DECLINE, RELEASE, servers' messages and unknown ones are swallowed",
        arguments: [2, 4, 5, 6, 7, 9, 0, 255])
    func swallowed(type: UInt8) {
        #expect(DHCPReplyRead(responder, to: DHCPClient().message(options: [(53, [type])])) == nil)
    }

    @Test("a BOOTP client gets a reply of BOOTP's size without DHCP's own options")
    func bootp() throws {
        let read = try #require(DHCPReplyRead(responder, to: DHCPClient().message(options: [])))
        let bare = DHCPReplyRead(responder, to: DHCPClient().fixedPart + [UInt8](repeating: 0, count: 64))

        #expect(read.codes == [1, 3, 26])
        #expect(read.bytes.count == 300)
        #expect(read.yourAddress == guest)
        #expect(bare?.codes == [1, 3, 26])
    }

    @Test("the broadcast flag is honoured and echoed")
    func broadcastFlag() throws {
        let read = try #require(DHCPReplyRead(responder, to: DHCPClient(flags: 0x8000).message(.discover)))

        #expect(read.reply.destination == .broadcast)
        #expect(read.reply.destinationMAC == .broadcast)
        #expect(Array(read.bytes[10..<12]) == [0x80, 0])
    }

    @Test(
        "a client that names no Ethernet address is answered to everybody on the link",
        arguments: [(6, 6), (1, 8)])
    func otherHardware(type: UInt8, length: UInt8) {
        let client = DHCPClient(hardwareType: type, hardwareLength: length)

        let read = DHCPReplyRead(responder, to: client.message(.discover))

        #expect(read?.reply.clientMAC == nil)
        #expect(read?.reply.destinationMAC == .broadcast)
        #expect(read?.reply.destination == IPv4Address(0xc000_0202))
    }

    @Test("without service, IPv4 or gateway nothing is answered")
    func off() {
        var disabled = GuestNetwork.documentation
        disabled.services.dhcp = false
        var withoutGateway = GuestNetwork.documentation
        withoutGateway.ipv4?.gateway = nil
        var withoutIPv4 = GuestNetwork.documentation
        withoutIPv4.ipv4 = nil

        for network in [disabled, withoutGateway, withoutIPv4] {
            #expect(
                DHCPReplyRead(DHCPResponder(network: network), to: DHCPClient().message(.discover)) == nil)
        }
    }

    @Test("a reply is not taken for a request")
    func reply() {
        var message = DHCPClient().message(.discover)
        message[0] = 2

        #expect(DHCPReplyRead(responder, to: message) == nil)
    }

    @Test("options in file and sname count when the client says so")
    func overload() {
        var message = DHCPClient().message(options: [(52, [3])])
        message.replaceSubrange(108..<112, with: [53, 1, 3, 255])
        message.replaceSubrange(44..<51, with: [50, 4, 192, 0, 2, 77, 255])

        #expect(DHCPReplyRead(responder, to: message)?.type == 6)
    }
}

@Suite("DHCP: hostile messages")
struct DHCPRobustnessTests {
    private let message = DHCPClient().message(
        .request,
        [(50, [192, 0, 2, 2]), (55, [1, 3, 6, 53, 121]), (57, [5, 220]), (61, [1, 2]), (80, [])])

    @Test("a message cut anywhere is answered only where it still is one")
    func truncated() {
        let responder = DHCPResponder(network: .documentation)
        for count in 0..<message.count {
            let read = DHCPReplyRead(responder, to: Array(message[..<count]))

            if count < 236 { #expect(read == nil, "\(count)") }
            // Cut between two options the message is whole; cut inside one it is not.
            if [241, 242, 244, 248, 252, 265, 270].contains(count) { #expect(read == nil, "\(count)") }
        }
    }

    @Test(
        "options of impossible lengths make the message void", arguments: [50, 52, 53, 54, 57, 61] as [UInt8])
    func lengths(code: UInt8) {
        let responder = DHCPResponder(network: .documentation)

        #expect(DHCPReplyRead(responder, to: DHCPClient().message(options: [(53, [1]), (code, [])])) == nil)
    }

    @Test("no mutation traps, and every answer is well-formed", arguments: 0..<8)
    func mutations(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        var network = GuestNetwork.documentation
        network.searchDomains = ["eng.example.org", "example.org", "example.net"]
        network.fqdn = "guest.example.org"
        let responder = DHCPResponder(network: network)
        for _ in 0..<2_000 {
            let read = DHCPReplyRead(responder, to: message.mutated(by: &generator))

            #expect(read.map { $0.bytes.count >= 300 } ?? true)
        }
    }

    @Test("answering allocates nothing")
    func allocations() {
        var network = GuestNetwork.documentation
        network.searchDomains = ["eng.example.org", "example.org"]
        let responder = DHCPResponder(network: network)
        var buffer = [UInt8](repeating: 0, count: 1500)

        let count = allocationCount {
            var span = buffer.mutableSpan
            var raw = span.mutableBytes
            _ = responder.reply(to: message.span.bytes, into: &raw)
        }

        #expect(count ?? 0 == 0)
    }
}
