// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What a host's socket was told about a datagram that the guest sent, told on to the guest.
//
// The guest has to recognise its own packet in the error, so that its headers are written anew with the addresses,
// ports and identifiers that the guest used:
//
//     0            8                  28 or 48         36 or 56
//     | ICMP error | IP header of the | UDP header     | payload that   |
//     |            | guest's packet   | of the guest's | came back      |
//
// Of a SYN, its first 8 bytes stand where the UDP header does. For an echo request the kernel returns the ICMP header with the payload: what came back starts at 28 or 48, and
// only the identifier in it changes. The bytes that came back are received in place; only headers are written here.

/// An ICMP or ICMPv6 error for the guest (RFC 792, RFC 4443) about a packet of a flow.
struct ICMPErrorMessage: Equatable, BitwiseCopyable {
    /// The packet that the error is about, as the guest sent it.
    enum Original: Equatable, BitwiseCopyable {
        case udp(from: Endpoint, to: Endpoint)
        case echoRequest(from: IPAddress, to: IPAddress, identifier: UInt16)
        /// A SYN, of which the first 8 bytes are quoted.
        case syn(from: Endpoint, to: Endpoint, sequence: SequenceNumber)
    }

    /// `EMSGSIZE`, the same on every architecture of Linux but MIPS and SPARC.
    private static let messageTooLong: Int32 = 90

    /// Ports and sequence number.
    private static let quotedTCPByteCount = 8

    let original: Original
    /// Who reports, as the guest knows it.
    let source: IPAddress
    private let type: UInt8
    private let code: UInt8
    /// Bytes 4 to 7 of the message.
    private let rest: UInt32
    /// Bytes of the original that came back and are quoted.
    private let quotedByteCount: Int

    /// The message for `error`; nil: the guest is told nothing.
    ///
    /// - Parameter peer: the flow's other end as the host's socket knows it.
    init?(
        _ error: DatagramError, about original: Original, peer: IPAddress, translation: AddressTranslation,
        observed: ObservedAddresses
    ) {
        let destination = original.destination
        switch (error.origin, destination.version) {
        case (.icmp, .v4):
            guard let rest = Self.restOfICMP(error) else { return nil }
            (type, code, self.rest) = (error.type, error.icmpCode, rest)
        case (.icmpv6, .v6):
            guard let rest = Self.restOfICMPv6(error) else { return nil }
            (type, code, self.rest) = (error.type, error.icmpCode, rest)
        case (.local, .v4):
            guard error.code == Self.messageTooLong, error.mtu >= IPv4Header.minimumMTU else { return nil }
            (type, code) = (ICMPType.unreachable, ICMPMessage.fragmentationNeededCode)
            rest = min(error.mtu, 0xffff)
        case (.local, .v6):
            guard error.code == Self.messageTooLong, error.mtu > 0 else { return nil }
            (type, code) = (ICMPv6Type.packetTooBig, 0)
            rest = error.mtu
        case (.icmp, .v6), (.icmpv6, .v4), (.none, _), (.other, _):
            return nil
        }
        let reporter: IPAddress?
        if let offender = error.offender, error.origin != .local {
            reporter = offender == peer ? destination : translation.guestVisible(offender, observed)
        } else {
            reporter = translation.mapping[destination.version].ours ?? destination
        }
        guard let reporter, reporter.version == destination.version else { return nil }
        source = reporter
        self.original = original
        quotedByteCount = min(max(error.byteCount, 0), Self.quoteLimit(original))
    }

    /// A connection that the guest asked for cannot be made; `translation` says who we are on the link.
    init(
        _ reason: ConnectFailure.Unreachable, about original: Original, translation: AddressTranslation
    ) {
        let version = original.destination.version
        type = version == .v4 ? ICMPType.unreachable : ICMPv6Type.unreachable
        // RFC 1812, section 5.2.7.1; RFC 4443, section 3.1.
        switch reason {
        case .network: code = 0
        case .host: code = version == .v4 ? 1 : 3
        case .prohibited: code = version == .v4 ? 13 : 1
        }
        rest = 0
        source = translation.mapping[version].ours ?? original.destination
        self.original = original
        quotedByteCount = 0
    }

    /// Where in the message the bytes that came back belong.
    static func quoteOffset(_ original: Original) -> Int {
        let headers =
            ICMPMessage.length + (original.destination.version == .v4 ? IPv4Header.length : IPv6Header.length)
        switch original {
        case .udp: return headers + UDPHeader.length
        case .echoRequest: return headers
        case .syn: return headers + Self.quotedTCPByteCount
        }
    }

    /// How many of them are quoted at most, so that the error fits every link: 576 bytes in all for IPv4 (RFC 1812,
    /// section 4.3.2.3), the minimum MTU for IPv6 (RFC 4443, section 2.4 (c)).
    static func quoteLimit(_ original: Original) -> Int {
        let limit =
            original.destination.version == .v4
            ? 576 - IPv4Header.length : IPv6Header.minimumMTU - IPv6Header.length
        return limit - quoteOffset(original)
    }

    /// The whole message, from its type on.
    var byteCount: Int { Self.quoteOffset(original) + quotedByteCount }

    /// The guest's end, which the message goes to.
    var destination: IPAddress { original.source }

    /// Writes what belongs in front of the bytes that came back; the message's checksum stays open. Traps when
    /// `bytes` is shorter than `byteCount`.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(type, at: offset)
        bytes.storeBigEndian(code, at: offset &+ 1)
        bytes.storeBigEndian(UInt16(0), at: offset &+ 2)
        bytes.storeBigEndian(rest, at: offset &+ 4)
        let start = offset &+ ICMPMessage.length
        let quote = offset &+ Self.quoteOffset(original)
        switch original {
        case .udp(let from, let to):
            writeIPHeader(
                to: &bytes, at: start, carrying: UDPHeader.length &+ quotedByteCount, ProtocolNumber.udp)
            UDPHeader(sourcePort: from.port, destinationPort: to.port, payload: quotedByteCount)
                .write(to: &bytes, at: quote &- UDPHeader.length)
        case .echoRequest(_, let to, let identifier):
            let number = to.version == .v4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6
            writeIPHeader(to: &bytes, at: start, carrying: quotedByteCount, number)
            if quotedByteCount >= 6 { bytes.storeBigEndian(identifier, at: quote &+ 4) }
        case .syn(let from, let to, let sequence):
            let header = quote &- Self.quotedTCPByteCount
            writeIPHeader(to: &bytes, at: start, carrying: TCPHeader.length, ProtocolNumber.tcp)
            bytes.storeBigEndian(from.port, at: header)
            bytes.storeBigEndian(to.port, at: header &+ 2)
            bytes.storeBigEndian(sequence.value, at: header &+ 4)
        }
    }

    private func writeIPHeader(
        to bytes: inout MutableRawSpan, at offset: Int, carrying byteCount: Int, _ protocolNumber: UInt8
    ) {
        if let source = original.source.v4, let destination = original.destination.v4 {
            IPv4Header(
                payload: byteCount, protocolNumber: protocolNumber, source: source, destination: destination
            ).write(to: &bytes, at: offset)
        } else {
            IPv6Header(
                payload: byteCount, nextHeader: protocolNumber, source: original.source.bits,
                destination: original.destination.bits
            ).write(to: &bytes, at: offset)
        }
    }

    /// Bytes 4 to 7; nil for types that report no error to a sender.
    private static func restOfICMP(_ error: DatagramError) -> UInt32? {
        switch error.type {
        case ICMPType.unreachable where error.icmpCode == ICMPMessage.fragmentationNeededCode:
            min(error.mtu, 0xffff)
        case ICMPType.unreachable, ICMPType.timeExceeded: 0
        case ICMPType.parameterProblem: error.mtu << 24  // the kernel gives the pointer, from the top byte
        default: nil
        }
    }

    private static func restOfICMPv6(_ error: DatagramError) -> UInt32? {
        switch error.type {
        case ICMPv6Type.packetTooBig, ICMPv6Type.parameterProblem: error.mtu  // or the pointer
        case ICMPv6Type.unreachable, ICMPv6Type.timeExceeded: 0
        default: nil
        }
    }
}

extension ICMPErrorMessage.Original {
    var source: IPAddress {
        switch self {
        case .udp(let from, _): from.address
        case .echoRequest(let from, _, _): from
        case .syn(let from, _, _): from.address
        }
    }

    var destination: IPAddress {
        switch self {
        case .udp(_, let to): to.address
        case .echoRequest(_, let to, _): to
        case .syn(_, let to, _): to.address
        }
    }
}
