// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Netlink messages")
struct NetlinkMessageTests {
    @Test("two messages in one datagram are found one after the other")
    func twoMessages() throws {
        let bytes = netlinkBytes(
            """
            14 00 00 00  10 00  02 00  07 00 00 00  00 00 00 00   // 20 bytes, type 16, multipart, sequence 7
            aa bb cc dd                                           // payload
            10 00 00 00  03 00  02 00  07 00 00 00  00 00 00 00   // done
            """)
        var offset = 0

        let first = try NetlinkMessage.next(in: bytes.span.bytes, at: &offset)
        let second = try NetlinkMessage.next(in: bytes.span.bytes, at: &offset)
        let third = try NetlinkMessage.next(in: bytes.span.bytes, at: &offset)

        #expect(first?.header.type == 16 && first?.header.sequence == 7 && first?.payload == 16..<20)
        #expect(second?.header.type == NetlinkHeader.done && second?.payload == 36..<36)
        #expect(third == nil)
    }

    @Test(
        "a length below the header or beyond the datagram is malformed", arguments: [0, 15, 21, 0xffff_ffff])
    func badLength(length: UInt32) {
        var bytes = [UInt8](repeating: 0, count: 20)
        for index in 0..<4 { bytes[index] = UInt8(length >> UInt32(8 * index) & 0xff) }

        #expect(throws: WireError.malformed) {
            var offset = 0
            _ = try NetlinkMessage.next(in: bytes.span.bytes, at: &offset)
        }
    }

    @Test("an attribute's length below 4 or beyond the message is malformed", arguments: [0, 3, 9, 65535])
    func badAttribute(length: UInt16) {
        let bytes: [UInt8] = [UInt8(length & 0xff), UInt8(length >> 8), 1, 0, 1, 2, 3, 4]

        #expect(throws: WireError.malformed) {
            var offset = 0
            _ = try NetlinkAttribute.next(in: bytes.span.bytes, at: &offset)
        }
    }

    @Test("an acknowledgement carries the error number and the kernel's sentence")
    func acknowledgement() throws {
        let bytes = netlinkBytes(
            """
            ea ff ff ff                                           // -22
            1c 00 00 00  18 00  05 06  01 00 00 00  00 00 00 00   // header of the request, 28 bytes long, capped
            07 00 01 00  6e 6f 00 00                              // NLMSGERR_ATTR_MSG "no"
            """)

        let end = try NetlinkAcknowledgement(parsing: bytes.span.bytes, flags: 0x300)

        #expect(end == NetlinkAcknowledgement(code: 22, message: "no"))
    }

    @Test("a request carries its length, its sequence and padded attributes")
    func request() {
        var request = InterfaceMessage.request(type: InterfaceMessage.get, index: 3)
        request.attribute(InterfaceMessage.Attribute.name, "lo")

        #expect(
            request.sealed(sequence: 9)
                == netlinkBytes(
                    """
                    28 00 00 00  12 00  05 00  09 00 00 00  00 00 00 00
                    00 00 00 00  03 00 00 00  00 00 00 00  00 00 00 00
                    07 00 03 00  6c 6f 00 00
                    """))
    }

    @Test("a link's name, MTU, flags and MAC address are read")
    func link() throws {
        let bytes = netlinkBytes(
            """
            00 00 01 00  04 00 00 00  43 10 01 00  00 00 00 00    // index 4, up
            09 00 03 00  65 74 68 30  00 00 00 00                 // eth0
            08 00 04 00  dc 05 00 00                              // 1500
            0a 00 01 00  02 00 00 00  00 01 00 00                 // 02:00:00:00:00:01
            """)

        let link = try InterfaceMessage(parsing: bytes.span.bytes)

        #expect(link.name == "eth0" && link.mtu == 1500 && link.index == 4)
        #expect(link.flags & InterfaceMessage.isUp != 0)
        #expect(link.mac == MACAddress(bits: 0x0200_0000_0001))
    }

    @Test("an address is its local attribute when it has a peer, and survives being written")
    func address() throws {
        var message = AddressMessage(
            address: IPAddress(IPv4Address(0xc000_0201)), prefixLength: 32, index: 5, flags: 0x202)
        message.peer = IPAddress(IPv4Address(0xc000_0202))
        let request = try #require(message.addition())

        let parsed = try AddressMessage(parsing: Array(request.payload).span.bytes)

        #expect(parsed == message)
    }

    @Test("a prefix longer than the address is malformed")
    func longPrefix() throws {
        let message = AddressMessage(address: IPAddress(IPv4Address(0xc000_0201)), prefixLength: 33, index: 5)
        let request = try #require(message.addition())

        #expect(throws: WireError.malformed) {
            _ = try AddressMessage(parsing: Array(request.payload).span.bytes)
        }
    }

    @Test("cutting a message anywhere never traps")
    func truncation() {
        for count in 0..<multipathRoute.count {
            let cut = Array(multipathRoute[..<count])
            _ = try? RouteMessage(parsing: cut.span.bytes)
            _ = try? RouteMessage.copy(of: cut.span.bytes, from: 4, to: 9)
            _ = try? AddressMessage(parsing: cut.span.bytes)
            _ = try? InterfaceMessage(parsing: cut.span.bytes)
        }
    }

    @Test("random bytes never trap")
    func randomBytes() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = multipathRoute
            for _ in 0..<4 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            _ = try? RouteMessage(parsing: bytes.span.bytes)
            _ = try? RouteMessage.copy(of: bytes.span.bytes, from: 4, to: 9)
            _ = try? NetlinkAcknowledgement(parsing: bytes.span.bytes, flags: UInt16.random(in: 0...0xffff))
        }
    }
}

@Suite("Routes copied to a namespace")
struct RouteCopyTests {
    @Test("the interface is replaced; preferred source, next-hop object and state are left out")
    func single() throws {
        let bytes = netlinkBytes(
            """
            02 18 00 00  fe 03 00 01  05 00 00 00    // IPv4 /24, main, boot, universe, unicast; dead and on link
            08 00 01 00  cb 00 71 00                 // to 203.0.113.0
            08 00 05 00  c0 00 02 01                 // via 192.0.2.1
            08 00 07 00  c0 00 02 02                 // preferred source
            08 00 1e 00  01 00 00 00                 // next-hop object
            08 00 04 00  04 00 00 00                 // interface 4
            """)

        let copy = try #require(try RouteMessage.copy(of: bytes.span.bytes, from: 4, to: 9))

        #expect(
            Array(copy.payload)
                == netlinkBytes(
                    """
                    02 18 00 00  fe 03 00 01  04 00 00 00
                    08 00 01 00  cb 00 71 00
                    08 00 05 00  c0 00 02 01
                    08 00 04 00  09 00 00 00
                    """))
    }

    @Test("a multipath route is copied when every hop uses the template")
    func multipath() throws {
        let copy = try #require(try RouteMessage.copy(of: multipathRoute.span.bytes, from: 4, to: 9))

        let route = try RouteMessage(parsing: Array(copy.payload).span.bytes)

        #expect(
            route.hops == [
                .init(interface: 9, gateway: IPAddress(IPv4Address(0xc000_0201)), weight: 1),
                .init(interface: 9, gateway: IPAddress(IPv4Address(0xc000_0202)), weight: 3),
            ])
    }

    @Test("a route through another interface is not copied")
    func otherInterface() throws {
        #expect(try RouteMessage.copy(of: multipathRoute.span.bytes, from: 5, to: 9) == nil)
    }
}

/// A default route over two next hops on interface 4.
private let multipathRoute = netlinkBytes(
    """
    02 00 00 00  fe 03 00 01  00 00 00 00    // IPv4 default, main, boot, universe, unicast
    24 00 09 00                              // multipath
    10 00 01 00  04 00 00 00                 // dead hop of weight 1 on interface 4
    08 00 05 00  c0 00 02 01                 // via 192.0.2.1
    10 00 00 02  04 00 00 00                 // hop of weight 3 on interface 4
    08 00 05 00  c0 00 02 02                 // via 192.0.2.2
    """)

/// Hexadecimal bytes with comments, as written by a little-endian kernel.
private func netlinkBytes(_ text: String) -> [UInt8] {
    text.split(separator: "\n").flatMap { line in
        let code = line.split(separator: "//", omittingEmptySubsequences: false)[0]
        return code.split(separator: " ").compactMap { UInt8($0, radix: 16) }
    }
}
