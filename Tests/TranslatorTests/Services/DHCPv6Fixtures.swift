// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Translator

/// Plays the DHCPv6 client: builds its messages and takes answers apart.
enum DHCPv6Client {
    typealias Option = (code: UInt16, value: [UInt8])

    static let identifier = hexBytes("00 03 00 01  02 00 00 00 00 01")
    /// Link-layer address plus time 0x2a2a2a2a, our MAC.
    static let server = hexBytes("00 01 00 01  2a 2a 2a 2a  9a 55 9a 55 9a 55")
    static let other: IPv6Address = .init(high: 0x2001_0db8_0000_0000, low: 0x77)

    static func message(_ type: UInt8, _ options: [Option]) -> [UInt8] {
        [type, 0xab, 0xcd, 0xef] + bytes(options)
    }

    /// With the client's identifier, and the server's if `names`.
    static func message(_ type: DHCPv6MessageType, server names: Bool, _ options: [Option] = []) -> [UInt8] {
        var all: [Option] = [(1, identifier)]
        if names { all.append((2, server)) }
        return message(type.rawValue, all + options)
    }

    static func bytes(_ options: [Option]) -> [UInt8] {
        options.flatMap { bigEndianBytes($0.code) + bigEndianBytes(UInt16($0.value.count)) + $0.value }
    }

    /// An IA_NA that names `addresses`.
    static func association(_ identifier: UInt32 = 1, _ addresses: IPv6Address...) -> Option {
        (3, bigEndianBytes(identifier) + [UInt8](repeating: 0, count: 8) + addressOptions(addresses))
    }

    static func temporary(_ identifier: UInt32 = 1, _ addresses: IPv6Address...) -> Option {
        (4, bigEndianBytes(identifier) + addressOptions(addresses))
    }

    static func delegation(_ identifier: UInt32 = 1) -> Option {
        (25, bigEndianBytes(identifier) + [UInt8](repeating: 0, count: 8))
    }

    private static func addressOptions(_ addresses: [IPv6Address]) -> [UInt8] {
        bytes(addresses.map { (5, $0.wireBytes + [UInt8](repeating: 0, count: 8)) })
    }
}

struct DHCPv6ReplyRead {
    let reply: DHCPv6Reply
    let bytes: [UInt8]
    let options: [DHCPv6Client.Option]

    init?(
        _ responder: DHCPv6Responder, to message: [UInt8], source: IPv6Address = .documentationLinkLocal,
        destination: IPv6Address = DHCPv6Message.allServers
    ) {
        var buffer = [UInt8](repeating: 0xaa, count: 1400)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        guard
            let reply = responder.reply(
                to: message.span.bytes, source: source, destination: destination, into: &raw)
        else { return nil }
        self.reply = reply
        bytes = Array(buffer[..<reply.byteCount])
        precondition(buffer[reply.byteCount...].allSatisfy { $0 == 0xaa }, "written beyond the end")
        precondition(Array(bytes[1..<4]) == [0xab, 0xcd, 0xef] || message[1..<4] == bytes[1..<4])
        options = Self.options(bytes[4...])
    }

    var type: UInt8 { bytes[0] }
    var codes: [UInt16] { options.map(\.code) }

    subscript(code: UInt16) -> [UInt8]? { options.first { $0.code == code }?.value }

    static func options(_ bytes: ArraySlice<UInt8>) -> [DHCPv6Client.Option] {
        var rest = bytes
        var options: [DHCPv6Client.Option] = []
        while let code = Self.uint16(&rest), let count = Self.uint16(&rest) {
            precondition(Int(count) <= rest.count, "an option leaves the message")
            options.append((code, Array(rest.prefix(Int(count)))))
            rest.removeFirst(Int(count))
        }
        precondition(rest.isEmpty)
        return options
    }

    private static func uint16(_ bytes: inout ArraySlice<UInt8>) -> UInt16? {
        guard let high = bytes.popFirst(), let low = bytes.popFirst() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }
}
