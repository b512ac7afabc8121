// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// An IPv6 address as two halves in host order: the first byte on the wire is the top byte of `high`.
struct IPv6Address: Hashable, BitwiseCopyable {
    static let length = 16
    static let unspecified = IPv6Address(high: 0, low: 0)
    static let loopback = IPv6Address(high: 0, low: 1)
    /// ff02::1 (RFC 4291, section 2.7.1).
    static let allNodes = IPv6Address(high: 0xff02_0000_0000_0000, low: 1)
    /// ff02::2 (RFC 4291, section 2.7.1).
    static let allRouters = IPv6Address(high: 0xff02_0000_0000_0000, low: 2)

    var high: UInt64
    var low: UInt64

    @inline(__always)
    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// ::ffff:0:0/96 with `address` in the low bits (RFC 4291, section 2.5.5.2).
    init(mapping address: IPv4Address) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(address.bits)) }

    var isUnspecified: Bool { high == 0 && low == 0 }
    var isLoopback: Bool { high == 0 && low == 1 }
    /// ff00::/8.
    var isMulticast: Bool { high >> 56 == 0xff }
    /// fe80::/10.
    var isLinkLocal: Bool { high >> 54 == 0x3fa }
    var isUnicast: Bool { !isUnspecified && !isMulticast }
    /// The IPv4 address of an IPv4-mapped one.
    var mappedIPv4: IPv4Address? {
        high == 0 && low >> 32 == 0xffff ? IPv4Address(UInt32(truncatingIfNeeded: low)) : nil
    }

    /// ff02::1:ff00:0/104 with the last 24 bits of this address (RFC 4291, section 2.7.1).
    var solicitedNodeMulticast: IPv6Address {
        IPv6Address(high: 0xff02_0000_0000_0000, low: 0x1_ff00_0000 | low & 0xff_ffff)
    }

    func isIn(_ network: IPv6Address, prefixLength: UInt8) -> Bool {
        masked(prefixLength: prefixLength) == network.masked(prefixLength: prefixLength)
    }

    /// The leading `prefixLength` bits (0...128), zeroes behind.
    func masked(prefixLength: UInt8) -> IPv6Address {
        let length = UInt64(min(prefixLength, 128))
        let highMask = length == 0 ? 0 : length >= 64 ? ~0 : ~UInt64(0) << (64 - length)
        let lowMask = length <= 64 ? 0 : ~UInt64(0) << (128 - length)
        return IPv6Address(high: high & highMask, low: low & lowMask)
    }
}
