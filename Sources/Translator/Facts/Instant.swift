// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A length of time, in nanoseconds.
struct Interval: Comparable, Hashable, BitwiseCopyable {
    var nanoseconds: Int64

    static let zero = Interval(nanoseconds: 0)
    @inline(__always) static func microseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count * 1_000)
    }
    @inline(__always) static func milliseconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count * 1_000_000)
    }
    @inline(__always) static func seconds(_ count: Int64) -> Interval {
        Interval(nanoseconds: count * 1_000_000_000)
    }

    @inline(__always) static func < (left: Interval, right: Interval) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    @inline(__always) static func + (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }
    @inline(__always) static func - (left: Interval, right: Interval) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
    @inline(__always) static func * (left: Interval, right: Int64) -> Interval {
        Interval(nanoseconds: left.nanoseconds &* right)
    }
    @inline(__always) static func / (left: Interval, right: Int64) -> Interval {
        Interval(nanoseconds: left.nanoseconds / right)
    }
}

/// A point on the monotonic clock, in nanoseconds from an arbitrary start; virtual in tests.
struct Instant: Comparable, Hashable, BitwiseCopyable {
    var nanoseconds: Int64

    static let start = Instant(nanoseconds: 0)
    /// Later than every instant that occurs.
    static let never = Instant(nanoseconds: .max)

    @inline(__always) static func < (left: Instant, right: Instant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
    @inline(__always) static func + (left: Instant, right: Interval) -> Instant {
        Instant(nanoseconds: left.nanoseconds &+ right.nanoseconds)
    }
    @inline(__always) static func - (left: Instant, right: Instant) -> Interval {
        Interval(nanoseconds: left.nanoseconds &- right.nanoseconds)
    }
}
