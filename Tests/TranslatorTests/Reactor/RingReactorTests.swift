// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Glibc
import Testing

@testable import Translator

/// Tests over `ReactorKind.available` leave the ring out where it is refused; this suite is then seen as
/// skipped.
@Suite("The ring reactor", .enabled(if: RingReactor.isAvailable(), "io_uring is not allowed here"))
struct RingReactorTests {
    @Test("no operation on a non-blocking file or socket goes asynchronous")
    func completesAtOnce() throws {
        let reactor = try RingReactor()
        let (pipe, sockets) = (DescriptorPair.pipe(), DescriptorPair.stream())
        let memory = TestBytes(1 << 20)
        var batch = OperationBatch(operationCapacity: 64, vectorCapacity: 128)
        for index in 0..<32 {
            let vectors = index % 2 == 0 ? [0..<64] : [0..<64, 64..<128]
            batch.post(.read, pipe.near, vectors.map { memory.vector($0) })
            batch.post(.receive, sockets.near, vectors.map { memory.vector($0) })
        }
        reactor.perform(&batch)
        let emptyResults = batch.results
        batch.removeAll()
        for index in 0..<16 {
            let vectors = index % 2 == 0 ? [0..<1 << 20] : [0..<1 << 19, 1 << 19..<1 << 20]
            batch.post(.write, pipe.far, vectors.map { memory.vector($0) })
            batch.post(.send, sockets.far, vectors.map { memory.vector($0) })
        }

        reactor.perform(&batch)
        let fullResults = batch.results
        let cancelled = reactor.cancelledCount

        #expect(emptyResults.allSatisfy { $0 == -EAGAIN })
        #expect(fullResults[0] > 0 && fullResults[1] > 0)
        #expect(fullResults[16...].allSatisfy { $0 == -EAGAIN })
        #expect(cancelled == 0)
    }

    @Test("a batch costs one system call")
    func systemCalls() throws {
        let reactor = try RingReactor()
        let pair = DescriptorPair.pipe()
        let memory = TestBytes(64)
        var batch = OperationBatch(operationCapacity: 256, vectorCapacity: 256)
        for _ in 0..<256 { batch.post(.read, pair.near, [memory.vector(0..<64)]) }
        let before = reactor.systemCallCount

        reactor.perform(&batch)
        let calls = reactor.systemCallCount - before

        #expect(calls == 1)
    }

    @Test("a file that does not know RWF_NOWAIT is read by system calls")
    func noWaitRefused() throws {
        let reactor = try RingReactor(directLimit: 0)
        let notifications = inotify_init1(Int32(IN_NONBLOCK))
        defer { close(notifications) }
        let memory = TestBytes(4096)
        var batch = OperationBatch(operationCapacity: 8, vectorCapacity: 8)
        for _ in 0..<8 { batch.post(.read, notifications, [memory.vector(0..<4096)]) }

        reactor.perform(&batch)
        let first = batch.results
        let callsBefore = reactor.systemCallCount
        reactor.perform(&batch)
        let second = batch.results
        let (calls, cancelled) = (reactor.systemCallCount - callsBefore, reactor.cancelledCount)

        #expect(first == Array(repeating: -EAGAIN, count: 8) && second == first)
        #expect(calls == 8 && cancelled == 0)
    }

    @Test("no edge is lost when more come than the completion queue holds")
    func overflow() throws {
        let reactor = try RingReactor(eventCapacity: 32, descriptorCapacity: 1 << 16, completionCapacity: 16)
        let pairs = (0..<200).map { _ in DescriptorPair.stream() }
        for (index, pair) in pairs.enumerated() {
            _ = reactor.watch(pair.near, token: UInt64(index), for: .readable)
        }
        _ = reactor.wait(for: .zero)

        var tokens: [Set<UInt64>] = []
        for _ in 0..<3 {
            for pair in pairs { pair.feed("x") }
            var seen: Set<UInt64> = []
            while case let events = reactor.events(for: .milliseconds(5)), !events.isEmpty {
                for event in events {
                    seen.insert(event.token)
                    pairs[Int(event.token)].drainNear()
                }
            }
            tokens.append(seen)
        }

        #expect(tokens.allSatisfy { $0 == Set(0..<200) })
    }

    @Test("a wait that need not ask the kernel makes no system call")
    func idleWait() throws {
        let reactor = try RingReactor()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 1, for: .readable)
        _ = reactor.wait(for: .zero)
        let before = reactor.systemCallCount

        let idle = (0..<10).map { _ in reactor.wait(for: .zero) }
        let callsWhenIdle = reactor.systemCallCount - before
        pair.feed("x")
        let events = reactor.wait(for: .zero)

        #expect(idle.allSatisfy { $0 == 0 } && callsWhenIdle == 0)
        #expect(events == 1)
    }

    @Test("a descriptor beyond the table is refused")
    func capacity() throws {
        let reactor = try RingReactor(eventCapacity: 16, descriptorCapacity: 100)

        let result = reactor.watch(100, token: 1, for: .readable)

        #expect(result == -EMFILE)
    }

    @Test("a descriptor that is not open is reported as failed")
    func notOpen() throws {
        let reactor = try RingReactor()

        let result = reactor.watch(60_000, token: 4, for: .readable)
        let events = reactor.events()

        #expect(result == 0)
        #expect(events.count == 1 && events[0].isFailed && events[0].token == 4)
    }

    @Test("thousands of watches and forgets between two waits are all submitted")
    func churn() throws {
        let reactor = try RingReactor()
        let pair = DescriptorPair.stream()
        pair.feed("x")
        for round in 0..<3000 {
            _ = reactor.watch(pair.near, token: UInt64(round), for: .readable)
            reactor.forget(pair.near, token: UInt64(round))
        }
        _ = reactor.watch(pair.near, token: 9999, for: .readable)

        var tokens: [UInt64] = []
        while case let events = reactor.events(for: .milliseconds(5)), !events.isEmpty {
            tokens += events.map(\.token)
        }

        #expect(tokens == [9999])
    }
}
