// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// What opens descriptors inside the guest's network namespace, for a daemon whose own thread never leaves the host's.
///
/// A thread lives in the namespace and answers requests; descriptors belong to the whole process, so an answer is just a
/// number. Requests on such descriptors (bind, ioctl, netlink) can then be made from any thread. There are two such
/// threads in turn, because a thread keeps the root directory it was created with: one for set-up, which sees the host's
/// files, and one for run time, which is created when those are gone and holds no privilege.
struct NamespaceDoor: ~Copyable {
    /// nil once the last thread is inside.
    private var space: Descriptor?
    private var channel: Descriptor?
    private var thread: UInt64 = 0

    /// - Parameter space: the network namespace.
    init(to space: consuming Descriptor) throws(SetupError) {
        self.space = consume space
        channel = nil
        try open(dropsCapabilities: false)
    }

    /// Starts the thread for run time, without privileges; the last one.
    mutating func openForever() throws(SetupError) {
        try open(dropsCapabilities: true)
        space = nil
    }

    /// Starts a thread and waits until it is in the namespace.
    private mutating func open(dropsCapabilities: Bool) throws(SetupError) {
        var ends: [Int32] = [-1, -1]
        var handle: UInt64 = 0
        // SAFETY: the array has the two elements that both calls expect, and outlives them.
        try checked(unsafe shim_door_pair(&ends), "create a socket pair")
        channel = Descriptor(owning: ends[0])
        let result = unsafe shim_door_start(spaceNumber, ends, dropsCapabilities ? 1 : 0, &handle)
        try checked(
            result, "enter the network namespace",
            hint: "Privilege over it is needed: give its user namespace with --userns, or join that first.")
        thread = handle
    }

    /// Ends the thread; the process has one thread less when this returns.
    mutating func close() {
        guard channel != nil else { return }
        channel = nil
        shim_door_join(thread)
    }

    /// Opens the tun device, not yet attached to an interface, in the namespace.
    ///
    /// - Parameter node: the device node to use where /dev/net/tun cannot be opened, as an O_PATH descriptor; or -1.
    func openTun(node: Int32 = -1) throws(SetupError) -> Descriptor {
        var result = ask(SHIM_DOOR_TUN, -1, 0, 0)
        if result < 0, node >= 0 { result = ask(SHIM_DOOR_TUN, node, 0, 0) }
        try checked(
            result, "open /dev/net/tun", hint: "Load the tun module or check the device node's mode.")
        return Descriptor(owning: result)
    }

    /// Creates a socket in the namespace, at set-up: waits for it.
    func socket(domain: Int32, type: Int32, protocol number: Int32) throws(SetupError) -> Descriptor {
        Descriptor(
            owning: try checked(
                ask(SHIM_DOOR_SOCKET, domain, type, number), "create a socket in the namespace"))
    }

    /// Readable when an answer waits; -1 while closed.
    var descriptor: Int32 {
        switch channel {
        case .some(let channel): channel.number
        case .none: -1
        }
    }

    /// What asks the present thread.
    var requests: DoorChannel { DoorChannel(descriptor: descriptor) }

    private var spaceNumber: Int32 {
        switch space {
        case .some(let space): space.number
        case .none: -1
        }
    }

    private func ask(_ operation: shim_door_operation, _ domain: Int32, _ type: Int32, _ number: Int32)
        -> Int32
    {
        requests.ask(
            shim_door_request(
                operation: operation.rawValue, tag: 0, domain: domain, type: type, protocol: number, count: 1)
        )
    }
}
