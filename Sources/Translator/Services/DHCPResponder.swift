// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A DHCP answer that was written: how long it is and where it goes, from port 67 to port 68.
struct DHCPReply: Equatable, BitwiseCopyable {
    /// UDP payload written, in bytes.
    var byteCount: Int
    var destination: IPv4Address
    var destinationMAC: MACAddress
    /// Who asked, by its own account; nil when it named no Ethernet address.
    var clientMAC: MACAddress?
}

/// What a client's message calls for.
enum DHCPAnswer: Equatable, BitwiseCopyable {
    case offer
    /// The lease is granted; `rapid` when that skips the offer (RFC 4039).
    case acknowledgement(rapid: Bool)
    /// Parameters alone, for a client that has an address (RFC 2131, section 4.3.5).
    case parameters
    /// The address that the client asks for is not ours to give.
    case refusal
    /// For a client that speaks BOOTP only (RFC 1534, section 2).
    case bootReply
}

/// Answers the guest's DHCP and BOOTP messages with the one address there is, leased for ever.
///
/// The lease needs no state: there is one guest and one address, so the right answer follows from the message
/// alone. We are the only server on the link, and say no where a server that knows the client must (RFC 2131,
/// section 4.3.2) instead of staying silent.
struct DHCPResponder {
    static let serverPort: UInt16 = 67
    static let clientPort: UInt16 = 68
    /// What every buffer for a reply must hold: the payload of the datagram that every client must take (RFC
    /// 2131, section 2).
    static let smallestBuffer = smallestMaximum - headerLength
    /// The largest payload that is ever written.
    static let largestReply = largestMaximum - headerLength

    private static let smallestMaximum = 576
    /// No larger datagram is sent, whatever the client takes: before it is configured, its MTU is Ethernet's.
    private static let largestMaximum = 1500
    /// IPv4 and UDP.
    private static let headerLength = 28
    /// The vendor area of BOOTP holds 64 bytes, cookie included (RFC 951, section 3).
    private static let bootReplyLength = 300

    /// nil when the service is off: nothing is answered.
    private let network: GuestNetwork.IPv4?
    private let server: IPv4Address
    private let largestDatagram: Int
    private let options: DHCPOptionTable

    /// Encodes everything that stays the same; the service is off without an IPv4 gateway.
    init(network: GuestNetwork) {
        options = DHCPOptionTable(network: network)
        let mtu = network.mtu == 0 ? Self.largestMaximum : Int(network.mtu)
        largestDatagram = max(min(mtu, Self.largestMaximum), Self.smallestMaximum)
        guard network.services.dhcp, let ipv4 = network.ipv4, let gateway = ipv4.gateway else {
            self.network = nil
            server = .unspecified
            return
        }
        self.network = ipv4
        server = ipv4.ours ?? gateway
    }

    /// Answers the UDP payload `message`, which came to port 67.
    ///
    /// - Parameter bytes: takes the UDP payload of the reply; at least `smallestBuffer`, more for long
    ///   options.
    /// - Returns: nil when nothing is to be sent, be it that the message is broken or that it wants no
    ///   answer.
    func reply(to message: RawSpan, into bytes: inout MutableRawSpan) -> DHCPReply? {
        guard let network else { return nil }
        precondition(bytes.byteCount >= Self.smallestBuffer)
        let request: DHCPMessage
        let asked: DHCPClientOptions
        do throws(WireError) {
            request = try DHCPMessage(parsing: message)
            asked = try DHCPClientOptions(parsing: message)
        } catch {
            return nil
        }
        guard request.operation == DHCPMessage.request,
            let answer = answer(to: request, asked, network.address)
        else { return nil }

        fixedPart(of: answer, to: request, network.address).write(to: &bytes)
        let byteCount = options.write(
            for: answer, to: asked, in: message, into: &bytes,
            limit: min(limit(of: answer, asked), bytes.byteCount))
        let destination = destination(of: answer, to: request, network.address)
        let mac = destination.isBroadcast ? .broadcast : request.clientMAC ?? .broadcast
        return DHCPReply(
            byteCount: byteCount, destination: destination, destinationMAC: mac, clientMAC: request.clientMAC)
    }

    private func answer(
        to request: DHCPMessage, _ asked: DHCPClientOptions, _ assigned: IPv4Address
    ) -> DHCPAnswer? {
        guard let code = asked.messageType else { return .bootReply }
        guard let type = DHCPMessageType(rawValue: code) else { return nil }
        switch type {
        case .discover: return asked.wantsRapidCommit ? .acknowledgement(rapid: true) : .offer
        case .request: return answer(toRequest: request, asked, assigned)
        case .inform: return .parameters
        case .decline, .release, .offer, .acknowledgement, .negativeAcknowledgement: return nil
        }
    }

    /// RFC 2131, section 4.3.2. A client that selects names a server and asks by option; one that reboots
    /// asks by option; one that renews or rebinds shows what it has in `ciaddr`.
    private func answer(
        toRequest request: DHCPMessage, _ asked: DHCPClientOptions, _ assigned: IPv4Address
    ) -> DHCPAnswer? {
        if let chosen = asked.serverIdentifier, chosen != server { return nil }
        let requested = asked.requestedAddress ?? .unspecified
        let wanted = requested.isUnspecified ? request.clientAddress : requested
        return wanted.isUnspecified || wanted == assigned ? .acknowledgement(rapid: false) : .refusal
    }

    /// RFC 2131, table 3.
    private func fixedPart(
        of answer: DHCPAnswer, to request: DHCPMessage, _ assigned: IPv4Address
    ) -> DHCPMessage {
        var message = DHCPMessage(answering: request)
        switch answer {
        case .offer, .acknowledgement, .bootReply:
            message.yourAddress = assigned
        case .parameters:
            break
        case .refusal:
            message.clientAddress = .unspecified
        }
        return message
    }

    /// The largest payload that may answer the client.
    private func limit(of answer: DHCPAnswer, _ asked: DHCPClientOptions) -> Int {
        guard answer != .bootReply else { return Self.bootReplyLength }
        let accepted = max(Int(asked.maximumMessageSize ?? 0), Self.smallestMaximum)
        return min(accepted, largestDatagram) &- Self.headerLength
    }

    /// RFC 2131, section 4.1. A refusal goes to everybody, for its client may have no usable address.
    private func destination(
        of answer: DHCPAnswer, to request: DHCPMessage, _ assigned: IPv4Address
    ) -> IPv4Address {
        guard answer != .refusal, !request.wantsBroadcast else { return .broadcast }
        guard answer == .parameters else { return assigned }
        return request.clientAddress.isUnicast ? request.clientAddress : .broadcast
    }
}
