// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Serves the control socket, one client at a time, without ever waiting for one.
///
///     greeting and tables out  ->  update in  ->  applied  ->  answer out, if asked for  ->  closed
///
/// An update counts once its last byte is here and every rule in it was checked; until then nothing is changed, whatever
/// the client sends or however it ends.
struct ControlServer: ~Copyable {
    /// A client that has not finished by then makes room for the next.
    static let patience = Interval.seconds(10)
    private static let backlog: Int32 = 16

    private let listener: Descriptor
    /// Our own user is the only one that the user namespace of the daemon shows.
    private let hidesUsers: Bool
    /// Asked for once: the system call filter has no place for it.
    private let ourUser = Int64(geteuid())
    private var client: Descriptor?
    private var output: [UInt8] = []
    private var sentCount = 0
    private var input = [UInt8](repeating: 0, count: ControlUpdate.greatestLength + 1)
    private var receivedCount = 0
    private var isAnswering = false
    /// When the client has to be gone; `never` without one.
    private(set) var deadline = Instant.never

    /// Listens at `path`, for the user who starts the daemon and for root.
    static func listen(at path: String) throws(SetupError) -> ListeningSocket {
        let mask = umask(0o177)
        defer { umask(mask) }
        let socket = try ListeningSocket(at: path)
        try checked(SocketCalls.listen(socket.descriptor.number, backlog: backlog), "listen at \(path)")
        return socket
    }

    init(_ listener: consuming ListeningSocket, hidesUsers: Bool) {
        self.listener = listener.release()
        self.hidesUsers = hidesUsers
    }

    func watch(_ reactor: some Reactor) -> Int32 {
        reactor.watch(listener.number, token: Self.token.rawValue, for: .readable)
    }

    private static let token = FlowToken(kind: .control)

    /// Goes on as far as it can; call it when the token is reported and at the deadline.
    mutating func proceed<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ keeper: inout RuleKeeper, _ engine: inout Engine<Link, Host>, _ reactor: some Reactor
    ) {
        if engine.now >= deadline { drop(reactor) }
        while true {
            if client == nil, !acceptClient(keeper, engine.now, reactor) { return }
            guard step(&keeper, &engine) else { return }
            drop(reactor)
        }
    }

    /// True when there is a client; false when nobody waits.
    private mutating func acceptClient(
        _ keeper: borrowing RuleKeeper, _ now: Instant, _ reactor: some Reactor
    ) -> Bool {
        while true {
            let number = shim_unix_accept(listener.number)
            guard number >= 0 else { return false }
            let descriptor = Descriptor(owning: number)
            let user = shim_unix_peer_user(number)
            guard isAllowed(user) else {
                keeper.log.note(.warning) { line in
                    line.append("Refused a client of the control socket: its user ID is ")
                    line.append(Int(user))
                }
                continue
            }
            guard reactor.watch(number, token: Self.token.rawValue, for: [.readable, .writable]) == 0 else {
                continue
            }
            client = consume descriptor
            output = Self.greeting(keeper)
            (sentCount, receivedCount, isAnswering) = (0, 0, false)
            deadline = now + Self.patience
            return true
        }
    }

    /// Our own user, or root. The socket's mode has kept everybody else out already; in a user namespace of our own, root
    /// looks like all others who are not in it.
    private func isAllowed(_ user: Int64) -> Bool {
        if user < 0 { return false }
        return user == ourUser || user == 0 || (hidesUsers && user == Self.overflowUser)
    }

    private static let overflowUser: Int64 = 65534  // /proc/sys/kernel/overflowuid

    private mutating func drop(_ reactor: some Reactor) {
        switch client {
        case .some(let client): reactor.forget(client.number, token: Self.token.rawValue)
        case .none: return
        }
        client = nil
        output = []
        deadline = .never
    }

    /// True when the client is done with, one way or the other.
    private mutating func step<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ keeper: inout RuleKeeper, _ engine: inout Engine<Link, Host>
    ) -> Bool {
        switch send() {
        case .done: break
        case .later: return false
        case .gone: return true
        }
        if isAnswering { return true }
        while true {
            switch receive() {
            case .later: return false
            case .gone: return true
            case .done: break
            }
            let length: Int?
            do throws(WireError) {
                length = try ControlUpdate.length(in: received)
            } catch {
                keeper.log.note(.warning) {
                    $0.append("A client of the control socket sent what is no update.")
                }
                return true
            }
            guard let length else { continue }
            return apply(length, &keeper, &engine)
        }
    }

    private var received: RawSpan {
        @_lifetime(borrow self)
        borrowing get { input.span.raw.extracting(0..<receivedCount) }
    }

    /// True when no answer is left to be sent.
    private mutating func apply<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ length: Int, _ keeper: inout RuleKeeper, _ engine: inout Engine<Link, Host>
    ) -> Bool {
        let update: ControlUpdate
        do throws(WireError) {
            update = try ControlUpdate(parsing: received.extracting(0..<length))
        } catch {
            keeper.log.note(.warning) {
                $0.append("A client of the control socket sent a rule that is none.")
            }
            return true
        }
        let answer = keeper.apply(update, &engine)
        guard update.wantsAnswer else { return true }
        output = answer.bytes
        (sentCount, isAnswering) = (0, true)
        return send() != .later
    }

    private enum Progress {
        case done, later, gone
    }

    private mutating func send() -> Progress {
        let number = clientNumber
        while sentCount < output.count {
            let first = sentCount
            // SAFETY: `first` is below the count of the buffer, which is valid for the call.
            let result = unsafe output.withUnsafeBytes { buffer in
                unsafe shim_send_part(
                    number, buffer.baseAddress.map { unsafe $0 + first }, buffer.count - first)
            }
            guard result > 0 else { return result == -Int(EAGAIN) ? .later : .gone }
            sentCount += result
        }
        return .done
    }

    private mutating func receive() -> Progress {
        let number = clientNumber
        let first = receivedCount
        guard first < input.count else { return .gone }
        // SAFETY: `first` is below the count of the buffer, which is valid for the call.
        let result = unsafe input.withUnsafeMutableBytes { buffer in
            unsafe shim_receive_part(
                number, buffer.baseAddress.map { unsafe $0 + first }, buffer.count - first)
        }
        guard result > 0 else { return result == -Int(EAGAIN) ? .later : .gone }
        receivedCount += result
        return .done
    }

    private var clientNumber: Int32 {
        switch client {
        case .some(let client): client.number
        case .none: -1
        }
    }

    /// Greeting and tables as they are.
    private static func greeting(_ keeper: borrowing RuleKeeper) -> [UInt8] {
        let tables: [ControlTableNumber] = keeper.surroundings.isPasta ? [.host, .splice] : [.host]
        let count =
            ControlGreeting.length + tables.count * ControlTableHeader.length + 1
            + keeper.rules.count * ControlRule.length
        return [UInt8](capacity: count) { bytes in
            ControlGreeting().write(to: &bytes)
            var offset = ControlGreeting.length
            for table in tables {
                let rules = keeper.rules.filter { $0.direction == table.direction }
                ControlTableHeader(
                    number: table, capabilities: keeper.surroundings.capabilities(), ruleCount: rules.count
                ).write(to: &bytes, at: offset)
                offset += ControlTableHeader.length
                for rule in rules {
                    ControlRule(rule).write(to: &bytes, at: offset)
                    offset += ControlRule.length
                }
            }
            bytes.storeBigEndian(UInt8(0), at: offset)
            return offset + 1
        }
    }
}

extension RuleKeeper {
    /// Checks an update and puts it into force.
    mutating func apply<Link: FrameLink & ~Copyable, Host: ServedSockets & ~Copyable>(
        _ update: ControlUpdate, _ engine: inout Engine<Link, Host>
    ) -> ControlAnswer {
        let new: [ForwardingRule]
        do throws(PortSpecificationError) {
            new = try update.rules(after: rules, surroundings)
        } catch {
            let reason = error.reason
            log.note(.warning) { line in
                line.append("An update of the forwarding rules is refused: ")
                line.append(reason)
            }
            return ControlAnswer(outcome: .refused, reason: reason)
        }
        let answer = replace(by: new, strictly: update.wantsAnswer, &engine)
        log.note(.info) { line in
            line.append(
                answer.outcome == .refused
                    ? "An update of the forwarding rules is refused: ports cannot be had: "
                    : "The forwarding rules were changed; ports that cannot be had: ")
            line.append(answer.failureCount)
        }
        return answer
    }
}
