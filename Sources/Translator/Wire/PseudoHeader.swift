// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a transport checksum covers besides the segment (RFC 9293, section 3.1; RFC 8200, section 8.1).
struct PseudoHeader: Equatable, BitwiseCopyable {
    var source: IPAddress
    /// Of the same version as `source`.
    var destination: IPAddress
    var protocolNumber: UInt8
    /// Transport header and payload together, in bytes.
    var byteCount: Int

    @inline(__always)
    init(source: IPAddress, destination: IPAddress, protocolNumber: UInt8, byteCount: Int) {
        self.source = source
        self.destination = destination
        self.protocolNumber = protocolNumber
        self.byteCount = byteCount
    }

    @inline(__always)
    init(_ source: IPv6Address, _ destination: IPv6Address, protocolNumber: UInt8, byteCount: Int) {
        self.init(
            source: IPAddress(source), destination: IPAddress(destination), protocolNumber: protocolNumber,
            byteCount: byteCount)
    }

    /// The sum so far; the transport header and its payload are still to be added.
    @inline(__always)
    var checksum: Checksum {
        var checksum = Checksum()
        if source.version == .v6 {
            checksum.add(UInt32(truncatingIfNeeded: source.bits.high >> 32))
            checksum.add(UInt32(truncatingIfNeeded: source.bits.high))
            checksum.add(UInt32(truncatingIfNeeded: source.bits.low >> 32))
            checksum.add(UInt32(truncatingIfNeeded: destination.bits.high >> 32))
            checksum.add(UInt32(truncatingIfNeeded: destination.bits.high))
            checksum.add(UInt32(truncatingIfNeeded: destination.bits.low >> 32))
        }
        checksum.add(UInt32(truncatingIfNeeded: source.bits.low))
        checksum.add(UInt32(truncatingIfNeeded: destination.bits.low))
        checksum.add(UInt16(protocolNumber))
        checksum.add(UInt32(truncatingIfNeeded: byteCount))
        return checksum
    }

    /// The value for the checksum field of a segment that lies complete at `offset`, its field zero.
    ///
    /// A UDP sum of 0 is sent as 0xffff, since 0 means "not computed" (RFC 768).
    func checksumField(of bytes: RawSpan, at offset: Int = 0) -> UInt16 {
        var checksum = checksum
        checksum.add(bytes.extracting(offset..<offset &+ byteCount))
        let value = checksum.complement
        return value == 0 && protocolNumber == ProtocolNumber.udp ? 0xffff : value
    }
}
