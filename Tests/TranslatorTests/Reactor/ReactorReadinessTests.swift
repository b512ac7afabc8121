// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Glibc
import Testing

@testable import Translator

@Suite("Readiness that a reactor reports")
struct ReactorReadinessTests {
    @Test(
        "a descriptor that can be read when its watching begins is reported", arguments: ReactorKind.available
    )
    func initialReadiness(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        pair.feed("x")

        let result = reactor.watch(pair.near, token: 77, for: .readable)
        let events = reactor.events()

        #expect(result == 0)
        #expect(events == [.readable(77)])
    }

    @Test("an edge is reported once, and again when new bytes come", arguments: ReactorKind.available)
    func edges(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 1, for: .readable)
        let isQuietBefore = reactor.isQuiet()
        pair.feed("first")
        let first = reactor.events()
        let isQuietWhileUnread = reactor.isQuiet()

        pair.feed("second")
        let second = reactor.events()

        #expect(isQuietBefore && isQuietWhileUnread)
        #expect(first == [.readable(1)] && second == [.readable(1)])
    }

    @Test("room to write is reported when the peer made some", arguments: ReactorKind.available)
    func writableEdge(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 5, for: [.readable, .writable])
        let initial = reactor.events()
        let filler = [UInt8](repeating: 0, count: 65536)
        while write(pair.near, filler, filler.count) > 0 {}
        let isQuietWhenFull = reactor.isQuiet()

        pair.drainFar()
        let afterDrain = reactor.events()

        #expect(initial == [.writable(5)])
        #expect(isQuietWhenFull)
        #expect(
            afterDrain.allSatisfy { $0.token == 5 && $0.isWritable && !$0.isReadable } && !afterDrain.isEmpty)
    }

    @Test("the peer's half-close is reported without being asked for", arguments: ReactorKind.available)
    func halfClose(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 9, for: [])
        let isQuietBefore = reactor.isQuiet()

        shutdown(pair.far, Int32(SHUT_WR))
        let events = reactor.events()

        #expect(isQuietBefore)
        #expect(events.count == 1 && events[0].isHungUp && events[0].token == 9)
    }

    @Test("an error on the descriptor is reported as failed", arguments: ReactorKind.available)
    func failure(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.pipe()
        _ = reactor.watch(pair.far, token: 3, for: .writable)
        _ = reactor.events()

        pair.closeNear()
        let events = reactor.events()

        #expect(events.contains { $0.isFailed && $0.token == 3 })
    }

    @Test("watching again replaces the token and reports what is ready", arguments: ReactorKind.available)
    func watchAgain(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        pair.feed("x")
        _ = reactor.watch(pair.near, token: 1, for: .readable)
        _ = reactor.events()

        let result = reactor.watch(pair.near, token: 2, for: [.readable, .writable])
        let events = reactor.events()

        #expect(result == 0)
        #expect(
            events == [
                Readiness(token: 2, isReadable: true, isWritable: true, isHungUp: false, isFailed: false)
            ])
    }

    @Test("a forgotten descriptor is silent, whatever happens on it", arguments: ReactorKind.available)
    func forget(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 1, for: .readable)
        let isQuietBefore = reactor.isQuiet()
        pair.feed("pending when forgotten")

        reactor.forget(pair.near, token: 1)
        let isQuietAfter = reactor.isQuiet()
        pair.closeFar()
        let isQuietAtTheEnd = reactor.isQuiet()

        #expect(isQuietBefore && isQuietAfter && isQuietAtTheEnd)
    }

    @Test("a number used again after close reports only the new token", arguments: ReactorKind.available)
    func reusedNumber(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let (old, next) = (DescriptorPair.stream(), DescriptorPair.stream())
        let number = old.near
        _ = reactor.watch(number, token: 1, for: .readable)
        old.feed("old")

        reactor.forget(number, token: 1)
        dup3(next.near, number, O_CLOEXEC)
        let result = reactor.watch(number, token: 2, for: .readable)
        old.feedIfPossible("old again")
        let isQuietBefore = reactor.isQuiet()
        next.feed("new")
        let events = reactor.events()

        #expect(result == 0 && isQuietBefore)
        #expect(events == [.readable(2)])
    }

    @Test(
        "a forgotten descriptor's file is closed once the next wait begins", arguments: ReactorKind.available)
    func forgetReleases(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        _ = reactor.watch(pair.near, token: 1, for: .readable)
        _ = reactor.wait(for: .zero)

        reactor.forget(pair.near, token: 1)
        pair.closeNear()
        _ = reactor.wait(for: .zero)
        var byte: UInt8 = 0
        let count = read(pair.far, &byte, 1)

        #expect(count == 0)
    }

    @Test("when everything is forgotten, closing a file closes it", arguments: ReactorKind.available)
    func forgetAll(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pairs = (0..<3).map { _ in DescriptorPair.stream() }
        for pair in pairs { _ = reactor.watch(pair.near, token: 1, for: .readable) }
        _ = reactor.wait(for: .zero)

        reactor.forgetAll()
        for pair in pairs { pair.closeNear() }
        var byte: UInt8 = 0
        let counts = pairs.map { read($0.far, &byte, 1) }

        #expect(counts == [0, 0, 0])
    }

    @Test("hundreds of watchers are told apart, more than one wait returns", arguments: ReactorKind.available)
    func manyWatchers(kind: ReactorKind) throws {
        let reactor = try kind.make(eventCapacity: 64)
        let pairs = (0..<500).map { _ in DescriptorPair.stream() }
        for (index, pair) in pairs.enumerated() {
            _ = reactor.watch(pair.near, token: 1 << 40 | UInt64(index), for: .readable)
        }
        let isQuietBefore = reactor.isQuiet()

        for pair in pairs { pair.feed("x") }
        var tokens: Set<UInt64> = []
        while case let events = reactor.events(for: .milliseconds(5)), !events.isEmpty {
            tokens.formUnion(events.map(\.token))
        }

        #expect(isQuietBefore)
        #expect(tokens == Set((0..<500).map { 1 << 40 | UInt64($0) }))
    }

    @Test("a wait lasts as long as it was told, and not at all for zero", arguments: ReactorKind.available)
    func timeouts(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let clock = ContinuousClock()

        let none = clock.measure { _ = reactor.wait(for: .zero) }
        // A signal may end one early: the kernel's work for a ring that another test closed counts as such.
        var some = Duration.zero
        for _ in 0..<50 where some < .microseconds(20_500) {
            some = clock.measure { _ = reactor.wait(for: .microseconds(20_500)) }
        }

        #expect(none < .seconds(1))
        #expect(some >= .microseconds(20_500))
    }

    @Test("watching, waiting and forgetting allocate nothing", arguments: ReactorKind.available)
    func allocations(kind: ReactorKind) throws {
        let reactor = try kind.make()
        let pair = DescriptorPair.stream()
        let interest: Interest = [.readable, .writable]
        var eventCount = reactor.watchWaitForget(pair, interest)

        let before = malloc_guard_count()
        for _ in 0..<399 { eventCount += reactor.watchWaitForget(pair, interest) }
        let mallocs = malloc_guard_count() - before

        #expect(eventCount == 400)
        #expect(mallocs == 0)
    }
}

extension Readiness {
    fileprivate static func readable(_ token: UInt64) -> Readiness {
        Readiness(token: token, isReadable: true, isWritable: false, isHungUp: false, isFailed: false)
    }

    fileprivate static func writable(_ token: UInt64) -> Readiness {
        Readiness(token: token, isReadable: false, isWritable: true, isHungUp: false, isFailed: false)
    }
}

extension Reactor {
    fileprivate func watchWaitForget(_ pair: DescriptorPair, _ interest: Interest) -> Int {
        _ = watch(pair.near, token: 1, for: interest)
        let count = wait(for: .zero)
        if count > 0 { _ = event(0) }
        forget(pair.near, token: 1)
        return count
    }
}

extension DescriptorPair {
    /// Writes to `far` even when nobody may read it any more.
    fileprivate func feedIfPossible(_ text: String) {
        _ = text.withCString { send(far, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }
}
