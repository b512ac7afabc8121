// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The reactor for every kernel and every container: epoll, and one system call for each operation.
@safe
final class EpollReactor: Reactor {
    private(set) var systemCallCount: UInt64 = 0
    private(set) var operationCount: UInt64 = 0
    private let epoll: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private let eventCapacity: Int
    private var eventCount = 0

    /// - Parameter eventCapacity: the most events that one `wait` returns; what is beyond comes with the
    ///   next.
    init(eventCapacity: Int = 1024) throws(SetupError) {
        let number = shim_epoll_create()
        guard number >= 0 else { throw SetupError(cannot: "create an epoll instance", code: -number) }
        epoll = Descriptor(owning: number)
        self.eventCapacity = eventCapacity
        unsafe events = .allocate(capacity: eventCapacity)
        unsafe events.initialize(repeating: epoll_event(), count: eventCapacity)
    }

    deinit { unsafe events.deallocate() }

    func watch(_ descriptor: Int32, token: UInt64, for interest: Interest) -> Int32 {
        systemCallCount &+= 1
        return shim_epoll_watch(epoll.number, descriptor, interest.events, token)
    }

    func forget(_ descriptor: Int32, token: UInt64) {
        systemCallCount &+= 1
        let result = shim_epoll_forget(epoll.number, descriptor)
        assert(result == 0 || result == -ENOENT, "forget comes before close")
    }

    /// Nothing to do: an epoll instance keeps no file open.
    func forgetAll() {}

    @inline(__always)
    func wait(for timeout: Interval?) -> Int {
        systemCallCount &+= 1
        // SAFETY: `events` holds `eventCapacity` elements.
        let count = unsafe shim_epoll_wait(
            epoll.number, events, Int32(eventCapacity), Self.milliseconds(timeout))
        precondition(count >= 0 || count == -EINTR)
        eventCount = max(Int(count), 0)
        return eventCount
    }

    @inline(__always)
    func event(_ index: Int) -> Readiness {
        precondition(index >= 0 && index < eventCount)
        // SAFETY: the kernel wrote `eventCount` elements.
        return unsafe Readiness(
            token: shim_epoll_token(events + index), events: shim_epoll_events(events + index))
    }

    @inline(__always)
    func perform(_ batch: inout OperationBatch) {
        batch.performDirectly(0..<batch.count)
        systemCallCount &+= UInt64(batch.count)
        operationCount &+= UInt64(batch.count)
    }

    /// Rounded up, so that a deadline has passed when the wait for it ends.
    @inline(__always)
    private static func milliseconds(_ timeout: Interval?) -> Int32 {
        guard let timeout else { return -1 }
        guard timeout > .zero else { return 0 }
        return Int32(min((timeout.nanoseconds - 1) / 1_000_000 + 1, Int64(Int32.max)))
    }
}

extension Interest {
    /// As `EPOLL*` bits, edge-triggered; a ring's polls take the same ones.
    @inline(__always)
    var events: UInt32 {
        shim_event_edge | shim_event_hung_up | shim_event_failed
            | (rawValue & Interest.readable.rawValue != 0 ? shim_event_readable : 0)
            | (rawValue & Interest.writable.rawValue != 0 ? shim_event_writable : 0)
    }
}

extension Readiness {
    /// From `EPOLL*` bits.
    @inline(__always)
    init(token: UInt64, events: UInt32) {
        self.token = token
        isReadable = events & shim_event_readable != 0
        isWritable = events & shim_event_writable != 0
        isHungUp = events & shim_event_hung_up != 0
        isFailed = events & shim_event_failed != 0
    }
}
