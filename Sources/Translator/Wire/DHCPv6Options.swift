// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The code of a DHCPv6 option (RFC 8415, section 21, unless noted), as far as we read or write it.
enum DHCPv6OptionCode: UInt16, BitwiseCopyable {
    case clientIdentifier = 1
    case serverIdentifier = 2
    case nonTemporaryAddresses = 3  // IA_NA
    case temporaryAddresses = 4  // IA_TA
    case address = 5
    case status = 13
    case rapidCommit = 14
    case domainNameServers = 23  // RFC 3646
    case domainList = 24  // RFC 3646
    case prefixDelegation = 25  // IA_PD
    case clientFQDN = 39  // RFC 4704
}

/// How the server sees a request, or one identity association of it (RFC 8415, section 21.13).
enum DHCPv6Status: UInt16, BitwiseCopyable {
    case success = 0
    case noAddressesAvailable = 2
    case noBinding = 3
    case notOnLink = 4
    case noPrefixAvailable = 6
}

/// One option where it lies in a message.
struct DHCPv6Option: Equatable, BitwiseCopyable {
    /// Code and length.
    static let headerLength = 4
    /// An address option without options of its own (section 21.6).
    static let addressLength = 24

    /// As carried, possibly none that we know.
    var code: UInt16
    /// Offset and length of the value in the message.
    var value: Slice
}

/// A walk over consecutive options: those of a message, or those inside an identity association.
struct DHCPv6OptionCursor: BitwiseCopyable {
    private var offset: Int
    private let end: Int

    /// All options of a message whose head was parsed.
    init(message: RawSpan) {
        offset = DHCPv6Message.length
        end = max(message.byteCount, DHCPv6Message.length)
    }

    /// The options inside `value`, behind its fixed part, which was proven to be there.
    init(inside value: Slice, after fixedLength: Int) {
        offset = value.offset &+ fixedLength
        end = value.offset &+ value.byteCount
    }

    /// The next option; nil behind the last one.
    ///
    /// - Throws: `.truncated` when the option goes beyond what is walked.
    mutating func next(in message: RawSpan) throws(WireError) -> DHCPv6Option? {
        guard offset < end else { return nil }
        guard end &- offset >= DHCPv6Option.headerLength else { throw .truncated }
        let code = message.bigEndian(at: offset, as: UInt16.self)
        let byteCount = Int(message.bigEndian(at: offset &+ 2, as: UInt16.self))
        let start = offset &+ DHCPv6Option.headerLength
        guard byteCount <= end &- start else { throw .truncated }
        offset = start &+ byteCount
        return DHCPv6Option(code: code, value: Slice(offset: start, byteCount: byteCount))
    }
}

/// The kinds of identity associations (RFC 8415, section 4.2): what a client wants addresses or prefixes for.
enum DHCPv6AssociationKind: BitwiseCopyable {
    case nonTemporary, temporary, prefix

    init?(_ code: UInt16) {
        switch DHCPv6OptionCode(rawValue: code) {
        case .nonTemporaryAddresses: self = .nonTemporary
        case .temporaryAddresses: self = .temporary
        case .prefixDelegation: self = .prefix
        case .clientIdentifier, .serverIdentifier, .address, .status, .rapidCommit, .domainNameServers,
            .domainList,
            .clientFQDN, nil:
            return nil
        }
    }

    var code: DHCPv6OptionCode {
        switch self {
        case .nonTemporary: .nonTemporaryAddresses
        case .temporary: .temporaryAddresses
        case .prefix: .prefixDelegation
        }
    }

    /// Bytes before the options: IAID, and the times T1 and T2 where the kind has them.
    var fixedLength: Int {
        switch self {
        case .nonTemporary, .prefix: 12
        case .temporary: 4
        }
    }
}

/// An identity association in a client's message: IA_NA, IA_TA or IA_PD.
struct DHCPv6Association: Equatable, BitwiseCopyable {
    var kind: DHCPv6AssociationKind
    /// IAID: what the client calls it.
    var identifier: UInt32
    /// The option's value in the message.
    var value: Slice

    /// Reads the association in `option`; nil when it is another option.
    ///
    /// - Throws: `.truncated` when it, or an option inside, is too short for its kind.
    init?(parsing option: DHCPv6Option, in message: RawSpan) throws(WireError) {
        guard let kind = DHCPv6AssociationKind(option.code) else { return nil }
        guard option.value.byteCount >= kind.fixedLength else { throw .truncated }
        self.kind = kind
        value = option.value
        identifier = message.bigEndian(at: value.offset, as: UInt32.self)
        var addresses = addresses
        while try addresses.next(in: message) != nil {}
    }

    /// The addresses that the client names.
    var addresses: Addresses { Addresses(cursor: DHCPv6OptionCursor(inside: value, after: kind.fixedLength)) }

    struct Addresses: BitwiseCopyable {
        fileprivate var cursor: DHCPv6OptionCursor

        mutating func next(in message: RawSpan) throws(WireError) -> IPv6Address? {
            while let option = try cursor.next(in: message) {
                guard option.code == DHCPv6OptionCode.address.rawValue else { continue }
                guard option.value.byteCount >= DHCPv6Option.addressLength else { throw .truncated }
                let offset = option.value.offset
                return IPv6Address(
                    high: message.bigEndian(at: offset, as: UInt64.self),
                    low: message.bigEndian(at: offset &+ 8, as: UInt64.self))
            }
            return nil
        }
    }
}

/// What the options of a client's message say, as far as a server cares; identity associations are walked
/// apart.
struct DHCPv6ClientOptions: Equatable, BitwiseCopyable {
    /// Type code and up to 128 bytes of identifier (RFC 8415, section 11.1).
    private static let identifierLengths = 3...130
    /// The client asks the server to update the AAAA record (RFC 4704, section 4.1).
    private static let serverUpdates: UInt8 = 1

    var clientIdentifier: Slice?
    var serverIdentifier: Slice?
    var wantsRapidCommit = false
    var wantsNameUpdate = false
    var hasAssociation = false

    /// Reads all options, and proves every identity association well-formed.
    ///
    /// - Throws: `.truncated` when an option goes beyond its container or is too short for its kind;
    ///   `.malformed` when an identifier is repeated or has a length it cannot have.
    init(parsing message: RawSpan) throws(WireError) {
        var cursor = DHCPv6OptionCursor(message: message)
        while let option = try cursor.next(in: message) {
            if try DHCPv6Association(parsing: option, in: message) != nil {
                hasAssociation = true
                continue
            }
            switch DHCPv6OptionCode(rawValue: option.code) {
            case .clientIdentifier:
                guard clientIdentifier == nil else { throw .malformed }
                clientIdentifier = try Self.identifier(option)
            case .serverIdentifier:
                guard serverIdentifier == nil else { throw .malformed }
                serverIdentifier = try Self.identifier(option)
            case .rapidCommit:
                wantsRapidCommit = true
            case .clientFQDN:
                guard option.value.byteCount >= 1 else { throw .truncated }
                let flags = message.bigEndian(at: option.value.offset, as: UInt8.self)
                wantsNameUpdate = flags & Self.serverUpdates != 0
            case .nonTemporaryAddresses, .temporaryAddresses, .prefixDelegation, .address, .status,
                .domainNameServers, .domainList, nil:
                break
            }
        }
    }
    private static func identifier(_ option: DHCPv6Option) throws(WireError) -> Slice {
        guard identifierLengths ~= option.value.byteCount else { throw .malformed }
        return option.value
    }
}
