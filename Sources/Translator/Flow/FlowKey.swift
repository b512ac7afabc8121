// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What tells a flow from all others, as seen from one of its sides: transport and both endpoints.
///
/// On the link's side `near` is the guest and `far` the remote endpoint as the guest knows it; on the host's side
/// `near` is our socket and `far` its peer. Both kinds live in one table, apart by `side`.
struct FlowKey: BitwiseCopyable {
    /// Which side of the flow the endpoints were seen on.
    enum Side: UInt8, BitwiseCopyable {
        case link
        case host
        /// The namespace's sockets of a spliced flow.
        case namespace
    }

    /// Ports, transport, IP version and side: everything that is not an address.
    private var words: UInt64
    private var nearBits: IPv6Address
    private var farBits: IPv6Address

    /// - Parameters:
    ///   - transport: protocol number; for an echo flow ICMP's, with the identifier as the near port.
    ///   - near: of the same version as `far`.
    @inline(__always)
    init(side: Side = .link, transport: UInt8, near: Endpoint, far: Endpoint) {
        assert(near.address.version == far.address.version)
        words =
            UInt64(near.port) &<< 48 | UInt64(far.port) &<< 32 | UInt64(transport) &<< 24
            | UInt64(near.address.version.rawValue) &<< 16 | UInt64(side.rawValue)
        nearBits = near.address.bits
        farBits = far.address.bits
    }

    private var isIPv4: Bool { words & 0xff_0000 == UInt64(IPVersion.v4.rawValue) &<< 16 }

    /// The keyed hash for numbers that leave the program.
    func strongHash(_ key: SipKey) -> UInt64 {
        SipHash24.of(words, nearBits.high, nearBits.low, farBits.high, farBits.low, key: key)
    }

    /// The keyed hash for a table.
    @inline(__always)
    func hash(_ key: SipKey) -> UInt64 {
        if isIPv4 { return SipHash13.of(words, nearBits.low &<< 32 | farBits.low & 0xffff_ffff, key: key) }
        return SipHash13.of(words, nearBits.low, farBits.low, nearBits.high, farBits.high, key: key)
    }
}

extension FlowKey: Hashable {
    /// Stops at the first difference: comparing all words without a branch was measured 25 % slower on hits.
    @inline(__always)
    static func == (left: FlowKey, right: FlowKey) -> Bool {
        left.words == right.words && left.nearBits.low == right.nearBits.low
            && left.farBits.low == right.farBits.low
            && left.nearBits.high == right.nearBits.high && left.farBits.high == right.farBits.high
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(words)
        hasher.combine(nearBits)
        hasher.combine(farBits)
    }
}
