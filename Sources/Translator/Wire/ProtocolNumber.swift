// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Assigned Internet protocol numbers: IPv4's protocol field and IPv6's next header.
enum ProtocolNumber {
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let icmpv6: UInt8 = 58

    // IPv6 extension headers (RFC 7045, section 4).
    static let hopByHopOptions: UInt8 = 0
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let encapsulatingSecurityPayload: UInt8 = 50
    static let authenticationHeader: UInt8 = 51
    static let noNextHeader: UInt8 = 59
    static let destinationOptions: UInt8 = 60
    static let mobility: UInt8 = 135
    static let hostIdentity: UInt8 = 139
    static let shim6: UInt8 = 140
    static let experiment1: UInt8 = 253
    static let experiment2: UInt8 = 254
}
