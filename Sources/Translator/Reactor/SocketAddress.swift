// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// Our endpoints as the socket shims take and give them.

extension shim_endpoint {
    /// - Parameter scope: interface index of a link-local address; 0: none.
    @inline(__always)
    init(_ endpoint: Endpoint, scope: UInt32 = 0) {
        self.init(
            high: endpoint.address.bits.high, low: endpoint.address.bits.low, scope: scope,
            port: endpoint.port,
            version: endpoint.address.version.rawValue)
    }

    /// nil when the kernel gave none.
    @inline(__always)
    var endpoint: Endpoint? {
        guard let address else { return nil }
        return Endpoint(address: address, port: port)
    }

    @inline(__always)
    var address: IPAddress? {
        switch version {
        case 4: IPAddress(IPv4Address(UInt32(truncatingIfNeeded: low)))
        case 6: IPAddress(IPv6Address(high: high, low: low))
        default: nil
        }
    }
}

extension IPVersion {
    /// `AF_INET` or `AF_INET6`.
    @inline(__always)
    var family: Int32 {
        switch self {
        case .v4: AF_INET
        case .v6: AF_INET6
        }
    }
}
