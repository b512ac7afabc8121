// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Which way a forwarding rule carries flows.
enum ForwardingDirection: UInt8, BitwiseCopyable {
    /// From listening sockets on the host to the guest or namespace (`-t`, `-u`).
    case inbound
    /// From listening sockets on the namespace's loopback to the host's loopback (`-T`, `-U`).
    case outbound
}

/// The protocols that flows are made of, with their IP protocol numbers.
enum TransportProtocol: UInt8, BitwiseCopyable, CaseIterable {
    case tcp = 6
    case udp = 17
}

/// One contiguous range of forwarded ports.
struct ForwardingRule: Equatable {
    var direction: ForwardingDirection
    var transport: TransportProtocol
    /// Listening address; nil: any, of both versions where both are enabled (one dual-stack socket).
    var address: IPAddress?
    /// Interface that the listening sockets are bound to; empty: any.
    var interface = ""
    /// Listening ports, inclusive, 1...65535.
    var ports: ClosedRange<UInt16>
    /// Where the first port of the range goes; the others follow in step.
    var firstTargetPort: UInt16
    /// Fixed destination in the guest; nil: its current address. Such flows never bypass the link.
    var target: IPAddress?
    /// A failed bind is a warning, not an error.
    var isBestEffort = false
    /// Listens only while something listens on that port on the other side.
    var followsListeners = false
}
