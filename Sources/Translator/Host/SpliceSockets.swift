// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Where the target of a spliced flow is: its sockets are made there.
enum SpliceTarget: BitwiseCopyable {
    case host
    case namespace
}

/// Everything that an engine wants of sockets.
typealias EngineSockets = DatagramSockets & HostSockets & SpliceDatagramSockets & SpliceSockets

/// Sockets and pipes of flows that bypass the link. Every call returns at once; results below zero are errnos.
protocol SpliceSockets: ~Copyable {
    /// Room in the arena for bytes and datagrams in transit: 32 times 65,664 bytes.
    var spliceRoom: Slice { get }
    /// Begins a connection of a bypass; its edges are reported.
    ///
    /// - Parameter source: address to come from; nil: the kernel's choice.
    mutating func connectSpliced(
        _ destination: Endpoint, from source: IPAddress?, at target: SpliceTarget, token: FlowToken
    ) -> SocketOutcome
    /// A pipe that is empty; nil when descriptors are short.
    mutating func takePipe() -> SplicedConnection.Pipe?
    mutating func givePipe(_ pipe: SplicedConnection.Pipe, isEmpty: Bool)
    /// A pipe is there without asking the kernel.
    var hasSparePipe: Bool { get }
    /// Moves bytes from a socket to a pipe that is empty.
    mutating func fill(_ pipe: SplicedConnection.Pipe, from socket: Int32) -> Int
    /// Moves bytes from a pipe to a socket.
    mutating func drain(_ pipe: SplicedConnection.Pipe, byteCount: Int, to socket: Int32) -> Int
    mutating func receive(_ socket: Int32, into room: Slice, peeks: Bool, arena: inout Arena) -> Int
    mutating func send(_ socket: Int32, _ bytes: Slice, arena: inout Arena) -> Int
    /// Puts bytes into a pipe that is empty; true when all went in.
    mutating func store(_ bytes: Slice, in pipe: SplicedConnection.Pipe, arena: inout Arena) -> Bool
    /// Makes room for the descriptors of a connection that waits; false when that cannot be.
    mutating func spareDescriptors() -> Bool
    /// Takes the next connection of a listening socket and resets it, though descriptors are short; false when there
    /// is none.
    mutating func refuseConnection(_ listener: Int32) -> Bool
}

extension LinuxSockets: SpliceSockets {
    var spliceRoom: Slice { scratch }

    mutating func connectSpliced(
        _ destination: Endpoint, from source: IPAddress?, at target: SpliceTarget, token: FlowToken
    ) -> SocketOutcome {
        let version = destination.address.version
        var socket: Int32
        switch target {
        case .host: socket = take(version) ?? -EMFILE
        case .namespace:
            socket = namespace.take(.tcp, version)
            if socket >= 0 { _ = SocketCalls.set(.noDelay, to: 1, on: socket) }
        }
        guard socket >= 0 else { return SocketOutcome(socket: -1, code: -socket) }
        var code: Int32 = 0
        if let source {
            code = SocketCalls.bind(socket, to: Endpoint(address: source, port: 0), version: version)
        }
        if code == 0 { code = SocketCalls.connect(socket, to: destination, version: version) }
        if code == 0 || code == -EINPROGRESS {
            let watched = adopt(socket, token: token)
            if watched == 0 { return SocketOutcome(socket: socket, code: -code) }
            code = watched
        }
        _ = CShims.close(socket)
        return SocketOutcome(socket: -1, code: -code)
    }

    mutating func takePipe() -> SplicedConnection.Pipe? { pipes.take() }

    mutating func givePipe(_ pipe: SplicedConnection.Pipe, isEmpty: Bool) {
        pipes.give(pipe, isEmpty: isEmpty)
    }

    var hasSparePipe: Bool { !pipes.isEmpty }

    mutating func fill(_ pipe: SplicedConnection.Pipe, from socket: Int32) -> Int {
        shim_splice(socket, pipe.writer, pipes.byteCount)
    }

    mutating func drain(_ pipe: SplicedConnection.Pipe, byteCount: Int, to socket: Int32) -> Int {
        shim_splice(pipe.reader, socket, byteCount)
    }

    mutating func receive(_ socket: Int32, into room: Slice, peeks: Bool, arena: inout Arena) -> Int {
        if peeks, keepsPeekOffset { _ = SocketCalls.set(.peekOffset, to: 0, on: socket) }
        let vector = arena.vector(room)
        // SAFETY: `vector` proved that the room lies in the arena.
        return unsafe shim_socket_receive(
            socket, UnsafeMutableRawPointer(bitPattern: vector.address), vector.byteCount, peeks ? 1 : 0)
    }

    mutating func send(_ socket: Int32, _ bytes: Slice, arena: inout Arena) -> Int {
        let vector = arena.vector(bytes)
        // SAFETY: as above.
        return unsafe shim_socket_send(
            socket, UnsafeRawPointer(bitPattern: vector.address), vector.byteCount)
    }

    mutating func store(_ bytes: Slice, in pipe: SplicedConnection.Pipe, arena: inout Arena) -> Bool {
        let vector = arena.vector(bytes)
        // SAFETY: as above.
        let written = unsafe shim_write(
            pipe.writer, UnsafeRawPointer(bitPattern: vector.address), vector.byteCount)
        return written == Int64(vector.byteCount)
    }

    mutating func spareDescriptors() -> Bool {
        shortUntil = now + .seconds(1)
        return pipes.shrink()
    }

    mutating func refuseConnection(_ listener: Int32) -> Bool {
        if spareDescriptor >= 0 { _ = CShims.close(spareDescriptor) }
        var peer = Endpoint(address: .unspecified(.v4), port: 0)
        var local = peer
        var scope: UInt32 = 0
        let socket = SocketCalls.accept(listener, peer: &peer, peerScope: &scope, local: &local)
        if socket >= 0 { close(socket, token: FlowToken(kind: .ignored), abortively: true) }
        spareDescriptor = SocketCalls.openUDP(.v4)
        return socket >= 0
    }
}
