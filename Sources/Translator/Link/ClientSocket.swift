// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Where a guest's hypervisor connects: one client at a time on a listening UNIX socket, or the one that was inherited.
///
///     waiting --accept--> connected --drop--> waiting, or the end when there is to be one client only
///
/// Tokens of the kind `link` name its descriptors by their side; a client's token carries its generation, so that
/// edges of the one before are told apart.
struct ClientSocket<LoopReactor: Reactor>: ~Copyable {
    static var listenerSide: UInt8 { 1 }
    static var clientSide: UInt8 { 2 }

    /// The connected client; -1: nobody is.
    private(set) var descriptor: Int32
    private let listener: Int32
    private let isOneOff: Bool
    private let reactor: LoopReactor
    private let log: Log
    private var generation: UInt16 = 0

    /// - Parameters:
    ///   - listener: -1 with a client that was inherited. Both stay open until exit.
    ///   - client: -1 without. One that was inherited is the only one.
    init(listener: Int32, client: Int32, isOneOff: Bool, reactor: LoopReactor, log: Log) {
        self.listener = listener
        descriptor = client
        self.isOneOff = isOneOff || listener < 0
        self.reactor = reactor
        self.log = log
    }

    var isConnected: Bool { descriptor >= 0 }

    /// Whether the token names the client that is connected now.
    func isClient(_ token: FlowToken) -> Bool {
        isConnected && token.side == Self.clientSide && token.generation == generation
    }

    /// Begins to watch the listening socket, and a client that is there from the start.
    mutating func watch() throws(SetupError) {
        if listener >= 0 {
            let token = FlowToken(kind: .link, side: Self.listenerSide)
            try checked(
                reactor.watch(listener, token: token.rawValue, for: .readable), "watch the guest's socket")
        }
        if isConnected { try checked(expect(.readable), "watch the guest's socket") }
    }

    /// Reports edges of the client from here on; what is ready at this moment is reported too.
    mutating func expect(_ interest: Interest) -> Int32 {
        let token = FlowToken(kind: .link, side: Self.clientSide, generation: generation)
        return reactor.watch(descriptor, token: token.rawValue, for: interest)
    }

    /// Takes the client that waits, unless there is one: others are turned away.
    ///
    /// - Returns: true when there is a client that was not there before.
    mutating func accept() -> Bool {
        // A client that left is dropped first, with what it sent last; the next one waits so long.
        guard listener >= 0, !isConnected || shim_is_hung_up(descriptor) == 0 else { return false }
        var isNew = false
        while true {
            let number = shim_unix_accept(listener)
            guard number >= 0 else { return isNew }
            let process = shim_unix_peer(number)
            if isConnected {
                _ = close(number)
                noteProcess("Refused a second client", process)
                continue
            }
            generation &+= 1
            descriptor = number
            guard expect(.readable) == 0 else {
                descriptor = -1
                _ = close(number)
                continue
            }
            isNew = true
            noteProcess("Client connected", process)
        }
    }

    /// Closes the connection to the client, and takes the next one if it waits already.
    ///
    /// - Returns: `closed` when this was to be the only one, `attached` with a next one, else `detached`.
    mutating func drop(_ reason: StaticString) -> HarvestOutcome {
        guard isConnected else { return .detached }
        let token = FlowToken(kind: .link, side: Self.clientSide, generation: generation)
        // A ring may keep the file open past the next wait; the hypervisor is to know now.
        _ = shim_socket_shutdown_writing(descriptor)
        reactor.forget(descriptor, token: token.rawValue)
        _ = close(descriptor)
        descriptor = -1
        log.note(.info) { line in line.append(reason) }
        if isOneOff { return .closed }
        return accept() ? .attached : .detached
    }

    /// Where a client breaks the rules: it is told to the log, with a number, before it is dropped.
    func complain(_ sentence: StaticString, _ number: Int) {
        log.note(.warning) { line in
            line.append(sentence)
            line.append(number)
        }
    }

    private func noteProcess(_ sentence: StaticString, _ process: Int32) {
        let now = Instant(nanoseconds: Int64(bitPattern: shim_monotonic_nanoseconds()))
        log.limited(.info, .other, now) { line in
            line.append(sentence)
            if process > 0 {
                line.append(", PID ")
                line.append(Int(process))
            }
        }
    }
}

extension HarvestOutcome {
    /// What `drop` told, as it is said by an edge.
    var events: LinkEvents {
        switch self {
        case .drained, .more, .detached: []
        case .attached: [.attached, .readable]
        case .closed: .finished
        }
    }
}
