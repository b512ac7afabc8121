// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The fixed part of a BOOTP or DHCP message (RFC 2131, section 2): 236 bytes, then the cookie and the
/// options.
///
/// The fields `sname` and `file` are written as zeroes; `DHCPClientOptions` looks into them when a client
/// says that they hold options.
struct DHCPMessage: Equatable, BitwiseCopyable {
    static let length = 236
    /// Opens the options (RFC 1497).
    static let magicCookie: UInt32 = 0x6382_5363
    /// Where the options begin, behind the cookie.
    static let optionsOffset = 240

    static let request: UInt8 = 1
    static let reply: UInt8 = 2

    /// Where and how long the fields are that may carry options (RFC 2131, section 4.1).
    static let serverName = Slice(offset: 44, byteCount: 64)
    static let bootFile = Slice(offset: 108, byteCount: 128)

    private static let ethernet: UInt8 = 1
    private static let broadcastFlag: UInt16 = 0x8000

    /// `request` or `reply`, as carried.
    var operation: UInt8
    var hardwareType: UInt8
    /// Meaningful bytes at the start of `hardwareAddress`; at most 16.
    var hardwareLength: UInt8
    var hops: UInt8
    var transaction: UInt32
    /// Since the client began, by its own account.
    var seconds: UInt16
    var flags: UInt16
    /// `ciaddr`: what the client uses already.
    var clientAddress: IPv4Address
    /// `yiaddr`: what the server assigns.
    var yourAddress: IPv4Address
    /// `siaddr`: where the client boots from.
    var bootServer: IPv4Address
    /// `giaddr`.
    var relayAgent: IPv4Address
    /// `chaddr`: the first byte on the wire is the most significant.
    var hardwareAddress: UInt128

    /// The client cannot take unicast before it is configured (RFC 2131, section 4.1).
    var wantsBroadcast: Bool { flags & Self.broadcastFlag != 0 }

    /// The client's Ethernet address, if it names one that a single station can have.
    var clientMAC: MACAddress? {
        guard hardwareType == Self.ethernet, hardwareLength == UInt8(MACAddress.length) else { return nil }
        let mac = MACAddress(bits: UInt64(truncatingIfNeeded: hardwareAddress >> 80))
        return mac.isGroup || mac.bits == 0 ? nil : mac
    }

    /// - Throws: `.truncated` below 236 bytes; `.malformed` when the hardware address is said to exceed its
    ///   field.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        let field = try HeaderBytes<44>(bytes)
        operation = field.uint8(at: 0)
        hardwareType = field.uint8(at: 1)
        hardwareLength = field.uint8(at: 2)
        hops = field.uint8(at: 3)
        transaction = field.uint32(at: 4)
        seconds = field.uint16(at: 8)
        flags = field.uint16(at: 10)
        clientAddress = IPv4Address(field.uint32(at: 12))
        yourAddress = IPv4Address(field.uint32(at: 16))
        bootServer = IPv4Address(field.uint32(at: 20))
        relayAgent = IPv4Address(field.uint32(at: 24))
        hardwareAddress = UInt128(field.uint64(at: 28)) << 64 | UInt128(field.uint64(at: 36))
        guard hardwareLength <= 16 else { throw .malformed }
    }

    /// The answer to `request` as far as it repeats it (RFC 2131, table 3), with no address assigned.
    init(answering request: DHCPMessage) {
        self = request
        operation = Self.reply
        hops = 0
        seconds = 0
        yourAddress = .unspecified
        bootServer = .unspecified
    }

    /// Writes the fixed part and the cookie behind it: 240 bytes; traps when `bytes` is shorter.
    func write(to bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(operation, at: 0)
        bytes.storeBigEndian(hardwareType, at: 1)
        bytes.storeBigEndian(hardwareLength, at: 2)
        bytes.storeBigEndian(hops, at: 3)
        bytes.storeBigEndian(transaction, at: 4)
        bytes.storeBigEndian(seconds, at: 8)
        bytes.storeBigEndian(flags, at: 10)
        bytes.storeBigEndian(clientAddress.bits, at: 12)
        bytes.storeBigEndian(yourAddress.bits, at: 16)
        bytes.storeBigEndian(bootServer.bits, at: 20)
        bytes.storeBigEndian(relayAgent.bits, at: 24)
        bytes.storeBigEndian(UInt64(truncatingIfNeeded: hardwareAddress >> 64), at: 28)
        bytes.storeBigEndian(UInt64(truncatingIfNeeded: hardwareAddress), at: 36)
        bytes.zero(Self.serverName.offset..<Self.length)
        bytes.storeBigEndian(Self.magicCookie, at: Self.length)
    }
}
