// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One sequence of echo requests of the guest, from an identifier to a destination, and the ping socket it uses.
///
/// The kernel replaces the identifier by the socket's own, and hands a reply only to the socket that asked.
struct EchoFlow: Equatable, BitwiseCopyable {
    static let lifetime = Interval.seconds(60)

    let guest: IPAddress
    /// The destination as the guest knows it.
    let remote: IPAddress
    /// The destination as the host's socket knows it.
    let peer: IPAddress
    /// The guest's own.
    let identifier: UInt16
    /// -1: none.
    var socket: Int32
    private(set) var lastRequest: Instant
    /// TTL or hop limit that the socket has; 0: the host's default.
    private(set) var hopLimit: UInt8 = 0
    private var lastReplySequence: UInt16 = 0
    private var hasReply = false

    init(
        guest: IPAddress, remote: IPAddress, peer: IPAddress, identifier: UInt16, socket: Int32, now: Instant
    ) {
        self.guest = guest
        self.remote = remote
        self.peer = peer
        self.identifier = identifier
        self.socket = socket
        lastRequest = now
    }

    /// The guest sent a request.
    ///
    /// - Returns: true when the socket's hop limit has to become `hopLimit` before it leaves.
    mutating func requestArrived(sequence: UInt16, hopLimit: UInt8, now: Instant) -> Bool {
        lastRequest = now
        if sequence == lastReplySequence { hasReply = false }
        guard hopLimit != self.hopLimit, hopLimit != 0 else { return false }
        self.hopLimit = hopLimit
        return true
    }

    /// Makes a message that the socket received the guest's own reply, its checksum left open; false: not for the
    /// guest.
    ///
    /// Pinging an address of the host itself brings every reply twice, so that a repeated sequence number is not
    /// passed on.
    ///
    /// - Parameter message: from its type on, as a ping socket gives it.
    mutating func replyArrived(_ message: inout MutableRawSpan) -> Bool {
        guard message.byteCount >= ICMPMessage.length else { return false }
        let type = message.bytes.bigEndian(at: 0, as: UInt8.self)
        let sequence = message.bytes.bigEndian(at: 6, as: UInt16.self)
        guard type == (remote.version == .v4 ? ICMPType.echoReply : ICMPv6Type.echoReply) else {
            return false
        }
        guard !hasReply || sequence != lastReplySequence else { return false }
        hasReply = true
        lastReplySequence = sequence
        message.storeBigEndian(UInt16(0), at: 2)
        message.storeBigEndian(identifier, at: 4)
        return true
    }

    /// When the flow ends if the guest asks no more.
    var deadline: Instant { lastRequest + Self.lifetime }

    var key: FlowKey { Self.key(guest: guest, remote: remote, identifier: identifier) }

    @inline(__always)
    static func key(guest: IPAddress, remote: IPAddress, identifier: UInt16) -> FlowKey {
        FlowKey(
            transport: guest.version == .v4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6,
            near: Endpoint(address: guest, port: identifier), far: Endpoint(address: remote, port: 0))
    }

    /// What an error that the socket reports is about, for the guest.
    var original: ICMPErrorMessage.Original { .echoRequest(from: guest, to: remote, identifier: identifier) }
}
