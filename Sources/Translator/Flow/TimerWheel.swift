// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Deadlines of many things, each named by a small index and having one deadline at most.
//
// Time is cut into ticks of 250 us, counted from the clock's start. Six levels of 256 places hold every tick there
// is: a deadline lies at the level of the highest byte in which its tick differs from `reached`, at the place that
// this byte names. So everything at one level is due before everything at the next, places are used in ascending
// order and never wrap, and the earliest is found by a look at the occupancy bits from the lowest level up. When
// time reaches a place above the lowest level, what is there moves down; each deadline moves at most five times.
//
//     tick     [ byte 5 ][ byte 4 ][ byte 3 ][ byte 2 ][ byte 1 ][ byte 0 ]
//     a place of level   5: 8.7 y   4: 12 d    3: 70 min  2: 16 s   1: 64 ms   0: 250 us, in length
//
// A deadline is rounded up to a tick: nothing is ever early, nothing more than one tick late.

/// A hierarchical timing wheel (Varghese and Lauck, 1987) over intrusive lists; nothing in it allocates after `init`.
@safe
struct TimerWheel: ~Copyable {
    static let tick = Interval.microseconds(250)

    private struct Node: BitwiseCopyable {
        /// Due when this tick is reached.
        var tick: UInt64 = 0
        var next = UInt32.max
        var previous = UInt32.max
        /// Level and byte of the list this is in; `unscheduled` when in none.
        var place = UInt32.max
    }

    private static var levelCount: Int { 6 }
    private static var placeCount: Int { levelCount * 256 }
    private static var none: UInt32 { .max }

    let capacity: Int
    /// Deadlines set at present.
    private(set) var count = 0
    /// Every tick before this one is over and done with.
    private var reached: UInt64 = 0
    private let nodes: UnsafeMutablePointer<Node>
    /// Nodes from here on were never scheduled and hold nothing.
    private var highWater = 0
    /// First node of each place's list.
    private let heads: UnsafeMutablePointer<UInt32>
    /// One bit a place, set when its list is not empty.
    private let occupied: UnsafeMutablePointer<UInt64>

    /// - Parameter capacity: indices are below this.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity < Int(UInt32.max))
        self.capacity = capacity
        unsafe nodes = .allocate(capacity: capacity)
        unsafe heads = .allocate(capacity: Self.placeCount)
        unsafe heads.initialize(repeating: Self.none, count: Self.placeCount)
        unsafe occupied = .allocate(capacity: Self.placeCount / 64)
        unsafe occupied.initialize(repeating: 0, count: Self.placeCount / 64)
    }

    deinit {
        unsafe nodes.deallocate()
        unsafe heads.deallocate()
        unsafe occupied.deallocate()
    }

    /// Sets the deadline of `index`, or moves it; `.never` cancels.
    ///
    /// A deadline in the past is due at once: whoever sets one while it empties the wheel gets it back in that turn.
    mutating func schedule(_ index: Int, at deadline: Instant) {
        guard deadline != .never else { return cancel(index) }
        touch(index)
        let tick = max(Self.tickAtOrAfter(deadline), reached)
        if isScheduled(index) {
            if unsafe nodes[index].tick == tick { return }
            unlink(index)
        }
        // SAFETY: `touch` checked and initialised the node.
        unsafe nodes[index].tick = tick
        link(index)
    }

    /// Removes the deadline of `index`, if it has one.
    mutating func cancel(_ index: Int) {
        guard isScheduled(index) else { return }
        unlink(index)
    }

    @inline(__always)
    func isScheduled(_ index: Int) -> Bool {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: capacity))
        // SAFETY: nodes below `highWater` are initialised.
        return unsafe index < highWater && nodes[index].place != Self.none
    }

    /// When to look again: not later than the earliest deadline, perhaps earlier if that is far away.
    var nextDeadline: Instant {
        guard let place = earliestPlace() else { return .never }
        return Instant(nanoseconds: Int64(start(of: place)) &* Self.tick.nanoseconds)
    }

    /// Takes out one index whose deadline is over; nil when there is none left.
    mutating func popExpired(now: Instant) -> Int? {
        let present = Self.tickAtOrBefore(now)
        while let place = earliestPlace(), start(of: place) <= present {
            reached = max(reached, start(of: place))
            // SAFETY: an occupied place has a first node.
            if place < 256 {
                let index = unsafe Int(heads[place])
                unlink(index)
                return index
            }
            moveDown(place)
        }
        reached = max(reached, present)
        return nil
    }

    /// Links again, at lower levels, all that waits at a place whose first tick is reached.
    private mutating func moveDown(_ place: Int) {
        // SAFETY: places are below `placeCount`, list members below `highWater`.
        while unsafe heads[place] != Self.none {
            let index = unsafe Int(heads[place])
            unlink(index)
            link(index)
        }
    }

    /// The place of the lowest level in use that time reaches first.
    private func earliestPlace() -> Int? {
        guard count > 0 else { return nil }
        for word in 0..<Self.placeCount / 64 {
            // SAFETY: there are `placeCount / 64` words.
            let bits = unsafe occupied[word]
            if bits != 0 { return word &* 64 &+ bits.trailingZeroBitCount }
        }
        return nil
    }

    /// The first tick that belongs to `place`: the bytes of `reached` above its level, its own byte, zeroes.
    @inline(__always)
    private func start(of place: Int) -> UInt64 {
        let shift = UInt64(place &>> 8) &* 8
        let above = ~UInt64(0) &<< (shift &+ 8)
        return reached & above | UInt64(place & 255) &<< shift
    }

    private mutating func link(_ index: Int) {
        // SAFETY of all pointer uses here: `index` is below `highWater`; `place` is below `placeCount`, since ticks
        // have 48 bits at most; a list holds initialised nodes only.
        let tick = unsafe nodes[index].tick
        let difference = tick ^ reached
        let level = difference == 0 ? 0 : (63 &- difference.leadingZeroBitCount) &>> 3
        precondition(level < Self.levelCount)
        let place = level &* 256 &+ Int(tick &>> UInt64(level &* 8) & 255)
        let next = unsafe heads[place]
        unsafe nodes[index].place = UInt32(truncatingIfNeeded: place)
        unsafe nodes[index].previous = Self.none
        unsafe nodes[index].next = next
        if next != Self.none { unsafe nodes[Int(next)].previous = UInt32(truncatingIfNeeded: index) }
        unsafe heads[place] = UInt32(truncatingIfNeeded: index)
        unsafe occupied[place &>> 6] |= 1 &<< UInt64(place & 63)
        count &+= 1
    }

    private mutating func unlink(_ index: Int) {
        // SAFETY: as in `link`; the node is in the list of its place.
        let node = unsafe nodes[index]
        let place = Int(node.place)
        if node.next != Self.none { unsafe nodes[Int(node.next)].previous = node.previous }
        if node.previous != Self.none {
            unsafe nodes[Int(node.previous)].next = node.next
        } else {
            unsafe heads[place] = node.next
            if node.next == Self.none { unsafe occupied[place &>> 6] &= ~(1 &<< UInt64(place & 63)) }
        }
        unsafe nodes[index].place = Self.none
        count &-= 1
    }

    /// Makes sure that the node of `index` holds something.
    @inline(__always)
    private mutating func touch(_ index: Int) {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: capacity))
        while highWater <= index {
            // SAFETY: `highWater` is below `capacity` here.
            unsafe (nodes + highWater).initialize(to: Node())
            highWater &+= 1
        }
    }

    @inline(__always)
    private static func tickAtOrAfter(_ instant: Instant) -> UInt64 {
        let nanoseconds = UInt64(max(instant.nanoseconds, 0))
        return (nanoseconds &+ UInt64(tick.nanoseconds &- 1)) / UInt64(tick.nanoseconds)
    }

    @inline(__always)
    private static func tickAtOrBefore(_ instant: Instant) -> UInt64 {
        UInt64(max(instant.nanoseconds, 0)) / UInt64(tick.nanoseconds)
    }
}
