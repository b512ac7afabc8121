// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("DHCPv6: which message gets which answer")
struct DHCPv6ResponderTests {
    private typealias Client = DHCPv6Client
    private let responder = DHCPv6Responder(network: .documentation, time: 0x2a2a_2a2a)
    private let guest = IPv6Address.documentationGuest

    /// The address option for ours, leased for ever.
    private var leased: [UInt8] {
        Client.bytes([(5, guest.wireBytes + [UInt8](repeating: 0xff, count: 8))])
    }
    private let infiniteTimes = [UInt8](repeating: 0xff, count: 8)
    private let noTimes = [UInt8](repeating: 0, count: 8)

    private func status(_ code: UInt8) -> [UInt8] { Client.bytes([(13, [0, code])]) }

    @Test("SOLICIT gets an ADVERTISE, byte for byte")
    func solicit() throws {
        let solicit = hexBytes(
            """
            01 ab cd ef                                      // SOLICIT
            00 01 00 0a  00 03 00 01 02 00 00 00 00 01       // client identifier
            00 06 00 04  00 17 00 18                         // asks for resolvers, search list
            00 08 00 02  00 00                               // elapsed time
            00 03 00 0c  00 00 00 07  00 00 00 00  00 00 00 00 // IA_NA 7
            """)

        let read = try #require(DHCPv6ReplyRead(responder, to: solicit))

        #expect(
            read.bytes
                == hexBytes(
                    """
                    02 ab cd ef                                      // ADVERTISE
                    00 02 00 0e  00 01 00 01 2a 2a 2a 2a 9a 55 9a 55 9a 55 // server identifier
                    00 03 00 28  00 00 00 07  ff ff ff ff  ff ff ff ff // IA_NA 7, T1 and T2 infinite
                    00 05 00 18  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 ff ff ff ff ff ff ff ff
                    00 01 00 0a  00 03 00 01 02 00 00 00 00 01       // client identifier
                    """))
        #expect(read.reply.destination == .documentationLinkLocal)
    }

    @Test("SOLICIT with rapid commit gets a REPLY that says so")
    func rapidCommit() {
        let message = Client.message(.solicit, server: false, [(14, []), Client.association(1)])

        let read = DHCPv6ReplyRead(responder, to: message)

        #expect(read?.type == 7)
        #expect(read?[14] == [])
        #expect(read?[3] == [0, 0, 0, 1] + infiniteTimes + leased)
    }

    @Test("SOLICIT that hints at another address gets ours")
    func hint() {
        let message = Client.message(.solicit, server: false, [Client.association(1, Client.other)])

        #expect(DHCPv6ReplyRead(responder, to: message)?[3] == [0, 0, 0, 1] + infiniteTimes + leased)
    }

    @Test("REQUEST to us gets the address, another address is not on the link")
    func request() {
        let good = Client.message(.request, server: true, [Client.association(1, guest)])
        let bad = Client.message(.request, server: true, [Client.association(1, Client.other)])

        #expect(DHCPv6ReplyRead(responder, to: good)?[3] == [0, 0, 0, 1] + infiniteTimes + leased)
        #expect(DHCPv6ReplyRead(responder, to: bad)?[3] == [0, 0, 0, 1] + noTimes + status(4))
    }

    @Test(
        "RENEW and REBIND prolong our address and end others", arguments: [DHCPv6MessageType.renew, .rebind])
    func prolong(type: DHCPv6MessageType) {
        let message = Client.message(
            type, server: type == .renew, [Client.association(1, Client.other, guest)])

        let read = DHCPv6ReplyRead(responder, to: message)

        let ended = Client.bytes([(5, Client.other.wireBytes + noTimes)])
        #expect(read?.type == 7)
        #expect(read?[3] == [0, 0, 0, 1] + infiniteTimes + leased + ended)
    }

    @Test("CONFIRM gets a status for all addresses, and none without addresses")
    func confirm() {
        func answer(_ addresses: DHCPv6Client.Option...) -> DHCPv6ReplyRead? {
            DHCPv6ReplyRead(responder, to: Client.message(.confirm, server: false, addresses))
        }

        #expect(answer(Client.association(1, guest))?[13] == [0, 0])
        #expect(answer(Client.association(1, guest), Client.temporary(2, Client.other))?[13] == [0, 4])
        #expect(answer(Client.association(1, guest))?.codes == [2, 13, 1])
        #expect(answer(Client.association(1)) == nil)
    }

    @Test(
        "RELEASE and DECLINE succeed; what never had a lease has none",
        arguments: [DHCPv6MessageType.release, .decline])
    func release(type: DHCPv6MessageType) {
        let message = Client.message(
            type, server: true, [Client.association(1, guest), Client.temporary(2), Client.delegation(3)])

        let read = DHCPv6ReplyRead(responder, to: message)

        #expect(read?.type == 7)
        #expect(read?.codes == [2, 13, 4, 25, 1])
        #expect(read?[13] == [0, 0])
        #expect(read?[4] == [0, 0, 0, 2] + status(3))
        #expect(read?[25] == [0, 0, 0, 3] + noTimes + status(3))
    }

    @Test("INFORMATION-REQUEST gets parameters without an association, with or without identifiers")
    func informationRequest() {
        let bare = DHCPv6ReplyRead(responder, to: Client.message(11, []))
        let full = DHCPv6ReplyRead(responder, to: Client.message(.informationRequest, server: true))

        #expect(bare?.type == 7)
        #expect(bare?.codes == [2])
        #expect(full?.codes == [2, 1])
        #expect(
            DHCPv6ReplyRead(
                responder, to: Client.message(.informationRequest, server: false, [Client.association(1)]))
                == nil)
    }

    @Test("temporary addresses, prefixes and a second association get nothing, and are told so")
    func nothingLeft() {
        let message = Client.message(
            .solicit, server: false,
            [Client.temporary(1), Client.delegation(2), Client.association(3), Client.association(4)])

        let read = DHCPv6ReplyRead(responder, to: message)

        #expect(read?.codes == [2, 4, 25, 3, 3, 1])
        #expect(read?[4] == [0, 0, 0, 1] + status(2))
        #expect(read?[25] == [0, 0, 0, 2] + noTimes + status(6))
        #expect(read?[3] == [0, 0, 0, 3] + infiniteTimes + leased)
        #expect(read?.options[4].value == [0, 0, 0, 4] + noTimes + status(2))
    }

    @Test("the association that names the address keeps it")
    func keeps() {
        let message = Client.message(
            .renew, server: true, [Client.association(1), Client.association(2, guest)])

        let read = DHCPv6ReplyRead(responder, to: message)

        #expect(read?.options[1].value == [0, 0, 0, 1] + noTimes + status(2))
        #expect(read?.options[2].value == [0, 0, 0, 2] + infiniteTimes + leased)
    }

    @Test(
        "a missing, foreign or unwanted server identifier makes the message void",
        arguments: [DHCPv6MessageType.solicit, .request, .confirm, .renew, .rebind, .release, .decline])
    func serverIdentifier(type: DHCPv6MessageType) {
        let needsServer = [.request, .renew, .release, .decline].contains(type)
        var foreign = Client.server
        foreign[13] ^= 1
        let association = Client.association(1, guest)

        #expect(
            DHCPv6ReplyRead(responder, to: Client.message(type, server: needsServer, [association])) != nil)
        #expect(
            DHCPv6ReplyRead(responder, to: Client.message(type, server: !needsServer, [association])) == nil)
        #expect(
            DHCPv6ReplyRead(
                responder, to: Client.message(type, server: false, [(2, foreign), association])) == nil)
    }

    @Test("a message without client identifier is void", arguments: [1, 3, 4, 5, 6, 8, 9] as [UInt8])
    func clientIdentifier(type: UInt8) {
        var options: [DHCPv6Client.Option] = [Client.association(1, guest)]
        if [3, 5, 8, 9].contains(type) { options.append((2, Client.server)) }

        #expect(DHCPv6ReplyRead(responder, to: Client.message(type, options)) == nil)
    }

    @Test(
        "servers' and relays' messages are swallowed", arguments: [0, 2, 7, 10, 12, 13, 14, 255] as [UInt8])
    func swallowed(type: UInt8) {
        #expect(DHCPv6ReplyRead(responder, to: Client.message(type, [(1, Client.identifier)])) == nil)
    }

    @Test("unicast messages, and those from nowhere, are swallowed")
    func addresses() {
        let message = Client.message(.solicit, server: false, [Client.association(1)])

        #expect(DHCPv6ReplyRead(responder, to: message, destination: .documentationRouter) == nil)
        #expect(DHCPv6ReplyRead(responder, to: message, source: .unspecified) == nil)
        #expect(DHCPv6ReplyRead(responder, to: message, source: .allNodes) == nil)
    }

    @Test("without service or assigned address nothing is answered")
    func off() {
        var disabled = GuestNetwork.documentation
        disabled.services.dhcpv6 = false
        var local = GuestNetwork.documentation
        local.ipv6?.address = nil
        let message = Client.message(.solicit, server: false, [Client.association(1)])

        for network in [disabled, local] {
            #expect(DHCPv6ReplyRead(DHCPv6Responder(network: network, time: 0), to: message) == nil)
        }
    }
}

@Suite("DHCPv6: parameters and hostile messages")
struct DHCPv6ParameterTests {
    private typealias Client = DHCPv6Client

    private var network: GuestNetwork {
        var network = GuestNetwork.documentation
        network.ipv6?.resolvers = [.documentationRouter, .documentationGuest]
        network.searchDomains = ["eng.example.org", "example.org"]
        network.fqdn = "guest.example.org"
        return network
    }

    @Test("resolvers, search list and name are told")
    func parameters() {
        let responder = DHCPv6Responder(network: network, time: 0x2a2a_2a2a)

        let read = DHCPv6ReplyRead(responder, to: Client.message(.informationRequest, server: false))

        let search = DomainName("eng.example.org")!.bytes + DomainName("example.org")!.bytes
        #expect(read?.codes == [2, 1, 23, 24, 39])
        #expect(
            read?[23] == IPv6Address.documentationRouter.wireBytes + IPv6Address.documentationGuest.wireBytes)
        #expect(read?[24] == search)
        #expect(read?[39] == [0] + DomainName("guest.example.org")!.bytes)
    }

    @Test(
        "a client that wants its AAAA record updated is told that it is not",
        arguments: [(0, 0), (1, 2), (5, 2)])
    func fqdnFlags(asked: UInt8, answered: UInt8) {
        let responder = DHCPv6Responder(network: network, time: 0)
        let message = Client.message(.solicit, server: false, [Client.association(), (39, [asked, 0])])

        #expect(DHCPv6ReplyRead(responder, to: message)?[39]?.first == answered)
    }

    @Test("a search list that does not fit is cut between names, and names too long are left out")
    func longSearchList() throws {
        var network = network
        let long = (0..<6).map { String(repeating: "\($0).", count: 120) + "example" }
        network.searchDomains = [String(repeating: "ab.", count: 85)] + long
        let responder = DHCPv6Responder(network: network, time: 0)

        let read = try #require(
            DHCPv6ReplyRead(responder, to: Client.message(.solicit, server: false, [Client.association()])))

        let names = long.compactMap { DomainName($0)?.bytes }
        #expect(names.count == 6)
        #expect(read[24] == Array(names.prefix(4).joined()))
        #expect(read.bytes.count <= 1232)
    }

    @Test("associations beyond what a reply holds make the message void")
    func manyAssociations() {
        let responder = DHCPv6Responder(network: network, time: 0)
        let message = Client.message(.solicit, server: false, (0..<200).map { Client.association($0) })

        #expect(DHCPv6ReplyRead(responder, to: message) == nil)
    }

    @Test(
        "identifiers have 3 to 130 bytes and occur once",
        arguments: [(2, false), (3, true), (130, true), (131, false)])
    func identifierLength(count: Int, valid: Bool) {
        let responder = DHCPv6Responder(network: network, time: 0)
        let identifier = [UInt8](repeating: 1, count: count)

        let once = DHCPv6ReplyRead(responder, to: Client.message(1, [(1, identifier)]))
        let twice = DHCPv6ReplyRead(responder, to: Client.message(1, [(1, identifier), (1, identifier)]))

        #expect((once != nil) == valid)
        #expect(twice == nil)
    }

    private var message: [UInt8] {
        Client.message(
            .request, server: false,
            [
                (2, hexBytes("00 01 00 01  00 00 00 00  9a 55 9a 55 9a 55")),
                Client.association(1, .documentationGuest), Client.temporary(2, Client.other),
                Client.delegation(3),
                (39, [1, 0]),
            ])
    }

    @Test("a message cut anywhere but between options is void")
    func truncated() {
        let responder = DHCPv6Responder(network: network, time: 0)
        var whole: Set<Int> = []
        var offset = 4
        while offset < message.count {
            offset += 4 + (Int(message[offset + 2]) << 8 | Int(message[offset + 3]))
            whole.insert(offset)
        }
        // Behind the client's and the server's identifier an answer is due.
        let smallest = whole.sorted()[1]
        for count in 0...message.count {
            let read = DHCPv6ReplyRead(responder, to: Array(message[..<count]))

            #expect((read != nil) == (whole.contains(count) && count >= smallest), "\(count)")
        }
    }

    @Test("no mutation traps, and every answer is well-formed", arguments: 0..<8)
    func mutations(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        let responder = DHCPv6Responder(network: network, time: 0)
        for _ in 0..<2_000 {
            let read = DHCPv6ReplyRead(responder, to: message.mutated(by: &generator))

            #expect(read.map { $0.bytes.count <= 1232 } ?? true)
        }
    }

    @Test("answering allocates nothing")
    func allocations() {
        let responder = DHCPv6Responder(network: network, time: 0)
        let message = message
        var buffer = [UInt8](repeating: 0, count: 1400)

        let count = allocationCount {
            var span = buffer.mutableSpan
            var raw = span.mutableBytes
            _ = responder.reply(
                to: message.span.bytes, source: .documentationLinkLocal,
                destination: DHCPv6Message.allServers,
                into: &raw)
        }

        #expect(count ?? 0 == 0)
    }
}
