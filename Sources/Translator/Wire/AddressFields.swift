// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Addresses at an offset of a header.

extension HeaderBytes {
    @inline(__always)
    func macAddress(at offset: Int) -> MACAddress {
        MACAddress(bits: UInt64(uint16(at: offset)) << 32 | UInt64(uint32(at: offset &+ 2)))
    }

    @inline(__always)
    func ipv4Address(at offset: Int) -> IPv4Address { IPv4Address(uint32(at: offset)) }

    @inline(__always)
    func ipv6Address(at offset: Int) -> IPv6Address {
        IPv6Address(high: uint64(at: offset), low: uint64(at: offset &+ 8))
    }
}

extension HeaderView {
    @inline(__always)
    func macAddress(at offset: Int) -> MACAddress {
        MACAddress(bits: UInt64(uint16(at: offset)) << 32 | UInt64(uint32(at: offset &+ 2)))
    }

    @inline(__always)
    func ipv4Address(at offset: Int) -> IPv4Address { IPv4Address(uint32(at: offset)) }

    @inline(__always)
    func ipv6Address(at offset: Int) -> IPv6Address {
        IPv6Address(high: uint64(at: offset), low: uint64(at: offset &+ 8))
    }
}

extension RawSpan {
    /// The address at `offset`; traps beyond the end.
    func ipv6Address(at offset: Int) -> IPv6Address {
        IPv6Address(
            high: bigEndian(at: offset, as: UInt64.self), low: bigEndian(at: offset &+ 8, as: UInt64.self))
    }
}

extension MutableRawSpan {
    /// Writes 6 bytes; traps beyond the end.
    @inline(__always)
    mutating func store(_ address: MACAddress, at offset: Int) {
        storeBigEndian(UInt16(truncatingIfNeeded: address.bits >> 32), at: offset)
        storeBigEndian(UInt32(truncatingIfNeeded: address.bits), at: offset &+ 2)
    }

    /// Writes 4 bytes; traps beyond the end.
    @inline(__always)
    mutating func store(_ address: IPv4Address, at offset: Int) { storeBigEndian(address.bits, at: offset) }

    /// Writes 16 bytes; traps beyond the end.
    @inline(__always)
    mutating func store(_ address: IPv6Address, at offset: Int) {
        storeBigEndian(address.high, at: offset)
        storeBigEndian(address.low, at: offset &+ 8)
    }
}
