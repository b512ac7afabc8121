// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Netlink (RFC 3549, linux/netlink.h): messages of a 16-byte header and a payload, each padded to 4 bytes, in native
// byte order. A payload is a fixed part followed by attributes of length, type and value, padded in the same way:
//
//     | length 4 | type 2 | flags 2 | sequence 4 | port 4 | fixed part | length 2 | type 2 | value | pad | ...

/// The header of one netlink message.
struct NetlinkHeader: Equatable, BitwiseCopyable {
    static let length = 16

    /// Message types below those of a family (linux/netlink.h).
    static let error: UInt16 = 2
    static let done: UInt16 = 3

    static let isRequest: UInt16 = 0x1
    static let isMultipart: UInt16 = 0x2
    static let wantsAcknowledgement: UInt16 = 0x4
    /// The tables changed while they were dumped: ask again.
    static let isInterrupted: UInt16 = 0x10
    static let isDump: UInt16 = 0x300
    static let replaces: UInt16 = 0x100
    static let isExclusive: UInt16 = 0x200
    static let creates: UInt16 = 0x400
    /// In an acknowledgement: the payload of the request is left out, only its header is repeated.
    static let isCapped: UInt16 = 0x100
    /// In an acknowledgement: attributes with the kernel's own words follow.
    static let hasExtendedAcknowledgement: UInt16 = 0x200

    /// Header and payload, without the padding behind them.
    var messageLength: UInt32
    var type: UInt16
    var flags: UInt16
    var sequence: UInt32
    var port: UInt32

    /// Reads the header at the start of `bytes`.
    ///
    /// - Throws: `.truncated` below 16 bytes; `.malformed` when the length is below 16 or beyond `bytes`.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        messageLength = bytes.native(at: 0, as: UInt32.self)
        type = bytes.native(at: 4, as: UInt16.self)
        flags = bytes.native(at: 6, as: UInt16.self)
        sequence = bytes.native(at: 8, as: UInt32.self)
        port = bytes.native(at: 12, as: UInt32.self)
        guard messageLength >= Self.length, messageLength <= bytes.byteCount else { throw .malformed }
    }
}

/// One message found in what the kernel sent: header, and where its payload lies.
struct NetlinkMessage: Equatable {
    var header: NetlinkHeader
    var payload: Range<Int>

    /// The message at `offset`, which is then moved behind it; nil at the end.
    static func next(in bytes: RawSpan, at offset: inout Int) throws(WireError) -> NetlinkMessage? {
        guard offset < bytes.byteCount else { return nil }
        let start = offset
        let header = try NetlinkHeader(parsing: bytes.extracting(start..<bytes.byteCount))
        let end = start + Int(header.messageLength)
        offset = min(bytes.byteCount, start + NetlinkAttribute.padded(Int(header.messageLength)))
        return NetlinkMessage(header: header, payload: start + NetlinkHeader.length..<end)
    }
}

/// One attribute: type and where its value lies.
struct NetlinkAttribute: Equatable {
    static let headerLength = 4
    /// The two high bits of the type say "nested" and "network order"; they are not part of its number.
    static let typeMask: UInt16 = 0x3fff
    static let nested: UInt16 = 0x8000

    var type: UInt16
    var value: Range<Int>

    static func padded(_ byteCount: Int) -> Int { (byteCount + 3) & ~3 }

    /// The attribute at `offset`, which is then moved behind it; nil at the end.
    ///
    /// - Throws: `.malformed` when the length is below 4 or beyond `bytes`.
    static func next(in bytes: RawSpan, at offset: inout Int) throws(WireError) -> NetlinkAttribute? {
        guard offset + headerLength <= bytes.byteCount else { return nil }
        let start = offset
        let length = Int(bytes.native(at: start, as: UInt16.self))
        guard length >= headerLength, length <= bytes.byteCount - start else { throw .malformed }
        offset = min(bytes.byteCount, start + padded(length))
        let type = bytes.native(at: start + 2, as: UInt16.self) & typeMask
        return NetlinkAttribute(type: type, value: start + headerLength..<start + length)
    }

    func uint32(in bytes: RawSpan) throws(WireError) -> UInt32 {
        guard value.count >= 4 else { throw .truncated }
        return bytes.native(at: value.lowerBound, as: UInt32.self)
    }

    func uint8(in bytes: RawSpan) throws(WireError) -> UInt8 {
        guard value.count >= 1 else { throw .truncated }
        return bytes.native(at: value.lowerBound, as: UInt8.self)
    }

    /// An IPv4 or IPv6 address, by the length of the value.
    func address(in bytes: RawSpan) throws(WireError) -> IPAddress {
        let start = value.lowerBound
        switch value.count {
        case IPv4Address.length:
            return IPAddress(IPv4Address(bytes.bigEndian(at: start, as: UInt32.self)))
        case IPv6Address.length:
            let high = bytes.bigEndian(at: start, as: UInt64.self)
            return IPAddress(IPv6Address(high: high, low: bytes.bigEndian(at: start + 8, as: UInt64.self)))
        default:
            throw .malformed
        }
    }

    /// Text up to the first NUL; bytes that are not UTF-8 are replaced.
    func text(in bytes: RawSpan) -> String {
        var characters: [UInt8] = []
        for offset in value {
            let byte = bytes.native(at: offset, as: UInt8.self)
            guard byte != 0 else { break }
            characters.append(byte)
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// How a request ended: the payload of an error message (linux/netlink.h, `nlmsgerr`).
struct NetlinkAcknowledgement: Equatable {
    /// 0, or the error number.
    var code: Int32
    /// The kernel's own sentence; empty when it said nothing.
    var message = ""

    /// - Parameter flags: those of the header of the error message.
    init(parsing bytes: RawSpan, flags: UInt16) throws(WireError) {
        guard bytes.byteCount >= 4 else { throw .truncated }
        let negative = bytes.native(at: 0, as: Int32.self)
        guard negative <= 0, negative > -4096 else { throw .malformed }
        code = -negative
        guard flags & NetlinkHeader.hasExtendedAcknowledgement != 0 else { return }

        let request = bytes.extracting(4..<bytes.byteCount)
        guard request.byteCount >= NetlinkHeader.length else { throw .truncated }
        // A capped acknowledgement repeats only the header, whose length field still counts the payload.
        let requestLength = Int(request.native(at: 0, as: UInt32.self))
        let isCapped = flags & NetlinkHeader.isCapped != 0
        var offset = isCapped ? NetlinkHeader.length : NetlinkAttribute.padded(requestLength)
        while let attribute = try NetlinkAttribute.next(in: request, at: &offset) {
            if attribute.type == 1 { message = attribute.text(in: request) }  // NLMSGERR_ATTR_MSG
        }
    }

    init(code: Int32, message: String = "") {
        self.code = code
        self.message = message
    }
}
