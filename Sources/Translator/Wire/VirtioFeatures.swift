// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Feature bits of a network device behind vhost-user (VIRTIO 1.2, sections 5.1.3 and 6; vhost-user protocol).
struct VirtioFeatures: OptionSet, BitwiseCopyable {
    let rawValue: UInt64

    /// The device takes frames whose checksum is unfinished.
    static let checksum = VirtioFeatures(rawValue: 1 << 0)
    /// The driver takes such frames.
    static let guestChecksum = VirtioFeatures(rawValue: 1 << 1)
    static let mtu = VirtioFeatures(rawValue: 1 << 3)
    static let guestTSO4 = VirtioFeatures(rawValue: 1 << 7)
    static let guestTSO6 = VirtioFeatures(rawValue: 1 << 8)
    static let guestECN = VirtioFeatures(rawValue: 1 << 9)
    static let hostTSO4 = VirtioFeatures(rawValue: 1 << 11)
    static let hostTSO6 = VirtioFeatures(rawValue: 1 << 12)
    static let hostECN = VirtioFeatures(rawValue: 1 << 13)
    static let mergeableBuffers = VirtioFeatures(rawValue: 1 << 15)
    static let logAll = VirtioFeatures(rawValue: 1 << 26)
    static let indirectDescriptors = VirtioFeatures(rawValue: 1 << 28)
    static let eventIndex = VirtioFeatures(rawValue: 1 << 29)
    static let protocolFeatures = VirtioFeatures(rawValue: 1 << 30)
    static let version1 = VirtioFeatures(rawValue: 1 << 32)
    static let guestUSO4 = VirtioFeatures(rawValue: 1 << 54)
    static let guestUSO6 = VirtioFeatures(rawValue: 1 << 55)
    static let hostUSO = VirtioFeatures(rawValue: 1 << 56)
}

/// The device's configuration space as far as we fill it (VIRTIO 1.2, section 5.1.4), little-endian.
struct VirtioNetConfiguration: Equatable, BitwiseCopyable {
    /// MAC (6), status (2), queue pairs (2), MTU (2).
    static let length = 12

    var mac = MACAddress(bits: 0)
    var status: UInt16 = 0
    var queuePairCount: UInt16 = 1
    var mtu: UInt16

    init(mtu: UInt16) { self.mtu = mtu }

    /// - Throws: `.truncated` below 12 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<6>(bytes)
        guard bytes.byteCount >= Self.length else { throw .truncated }
        mac = MACAddress(bits: UInt64(field.uint32(at: 0)) << 16 | UInt64(field.uint16(at: 4)))
        status = bytes.littleEndian(at: 6, as: UInt16.self)
        queuePairCount = bytes.littleEndian(at: 8, as: UInt16.self)
        mtu = bytes.littleEndian(at: 10, as: UInt16.self)
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        bytes.storeBigEndian(UInt32(truncatingIfNeeded: mac.bits >> 16), at: offset)
        bytes.storeBigEndian(UInt16(truncatingIfNeeded: mac.bits), at: offset + 4)
        bytes.storeLittleEndian(status, at: offset + 6)
        bytes.storeLittleEndian(queuePairCount, at: offset + 8)
        bytes.storeLittleEndian(mtu, at: offset + 10)
    }
}
