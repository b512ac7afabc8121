// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// System calls on sockets with our values; each returns what the call gives, or -errno.
///
/// Sockets are made non-blocking and closed on exec. `version` is the version of the socket: an IPv6 socket
/// takes IPv4 endpoints too, in mapped form, and names mapped addresses as IPv4.
enum SocketCalls {
    static func openTCP(_ version: IPVersion) -> Int32 { shim_socket_stream(version.family) }
    static func openUDP(_ version: IPVersion) -> Int32 { shim_socket_datagram(version.family) }
    /// A socket for echo requests that needs no privilege but the group range `net.ipv4.ping_group_range`.
    static func openEcho(_ version: IPVersion) -> Int32 { shim_socket_echo(version.family) }

    /// Binds to an address and port; the unspecified IPv6 address with `onlyIPv6` off takes both versions.
    ///
    /// - Parameter scope: interface index of a link-local address; 0: none.
    static func bind(_ socket: Int32, to endpoint: Endpoint, scope: UInt32 = 0, version: IPVersion) -> Int32 {
        var address = shim_endpoint(endpoint, scope: scope)
        return unsafe shim_socket_bind(socket, &address, version.family)
    }

    /// Binds to an interface; by name for start-up, `SocketOption.interfaceIndex` where nothing may allocate.
    static func bind(_ socket: Int32, toInterface name: String) -> Int32 {
        unsafe shim_socket_bind_interface(socket, name)
    }

    /// - Returns: 0, `-EINPROGRESS` (writable when done), or -errno.
    static func connect(_ socket: Int32, to endpoint: Endpoint, scope: UInt32 = 0, version: IPVersion)
        -> Int32
    {
        var address = shim_endpoint(endpoint, scope: scope)
        return unsafe shim_socket_connect(socket, &address, version.family)
    }

    /// Lets a datagram socket hear from everybody again.
    static func disconnect(_ socket: Int32) -> Int32 { shim_socket_disconnect(socket) }
    static func listen(_ socket: Int32, backlog: Int32) -> Int32 { shim_socket_listen(socket, backlog) }
    /// Sends FIN behind what is queued.
    static func shutdownWriting(_ socket: Int32) -> Int32 { shim_socket_shutdown_writing(socket) }
    /// Makes `close` send a reset and drop what is queued.
    static func abortOnClose(_ socket: Int32) -> Int32 { shim_socket_abort_on_close(socket) }

    /// Takes the next connection of a listening socket.
    ///
    /// - Parameter peerScope: interface index of a link-local peer; 0: none.
    /// - Returns: the connected socket or -errno; `-EAGAIN` when there is none.
    static func accept(
        _ socket: Int32, peer: inout Endpoint, peerScope: inout UInt32, local: inout Endpoint
    ) -> Int32 {
        var addresses = (peer: shim_endpoint(), local: shim_endpoint())
        let result = unsafe shim_socket_accept(socket, &addresses.peer, &addresses.local)
        guard result >= 0, let there = addresses.peer.endpoint, let here = addresses.local.endpoint
        else { return result }
        (peer, peerScope, local) = (there, addresses.peer.scope, here)
        return result
    }

    /// The socket's own address and port; nil when it has none.
    static func name(of socket: Int32) -> Endpoint? {
        var address = shim_endpoint()
        return unsafe shim_socket_name(socket, &address) == 0 ? address.endpoint : nil
    }

    /// Where the socket is connected to; nil when it is not.
    static func peer(of socket: Int32) -> Endpoint? {
        var address = shim_endpoint()
        return unsafe shim_socket_peer(socket, &address) == 0 ? address.endpoint : nil
    }

    static func set(_ option: SocketOption, to value: Int32, on socket: Int32) -> Int32 {
        let number = option.number
        return shim_socket_set(socket, number.level, number.option, value)
    }

    /// - Returns: 0 or -errno; `value` changes only with 0.
    static func get(_ option: SocketOption, of socket: Int32, _ value: inout Int32) -> Int32 {
        let number = option.number
        return unsafe shim_socket_get(socket, number.level, number.option, &value)
    }

    /// The pending error, cleared by this; 0: none.
    static func takeError(of socket: Int32) -> Int32 {
        var code: Int32 = 0
        let result = unsafe shim_socket_get(socket, SOL_SOCKET, SO_ERROR, &code)
        return result == 0 ? code : -result
    }

    /// Bytes of a TCP socket's send queue that the peer has not acknowledged, sent or not; or -errno.
    static func unacknowledgedByteCount(of socket: Int32) -> Int32 { shim_socket_unacknowledged(socket) }
    /// Bytes of a stream, or of the next datagram, that can be read; or -errno.
    static func readableByteCount(of socket: Int32) -> Int32 { shim_socket_readable(socket) }

    /// Reads the state of a TCP connection, by two system calls.
    ///
    /// - Returns: 0 or -errno; `status` changes only with 0.
    static func read(_ status: inout SocketStatus, of socket: Int32) -> Int32 {
        var values = shim_tcp_status()
        let result = unsafe shim_tcp_status(socket, &values)
        if result == 0 { status = SocketStatus(values) }
        return result
    }
}

extension SocketStatus {
    /// Before anything is known.
    static let unknown = SocketStatus(shim_tcp_status())

    fileprivate init(_ values: shim_tcp_status) {
        state = values.state
        peerWindow = values.has_peer_window != 0 ? Int(values.peer_window) : nil
        unacknowledgedSegmentCount = Int(values.unacknowledged_segments)
        unsentByteCount = Int(values.unsent_bytes)
        acknowledgedByteCount = values.bytes_acknowledged
        roundTrip = .microseconds(Int64(values.round_trip))
        minimumRoundTrip = .microseconds(Int64(values.minimum_round_trip))
        deliveryRate = values.delivery_rate
        isRateLimitedByUs = values.is_rate_limited_by_us != 0
        segmentByteCount = Int(values.segment_byte_count)
        sendBufferByteCount = Int(values.send_buffer)
        queuedByteCount = Int(values.queued_byte_count)
    }
}
