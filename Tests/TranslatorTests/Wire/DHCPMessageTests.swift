// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("DHCP messages on the wire")
struct DHCPMessageTests {
    private static let fixedPart =
        hexBytes(
            """
            01 01 06 03  de ad be ef  01 02  80 00           // request, Ethernet, 3 hops, transaction, 258 s, broadcast
            c0 00 02 02  c0 00 02 03  c0 00 02 04  c0 00 02 05 // ciaddr, yiaddr, siaddr, giaddr
            02 00 00 00 00 01  00 00 00 00 00 00 00 00 00 99 // hardware address
            """) + [UInt8](repeating: 0, count: 192)
    private static let cookie = hexBytes("63 82 53 63")

    private func options(_ text: String) throws(WireError) -> DHCPClientOptions {
        try DHCPClientOptions(parsing: (Self.fixedPart + Self.cookie + hexBytes(text)).span.bytes)
    }

    @Test("every field is read")
    func fields() throws {
        let message = try DHCPMessage(parsing: Self.fixedPart.span.bytes)

        #expect(message.operation == DHCPMessage.request)
        #expect(message.hops == 3)
        #expect(message.transaction == 0xdead_beef)
        #expect(message.seconds == 258)
        #expect(message.wantsBroadcast)
        #expect(message.clientAddress == IPv4Address(0xc000_0202))
        #expect(message.yourAddress == IPv4Address(0xc000_0203))
        #expect(message.bootServer == IPv4Address(0xc000_0204))
        #expect(message.relayAgent == IPv4Address(0xc000_0205))
        #expect(message.clientMAC == .documentationGuest)
    }

    @Test("what was read is written again, the cookie behind it")
    func identity() throws {
        let message = try DHCPMessage(parsing: Self.fixedPart.span.bytes)
        var buffer = [UInt8](repeating: 0xaa, count: 240)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes

        message.write(to: &raw)

        #expect(buffer == Self.fixedPart + Self.cookie)
    }

    @Test("a fixed part cut anywhere is refused")
    func truncated() {
        for count in 0..<236 {
            #expect(throws: WireError.truncated) {
                _ = try DHCPMessage(parsing: Self.fixedPart.span.extracting(first: count).bytes)
            }
        }
    }

    @Test("a hardware address longer than its field is refused")
    func hardwareLength() {
        var bytes = Self.fixedPart
        bytes[2] = 17

        #expect(throws: WireError.malformed) { _ = try DHCPMessage(parsing: bytes.span.bytes) }
    }

    @Test("every option that a server cares about is read")
    func allOptions() throws {
        let read = try options(
            """
            00 00 35 01 03  32 04 c0 00 02 02  36 04 c0 00 02 01 // type, requested address, server
            37 02 01 79  39 02 05 dc  3d 03 01 02 03  50 00      // wishes, largest message, identifier, rapid commit
            0c 02 61 62  ff  35 01 01                            // host name; nothing counts behind the end
            """)

        #expect(read.messageType == 3)
        #expect(read.requestedAddress == IPv4Address(0xc000_0202))
        #expect(read.serverIdentifier == IPv4Address(0xc000_0201))
        #expect(read.parameterRequests == Slice(offset: 259, byteCount: 2))
        #expect(read.maximumMessageSize == 1500)
        #expect(read.clientIdentifier == Slice(offset: 267, byteCount: 3))
        #expect(read.wantsRapidCommit)
    }

    @Test("the first of repeated options counts")
    func repeated() throws {
        #expect(try options("35 01 03  35 01 01").messageType == 3)
    }

    @Test("an option beyond the message is refused", arguments: ["35", "35 01", "37 ff 01", "00 0c 02 61"])
    func beyond(text: String) {
        #expect(throws: WireError.truncated) { _ = try options(text) }
    }

    @Test(
        "an option of the wrong length is refused",
        arguments: ["35 00", "35 02 01 01", "32 03 c0 00 02", "3d 00"])
    func wrongLength(text: String) {
        #expect(throws: WireError.malformed) { _ = try options(text) }
    }

    @Test("without the cookie there are no options")
    func withoutCookie() throws {
        let bytes = Self.fixedPart + hexBytes("63 82 53 62  35 01 01  ff")

        #expect(try DHCPClientOptions(parsing: bytes.span.bytes).messageType == nil)
    }
}
