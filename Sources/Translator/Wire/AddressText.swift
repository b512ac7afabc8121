// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The written forms of addresses: RFC 4291, section 2.2 when reading, RFC 5952 when writing. For start-up and
// logs.

extension IPv6Address: CustomStringConvertible {
    private var groups: [UInt16] {
        (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - 16 * ($0 & 3))) }
    }

    /// The shortest form: lower case, the longest run of two or more zero groups as "::", mapped ones with a
    /// dotted end.
    var description: String {
        if let mappedIPv4 { return "::ffff:\(mappedIPv4)" }
        let groups = self.groups
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = end + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !longest.isEmpty else { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }

    /// Reads any of the three forms of RFC 4291, section 2.2, without zone, prefix or brackets; nil for
    /// anything else.
    init?(_ text: some StringProtocol) {
        var before: [UInt16] = []
        var after: [UInt16]?
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 3 else { return nil }
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            if part.isEmpty {
                // "::" leaves one empty part inside, two at either end.
                if index == 0, parts[1].isEmpty { continue }
                if isLast, parts[index - 1].isEmpty, after != nil { continue }
                guard after == nil, index > 0, !isLast else { return nil }
                after = []
                continue
            }
            let values: [UInt16]
            if isLast, let tail = IPv4Address(part) {
                values = [UInt16(tail.bits >> 16), UInt16(truncatingIfNeeded: tail.bits)]
            } else {
                guard part.utf8.count <= 4, part.utf8.first != UInt8(ascii: "+"),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                values = [value]
            }
            if after == nil { before += values } else { after? += values }
        }
        let count = before.count + (after?.count ?? 0)
        guard after == nil ? count == 8 : count <= 7 else { return nil }
        let groups = before + [UInt16](repeating: 0, count: 8 - count) + (after ?? [])
        self.init(
            high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
            low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }
}

extension IPAddress: CustomStringConvertible {
    var description: String { v4?.description ?? bits.description }

    /// Reads an address of either version; an IPv4-mapped one stays version 6.
    init?(_ text: some StringProtocol) {
        if let address = IPv4Address(text) {
            self.init(address)
        } else if let address = IPv6Address(text) {
            self.init(address)
        } else {
            return nil
        }
    }

    /// The IPv4 address that a mapped one stands for, otherwise this address.
    var unmapped: IPAddress { v6?.mappedIPv4.map { IPAddress($0) } ?? self }

    /// In brackets where the version has colons, for use before a port number.
    var bracketed: String { version == .v6 ? "[\(self)]" : description }
}

extension MACAddress {
    /// Reads six groups of two hexadecimal digits, separated by colons; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6 else { return nil }
        var bits: UInt64 = 0
        for part in parts {
            guard part.utf8.count == 2, part.utf8.first != UInt8(ascii: "+"),
                let byte = UInt8(part, radix: 16)
            else { return nil }
            bits = bits << 8 | UInt64(byte)
        }
        self.init(bits: bits)
    }
}
