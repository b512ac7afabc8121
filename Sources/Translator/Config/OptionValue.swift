// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Option arguments as values. Every failure says which option was given what, and what it wants.

extension ScannedOption {
    /// An unsigned number within `range`, with the prefixes of C: 0x for hexadecimal, 0 for octal.
    func number<Number: FixedWidthInteger>(in range: ClosedRange<Number>) throws(ConfigurationError) -> Number
    {
        guard let value = NumberText.unsigned(argument), let number = Number(exactly: value),
            range.contains(number)
        else { throw invalid("give a number from \(range.lowerBound) to \(range.upperBound)") }
        return number
    }

    /// A path, or any text, that is not empty; sockets allow 107 bytes.
    func path(limit: Int = 4095) throws(ConfigurationError) -> String {
        guard 1...limit ~= argument.utf8.count else { throw invalid("give a path of 1 to \(limit) bytes") }
        return argument
    }

    /// Length of the path of a UNIX socket, without the terminating zero (unix(7)).
    static let longestSocketPath = 107

    func interfaceName() throws(ConfigurationError) -> String {
        guard InterfaceName.isValid(argument) else {
            throw invalid("an interface name has 1 to 15 characters, without slash and white space")
        }
        return argument
    }

    /// A name as DHCP carries it; empty: nil.
    func hostName() throws(ConfigurationError) -> String? {
        guard argument.utf8.count <= 253 else { throw invalid("give at most 253 characters") }
        return argument.isEmpty ? nil : argument
    }

    /// Six groups of hexadecimal digits that can be the address of one station.
    func macAddress() throws(ConfigurationError) -> MACAddress {
        guard let address = MACAddress(argument) else { throw invalid("write it as aa:bb:cc:dd:ee:ff") }
        guard !address.isGroup, address.bits != 0 else {
            throw invalid("this is not the address of a single station")
        }
        return address
    }

    /// A literal of either version, an IPv4-mapped one taken as IPv4, that satisfies `isUsable`.
    func address(where isUsable: (IPAddress) -> Bool) throws(ConfigurationError) -> IPAddress {
        guard let address = IPAddress(argument)?.unmapped else {
            throw invalid("give a numeric IPv4 or IPv6 address")
        }
        guard isUsable(address) else { throw invalid("this address cannot be used here") }
        return address
    }

    /// `address(where:)`, or nil for the word "none".
    func addressOrNone(where isUsable: (IPAddress) -> Bool) throws(ConfigurationError) -> IPAddress? {
        argument == "none" ? nil : try address(where: isUsable)
    }

    func invalid(_ advice: String) -> ConfigurationError {
        ConfigurationError("Invalid argument '\(argument)' for \(spelling): \(advice).")
    }
}

/// Numbers as C writes them.
enum NumberText {
    /// Nil for anything but digits behind an optional 0x or 0, and beyond 64 bits.
    static func unsigned(_ text: some StringProtocol) -> UInt64? {
        if text.hasPrefix("0x") || text.hasPrefix("0X") { return digits(text.dropFirst(2), radix: 16) }
        if text.hasPrefix("0"), text.utf8.count > 1 { return digits(text.dropFirst(), radix: 8) }
        return digits(text, radix: 10)
    }

    /// Nil for anything but decimal digits.
    static func decimal(_ text: some StringProtocol) -> UInt64? { digits(text, radix: 10) }

    private static func digits(_ text: some StringProtocol, radix: Int) -> UInt64? {
        guard let first = text.utf8.first, first != UInt8(ascii: "+") else { return nil }
        return UInt64(text, radix: radix)
    }
}

/// What the kernel takes as the name of a network interface (`dev_valid_name`).
enum InterfaceName {
    static func isValid(_ name: some StringProtocol) -> Bool {
        1...15 ~= name.utf8.count && name != "." && name != ".."
            && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: " ") || 9...13 ~= $0 }
    }
}

extension Configuration.PerVersion {
    subscript(version: IPVersion) -> Value {
        get { version == .v4 ? v4 : v6 }
        set { if version == .v4 { v4 = newValue } else { v6 = newValue } }
    }
}
