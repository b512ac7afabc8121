// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// An ARP message for IPv4 over Ethernet (RFC 826): 28 bytes behind the Ethernet header.
struct ARPMessage: Equatable, BitwiseCopyable {
    static let length = 28

    enum Operation: UInt16, BitwiseCopyable {
        case request = 1
        case reply = 2
    }

    var operation: Operation
    var senderMAC: MACAddress
    var senderAddress: IPv4Address
    var targetMAC: MACAddress
    var targetAddress: IPv4Address

    /// A sender that speaks of its own address (RFC 5227, section 1.2.1).
    var isAnnouncement: Bool { senderAddress == targetAddress && !senderAddress.isUnspecified }
    /// A sender that has no address yet and asks whether one is taken (RFC 5227, section 1.1).
    var isProbe: Bool { operation == .request && senderAddress.isUnspecified }

    init(
        _ operation: Operation, senderMAC: MACAddress, senderAddress: IPv4Address, targetMAC: MACAddress,
        targetAddress: IPv4Address
    ) {
        self.operation = operation
        self.senderMAC = senderMAC
        self.senderAddress = senderAddress
        self.targetMAC = targetMAC
        self.targetAddress = targetAddress
    }

    /// Reads the message at the start of an Ethernet payload, which may be padded.
    ///
    /// - Throws: `.truncated` below 28 bytes; `.malformed` for other hardware, protocols, lengths or
    ///   operations.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<28>(bytes)
        guard field.uint16(at: 0) == 1, field.uint16(at: 2) == EtherType.ipv4,
            field.uint8(at: 4) == MACAddress.length, field.uint8(at: 5) == IPv4Address.length,
            let operation = Operation(rawValue: field.uint16(at: 6))
        else { throw .malformed }
        self.operation = operation
        senderMAC = field.macAddress(at: 8)
        senderAddress = field.ipv4Address(at: 14)
        targetMAC = field.macAddress(at: 18)
        targetAddress = field.ipv4Address(at: 24)
    }

    /// Writes 28 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt16(1), at: offset)
        bytes.storeBigEndian(EtherType.ipv4, at: offset &+ 2)
        bytes.storeBigEndian(UInt8(MACAddress.length), at: offset &+ 4)
        bytes.storeBigEndian(UInt8(IPv4Address.length), at: offset &+ 5)
        bytes.storeBigEndian(operation.rawValue, at: offset &+ 6)
        bytes.store(senderMAC, at: offset &+ 8)
        bytes.store(senderAddress, at: offset &+ 14)
        bytes.store(targetMAC, at: offset &+ 18)
        bytes.store(targetAddress, at: offset &+ 24)
    }
}
