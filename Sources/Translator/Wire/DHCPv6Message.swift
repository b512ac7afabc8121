// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a DHCPv6 message is for (RFC 8415, section 7.3).
enum DHCPv6MessageType: UInt8, BitwiseCopyable {
    case solicit = 1
    case advertise
    case request
    case confirm
    case renew
    case rebind
    case reply
    case release
    case decline
    case reconfigure
    case informationRequest
    case relayForward
    case relayReply
}

/// The head of a message between DHCPv6 client and server (RFC 8415, section 8): 4 bytes, options follow.
struct DHCPv6Message: Equatable, BitwiseCopyable {
    static let length = 4
    /// ff02::1:2, where clients reach servers (RFC 8415, section 7.1).
    static let allServers = IPv6Address(high: 0xff02_0000_0000_0000, low: 0x1_0002)

    var type: DHCPv6MessageType
    /// 24 bits.
    var transaction: UInt32

    init(_ type: DHCPv6MessageType, transaction: UInt32) {
        self.type = type
        self.transaction = transaction & 0xff_ffff
    }

    /// - Throws: `.truncated` below 4 bytes; `.malformed` for a type that RFC 8415 does not name.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<4>(bytes)
        guard let type = DHCPv6MessageType(rawValue: field.uint8(at: 0)) else { throw .malformed }
        self.init(type, transaction: field.uint32(at: 0))
    }

    /// Traps when `bytes` is shorter than 4.
    func write(to bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(UInt32(type.rawValue) << 24 | transaction, at: 0)
    }
}
