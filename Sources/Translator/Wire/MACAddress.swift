// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A 48-bit Ethernet address, in the low bits of `bits`: the first byte on the wire is the most significant.
struct MACAddress: Hashable, BitwiseCopyable {
    static let length = 6
    static let broadcast = MACAddress(bits: 0xffff_ffff_ffff)
    /// What the daemon calls itself on the link unless told otherwise.
    static let defaultOurs = MACAddress(bits: 0x9a55_9a55_9a55)

    var bits: UInt64

    @inline(__always)
    init(bits: UInt64) { self.bits = bits & 0xffff_ffff_ffff }

    /// Individual/group bit: set for multicast and broadcast (IEEE 802.3, section 3.2.3).
    var isGroup: Bool { bits >> 40 & 1 == 1 }

    /// The group address that carries an IPv6 multicast packet (RFC 2464, section 7).
    static func multicast(for address: IPv6Address) -> MACAddress {
        MACAddress(bits: 0x3333_0000_0000 | address.low & 0xffff_ffff)
    }
}

extension MACAddress: CustomStringConvertible {
    var description: String {
        (0..<6).map { index in
            let byte = String(UInt8(truncatingIfNeeded: bits >> UInt64(40 - 8 * index)), radix: 16)
            return byte.count == 1 ? "0" + byte : byte
        }.joined(separator: ":")
    }
}
