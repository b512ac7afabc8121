// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// An entry of a socket's error queue: what became of a datagram that was sent.
struct DatagramError: Equatable, BitwiseCopyable {
    /// Who found the error; values of `ee_origin` (linux/errqueue.h).
    enum Origin: UInt8, BitwiseCopyable {
        case none = 0
        /// This host, for one because the datagram is larger than the path takes.
        case local = 1
        case icmp = 2
        case icmpv6 = 3
        /// Timestamps and what else is queued there.
        case other = 255
    }

    var origin: Origin
    /// The error number that a send would give.
    var code: Int32
    /// Type and code of the ICMP or ICMPv6 message; 0 for local errors.
    var type: UInt8
    var icmpCode: UInt8
    /// MTU of the path in bytes, where the error is about size (`ee_info`).
    var mtu: UInt32
    /// The node that reported.
    var offender: IPAddress?
    /// Where the datagram was going.
    var destination: Endpoint?
    /// Bytes of the datagram's payload that came back.
    var byteCount: Int
}
