// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// Addresses and names.
    mutating func apply(_ which: AddressingOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .mtu: configuration.mtu = try option.number(in: 0...Self.largestMTU)
        case .address: try assign(option)
        case .netmask: configuration.netmask = try netmask(option)
        case .ourMAC: configuration.ourMAC = try option.macAddress()
        case .gateway: try gateway(option)
        case .interface: configuration.interface = try option.interfaceName()
        case .outbound: try outbound(option)
        case .outboundInterface4: configuration.outboundInterface.v4 = try option.interfaceName()
        case .outboundInterface6: configuration.outboundInterface.v6 = try option.interfaceName()
        case .ipv4Only: configuration.isEnabled = .init(v4: true, v6: false)
        case .ipv6Only: configuration.isEnabled = .init(v4: false, v6: true)
        case .hostname: configuration.hostname = try option.hostName()
        case .fqdn: configuration.fqdn = try option.hostName()
        }
    }

    /// The largest frame, 65535 bytes, without its Ethernet header.
    private static let largestMTU: UInt16 = 65521

    private mutating func assign(_ option: ScannedOption) throws(ConfigurationError) {
        let parts = option.argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let written = IPAddress(parts[0]) else {
            throw option.invalid("give a numeric IPv4 or IPv6 address")
        }
        let address = written.unmapped
        guard address.isUnicast, !address.isLoopback else {
            throw option.invalid(
                "the address of a \(configuration.mode.guestNoun) must be unicast and not loopback")
        }
        var prefixLength: UInt8?
        if parts.count == 2 {
            let shortest: UInt64 = written.version == address.version ? 0 : 96
            let longest: UInt64 = written.version == .v4 ? 32 : 128
            guard let length = NumberText.unsigned(parts[1]), shortest...longest ~= length else {
                throw option.invalid("a prefix length is a number from \(shortest) to \(longest)")
            }
            prefixLength = UInt8(length - shortest)
        }
        configuration.address[address.version] = (address, prefixLength)
        configuration.copiesAddresses[address.version] = false
    }

    /// A contiguous mask or a number of bits.
    private func netmask(_ option: ScannedOption) throws(ConfigurationError) -> UInt8 {
        if let mask = IPv4Address(option.argument) {
            let bits = UInt8((~mask.bits).leadingZeroBitCount)
            guard IPv4Address.mask(prefixLength: bits) == mask.bits else {
                throw option.invalid("the ones of a mask must be contiguous, from the left")
            }
            return bits
        }
        return try option.number(in: 0...32)
    }

    private mutating func gateway(_ option: ScannedOption) throws(ConfigurationError) {
        let address = try option.address { $0.isUnicast && !$0.isLoopback }
        configuration.gateway[address.version] = address
        if isPasta { configuration.copiesRoutes[address.version] = false }
    }

    private mutating func outbound(_ option: ScannedOption) throws(ConfigurationError) {
        guard let address = IPAddress(option.argument) else {
            throw option.invalid("give a numeric IPv4 or IPv6 address")
        }
        let isUsable: Bool
        switch address.version {
        case .v4: isUsable = address.isUnicast
        case .v6:
            // Neither unspecified, loopback, IPv4-compatible (all of ::/96), nor IPv4-mapped.
            let embedsIPv4 =
                address.bits.high == 0 && (address.bits.low >> 32 == 0 || address.bits.low >> 32 == 0xffff)
            isUsable = address.isUnicast && !embedsIPv4
        }
        guard isUsable else { throw option.invalid("this cannot be the source address of a socket") }
        configuration.outboundAddress[address.version] = address
    }
}
