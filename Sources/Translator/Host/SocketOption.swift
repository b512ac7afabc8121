// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// An option of a socket that takes a number; those of an IP version name the version of the traffic, which
/// on a dual-stack socket may be either.
enum SocketOption: Equatable, BitwiseCopyable {
    case reuseAddress
    case broadcast
    case sendBuffer
    case receiveBuffer
    /// Where the next peek begins; -1: at the front (TCP: Linux 6.9).
    case peekOffset
    /// Interface by index; 0: any.
    case interfaceIndex
    case noDelay
    case maximumSegment
    case keepAlive
    /// An IPv6 socket takes IPv6 only.
    case onlyIPv6
    /// Merges equal datagrams of a run on receive.
    case mergesDatagrams
    case freebind(IPVersion)
    /// Errors come with their cause in the error queue.
    case reportsErrors(IPVersion)
    /// Datagrams come with the address they were sent to, and the interface.
    case packetInfo(IPVersion)
    /// TTL or hop limit of unicast packets; -1: the default.
    case hopLimit(IPVersion)
    case multicastHopLimit(IPVersion)
    /// Datagrams come with their TTL or hop limit.
    case receivesHopLimit(IPVersion)
    /// `IP_PMTUDISC_*`, the same numbers for both versions.
    case pathMTUDiscovery(IPVersion)

    /// The protocol level and the number of the option.
    var number: (level: Int32, option: Int32) {
        switch self {
        case .reuseAddress: (SOL_SOCKET, SO_REUSEADDR)
        case .broadcast: (SOL_SOCKET, SO_BROADCAST)
        case .sendBuffer: (SOL_SOCKET, SO_SNDBUF)
        case .receiveBuffer: (SOL_SOCKET, SO_RCVBUF)
        case .peekOffset: (SOL_SOCKET, SO_PEEK_OFF)
        case .interfaceIndex: (SOL_SOCKET, SO_BINDTOIFINDEX)
        case .keepAlive: (SOL_SOCKET, SO_KEEPALIVE)
        case .noDelay: (Int32(IPPROTO_TCP), 1)  // TCP_NODELAY
        case .maximumSegment: (Int32(IPPROTO_TCP), 2)  // TCP_MAXSEG
        case .onlyIPv6: (Int32(IPPROTO_IPV6), IPV6_V6ONLY)
        case .mergesDatagrams: (Int32(IPPROTO_UDP), 104)  // UDP_GRO
        case .freebind(let version): Self.ip(version, IP_FREEBIND, IPV6_FREEBIND)
        case .reportsErrors(let version): Self.ip(version, IP_RECVERR, IPV6_RECVERR)
        case .packetInfo(let version): Self.ip(version, IP_PKTINFO, IPV6_RECVPKTINFO)
        case .hopLimit(let version): Self.ip(version, IP_TTL, IPV6_UNICAST_HOPS)
        case .multicastHopLimit(let version): Self.ip(version, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS)
        case .receivesHopLimit(let version): Self.ip(version, IP_RECVTTL, IPV6_RECVHOPLIMIT)
        case .pathMTUDiscovery(let version): Self.ip(version, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER)
        }
    }

    private static func ip(_ version: IPVersion, _ v4: Int32, _ v6: Int32) -> (level: Int32, option: Int32) {
        switch version {
        case .v4: (Int32(IPPROTO_IP), v4)
        case .v6: (Int32(IPPROTO_IPV6), v6)
        }
    }
}
