// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

@testable import Translator

/// Plays the DHCP client: builds its messages and takes answers apart.
struct DHCPClient {
    typealias Option = (code: UInt8, value: [UInt8])

    var flags: UInt16 = 0
    var clientAddress: UInt32 = 0
    var hardwareType: UInt8 = 1
    var hardwareLength: UInt8 = 6

    func message(_ type: DHCPMessageType, _ options: [Option] = []) -> [UInt8] {
        message(options: [(53, [type.rawValue])] + options)
    }

    func message(options: [Option]) -> [UInt8] {
        fixedPart + hexBytes("63 82 53 63") + options.flatMap { [$0.code, UInt8($0.value.count)] + $0.value }
            + [255]
    }

    var fixedPart: [UInt8] {
        [1, hardwareType, hardwareLength, 7] + hexBytes("11 22 33 44  00 05") + bigEndianBytes(flags)
            + bigEndianBytes(clientAddress) + [UInt8](repeating: 0, count: 12)
            + hexBytes("02 00 00 00 00 01  00 00 00 00 00 00 00 00 00 00") + [UInt8](repeating: 0, count: 192)
    }
}

struct DHCPReplyRead {
    let reply: DHCPReply
    let bytes: [UInt8]
    let options: [DHCPClient.Option]

    /// What `responder` answers to `message`, with `room` bytes to write into.
    init?(_ responder: DHCPResponder, to message: [UInt8], room: Int = 1500) {
        var buffer = [UInt8](repeating: 0xaa, count: room)
        var span = buffer.mutableSpan
        var raw = span.mutableBytes
        guard let reply = responder.reply(to: message.span.bytes, into: &raw) else { return nil }
        self.reply = reply
        bytes = Array(buffer[..<reply.byteCount])
        precondition(buffer[reply.byteCount...].allSatisfy { $0 == 0xaa }, "written beyond the end")
        var options: [DHCPClient.Option] = []
        var offset = 240
        while bytes[offset] != 255 {
            let end = offset + 2 + Int(bytes[offset + 1])
            options.append((bytes[offset], Array(bytes[offset + 2..<end])))
            offset = end
        }
        precondition(bytes[(offset + 1)...].allSatisfy { $0 == 0 }, "padding is zero")
        self.options = options
    }

    var codes: [UInt8] { options.map(\.code) }
    var type: UInt8? { self[53]?.first }
    var yourAddress: [UInt8] { Array(bytes[16..<20]) }

    /// The values of all options `code`, joined; nil without one.
    subscript(code: UInt8) -> [UInt8]? {
        codes.contains(code) ? options.filter { $0.code == code }.flatMap(\.value) : nil
    }
}
