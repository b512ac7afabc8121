// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// An IPv4 address in host order: 192.0.2.1 is `0xc000_0201`.
struct IPv4Address: Hashable, BitwiseCopyable {
    static let length = 4
    static let unspecified = IPv4Address(0)
    static let loopback = IPv4Address(0x7f00_0001)
    static let broadcast = IPv4Address(0xffff_ffff)

    var bits: UInt32

    @inline(__always)
    init(_ bits: UInt32) { self.bits = bits }

    var isUnspecified: Bool { bits == 0 }
    /// 127.0.0.0/8 (RFC 1122, section 3.2.1.3).
    var isLoopback: Bool { bits >> 24 == 127 }
    /// 224.0.0.0/4 (RFC 5771).
    var isMulticast: Bool { bits >> 28 == 0xe }
    var isBroadcast: Bool { bits == 0xffff_ffff }
    /// 169.254.0.0/16 (RFC 3927).
    var isLinkLocal: Bool { bits >> 16 == 0xa9fe }
    /// Usable as the address of one interface: not 0.0.0.0, multicast or broadcast.
    var isUnicast: Bool { !isUnspecified && !isMulticast && !isBroadcast }

    /// The mask of `prefixLength` leading ones; 0...32.
    static func mask(prefixLength: UInt8) -> UInt32 {
        prefixLength == 0 ? 0 : ~UInt32(0) << UInt32(32 - min(prefixLength, 32))
    }

    func isIn(_ network: IPv4Address, prefixLength: UInt8) -> Bool {
        (bits ^ network.bits) & Self.mask(prefixLength: prefixLength) == 0
    }
}

extension IPv4Address: CustomStringConvertible {
    var description: String { "\(bits >> 24).\(bits >> 16 & 0xff).\(bits >> 8 & 0xff).\(bits & 0xff)" }

    /// Reads dotted-quad notation of four decimal numbers; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard 1...3 ~= part.count, part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var byte: UInt32 = 0
            for digit in part {
                guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
                byte = byte * 10 + UInt32(digit - UInt8(ascii: "0"))
            }
            guard byte <= 255 else { return nil }
            value = value << 8 | byte
        }
        self.init(value)
    }
}
