// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The header of a vhost-user message (vhost-user protocol, "Header"), in the machine's byte order.
struct VhostUserHeader: Equatable, BitwiseCopyable {
    static let length = 12
    /// "Ancillary data": file descriptors that come with one message at most.
    static let descriptorLimit = 8

    private static let version: UInt32 = 1
    private static let versionMask: UInt32 = 3
    private static let replyFlag: UInt32 = 1 << 2
    private static let needsReplyFlag: UInt32 = 1 << 3

    /// As carried; `VhostUserRequest` has those that are known.
    var request: UInt32
    var isReply = false
    /// The front-end waits for an answer also where the request has none of its own (`REPLY_ACK`).
    var needsReply = false
    /// Of the payload that follows, in bytes.
    var payloadLength: UInt32

    init(request: UInt32, payload byteCount: Int) {
        self.request = request
        payloadLength = UInt32(byteCount)
    }

    /// - Throws: `.truncated` below 12 bytes; `.malformed` for a version other than 1.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        request = bytes.native(at: 0, as: UInt32.self)
        let flags = bytes.native(at: 4, as: UInt32.self)
        guard flags & Self.versionMask == Self.version else { throw .malformed }
        isReply = flags & Self.replyFlag != 0
        needsReply = flags & Self.needsReplyFlag != 0
        payloadLength = bytes.native(at: 8, as: UInt32.self)
    }

    func write(to bytes: inout MutableRawSpan, at offset: Int = 0) {
        let flags =
            Self.version | (isReply ? Self.replyFlag : 0) | (needsReply ? Self.needsReplyFlag : 0)
        bytes.storeNative(request, at: offset)
        bytes.storeNative(flags, at: offset + 4)
        bytes.storeNative(payloadLength, at: offset + 8)
    }
}

/// What a front-end asks for (vhost-user protocol, "Front-end message types").
enum VhostUserRequest: UInt32, BitwiseCopyable, CaseIterable {
    case getFeatures = 1
    case setFeatures = 2
    case setOwner = 3
    /// Deprecated; does not reset the device (vhost-user protocol, "VHOST_USER_RESET_OWNER").
    case resetOwner = 4
    case setMemoryTable = 5
    case setLogBase = 6
    case setLogDescriptor = 7
    case setRingSize = 8
    case setRingAddresses = 9
    case setRingBase = 10
    case getRingBase = 11
    case setRingKick = 12
    case setRingCall = 13
    case setRingError = 14
    case getProtocolFeatures = 15
    case setProtocolFeatures = 16
    case getQueueCount = 17
    case setRingEnabled = 18
    /// A guest moved here: tell its neighbours. There are none.
    case sendReverseARP = 19
    case setMTU = 20
    case getConfiguration = 24
    case setConfiguration = 25
    case resetDevice = 34
    case getMemorySlotLimit = 36
    case addMemoryRegion = 37
    case removeMemoryRegion = 38

    /// The reply is the request's own; the others are answered only on demand.
    var hasReply: Bool {
        switch self {
        case .getFeatures, .getProtocolFeatures, .getQueueCount, .getRingBase, .getConfiguration,
            .getMemorySlotLimit, .setLogBase:
            true
        case .setFeatures, .setOwner, .resetOwner, .setMemoryTable, .setLogDescriptor, .setRingSize,
            .setRingAddresses, .setRingBase, .setRingKick, .setRingCall, .setRingError, .setProtocolFeatures,
            .setRingEnabled, .sendReverseARP, .setMTU, .setConfiguration, .resetDevice, .addMemoryRegion,
            .removeMemoryRegion:
            false
        }
    }
}

/// Extensions of the protocol (vhost-user protocol, "Protocol features").
struct VhostUserProtocolFeatures: OptionSet, BitwiseCopyable {
    let rawValue: UInt64

    static let queueCount = VhostUserProtocolFeatures(rawValue: 1 << 0)
    static let sharedLog = VhostUserProtocolFeatures(rawValue: 1 << 1)
    static let reverseARP = VhostUserProtocolFeatures(rawValue: 1 << 2)
    static let replyAcknowledgement = VhostUserProtocolFeatures(rawValue: 1 << 3)
    static let mtu = VhostUserProtocolFeatures(rawValue: 1 << 4)
    static let configuration = VhostUserProtocolFeatures(rawValue: 1 << 9)
    static let resetDevice = VhostUserProtocolFeatures(rawValue: 1 << 13)
    static let memorySlots = VhostUserProtocolFeatures(rawValue: 1 << 15)
}
