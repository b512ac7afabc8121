// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// ICMPv6 message types (RFC 4443; RFC 4861 from 133 on).
enum ICMPv6Type {
    static let unreachable: UInt8 = 1
    static let packetTooBig: UInt8 = 2
    static let timeExceeded: UInt8 = 3
    static let parameterProblem: UInt8 = 4
    static let echoRequest: UInt8 = 128
    static let echoReply: UInt8 = 129
    static let routerSolicitation: UInt8 = 133
    static let routerAdvertisement: UInt8 = 134
    static let neighbourSolicitation: UInt8 = 135
    static let neighbourAdvertisement: UInt8 = 136
    static let redirect: UInt8 = 137
}

/// The first 8 bytes of an ICMPv6 message (RFC 4443); echoed bytes or the offending packet follow.
enum ICMPv6Message: Equatable, BitwiseCopyable {
    static let length = 8

    case echoRequest(identifier: UInt16, sequence: UInt16)
    case echoReply(identifier: UInt16, sequence: UInt16)
    case unreachable(code: UInt8)
    case packetTooBig(mtu: UInt32)
    case timeExceeded(code: UInt8)
    /// `pointer` is the byte of the offending packet that was not understood.
    case parameterProblem(code: UInt8, pointer: UInt32)

    /// - Throws: `.truncated` below 8 bytes; `.malformed` for any other type.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(bytes)
        let code = field.uint8(at: 1)
        switch field.uint8(at: 0) {
        case ICMPv6Type.echoRequest where code == 0:
            self = .echoRequest(identifier: field.uint16(at: 4), sequence: field.uint16(at: 6))
        case ICMPv6Type.echoReply where code == 0:
            self = .echoReply(identifier: field.uint16(at: 4), sequence: field.uint16(at: 6))
        case ICMPv6Type.unreachable: self = .unreachable(code: code)
        case ICMPv6Type.packetTooBig: self = .packetTooBig(mtu: field.uint32(at: 4))
        case ICMPv6Type.timeExceeded: self = .timeExceeded(code: code)
        case ICMPv6Type.parameterProblem: self = .parameterProblem(code: code, pointer: field.uint32(at: 4))
        default: throw .malformed
        }
    }

    /// Writes 8 bytes, the checksum zero until `seal`; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        let (type, code, rest) = fields
        bytes.storeBigEndian(type, at: offset)
        bytes.storeBigEndian(code, at: offset &+ 1)
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        bytes.storeBigEndian(rest, at: offset &+ 4)
    }

    /// Completes the checksum of any ICMPv6 message of `byteCount` bytes at `offset`, all written.
    static func seal(
        _ bytes: inout MutableRawSpan, at offset: Int, byteCount: Int, from source: IPv6Address,
        to destination: IPv6Address
    ) {
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        let pseudoHeader = PseudoHeader(
            source, destination, protocolNumber: ProtocolNumber.icmpv6, byteCount: byteCount)
        bytes.storeBigEndian(pseudoHeader.checksumField(of: bytes.bytes, at: offset), at: offset &+ 2)
    }

    private var fields: (type: UInt8, code: UInt8, rest: UInt32) {
        switch self {
        case .echoRequest(let identifier, let sequence):
            (ICMPv6Type.echoRequest, 0, UInt32(identifier) << 16 | UInt32(sequence))
        case .echoReply(let identifier, let sequence):
            (ICMPv6Type.echoReply, 0, UInt32(identifier) << 16 | UInt32(sequence))
        case .unreachable(let code): (ICMPv6Type.unreachable, code, 0)
        case .packetTooBig(let mtu): (ICMPv6Type.packetTooBig, 0, mtu)
        case .timeExceeded(let code): (ICMPv6Type.timeExceeded, code, 0)
        case .parameterProblem(let code, let pointer): (ICMPv6Type.parameterProblem, code, pointer)
        }
    }
}
