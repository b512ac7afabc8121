// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("DHCP: options of an answer")
struct DHCPOptionTests {
    private static let everything: GuestNetwork = {
        var network = GuestNetwork.documentation
        network.ipv4?.gateway = IPv4Address(0xc633_6401)
        network.ipv4?.ours = IPv4Address(0xc633_6401)
        network.ipv4?.resolvers = [
            IPv4Address(0xc000_0235), IPv4Address(0xc000_0236), IPv4Address(0xc000_0237),
        ]
        network.mtu = 1500
        network.hostname = "guest"
        network.fqdn = "guest.example.org"
        network.searchDomains = ["eng.example.org", "example.org"]
        return network
    }()

    @Test("every option of the table, ascending when the client has no wishes")
    func table() throws {
        let read = try #require(
            DHCPReplyRead(
                DHCPResponder(network: Self.everything), to: DHCPClient().message(.discover, [(80, [])])))

        #expect(read.codes == [1, 3, 6, 12, 26, 51, 53, 54, 80, 81, 119, 121])
        #expect(read[1] == [255, 255, 255, 0])
        #expect(read[3] == [198, 51, 100, 1])
        #expect(read[6] == [192, 0, 2, 53, 192, 0, 2, 54, 192, 0, 2, 55])
        #expect(read[12] == Array("guest".utf8))
        #expect(read[26] == [5, 220])
        #expect(read[51] == [255, 255, 255, 255])
        #expect(read[54] == [198, 51, 100, 1])
        #expect(read[80] == [])
        #expect(read[81] == [4, 255, 255] + DomainName("guest.example.org")!.bytes)
        #expect(read[119] == [3] + Array("eng".utf8) + DomainName("example.org")!.bytes + [0xc0, 4])
        #expect(read[121] == [32, 198, 51, 100, 1, 0, 0, 0, 0, 0, 198, 51, 100, 1])
    }

    @Test("what is not configured is not sent")
    func bare() throws {
        var network = GuestNetwork.documentation
        network.mtu = 0

        let read = try #require(
            DHCPReplyRead(DHCPResponder(network: network), to: DHCPClient().message(.discover)))

        #expect(read.codes == [1, 3, 51, 53, 54])
    }

    @Test("the order is the client's, what it did not name follows ascending")
    func order() {
        let message = DHCPClient().message(.discover, [(55, [121, 53, 6, 99, 1, 6])])

        let read = DHCPReplyRead(DHCPResponder(network: Self.everything), to: message)

        #expect(read?.codes == [121, 53, 6, 1, 3, 12, 26, 51, 54, 81, 119])
    }

    @Test("the message type comes first when the client's list lacks it")
    func typeFirst() {
        let message = DHCPClient().message(.discover, [(55, [6])])

        let read = DHCPReplyRead(DHCPResponder(network: Self.everything), to: message)

        #expect(read?.codes.prefix(3) == [53, 6, 1])
    }

    @Test("the client identifier comes back (RFC 6842)")
    func clientIdentifier() {
        let message = DHCPClient().message(.discover, [(61, [255, 1, 2, 3])])

        #expect(DHCPReplyRead(DHCPResponder(network: .documentation), to: message)?[61] == [255, 1, 2, 3])
    }

    @Test("options take 308 bytes at most, unless the client takes more")
    func limit() throws {
        var network = Self.everything
        network.hostname = String(repeating: "h", count: 200)
        network.searchDomains = (0..<6).map { String(repeating: "\($0)", count: 60) + ".example.org" }
        let responder = DHCPResponder(network: network)

        let plain = try #require(DHCPReplyRead(responder, to: DHCPClient().message(.discover)))
        let larger = try #require(
            DHCPReplyRead(responder, to: DHCPClient().message(.discover, [(57, [5, 220])])))
        let smaller = try #require(
            DHCPReplyRead(responder, to: DHCPClient().message(.discover, [(57, [0, 100])])))

        #expect(plain.bytes.count <= 548)
        #expect(plain[121] != nil)
        #expect(larger.bytes.count > 548)
        #expect(larger.bytes.count <= 1472)
        #expect(smaller.bytes == plain.bytes)
    }

    @Test("a long search list goes in several options, cut between names when it does not fit")
    func searchList() throws {
        var network = GuestNetwork.documentation
        network.searchDomains = (0..<6).map { String(repeating: "\($0)", count: 60) + ".example.org" }
        let whole = DomainNameList(network.searchDomains, compressing: true)
        let responder = DHCPResponder(network: network)

        let plain = try #require(DHCPReplyRead(responder, to: DHCPClient().message(.discover)))
        let larger = try #require(
            DHCPReplyRead(responder, to: DHCPClient().message(.discover, [(57, [5, 220])])))

        #expect(larger[119] == whole.bytes)
        #expect(
            larger.options.filter { $0.code == 119 }.map(\.value.count) == [255, whole.bytes.count - 255])
        let cut = try #require(plain[119])
        #expect(cut == Array(whole.bytes[..<whole.ends[3]]))
    }

    @Test("no list of wishes pushes out what a client cannot do without")
    func essentials() throws {
        var network = Self.everything
        network.hostname = String(repeating: "h", count: 240)
        let wishes: [UInt8] = [12, 81, 119, 6, 26]
        let message = DHCPClient().message(.discover, [(55, wishes), (61, [UInt8](repeating: 7, count: 60))])

        let read = try #require(DHCPReplyRead(DHCPResponder(network: network), to: message))

        #expect(Set(read.codes).isSuperset(of: [1, 3, 51, 53, 54, 61, 121]))
        #expect(!read.codes.contains(12))
    }

    @Test("a name that no option holds is left out")
    func longName() {
        var network = GuestNetwork.documentation
        network.fqdn = String(repeating: "ab.", count: 84) + "a"
        network.hostname = String(repeating: "h", count: 256)

        let read = DHCPReplyRead(
            DHCPResponder(network: network), to: DHCPClient().message(.discover, [(57, [5, 220])]))

        #expect(read?[81] == nil)
        #expect(read?[12] == nil)
    }

    @Test("a gateway in the subnet needs no routes", arguments: [(24, false), (30, false), (32, true)])
    func routes(prefixLength: UInt8, sent: Bool) {
        var network = GuestNetwork.documentation
        network.ipv4?.prefixLength = prefixLength

        let read = DHCPReplyRead(DHCPResponder(network: network), to: DHCPClient().message(.discover))

        #expect((read?[121] != nil) == sent)
    }
}
