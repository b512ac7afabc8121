// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The options that DHCP replies choose from, encoded once, and the way they are laid out.
///
/// A reply carries what its kind allows, asked for or not: in the order of the client's parameter request
/// list, then ascending. Options that do not fit are skipped; room for those that a client cannot do without
/// is kept until they are written, so no list can push them out. A search list that does not fit is cut
/// between names.
struct DHCPOptionTable {
    /// One option that may be sent.
    private struct Entry: BitwiseCopyable {
        var option: DHCPOption
        /// The value, in `values`; empty when it depends on the request.
        var value: Slice
    }

    /// How far one reply is written.
    private struct Progress: BitwiseCopyable {
        var offset = DHCPMessage.optionsOffset
        /// Where the options must have ended, the end mark not counted.
        let end: Int
        /// Entries still to be written, one bit each.
        var pending: UInt32 = 0
        /// Bytes that pending entries need which must not be pushed out.
        var reserved = 0
    }

    private static let headerLength = 2
    private static let longestValue = 255
    /// RFC 2131, section 3.3.
    private static let infiniteLease: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    /// Flag E, the name is in wire form, then two codes that mean nothing (RFC 4702, section 2).
    private static let nameHeader: [UInt8] = [0x04, 255, 255]
    /// The end of the message when the options area has the 60 bytes behind the cookie that BOOTP has.
    private static let smallestMessage = DHCPMessage.optionsOffset + 60

    /// Ascending by code.
    private var entries: [Entry] = []
    private var values: [UInt8] = []
    private let searchList: DomainNameList

    /// Encodes what is known of the network; empty without IPv4.
    init(network: GuestNetwork) {
        searchList = DomainNameList(network.searchDomains, compressing: true)
        guard let ipv4 = network.ipv4 else { return }
        add(.subnetMask, Self.bytes(IPv4Address.mask(prefixLength: ipv4.prefixLength)))
        if let gateway = ipv4.gateway { add(.router, Self.bytes(gateway.bits)) }
        let resolvers = ipv4.resolvers.flatMap { Self.bytes($0.bits) }
        if !resolvers.isEmpty { add(.domainNameServer, resolvers) }
        if let hostname = network.hostname, !hostname.isEmpty { add(.hostName, Array(hostname.utf8)) }
        if network.mtu != 0 { add(.interfaceMTU, [UInt8(network.mtu >> 8), UInt8(network.mtu & 0xff)]) }
        add(.leaseTime, Self.infiniteLease)
        add(.messageType, [0])
        if let server = ipv4.ours ?? ipv4.gateway { add(.serverIdentifier, Self.bytes(server.bits)) }
        add(.clientIdentifier, [])
        add(.rapidCommit, [])
        if let name = network.fqdn.flatMap({ DomainName($0) }) {
            add(.clientFQDN, Self.nameHeader + name.bytes)
        }
        if !searchList.isEmpty { add(.domainSearch, []) }
        if let gateway = ipv4.gateway, !gateway.isIn(ipv4.address, prefixLength: ipv4.prefixLength) {
            add(.classlessStaticRoute, Self.routes(through: gateway))
        }
    }

    private static func bytes(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xff), UInt8(value >> 8 & 0xff), UInt8(value & 0xff)]
    }

    /// The gateway itself on the link, everything else through it (RFC 3442): for a gateway outside the
    /// subnet.
    private static func routes(through gateway: IPv4Address) -> [UInt8] {
        [32] + bytes(gateway.bits) + bytes(0) + [0] + bytes(gateway.bits)
    }

    private mutating func add(_ option: DHCPOption, _ value: [UInt8]) {
        guard value.count <= Self.longestValue else { return }
        entries.append(Entry(option: option, value: Slice(offset: values.count, byteCount: value.count)))
        values += value
    }

    /// Writes options, end mark and padding behind the cookie.
    ///
    /// - Parameter limit: the largest message in bytes; at least that of BOOTP.
    /// - Returns: the length of the whole message.
    func write(
        for answer: DHCPAnswer, to asked: DHCPClientOptions, in message: RawSpan,
        into bytes: inout MutableRawSpan,
        limit: Int
    ) -> Int {
        precondition(limit >= Self.smallestMessage)
        var progress = Progress(end: limit &- 1)
        for index in entries.indices {
            let entry = entries[index]
            guard carries(answer, entry.option, asked) else { continue }
            progress.pending |= 1 << UInt32(index)
            if isEssential(entry.option) { progress.reserved += byteCount(of: entry, asked) }
        }

        if let list = asked.parameterRequests {
            var namesType = false
            for offset in list.offset..<list.offset &+ list.byteCount {
                let code = message.bigEndian(at: offset, as: UInt8.self)
                namesType = namesType || code == DHCPOption.messageType.rawValue
            }
            // Some small clients look for the message type at the front only.
            if !namesType {
                write(DHCPOption.messageType.rawValue, &progress, answer, asked, message, &bytes)
            }
            for offset in list.offset..<list.offset &+ list.byteCount {
                let code = message.bigEndian(at: offset, as: UInt8.self)
                write(code, &progress, answer, asked, message, &bytes)
            }
        }
        for index in entries.indices { write(at: index, &progress, answer, asked, message, &bytes) }

        bytes.storeBigEndian(DHCPOption.end.rawValue, at: progress.offset)
        let byteCount = max(progress.offset &+ 1, Self.smallestMessage)
        bytes.zero(progress.offset &+ 1..<byteCount)
        return byteCount
    }

    /// Whether a reply of this kind may carry the option (RFC 2131, table 3; RFC 1534, section 2).
    private func carries(_ answer: DHCPAnswer, _ option: DHCPOption, _ asked: DHCPClientOptions) -> Bool {
        // RFC 6842: what the client calls itself comes back in every answer.
        if option == .clientIdentifier { return answer != .bootReply && asked.clientIdentifier != nil }
        return switch answer {
        case .offer, .acknowledgement(rapid: false): option != .rapidCommit
        case .acknowledgement(rapid: true): true
        case .parameters: option != .rapidCommit && option != .leaseTime
        case .refusal: option == .messageType || option == .serverIdentifier
        case .bootReply:
            option != .messageType && option != .serverIdentifier && option != .leaseTime
                && option != .rapidCommit
        }
    }

    /// Whether the reply, or the network, is unusable without the option.
    private func isEssential(_ option: DHCPOption) -> Bool {
        switch option {
        case .messageType, .serverIdentifier, .leaseTime, .subnetMask, .router, .classlessStaticRoute,
            .rapidCommit,
            .clientIdentifier:
            true
        case .pad, .domainNameServer, .hostName, .interfaceMTU, .requestedAddress, .overload,
            .parameterRequestList,
            .maximumMessageSize, .clientFQDN, .domainSearch, .end:
            false
        }
    }

    private func byteCount(of entry: Entry, _ asked: DHCPClientOptions) -> Int {
        let value = entry.option == .clientIdentifier ? asked.clientIdentifier : entry.value
        return Self.headerLength &+ (value?.byteCount ?? 0)
    }

    /// Writes the option `code`, should it be pending.
    private func write(
        _ code: UInt8, _ progress: inout Progress, _ answer: DHCPAnswer, _ asked: DHCPClientOptions,
        _ message: RawSpan, _ bytes: inout MutableRawSpan
    ) {
        for index in entries.indices where entries[index].option.rawValue == code {
            write(at: index, &progress, answer, asked, message, &bytes)
        }
    }

    private func write(
        at index: Int, _ progress: inout Progress, _ answer: DHCPAnswer, _ asked: DHCPClientOptions,
        _ message: RawSpan, _ bytes: inout MutableRawSpan
    ) {
        let bit = UInt32(1) << UInt32(index)
        guard progress.pending & bit != 0 else { return }
        progress.pending ^= bit
        let entry = entries[index]
        let needed = byteCount(of: entry, asked)
        if isEssential(entry.option) { progress.reserved -= needed }
        let room = progress.end &- progress.offset &- progress.reserved
        if entry.option == .domainSearch { return writeSearchList(room, &progress, &bytes) }
        guard needed <= room else { return }

        bytes.storeBigEndian(entry.option.rawValue, at: progress.offset)
        bytes.storeBigEndian(UInt8(needed &- Self.headerLength), at: progress.offset &+ 1)
        let offset = progress.offset &+ Self.headerLength
        if entry.option == .messageType, let type = answer.messageType {
            bytes.storeBigEndian(type.rawValue, at: offset)
        } else if entry.option == .clientIdentifier, let value = asked.clientIdentifier {
            bytes.copy(message.extracting(value.offset..<value.offset &+ value.byteCount), at: offset)
        } else {
            let value = entry.value
            bytes.copy(
                values.span.extracting(value.offset..<value.offset &+ value.byteCount), at: offset)
        }
        progress.offset &+= needed
    }

    /// Writes as many names as fit, in as many options as that takes (RFC 3397, section 2; RFC 3396).
    private func writeSearchList(_ room: Int, _ progress: inout Progress, _ bytes: inout MutableRawSpan) {
        let whole = Self.headerLength + Self.longestValue
        let fitting = room / whole * Self.longestValue + max(room % whole - Self.headerLength, 0)
        let end = searchList.byteCount(fitting: fitting)
        var start = 0
        while start < end {
            let count = min(end &- start, Self.longestValue)
            bytes.storeBigEndian(DHCPOption.domainSearch.rawValue, at: progress.offset)
            bytes.storeBigEndian(UInt8(count), at: progress.offset &+ 1)
            bytes.copy(
                searchList.bytes.span.extracting(start..<start &+ count),
                at: progress.offset &+ Self.headerLength)
            progress.offset &+= count &+ Self.headerLength
            start &+= count
        }
    }
}

extension DHCPAnswer {
    /// What option 53 says; nil for BOOTP.
    fileprivate var messageType: DHCPMessageType? {
        switch self {
        case .offer: .offer
        case .acknowledgement, .parameters: .acknowledgement
        case .refusal: .negativeAcknowledgement
        case .bootReply: nil
        }
    }
}
