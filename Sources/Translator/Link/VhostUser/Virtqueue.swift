// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// One split ring of a driver (VIRTIO 1.2, section 2.7), from the device's side.
///
/// The driver writes heads of chains into the available ring and counts them up; we take them in that order, and put
/// those that we are done with into the used ring, in any order. Indices count modulo 65536.
///
///     available:   ...  nextAvailable .. availableIndex      offered and not taken yet
///     used:        ...  publishedUsed .. nextUsed            written and not shown yet, until `publish`
struct Virtqueue: ~Copyable {
    private var layout = VirtqueueLayout(size: 1)
    /// As the front-end gave them; resolved again whenever memory changes.
    private var addresses: VhostUserRingAddresses?
    /// Where in the arena the parts lie; 0 while they are not known.
    private(set) var descriptors = 0
    private var available = 0
    private var used = 0
    private var isResolved = false

    var usesEventIndex = false
    var allowsIndirect = false
    /// A kick descriptor was given: "ring states" of the vhost-user protocol.
    var isStarted = false
    var isEnabled = false
    var kick: Int32 = -1
    var call: Int32 = -1

    private(set) var nextAvailable: UInt16 = 0
    private var availableIndex: UInt16 = 0
    private var nextUsed: UInt16 = 0
    private var publishedUsed: UInt16 = 0

    var size: Int { layout?.size ?? 0 }
    /// The driver and we may use the ring.
    var isReady: Bool { isStarted && isEnabled && isResolved && size > 0 }

    // MARK: Set-up

    mutating func setSize(_ size: UInt32) throws(VhostUserError) {
        guard let layout = VirtqueueLayout(size: size) else { throw .ringSize }
        self.layout = layout
        isResolved = false
    }

    mutating func setBase(_ index: UInt16) {
        nextAvailable = index
        availableIndex = index
    }

    /// Begins where the driver and the device before us left off: the used index is what memory says.
    mutating func setAddresses(_ addresses: VhostUserRingAddresses, _ memory: borrowing GuestMemory)
        throws(VhostUserError)
    {
        self.addresses = addresses
        try resolve(memory)
        nextUsed = memory.loadAcquire(used + 2)
        publishedUsed = nextUsed
    }

    /// Finds the ring again after memory was added, removed or mapped anew.
    mutating func resolve(_ memory: borrowing GuestMemory) throws(VhostUserError) {
        guard let addresses, let layout else { return }
        // VIRTIO 1.2, section 2.7: alignment 16, 2 and 4.
        guard addresses.descriptors % 16 == 0, addresses.available % 2 == 0, addresses.used % 4 == 0,
            let descriptors = memory.place(
                user: addresses.descriptors, byteCount: layout.descriptorsByteCount),
            let available = memory.place(user: addresses.available, byteCount: layout.availableByteCount),
            let used = memory.place(user: addresses.used, byteCount: layout.usedByteCount)
        else { throw .ringAddress }
        // A region's file offset decides alignment in the window.
        guard available.offset % 2 == 0, used.offset % 4 == 0 else { throw .ringAddress }
        (self.descriptors, self.available, self.used) = (descriptors.offset, available.offset, used.offset)
        isResolved = true
    }

    /// Forgets where the ring lies, because its memory is gone.
    mutating func unresolve() { isResolved = false }

    /// Memory that the ring lies in was taken away, and it may be used again only with new addresses.
    var needsMemory: Bool { addresses != nil }

    /// As new, but for the descriptors, which the caller closes.
    mutating func reset() {
        let (kick, call) = (self.kick, self.call)
        self = Virtqueue()
        (self.kick, self.call) = (kick, call)
    }

    // MARK: From the driver

    /// Chains that the driver offers and that were not taken yet.
    @inline(__always)
    mutating func waitingCount(_ memory: borrowing GuestMemory) throws(VhostUserError) -> Int {
        if availableIndex == nextAvailable {
            availableIndex = memory.loadAcquire(available + 2)
            guard Int(availableIndex &- nextAvailable) <= size else { throw .availableIndex }
        }
        return Int(availableIndex &- nextAvailable)
    }

    /// Takes the next chain's head; nil: the driver offers none.
    @inline(__always)
    mutating func takeHead(_ memory: borrowing GuestMemory, _ arena: borrowing Arena)
        throws(VhostUserError) -> UInt16?
    {
        guard try waitingCount(memory) > 0, let layout else { return nil }
        let place = Slice(offset: available + layout.availableOffset(nextAvailable), byteCount: 2)
        let head = arena.bytes(place).littleEndian(at: 0, as: UInt16.self)
        guard Int(head) < layout.size else { throw .descriptorIndex }
        nextAvailable &+= 1
        return head
    }

    /// Gives back the chains taken last, as if they had not been taken.
    mutating func untake(_ count: Int) { nextAvailable &-= UInt16(count) }

    /// Asks the driver to tell of the next chain.
    ///
    /// - Returns: false when there is one already: take it, or ask again.
    mutating func enableNotification(_ memory: borrowing GuestMemory, _ arena: inout Arena)
        throws(VhostUserError) -> Bool
    {
        guard let layout else { return true }
        if usesEventIndex {
            memory.storeRelease(nextAvailable, used + layout.availableEventOffset)
        } else {
            memory.storeRelease(0, used)
        }
        shim_full_fence()  // Else both could sleep: the driver reads this after it has moved its index.
        return try waitingCount(memory) == 0
    }

    /// Tells the driver not to bother. With an event index nothing is to be done: its next event is in the past.
    mutating func disableNotification(_ memory: borrowing GuestMemory) {
        if !usesEventIndex, isReady { memory.storeRelease(VirtqueueLayout.usedNoNotify, used) }
    }

    // MARK: To the driver

    /// Puts a chain into the used ring; the driver sees it after `publish`.
    @inline(__always)
    mutating func use(
        _ element: VirtioUsedElement, _ log: inout DirtyLog, _ memory: borrowing GuestMemory,
        _ arena: inout Arena
    ) throws(VhostUserError) {
        guard let layout else { return }
        let place = layout.usedOffset(nextUsed)
        var bytes = arena.mutableBytes(Slice(offset: used + place, byteCount: VirtioUsedElement.length))
        element.write(to: &bytes)
        try mark(place, VirtioUsedElement.length, &log, memory)
        nextUsed &+= 1
    }

    private func mark(
        _ offset: Int, _ byteCount: Int, _ log: inout DirtyLog, _ memory: borrowing GuestMemory
    ) throws(VhostUserError) {
        guard log.area != nil, let addresses, addresses.flags & VhostUserRingAddresses.logFlag != 0 else {
            return
        }
        try log.mark(addresses.log &+ UInt64(offset), byteCount, memory)
    }

    var hasUnpublished: Bool { nextUsed != publishedUsed }

    /// Shows the driver what was used, and interrupts it if it wants that.
    mutating func publish(_ log: inout DirtyLog, _ memory: borrowing GuestMemory) throws(VhostUserError) {
        guard hasUnpublished, isResolved, let layout else { return }
        let old = publishedUsed
        memory.storeRelease(nextUsed, used + 2)
        publishedUsed = nextUsed
        try mark(2, 2, &log, memory)
        // Else both could sleep: the driver looks once more after it has asked for interrupts.
        shim_full_fence()
        let isWanted: Bool
        if usesEventIndex {
            let event = memory.loadAcquire(available + layout.usedEventOffset)
            isWanted = VirtqueueLayout.needsEvent(event, new: nextUsed, old: old)
        } else {
            isWanted = memory.loadAcquire(available) & VirtqueueLayout.availableNoInterrupt == 0
        }
        if isWanted { interrupt() }
    }

    func interrupt() {
        if call >= 0 { _ = shim_signal_event(call) }
    }
}
