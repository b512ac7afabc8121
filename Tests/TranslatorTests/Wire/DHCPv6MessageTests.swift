// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("DHCPv6 messages on the wire")
struct DHCPv6MessageTests {
    @Test("the head is read and written again", arguments: 1...13)
    func identity(type: Int) throws {
        let bytes = [UInt8(type), 0xab, 0xcd, 0xef]
        let message = try DHCPv6Message(parsing: bytes.span.bytes)
        var buffer = [UInt8](repeating: 0, count: 4)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes

        message.write(to: &raw)

        #expect(message.transaction == 0xabcdef)
        #expect(buffer == bytes)
    }

    @Test("a head too short, or of no known type, is refused")
    func refused() {
        for count in 0..<4 {
            #expect(throws: WireError.truncated) {
                _ = try DHCPv6Message(parsing: [UInt8](repeating: 1, count: count).span.bytes)
            }
        }
        #expect(throws: WireError.malformed) {
            _ = try DHCPv6Message(parsing: hexBytes("0e 00 00 00").span.bytes)
        }
    }

    @Test("every option that a server cares about is read")
    func options() throws {
        let bytes = hexBytes(
            """
            03 00 00 01                                      // REQUEST
            00 01 00 03  00 02 aa                            // client identifier
            00 02 00 04  00 02 bb cc                         // server identifier
            00 0e 00 00                                      // rapid commit
            00 27 00 02  01 00                               // FQDN: the server may update
            00 19 00 0c  00 00 00 09  00 00 00 00  00 00 00 00 // IA_PD 9
            """)

        let read = try DHCPv6ClientOptions(parsing: bytes.span.bytes)

        #expect(read.clientIdentifier == Slice(offset: 8, byteCount: 3))
        #expect(read.serverIdentifier == Slice(offset: 15, byteCount: 4))
        #expect(read.wantsRapidCommit)
        #expect(read.wantsNameUpdate)
        #expect(read.hasAssociation)
    }

    @Test("an association shows its identifier and its addresses")
    func association() throws {
        let bytes =
            hexBytes("03 00 00 01  00 04 00 3c  00 00 00 09")
            + hexBytes("00 05 00 18") + IPv6Address.documentationGuest.wireBytes
            + hexBytes("00 00 00 00  00 00 00 00")
            + hexBytes("00 05 00 18") + IPv6Address.documentationRouter.wireBytes
            + hexBytes("00 00 00 00  00 00 00 00")
        var cursor = DHCPv6OptionCursor(message: bytes.span.bytes)
        let option = try #require(try cursor.next(in: bytes.span.bytes))

        let association = try #require(try DHCPv6Association(parsing: option, in: bytes.span.bytes))

        var addresses = association.addresses
        var found: [IPv6Address] = []
        while let address = try addresses.next(in: bytes.span.bytes) { found.append(address) }
        #expect(association.kind == .temporary)
        #expect(association.identifier == 9)
        #expect(found == [.documentationGuest, .documentationRouter])
    }

    @Test(
        "an association or an address in it that is too short is refused",
        arguments: [
            "00 03 00 0b  00 00 00 01 00 00 00 00 00 00 00",
            "00 04 00 03  00 00 00",
            "00 04 00 0a  00 00 00 01  00 05 00 02 00 00",
            "00 04 00 06  00 00 00 01  00 05",
            "00 04 00 08  00 00 00 01  00 05 00 18",
            "00 27 00 00",
            "00 01 00",
        ])
    func short(options: String) {
        let bytes = hexBytes("01 00 00 01 " + options)

        #expect(throws: WireError.truncated) { _ = try DHCPv6ClientOptions(parsing: bytes.span.bytes) }
    }
}
