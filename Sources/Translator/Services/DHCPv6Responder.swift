// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A DHCPv6 answer that was written: from our link-local address and port 547 to port 546 of who asked.
struct DHCPv6Reply: Equatable, BitwiseCopyable {
    /// UDP payload written, in bytes.
    var byteCount: Int
    var destination: IPv6Address
}

/// What a client's message calls for.
enum DHCPv6Answer: Equatable, BitwiseCopyable {
    /// What a REQUEST would get.
    case advertisement
    /// The lease is granted, `rapid` when that skips the advertisement (RFC 8415, section 18.3.1).
    case lease(rapid: Bool)
    /// The lease goes on; addresses that are not ours to give end.
    case renewal
    /// Parameters alone.
    case parameters
    /// A status for the message as a whole; `listsUnbound` when associations that never had a lease are
    /// named.
    case status(DHCPv6Status, listsUnbound: Bool)
}

/// Answers the guest's DHCPv6 messages (RFC 8415, section 18.3) with the one address there is, leased for
/// ever.
///
/// As with DHCP no lease is recorded: the address goes to the association (IA_NA) that names it already, else
/// to the first one that names no other. Every other association, for temporary addresses and prefixes too,
/// is told that there is nothing for it.
struct DHCPv6Responder {
    static let serverPort: UInt16 = 547
    static let clientPort: UInt16 = 546
    /// The largest reply, and what every buffer for one must hold: fits every IPv6 link unfragmented.
    static let largestReply = 1280 - 40 - 8

    private static let infinite: UInt32 = 0xffff_ffff

    /// nil when the service is off: nothing is answered.
    private let assigned: IPv6Address?
    private let server: [UInt8]
    private let resolvers: [UInt8]
    private let searchList: DomainNameList
    private let name: [UInt8]

    /// Encodes everything that stays the same; the service is off without an assigned IPv6 address.
    ///
    /// - Parameter time: seconds from 2000-01-01 to the start, modulo 2^32, for our identifier.
    init(network: GuestNetwork, time: UInt32) {
        assigned = network.services.dhcpv6 ? network.ipv6?.address : nil
        // DUID-LLT: link-layer address plus time, of Ethernet (RFC 8415, section 11.2).
        server =
            [0, 1, 0, 1] + Self.bytes(UInt64(time), count: 4) + Self.bytes(network.ourMAC.bits, count: 6)
        resolvers = (network.ipv6?.resolvers ?? []).flatMap {
            Self.bytes($0.high, count: 8) + Self.bytes($0.low, count: 8)
        }
        searchList = DomainNameList(network.searchDomains, compressing: false)
        name = network.fqdn.flatMap { DomainName($0) }?.bytes ?? []
    }

    private static func bytes(_ value: UInt64, count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }

    /// Answers the UDP payload `message`, which came to port 547.
    ///
    /// - Parameter bytes: takes the UDP payload of the reply; at least `largestReply`.
    /// - Returns: nil when nothing is to be sent, be it that the message is broken or that it wants no
    ///   answer.
    func reply(
        to message: RawSpan, source: IPv6Address, destination: IPv6Address, into bytes: inout MutableRawSpan
    ) -> DHCPv6Reply? {
        guard let assigned, source.isUnicast, destination.isMulticast else { return nil }
        precondition(bytes.byteCount >= Self.largestReply)
        do throws(WireError) {
            let head = try DHCPv6Message(parsing: message)
            let asked = try DHCPv6ClientOptions(parsing: message)
            guard let answer = try answer(to: head.type, asked, message, assigned) else { return nil }
            DHCPv6Message(answer.messageType, transaction: head.transaction).write(to: &bytes)
            var writer = DHCPv6OptionWriter(limit: Self.largestReply)
            try write(answer, to: asked, message, assigned, &writer, &bytes)
            return DHCPv6Reply(byteCount: writer.offset, destination: source)
        } catch {
            return nil
        }
    }

    /// RFC 8415, sections 16 and 18.3.
    private func answer(
        to type: DHCPv6MessageType, _ asked: DHCPv6ClientOptions, _ message: RawSpan, _ assigned: IPv6Address
    ) throws(WireError) -> DHCPv6Answer? {
        let namesAnyServer = asked.serverIdentifier != nil
        let namesUs = isOurs(asked.serverIdentifier, in: message)
        guard asked.clientIdentifier != nil || type == .informationRequest else { return nil }
        switch type {
        case .solicit:
            guard !namesAnyServer else { return nil }
            return asked.wantsRapidCommit ? .lease(rapid: true) : .advertisement
        case .request:
            return namesUs ? .lease(rapid: false) : nil
        case .renew:
            return namesUs ? .renewal : nil
        case .rebind:
            return namesAnyServer ? nil : .renewal
        case .confirm:
            guard !namesAnyServer, let status = try confirmation(message, assigned) else { return nil }
            return .status(status, listsUnbound: false)
        case .release, .decline:
            return namesUs ? .status(.success, listsUnbound: true) : nil
        case .informationRequest:
            return (namesAnyServer && !namesUs) || asked.hasAssociation ? nil : .parameters
        case .advertise, .reply, .reconfigure, .relayForward, .relayReply:
            return nil
        }
    }

    private func isOurs(_ identifier: Slice?, in message: RawSpan) -> Bool {
        guard let identifier, identifier.byteCount == server.count else { return false }
        for index in server.indices
        where message.bigEndian(at: identifier.offset &+ index, as: UInt8.self) != server[index] {
            return false
        }
        return true
    }

    /// Whether the client's addresses are still good; nil when it names none (RFC 8415, section 18.3.3).
    private func confirmation(_ message: RawSpan, _ assigned: IPv6Address) throws(WireError) -> DHCPv6Status?
    {
        var status: DHCPv6Status?
        var cursor = DHCPv6OptionCursor(message: message)
        while let option = try cursor.next(in: message) {
            guard let association = try DHCPv6Association(parsing: option, in: message) else { continue }
            var addresses = association.addresses
            while let address = try addresses.next(in: message) {
                guard address == assigned else { return .notOnLink }
                status = .success
            }
        }
        return status
    }

    /// - Throws: `.malformed` when the associations to list exceed what a reply holds.
    private func write(
        _ answer: DHCPv6Answer, to asked: DHCPv6ClientOptions, _ message: RawSpan, _ assigned: IPv6Address,
        _ writer: inout DHCPv6OptionWriter, _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        let kept = asked.clientIdentifier.map { DHCPv6Option.headerLength &+ $0.byteCount } ?? 0
        writer.limit -= kept
        try writer.add(.serverIdentifier, server.span, &bytes)
        var carriesParameters = true
        switch answer {
        case .advertisement, .renewal:
            try writeAssociations(answer, message, assigned, &writer, &bytes)
        case .lease(let rapid):
            if rapid { try writer.open(.rapidCommit, byteCount: 0, &bytes) }
            try writeAssociations(answer, message, assigned, &writer, &bytes)
        case .parameters:
            break
        case .status(let status, let listsUnbound):
            try writer.add(status, &bytes)
            if listsUnbound { try writeAssociations(answer, message, assigned, &writer, &bytes) }
            carriesParameters = false
        }
        writer.limit += kept
        if let client = asked.clientIdentifier {
            try writer.add(
                .clientIdentifier, message.extracting(client.offset..<client.offset &+ client.byteCount),
                &bytes)
        }
        if carriesParameters { try writeParameters(asked, &writer, &bytes) }
    }

    private func writeAssociations(
        _ answer: DHCPv6Answer, _ message: RawSpan, _ assigned: IPv6Address,
        _ writer: inout DHCPv6OptionWriter,
        _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        let chosen = try chosenAssociation(message, assigned)
        var cursor = DHCPv6OptionCursor(message: message)
        while let option = try cursor.next(in: message) {
            guard let association = try DHCPv6Association(parsing: option, in: message) else { continue }
            let isChosen = association == chosen
            let refusal = try refusal(of: association, answer, isChosen: isChosen, message, assigned)
            if case .status = answer, refusal == nil { continue }
            let isGranted = refusal == nil

            let start = try writer.open(
                association.kind.code, byteCount: association.kind.fixedLength, &bytes)
            bytes.storeBigEndian(association.identifier, at: start)
            if association.kind != .temporary {
                bytes.storeBigEndian(isGranted ? Self.infinite : 0, at: start &+ 4)
                bytes.storeBigEndian(isGranted ? Self.infinite : 0, at: start &+ 8)
            }
            if isGranted { try writer.add(assigned, lifetime: Self.infinite, &bytes) }
            if answer == .renewal {
                var addresses = association.addresses
                while let address = try addresses.next(in: message) {
                    if address != assigned { try writer.add(address, lifetime: 0, &bytes) }
                }
            }
            if let refusal { try writer.add(refusal, &bytes) }
            writer.close(valueAt: start, &bytes)
        }
    }

    /// Which association gets the address: the IA_NA that names it, else the first that names no other, else
    /// the first.
    private func chosenAssociation(
        _ message: RawSpan, _ assigned: IPv6Address
    ) throws(WireError) -> DHCPv6Association? {
        var first: DHCPv6Association?
        var firstOpen: DHCPv6Association?
        var cursor = DHCPv6OptionCursor(message: message)
        while let option = try cursor.next(in: message) {
            guard let association = try DHCPv6Association(parsing: option, in: message),
                association.kind == .nonTemporary
            else { continue }
            if try association.names(assigned, in: message) { return association }
            if firstOpen == nil, try !association.namesOther(than: assigned, in: message) {
                firstOpen = association
            }
            first = first ?? association
        }
        return firstOpen ?? first
    }

    /// Why the association gets nothing; nil when it gets, or had, the address.
    private func refusal(
        of association: DHCPv6Association, _ answer: DHCPv6Answer, isChosen: Bool, _ message: RawSpan,
        _ assigned: IPv6Address
    ) throws(WireError) -> DHCPv6Status? {
        if case .status = answer { return association.kind == .nonTemporary ? nil : .noBinding }
        guard association.kind != .prefix else { return .noPrefixAvailable }
        if answer == .lease(rapid: false), try association.namesOther(than: assigned, in: message) {
            return .notOnLink
        }
        return isChosen ? nil : .noAddressesAvailable
    }

    /// Resolvers, search list and name, each as far as it fits.
    private func writeParameters(
        _ asked: DHCPv6ClientOptions, _ writer: inout DHCPv6OptionWriter, _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        if !resolvers.isEmpty, resolvers.count <= writer.room {
            try writer.add(.domainNameServers, resolvers.span, &bytes)
        }
        let searchByteCount = searchList.byteCount(fitting: writer.room)
        if searchByteCount > 0 {
            try writer.add(.domainList, searchList.bytes.span.extracting(0..<searchByteCount), &bytes)
        }
        if !name.isEmpty, name.count < writer.room {
            let start = try writer.open(.clientFQDN, byteCount: 1 &+ name.count, &bytes)
            // Flag O: what the client wanted of us, to update its AAAA record, we do not do (RFC 4704,
            // section 4.1).
            bytes.storeBigEndian(UInt8(asked.wantsNameUpdate ? 2 : 0), at: start)
            bytes.copy(name.span, at: start &+ 1)
        }
    }
}

extension DHCPv6Answer {
    fileprivate var messageType: DHCPv6MessageType {
        switch self {
        case .advertisement: .advertise
        case .lease, .renewal, .parameters, .status: .reply
        }
    }
}

extension DHCPv6Association {
    fileprivate func names(_ assigned: IPv6Address, in message: RawSpan) throws(WireError) -> Bool {
        var addresses = addresses
        while let address = try addresses.next(in: message) {
            if address == assigned { return true }
        }
        return false
    }

    fileprivate func namesOther(than assigned: IPv6Address, in message: RawSpan) throws(WireError) -> Bool {
        var addresses = addresses
        while let address = try addresses.next(in: message) {
            if address != assigned && !address.isUnspecified { return true }
        }
        return false
    }
}
