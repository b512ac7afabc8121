// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Opens listening sockets, one at a time, at start and at run time alike.
struct ListenerOpener {
    /// TCP connections that wait to be accepted; the kernel's own limit applies too.
    private static let backlog: Int32 = 128

    let isEnabled: Configuration.PerVersion<Bool>
    let allowsFreebind: Bool

    init(_ configuration: Configuration) {
        self.init(isEnabled: configuration.isEnabled, allowsFreebind: configuration.allowsFreebind)
    }

    init(isEnabled: Configuration.PerVersion<Bool>, allowsFreebind: Bool) {
        self.isEnabled = isEnabled
        self.allowsFreebind = allowsFreebind
    }

    /// The version of the socket that a place needs.
    func version(of place: ListeningPlace) -> IPVersion {
        place.address?.version ?? (isEnabled.v6 ? .v6 : .v4)
    }

    /// Opens a socket where the calling thread is.
    ///
    /// - Returns: the socket, which the caller owns, or -errno.
    func open(_ place: ListeningPlace) -> Int32 {
        let version = version(of: place)
        return open(
            place, on: place.transport == .tcp ? SocketCalls.openTCP(version) : SocketCalls.openUDP(version))
    }

    /// Makes a new socket listen.
    ///
    /// - Parameter socket: of `version(of: place)`, made where it is to listen; or -errno of making it. It is
    ///   closed when the place cannot be had.
    /// - Returns: the socket or -errno.
    func open(_ place: ListeningPlace, on socket: Int32) -> Int32 {
        guard socket >= 0 else { return socket }
        let owner = Descriptor(owning: socket)
        let result = prepare(socket, place)
        return result < 0 ? result : owner.release()
    }

    private func prepare(_ socket: Int32, _ place: ListeningPlace) -> Int32 {
        let version = version(of: place)
        let isDual = place.address == nil && isEnabled.v4 && isEnabled.v6
        var result = SocketCalls.set(.reuseAddress, to: 1, on: socket)
        if result >= 0, version == .v6 {
            result = SocketCalls.set(.onlyIPv6, to: isDual ? 0 : 1, on: socket)
        }
        if result >= 0, allowsFreebind { result = SocketCalls.set(.freebind(version), to: 1, on: socket) }
        if result >= 0, !place.interface.isEmpty {
            result = SocketCalls.bind(socket, toInterface: place.interface)
        }
        guard result >= 0 else { return result }
        let endpoint = Endpoint(address: place.address ?? .unspecified(version), port: place.port)
        result = SocketCalls.bind(socket, to: endpoint, version: version)
        guard result >= 0 else { return result }
        switch place.transport {
        case .tcp: return SocketCalls.listen(socket, backlog: Self.backlog)
        case .udp: return informs(socket, version, isDual: isDual)
        }
    }

    /// Lets a datagram socket tell where its datagrams were sent to, and errors.
    private func informs(_ socket: Int32, _ version: IPVersion, isDual: Bool) -> Int32 {
        for informed in IPVersion.allCases where isDual || informed == version {
            var result = SocketCalls.set(.packetInfo(informed), to: 1, on: socket)
            if result >= 0 { result = SocketCalls.set(.reportsErrors(informed), to: 1, on: socket) }
            if result < 0 { return result }
        }
        return 0
    }
}
