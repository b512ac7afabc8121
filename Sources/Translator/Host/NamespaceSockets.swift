// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Sockets made in the namespace ahead of their use, since only a thread inside can make them.
///
/// They are asked for by the batch when a pool is half empty; a pool that is empty nevertheless is waited for, which
/// takes the thread some microseconds.
struct NamespaceSockets: ~Copyable {
    private struct Pool: ~Copyable {
        var sockets: IndexList
        /// Asked for and not there yet.
        var awaitedCount = 0

        init(capacity: Int) { sockets = IndexList(capacity: capacity) }
    }

    private var channel = DoorChannel.none
    private var tcp4: Pool
    private var tcp6: Pool
    private var udp4: Pool
    private var udp6: Pool
    private var awaitedCount = 0
    /// What the thread could not do last; 0: nothing.
    private var failure: Int32 = 0

    /// - Parameter streamCount: TCP sockets of each version; of datagram sockets there are fewer.
    init(streamCount: Int) {
        tcp4 = Pool(capacity: streamCount)
        tcp6 = Pool(capacity: streamCount)
        udp4 = Pool(capacity: max(streamCount / 4, 1))
        udp6 = Pool(capacity: max(streamCount / 4, 1))
    }

    /// Begins to ask the door's last thread; fills the pools.
    mutating func open(_ channel: DoorChannel) {
        self.channel = channel
        refill()
        while awaitedCount > 0, takeAnswers(waits: true) { refill() }
    }

    /// A socket, non-blocking, which the caller owns; or -errno.
    mutating func take(_ transport: TransportProtocol, _ version: IPVersion) -> Int32 {
        guard channel.descriptor >= 0 else { return -ENOTCONN }
        if let socket = pop(transport, version) { return socket }
        _ = takeAnswers(waits: false)
        while true {
            if let socket = pop(transport, version) { return socket }
            failure = 0
            if awaited(transport, version) == 0, !request(transport, version) { return -EAGAIN }
            guard takeAnswers(waits: true) else {
                channel = .none
                return -ECONNRESET
            }
            if failure != 0 { return pop(transport, version) ?? failure }
        }
    }

    /// Takes up what was asked for and asks for what lacks; waits for nothing.
    mutating func replenish() {
        while awaitedCount > 0, takeAnswers(waits: false) {}
        guard channel.descriptor >= 0, failure == 0 else {
            failure = 0
            return
        }
        refill()
    }

    private mutating func refill() {
        refill(.tcp, .v4)
        refill(.tcp, .v6)
        refill(.udp, .v4)
        refill(.udp, .v6)
    }

    private mutating func refill(_ transport: TransportProtocol, _ version: IPVersion) {
        let (count, awaited, capacity) = state(transport, version)
        if awaited == 0, count <= capacity / 2 { _ = request(transport, version) }
    }

    private func awaited(_ transport: TransportProtocol, _ version: IPVersion) -> Int {
        state(transport, version).awaited
    }

    private func state(_ transport: TransportProtocol, _ version: IPVersion)
        -> (count: Int, awaited: Int, capacity: Int)
    {
        switch (transport, version) {
        case (.tcp, .v4): (tcp4.sockets.count, tcp4.awaitedCount, tcp4.sockets.capacity)
        case (.tcp, .v6): (tcp6.sockets.count, tcp6.awaitedCount, tcp6.sockets.capacity)
        case (.udp, .v4): (udp4.sockets.count, udp4.awaitedCount, udp4.sockets.capacity)
        case (.udp, .v6): (udp6.sockets.count, udp6.awaitedCount, udp6.sockets.capacity)
        }
    }

    private mutating func change<Result>(
        _ transport: TransportProtocol, _ version: IPVersion, _ body: (inout Pool) -> Result
    ) -> Result {
        switch (transport, version) {
        case (.tcp, .v4): body(&tcp4)
        case (.tcp, .v6): body(&tcp6)
        case (.udp, .v4): body(&udp4)
        case (.udp, .v6): body(&udp6)
        }
    }

    private mutating func pop(_ transport: TransportProtocol, _ version: IPVersion) -> Int32? {
        change(transport, version) { pool in pool.sockets.removeLast().map { Int32($0) } }
    }

    private mutating func request(_ transport: TransportProtocol, _ version: IPVersion) -> Bool {
        let (count, awaited, capacity) = state(transport, version)
        let wanted = min(capacity - count - awaited, DoorChannel.largestCount)
        let tag = UInt32(transport.rawValue) << 8 | UInt32(version.rawValue)
        guard wanted > 0, channel.request(transport, version, count: wanted, tag: tag) else { return false }
        change(transport, version) { $0.awaitedCount += wanted }
        awaitedCount += wanted
        return true
    }

    private mutating func takeAnswers(waits: Bool) -> Bool {
        channel.takeAnswers(waits: waits) { result, tag in
            guard let transport = TransportProtocol(rawValue: UInt8(truncatingIfNeeded: tag >> 8)),
                let version = IPVersion(rawValue: UInt8(truncatingIfNeeded: tag))
            else { return }
            if result < 0 { failure = result }
            let forgotten = change(transport, version) { pool in
                // After a failure the rest of the batch does not come.
                let count = result < 0 ? pool.awaitedCount : 1
                pool.awaitedCount -= count
                if result >= 0 { pool.sockets.append(Int(result)) }
                return count
            }
            awaitedCount -= forgotten
        }
    }
}
