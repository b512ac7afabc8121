// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A UDP conversation that bypasses the link: two connected sockets, one on the host and one in the namespace.
struct SplicedDatagrams: Equatable, BitwiseCopyable {
    enum Side: UInt8, BitwiseCopyable {
        /// Where the first datagram arrived.
        case near
        case far

        var other: Side { self == .near ? .far : .near }
    }

    /// How the near side knows the flow: our address and port, and the peer.
    let local: Endpoint
    let peer: Endpoint
    /// Which way it was opened: apart in tables, since host and namespace have the same loopback addresses.
    let direction: ForwardingDirection
    /// The listening socket through which it came, while that lives.
    let listener: FlowToken
    /// Connected to `peer`.
    private(set) var near: Int32
    /// Connected to the destination.
    private(set) var far: Int32
    private(set) var lastActivity: Instant
    /// Datagrams of each side, counted up to what they decide about.
    private var nearCount: UInt8 = 0
    private var farCount: UInt8 = 0

    init(
        local: Endpoint, peer: Endpoint, direction: ForwardingDirection, listener: FlowToken, near: Int32,
        far: Int32, now: Instant
    ) {
        self.listener = listener
        self.local = local
        self.peer = peer
        self.direction = direction
        self.near = near
        self.far = far
        lastActivity = now
    }

    func socket(_ side: Side) -> Int32 { side == .near ? near : far }

    /// Datagrams arrived on one side.
    @inline(__always)
    mutating func datagramsArrived(_ count: Int, from side: Side, now: Instant) {
        lastActivity = now
        switch side {
        case .near: nearCount = UInt8(min(Int(nearCount) &+ count, 2))
        case .far: farCount = UInt8(min(Int(farCount) &+ count, 2))
        }
    }

    var isStream: Bool { nearCount > 0 && farCount > 0 && (nearCount > 1 || farCount > 1) }

    /// When the flow ends if nothing more arrives.
    func deadline(_ timeouts: UDPTimeouts) -> Instant {
        lastActivity + (isStream ? timeouts.stream : timeouts.exchange)
    }

    var key: FlowKey { Self.key(direction, local: local, peer: peer) }

    static func key(_ direction: ForwardingDirection, local: Endpoint, peer: Endpoint) -> FlowKey {
        FlowKey(
            side: direction == .inbound ? .host : .namespace, transport: ProtocolNumber.udp, near: local,
            far: peer)
    }

    /// What an unused record holds.
    static let unused = SplicedDatagrams(
        local: Endpoint(address: .unspecified(.v4), port: 0),
        peer: Endpoint(address: .unspecified(.v4), port: 0), direction: .inbound,
        listener: FlowToken(kind: .ignored), near: -1, far: -1, now: .start)
}
