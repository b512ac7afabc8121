// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// ICMP message types (RFC 792).
enum ICMPType {
    static let echoReply: UInt8 = 0
    static let unreachable: UInt8 = 3
    static let echoRequest: UInt8 = 8
    static let timeExceeded: UInt8 = 11
    static let parameterProblem: UInt8 = 12
}

/// The first 8 bytes of an ICMP message (RFC 792); echoed bytes or the offending packet follow.
enum ICMPMessage: Equatable, BitwiseCopyable {
    static let length = 8
    /// Code of `ICMPType.unreachable` that carries the MTU of the next hop (RFC 1191, section 4).
    static let fragmentationNeededCode: UInt8 = 4

    case echoRequest(identifier: UInt16, sequence: UInt16)
    case echoReply(identifier: UInt16, sequence: UInt16)
    /// Any code but 4.
    case unreachable(code: UInt8)
    case fragmentationNeeded(nextHopMTU: UInt16)
    case timeExceeded(code: UInt8)
    /// `pointer` is the byte of the offending packet that was not understood.
    case parameterProblem(code: UInt8, pointer: UInt8)

    /// - Throws: `.truncated` below 8 bytes; `.malformed` for any other type.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<8>(bytes)
        let code = field.uint8(at: 1)
        switch field.uint8(at: 0) {
        case ICMPType.echoRequest where code == 0:
            self = .echoRequest(identifier: field.uint16(at: 4), sequence: field.uint16(at: 6))
        case ICMPType.echoReply where code == 0:
            self = .echoReply(identifier: field.uint16(at: 4), sequence: field.uint16(at: 6))
        case ICMPType.unreachable where code == Self.fragmentationNeededCode:
            self = .fragmentationNeeded(nextHopMTU: field.uint16(at: 6))
        case ICMPType.unreachable: self = .unreachable(code: code)
        case ICMPType.timeExceeded: self = .timeExceeded(code: code)
        case ICMPType.parameterProblem: self = .parameterProblem(code: code, pointer: field.uint8(at: 4))
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

    /// Completes the checksum of a message of `byteCount` bytes at `offset`, all written.
    static func seal(_ bytes: inout MutableRawSpan, at offset: Int, byteCount: Int) {
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        var checksum = Checksum()
        checksum.add(bytes.bytes.extracting(offset..<offset &+ byteCount))
        bytes.storeBigEndian(checksum.complement, at: offset &+ 2)
    }

    private var fields: (type: UInt8, code: UInt8, rest: UInt32) {
        switch self {
        case .echoRequest(let identifier, let sequence):
            (ICMPType.echoRequest, 0, UInt32(identifier) << 16 | UInt32(sequence))
        case .echoReply(let identifier, let sequence):
            (ICMPType.echoReply, 0, UInt32(identifier) << 16 | UInt32(sequence))
        case .unreachable(let code): (ICMPType.unreachable, code, 0)
        case .fragmentationNeeded(let mtu): (ICMPType.unreachable, Self.fragmentationNeededCode, UInt32(mtu))
        case .timeExceeded(let code): (ICMPType.timeExceeded, code, 0)
        case .parameterProblem(let code, let pointer):
            (ICMPType.parameterProblem, code, UInt32(pointer) << 24)
        }
    }
}
