// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the guest is told when a connection to the host's peer cannot be made.
enum ConnectFailure: Equatable, BitwiseCopyable {
    /// The peer, or the host for it, answered with a reset.
    case refused
    /// An ICMP destination unreachable, with this reason.
    case unreachable(Unreachable)
    /// Nothing: the guest's own patience decides.
    case silent

    enum Unreachable: UInt8, BitwiseCopyable {
        case network, host, prohibited
    }

    /// - Parameter code: errno of `connect`, or the socket's pending error.
    init(code: Int32) {
        // The numbers of Linux on every architecture that Swift runs on (asm-generic/errno.h).
        switch code {
        case 101: self = .unreachable(.network)  // ENETUNREACH
        case 113, 112, 110: self = .unreachable(.host)  // EHOSTUNREACH, EHOSTDOWN, ETIMEDOUT
        case 13, 1: self = .unreachable(.prohibited)  // EACCES, EPERM: a firewall of the host
        case 23, 24, 12, 105: self = .silent  // ENFILE, EMFILE, ENOMEM, ENOBUFS: the next SYN may succeed
        default: self = .refused
        }
    }
}
