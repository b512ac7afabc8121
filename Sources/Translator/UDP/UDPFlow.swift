// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// How long a UDP flow lives without traffic; the defaults are those of Linux's connection tracking.
struct UDPTimeouts: Equatable, BitwiseCopyable {
    /// One way only, or one datagram each way: a question and its answer.
    var exchange = Interval.seconds(30)
    /// Answered, and more than one datagram from either side.
    var stream = Interval.seconds(120)
}

/// One UDP conversation between the guest and a remote endpoint; datagrams of either side keep it alive (RFC 4787,
/// section 4.3).
struct UDPFlow: Equatable, BitwiseCopyable {
    enum Opener: UInt8, BitwiseCopyable {
        case guest
        case host
    }

    /// The guest's end.
    let guest: Endpoint
    /// The other end as the guest knows it.
    let remote: Endpoint
    /// The other end as the host's socket knows it.
    let peer: Endpoint
    let opener: Opener
    /// The host's socket, connected to `peer`; -1: none.
    var socket: Int32
    private(set) var lastActivity: Instant
    /// Datagrams that crossed, counted up to what they decide about.
    private(set) var fromGuestCount: UInt8 = 0
    private(set) var fromHostCount: UInt8 = 0
    /// TTL or hop limit that the socket has; 0: the host's default.
    private(set) var hopLimit: UInt8 = 0

    init(guest: Endpoint, remote: Endpoint, peer: Endpoint, opener: Opener, socket: Int32, now: Instant) {
        self.guest = guest
        self.remote = remote
        self.peer = peer
        self.opener = opener
        self.socket = socket
        lastActivity = now
    }

    /// The guest sent `count` datagrams.
    ///
    /// - Returns: true when the socket's hop limit has to become `hopLimit` before they leave.
    @inline(__always)
    mutating func datagramsFromGuest(_ count: Int = 1, hopLimit: UInt8, now: Instant) -> Bool {
        lastActivity = now
        fromGuestCount = Self.sum(fromGuestCount, count)
        guard hopLimit != self.hopLimit, hopLimit != 0 else { return false }
        self.hopLimit = hopLimit
        return true
    }

    /// The remote endpoint sent `count` datagrams.
    @inline(__always)
    mutating func datagramsFromHost(_ count: Int = 1, now: Instant) {
        lastActivity = now
        fromHostCount = Self.sum(fromHostCount, count)
    }

    var isStream: Bool {
        fromGuestCount > 0 && fromHostCount > 0 && (fromGuestCount > 1 || fromHostCount > 1)
    }

    /// When the flow ends if nothing more arrives.
    func deadline(_ timeouts: UDPTimeouts) -> Instant {
        lastActivity + (isStream ? timeouts.stream : timeouts.exchange)
    }

    /// The guest's side of the flow in tables.
    var key: FlowKey { Self.key(guest: guest, remote: remote) }

    @inline(__always)
    static func key(guest: Endpoint, remote: Endpoint) -> FlowKey {
        FlowKey(transport: ProtocolNumber.udp, near: guest, far: remote)
    }

    /// What an error that the socket reports is about, for the guest.
    var original: ICMPErrorMessage.Original { .udp(from: guest, to: remote) }

    @inline(__always)
    private static func sum(_ sum: UInt8, _ count: Int) -> UInt8 { UInt8(min(Int(sum) &+ count, 2)) }
}
