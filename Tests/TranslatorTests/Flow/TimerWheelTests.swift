// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("TimerWheel")
struct TimerWheelTests {
    @Test("has no deadline when empty")
    func empty() {
        var wheel = TimerWheel(capacity: 4)

        let (deadline, expired) = (wheel.nextDeadline, wheel.popExpired(now: Instant.start + .seconds(100)))

        #expect(deadline == .never)
        #expect(expired == nil)
    }

    @Test(
        "is never early and at most one tick late",
        arguments: [0, 1, 249_999, 250_000, 250_001, 63_999_999, 64_000_000, 17_000_000_001])
    func precision(nanoseconds: Int64) {
        let deadline = Instant(nanoseconds: nanoseconds)
        var wheel = TimerWheel(capacity: 4)
        wheel.schedule(2, at: deadline)

        let early = nanoseconds == 0 ? nil : wheel.popExpired(now: Instant(nanoseconds: nanoseconds - 1))
        let late = wheel.popExpired(now: deadline + TimerWheel.tick)

        #expect(early == nil)
        #expect(late == 2)
    }

    @Test("forgets a cancelled deadline")
    func cancelling() {
        var wheel = TimerWheel(capacity: 4)
        wheel.schedule(0, at: Instant.start + .seconds(1))
        wheel.schedule(1, at: Instant.start + .seconds(1))
        wheel.schedule(3, at: Instant.start + .seconds(1))
        wheel.cancel(1)
        wheel.schedule(3, at: .never)

        let expired = (0..<3).map { _ in wheel.popExpired(now: Instant.start + .seconds(2)) }

        #expect(expired == [0, nil, nil])
    }

    @Test("reaches a far deadline in few looks")
    func farDeadline() {
        let deadline = Instant.start + .seconds(4 * 3600)
        var wheel = TimerWheel(capacity: 1)
        _ = wheel.popExpired(now: Instant(nanoseconds: 123_456_789_012))
        wheel.schedule(0, at: deadline)

        var looks = 0
        var now = Instant.start
        while looks < 100 {
            now = wheel.nextDeadline
            looks += 1
            if wheel.popExpired(now: now) == 0 { break }
        }

        #expect(looks <= 6)
        #expect(now >= deadline && now <= deadline + TimerWheel.tick)
    }

    @Test("behaves like a plain list of deadlines", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var wheel = TimerWheel(capacity: 200)
        var model: [Int: Int64] = [:]
        var now = Instant(nanoseconds: Int64(random.next() >> 4))
        let tick = TimerWheel.tick.nanoseconds
        _ = wheel.popExpired(now: now)

        for _ in 0..<800 {
            switch random.next() % 10 {
            case 0..<6:
                let index = Int(random.next() % 200)
                let distance = Int64(random.next() >> (64 - 1 - random.next() % 54))
                let deadline = now + Interval(nanoseconds: distance)
                wheel.schedule(index, at: deadline)
                model[index] = deadline.nanoseconds
            case 6:
                let index = Int(random.next() % 200)
                wheel.cancel(index)
                model[index] = nil
            case 7:
                now = max(now, min(wheel.nextDeadline, now + .seconds(86_400 * 400)))
            default:
                now = now + Interval(nanoseconds: Int64(random.next() >> (64 - 1 - random.next() % 45)))
            }
            while let index = wheel.popExpired(now: now) {
                let deadline = model.removeValue(forKey: index)
                #expect(deadline != nil && deadline! <= now.nanoseconds, "early or unknown")
            }
            let reached = now.nanoseconds / tick * tick
            #expect(!model.values.contains { $0 <= reached }, "late")
            let earliest = model.values.min().map { ($0 + tick - 1) / tick * tick } ?? .max
            let next = wheel.nextDeadline
            #expect(next.nanoseconds <= earliest && next > now || earliest <= now.nanoseconds)
        }

        let count = wheel.count
        #expect(count == model.count)
    }

    @Test("does not allocate")
    func noAllocation() {
        var wheel = TimerWheel(capacity: 1000)
        let before = malloc_guard_count()
        for index in 0..<1000 {
            wheel.schedule(index, at: Instant.start + .milliseconds(Int64(index) * 97))
        }
        var popped = 0
        while wheel.popExpired(now: Instant.start + .seconds(3600)) != nil { popped += 1 }

        let allocations = malloc_guard_count() - before

        #expect(popped == 1000)
        #expect(allocations == 0)
    }
}
