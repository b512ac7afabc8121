// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What an Ethernet frame carries (IEEE 802 numbers); values below 0x600 are lengths of an 802.3 frame.
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let arp: UInt16 = 0x0806
    static let ipv6: UInt16 = 0x86dd
}

/// An Ethernet II header: 14 bytes, no tag.
struct EthernetHeader: Equatable, BitwiseCopyable {
    static let length = 14
    /// Without the frame check sequence, which no link of ours carries (IEEE 802.3, section 3.2.8).
    static let minimumFrameLength = 60

    var destination: MACAddress
    var source: MACAddress
    var etherType: UInt16

    init(destination: MACAddress, source: MACAddress, etherType: UInt16) {
        self.destination = destination
        self.source = source
        self.etherType = etherType
    }

    /// Reads the first 14 bytes of a frame.
    ///
    /// - Throws: `.truncated` below 14 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<14>(bytes)
        destination = field.macAddress(at: 0)
        source = field.macAddress(at: 6)
        etherType = field.uint16(at: 12)
    }

    /// Writes 14 bytes; traps beyond the end.
    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.store(destination, at: offset)
        bytes.store(source, at: offset &+ 6)
        bytes.storeBigEndian(etherType, at: offset &+ 12)
    }
}
