// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A fixed table of records, each named by its index and, across its lives, by a generation.
///
/// Records are handed out last freed first; a record that was never used costs no memory, since neither it nor its
/// bookkeeping is written before its first allocation: `highWater` separates what was ever used from the rest.
@safe
struct Slab<Record: BitwiseCopyable>: ~Copyable {
    /// Bookkeeping of one record, apart from it so that looking at many costs few cache lines.
    private struct Place: BitwiseCopyable {
        /// Next free index; `none` at the end of the list or while allocated.
        var nextFree: UInt32
        /// How often this record was freed.
        var generation: UInt16
        var isAllocated: Bool
    }

    let capacity: Int
    /// Records allocated at present.
    private(set) var count = 0
    private let initial: Record
    private let records: UnsafeMutablePointer<Record>
    private let places: UnsafeMutablePointer<Place>
    private var highWater = 0
    private var firstFree = Self.none

    private static var none: UInt32 { .max }

    /// - Parameter initial: what a record holds after each allocation.
    init(capacity: Int, initial: Record) {
        precondition(capacity > 0 && capacity < Int(UInt32.max))
        self.capacity = capacity
        self.initial = initial
        unsafe records = .allocate(capacity: capacity)
        unsafe places = .allocate(capacity: capacity)
    }

    deinit {
        unsafe records.deallocate()
        unsafe places.deallocate()
    }

    /// Takes a record, holding `initial`; nil when all are in use.
    mutating func allocate() -> Int? {
        let index: Int
        if firstFree != Self.none {
            index = Int(firstFree)
            // SAFETY: the free list links indices below `highWater` only.
            firstFree = unsafe places[index].nextFree
            unsafe places[index].nextFree = Self.none
            unsafe places[index].isAllocated = true
        } else {
            guard highWater < capacity else { return nil }
            index = highWater
            highWater &+= 1
            // SAFETY: `index` is below `capacity`.
            unsafe (places + index).initialize(
                to: Place(nextFree: Self.none, generation: 0, isAllocated: true))
        }
        // SAFETY: `index` is below `capacity`.
        unsafe (records + index).initialize(to: initial)
        count &+= 1
        return index
    }

    /// Gives a record back and starts its next generation: tokens of the old one stop matching.
    mutating func free(_ index: Int) {
        precondition(isAllocated(index), "a record is freed that is not in use")
        // SAFETY: `isAllocated` compared `index` with `highWater`.
        unsafe places[index].generation &+= 1
        unsafe places[index].isAllocated = false
        unsafe places[index].nextFree = firstFree
        firstFree = UInt32(truncatingIfNeeded: index)
        count &-= 1
    }

    /// The record at `index`, in place; it must be allocated.
    @inline(__always)
    subscript(index: Int) -> Record {
        unsafeAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: highWater))
            assert(isAllocated(index), "a record is read that is not in use")
            // SAFETY: records below `highWater` were initialised, and stay where they are while `self` lives.
            return unsafe UnsafePointer(records + index)
        }
        unsafeMutableAddress {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: highWater))
            assert(isAllocated(index), "a record is changed that is not in use")
            // SAFETY: as above.
            return unsafe records + index
        }
    }

    /// Which life of the record this is; 0 before the first. Wraps after 65,536 lives.
    @inline(__always)
    func generation(_ index: Int) -> UInt16 {
        guard UInt(bitPattern: index) < UInt(bitPattern: highWater) else { return 0 }
        // SAFETY: the guard.
        return unsafe places[index].generation
    }

    /// False also for indices beyond the table, so that a foreign token can be asked about.
    @inline(__always)
    func isAllocated(_ index: Int) -> Bool {
        guard UInt(bitPattern: index) < UInt(bitPattern: highWater) else { return false }
        // SAFETY: the guard.
        return unsafe places[index].isAllocated
    }

    /// One past the largest index that was ever allocated: the end of a walk over all records.
    var endIndex: Int { highWater }
}
