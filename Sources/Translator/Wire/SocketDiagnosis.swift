// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Which sockets a network namespace has (sock_diag(7), linux/inet_diag.h), filtered by the kernel:
//
//     request | family 1 | protocol 1 | extensions 1 | 0 | states 4 | socket 48, all zero: any |
//     answer  | family 1 | state 1 | timer 1 | retransmits 1 | port 2 | peer's port 2 | addresses 32 | ... |

/// One socket of a dump: the part that tells where it listens.
struct DiagnosedSocket: Equatable, BitwiseCopyable {
    /// SOCK_DIAG_BY_FAMILY: the type of requests and answers.
    static let messageType: UInt16 = 20
    /// Of `inet_diag_msg`; attributes follow.
    static let length = 72

    static let tcpListen: UInt8 = 10
    /// TCP_CLOSE: of a UDP socket, that it has no peer.
    static let unconnected: UInt8 = 7

    /// AF_INET or AF_INET6. A socket of IPv6 may take IPv4 too.
    var family: UInt8
    var state: UInt8
    var port: UInt16

    /// Reads the payload of one answer.
    ///
    /// - Throws: `.truncated` below 72 bytes.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        family = bytes.native(at: 0, as: UInt8.self)
        state = bytes.native(at: 1, as: UInt8.self)
        port = bytes.bigEndian(at: 4, as: UInt16.self)
    }

    init(family: UInt8, state: UInt8, port: UInt16) {
        self.family = family
        self.state = state
        self.port = port
    }

    static let requestLength = NetlinkHeader.length + 56

    /// Writes a request, with its netlink header, for all sockets of one version and protocol in one state.
    ///
    /// - Parameter protocolNumber: 6 or 17.
    static func writeDump(
        _ version: IPVersion, protocolNumber: UInt8, state: UInt8, sequence: UInt32,
        to bytes: inout MutableRawSpan
    ) {
        bytes.zero(0..<requestLength)
        bytes.storeNative(UInt32(requestLength), at: 0)
        bytes.storeNative(messageType, at: 4)
        bytes.storeNative(NetlinkHeader.isRequest | NetlinkHeader.isDump, at: 6)
        bytes.storeNative(sequence, at: 8)
        bytes.storeNative(UInt8(version == .v4 ? 2 : 10), at: 16)
        bytes.storeNative(protocolNumber, at: 17)
        bytes.storeNative(UInt32(1) << UInt32(state), at: 20)
    }
}
