// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The code of a DHCP option (RFC 2132 unless noted), as far as we read or write it.
enum DHCPOption: UInt8, BitwiseCopyable {
    case pad = 0
    case subnetMask = 1
    case router = 3
    case domainNameServer = 6
    case hostName = 12
    case interfaceMTU = 26
    case requestedAddress = 50
    case leaseTime = 51
    case overload = 52
    case messageType = 53
    case serverIdentifier = 54
    case parameterRequestList = 55
    case maximumMessageSize = 57
    case clientIdentifier = 61
    case rapidCommit = 80  // RFC 4039
    case clientFQDN = 81  // RFC 4702
    case domainSearch = 119  // RFC 3397
    case classlessStaticRoute = 121  // RFC 3442
    case end = 255
}

/// What a DHCP message is for (RFC 2132, section 9.6).
enum DHCPMessageType: UInt8, BitwiseCopyable {
    case discover = 1
    case offer
    case request
    case decline
    case acknowledgement
    case negativeAcknowledgement
    case release
    case inform
}

/// What the options of a client's message say, as far as a server cares.
///
/// Slices are offsets into the message. When a client repeats an option, the first one counts; options that
/// continue in another one (RFC 3396) are not joined, since none that is read here grows beyond 255 bytes.
struct DHCPClientOptions: Equatable, BitwiseCopyable {
    /// Option 53 as carried, possibly none that we know; nil: a BOOTP client.
    var messageType: UInt8?
    var requestedAddress: IPv4Address?
    var serverIdentifier: IPv4Address?
    /// The largest IP datagram that the client takes, in bytes.
    var maximumMessageSize: UInt16?
    /// The codes that the client asks for, one byte each; nil when it sent no list.
    var parameterRequests: Slice?
    /// Never empty.
    var clientIdentifier: Slice?
    var wantsRapidCommit = false
    private var overload: UInt8 = 0

    /// Reads all options of a message whose fixed part was parsed; without a cookie there are none.
    ///
    /// - Throws: `.truncated` when an option goes beyond its field; `.malformed` when one has a length it
    ///   cannot have.
    init(parsing message: RawSpan) throws(WireError) {
        guard message.byteCount >= DHCPMessage.optionsOffset,
            message.bigEndian(at: DHCPMessage.length, as: UInt32.self) == DHCPMessage.magicCookie
        else { return }
        try read(message, from: DHCPMessage.optionsOffset, to: message.byteCount)
        // The order is that of RFC 2131, section 4.1: first options, then file, then sname.
        let (file, name) = (DHCPMessage.bootFile, DHCPMessage.serverName)
        let fields = overload
        if fields & 1 != 0 { try read(message, from: file.offset, to: file.offset &+ file.byteCount) }
        if fields & 2 != 0 { try read(message, from: name.offset, to: name.offset &+ name.byteCount) }
    }

    private mutating func read(_ message: RawSpan, from start: Int, to end: Int) throws(WireError) {
        var offset = start
        while offset < end {
            let code = message.bigEndian(at: offset, as: UInt8.self)
            offset &+= 1
            if code == DHCPOption.pad.rawValue { continue }
            if code == DHCPOption.end.rawValue { return }
            guard offset < end else { throw .truncated }
            let byteCount = Int(message.bigEndian(at: offset, as: UInt8.self))
            offset &+= 1
            guard byteCount <= end &- offset else { throw .truncated }
            if let option = DHCPOption(rawValue: code) {
                try take(option, Slice(offset: offset, byteCount: byteCount), in: message)
            }
            offset &+= byteCount
        }
    }

    private mutating func take(_ option: DHCPOption, _ value: Slice, in message: RawSpan) throws(WireError) {
        switch option {
        case .messageType:
            let type: UInt8 = try Self.integer(value, in: message)
            messageType = messageType ?? type
        case .requestedAddress:
            let address = IPv4Address(try Self.integer(value, in: message))
            requestedAddress = requestedAddress ?? address
        case .serverIdentifier:
            let address = IPv4Address(try Self.integer(value, in: message))
            serverIdentifier = serverIdentifier ?? address
        case .maximumMessageSize:
            let byteCount: UInt16 = try Self.integer(value, in: message)
            maximumMessageSize = maximumMessageSize ?? byteCount
        case .overload:
            overload = try Self.integer(value, in: message)
        case .rapidCommit:
            wantsRapidCommit = true
        case .parameterRequestList:
            parameterRequests = parameterRequests ?? value
        case .clientIdentifier:
            guard value.byteCount > 0 else { throw .malformed }
            clientIdentifier = clientIdentifier ?? value
        case .pad, .end, .subnetMask, .router, .domainNameServer, .hostName, .interfaceMTU, .leaseTime,
            .clientFQDN,
            .domainSearch, .classlessStaticRoute:
            break
        }
    }

    private static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Slice, in message: RawSpan
    ) throws(WireError) -> Value {
        guard value.byteCount == MemoryLayout<Value>.size else { throw .malformed }
        return message.bigEndian(at: value.offset, as: Value.self)
    }
}
