// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One listening socket and what it forwards.
struct Listener: BitwiseCopyable {
    var socket: Int32
    var transport: TransportProtocol
    /// The port it listens on, and where connections to it go.
    var port: UInt16
    var targetPort: UInt16
    /// Fixed destination in the guest; nil: its current address.
    var target: IPAddress?
}

/// The listening sockets of one direction, by number.
@safe
struct ListenerTable: ~Copyable {
    let capacity: Int
    private(set) var count = 0
    private let listeners: UnsafeMutablePointer<Listener>

    init(capacity: Int) {
        self.capacity = capacity
        unsafe listeners = .allocate(capacity: max(capacity, 1))
    }

    deinit { unsafe listeners.deallocate() }

    subscript(index: Int) -> Listener {
        precondition(index >= 0 && index < count)
        // SAFETY: everything below `count` was initialised by `append`.
        return unsafe listeners[index]
    }

    /// Adds a listener; false when the table is full.
    mutating func append(_ listener: Listener) -> Bool {
        guard count < capacity else { return false }
        // SAFETY: the guard keeps the place inside the allocation.
        unsafe (listeners + count).initialize(to: listener)
        count += 1
        return true
    }
}
