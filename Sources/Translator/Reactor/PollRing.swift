// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// Edges of many descriptors through multishot polls of a ring.
///
/// Each watch is one poll request that lives in the kernel and posts a completion for every edge, coalesced
/// between two waits. The kernel may end it (the completion lacks `IORING_CQE_F_MORE`, for one when
/// completions overflow); then it is posted anew and reports what is ready at that moment, so no edge is
/// lost. Requests are submitted by the next wait, in order: a `forget` needs no system call of its own. A
/// completion names its descriptor and the number of its watch, so what comes late from an older watch is
/// dropped here.
@safe
struct PollRing: ~Copyable {
    /// One watched descriptor; `events` is 0 where nothing is watched.
    private struct Watch {
        var token: UInt64
        var number: UInt32
        var events: UInt32
    }

    private(set) var systemCallCount: UInt64 = 0
    private(set) var eventCount = 0
    private var watchNumber: UInt32 = 0
    private let ring: Ring
    private let watches: UnsafeMutablePointer<Watch>
    private let descriptorCapacity: Int
    private let completions: UnsafeMutablePointer<shim_completion>
    private let events: UnsafeMutablePointer<Readiness>
    private let eventCapacity: Int

    /// - Parameter descriptorCapacity: one more than the largest descriptor that can be watched.
    init(eventCapacity: Int, descriptorCapacity: Int, completionCapacity: Int) throws(SetupError) {
        let operations = [IORING_OP_POLL_ADD, IORING_OP_POLL_REMOVE].map { UInt8($0.rawValue) }
        let ring = try Ring(
            submissionCapacity: min(1024, completionCapacity), completionCapacity: completionCapacity,
            operations: operations)
        // Zero pages that cost nothing until a descriptor of their range is watched.
        let byteCount = descriptorCapacity * MemoryLayout<Watch>.stride
        guard let memory = unsafe shim_map_arena(byteCount, 4096, 0) else {
            throw SetupError(cannot: "take memory for watched descriptors", code: ENOMEM)
        }
        self.ring = ring
        unsafe watches = memory.bindMemory(to: Watch.self, capacity: descriptorCapacity)
        self.descriptorCapacity = descriptorCapacity
        unsafe completions = .allocate(capacity: eventCapacity)
        unsafe completions.initialize(repeating: shim_completion(), count: eventCapacity)
        unsafe events = .allocate(capacity: eventCapacity)
        unsafe events.initialize(repeating: Readiness(token: 0, events: 0), count: eventCapacity)
        self.eventCapacity = eventCapacity
    }

    deinit {
        unsafe completions.deallocate()
        unsafe events.deallocate()
        unsafe munmap(watches, descriptorCapacity * MemoryLayout<Watch>.stride)
    }

    /// - Returns: 0, or `-EMFILE` beyond the descriptors that there is room for. What the kernel refuses
    ///   later comes as a failed event.
    mutating func watch(_ descriptor: Int32, token: UInt64, for interest: Interest) -> Int32 {
        precondition(descriptor >= 0)
        guard Int(descriptor) < descriptorCapacity else { return -EMFILE }
        forget(descriptor)
        watchNumber &+= 1
        let watch = Watch(token: token, number: watchNumber, events: interest.events)
        // SAFETY: the guard compared the descriptor with the capacity.
        unsafe watches[Int(descriptor)] = watch
        add(watch, descriptor)
        return 0
    }

    mutating func forget(_ descriptor: Int32) {
        precondition(descriptor >= 0)
        guard Int(descriptor) < descriptorCapacity else { return }
        // SAFETY: as in `watch`.
        let watch = unsafe watches[Int(descriptor)]
        guard watch.events != 0 else { return }
        unsafe watches[Int(descriptor)].events = 0
        while unsafe shim_ring_forget(ring.pointer, Self.name(watch, descriptor)) != 0 { submit() }
    }

    /// Ends every watch, so that closing a file closes it: the kernel lets go of a ring's files some time after the
    /// process has gone.
    mutating func forgetAll() {
        for descriptor in 0..<descriptorCapacity { forget(Int32(descriptor)) }
        submit()
    }

    /// - Parameter nanoseconds: negative: without end.
    /// - Returns: the events; 0 when the time is over or a signal came.
    mutating func wait(nanoseconds: Int64) -> Int {
        eventCount = 0
        var takenCount = 0
        repeat {
            let isInterrupted = enter(nanoseconds: nanoseconds)
            takenCount = take()
            if isInterrupted { break }
            // Completions that only end older watches come at once and at most once each: the time starts
            // anew.
        } while eventCount == 0 && takenCount > 0 && nanoseconds != 0
        // The kernel posts some twenty deferred completions when it is entered, then says that there are
        // more.
        while eventCount < eventCapacity, unsafe shim_ring_needs_entering(ring.pointer) != 0 {
            submit()
            if take() == 0 { break }
        }
        return eventCount
    }

    @inline(__always)
    func event(_ index: Int) -> Readiness {
        precondition(index >= 0 && index < eventCount)
        // SAFETY: the precondition; `wait` filled `eventCount` elements.
        return unsafe events[index]
    }

    /// Submits, and waits if nothing is there yet; true when a signal came.
    private mutating func enter(nanoseconds: Int64) -> Bool {
        if unsafe io_uring_cq_ready(ring.pointer) == 0, nanoseconds != 0 {
            systemCallCount &+= 1
            return unsafe shim_ring_submit_and_wait(ring.pointer, nanoseconds) == -EINTR
        }
        // Completions are in memory shared with the kernel: if it holds nothing back, there is nothing to ask
        // it.
        guard unsafe shim_ring_needs_entering(ring.pointer) != 0 else { return false }
        submit()
        return false
    }

    /// Turns completions into events, as far as there is room; returns how many were taken.
    private mutating func take() -> Int {
        let room = eventCapacity &- eventCount
        // SAFETY: `completions` has room for `eventCapacity` elements.
        let count = unsafe Int(shim_ring_take(ring.pointer, completions, Int32(room)))
        for index in 0..<count { completed(unsafe completions[index]) }
        return count
    }

    private mutating func completed(_ completion: shim_completion) {
        let descriptor = Int32(truncatingIfNeeded: completion.token)
        guard completion.token != shim_ring_unread, Int(descriptor) < descriptorCapacity else { return }
        // SAFETY: the guard compared the descriptor, which is never negative in a name that we made.
        let watch = unsafe watches[Int(descriptor)]
        guard watch.events != 0, Self.name(watch, descriptor) == completion.token else { return }
        let hasEnded = completion.flags & shim_ring_more == 0
        let events = completion.result < 0 ? shim_event_failed : UInt32(completion.result)
        // SAFETY: no more completions are taken than events have room.
        unsafe self.events[eventCount] = Readiness(token: watch.token, events: events)
        eventCount &+= 1
        if hasEnded, completion.result >= 0 { add(watch, descriptor) }
    }

    private mutating func add(_ watch: Watch, _ descriptor: Int32) {
        while unsafe shim_ring_watch(ring.pointer, descriptor, watch.events, Self.name(watch, descriptor))
            != 0
        {
            submit()
        }
    }

    private mutating func submit() {
        systemCallCount &+= 1
        ring.submit()
    }

    /// What names the watch to the kernel: its number above its descriptor.
    @inline(__always)
    private static func name(_ watch: Watch, _ descriptor: Int32) -> UInt64 {
        UInt64(watch.number) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }
}
