// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// A guest's memory, as its hypervisor shares it: files mapped into a window of the engine's arena.
///
/// The window is address space that was reserved at start, so a buffer of the guest is a `Slice` like any other, and
/// payload is used where the guest put it. Every mapping begins on a unit of 1 GiB, as does what it shows of its
/// file: that suits every size of huge pages.
///
///     arena:  | our own memory | window: | region 0 |..| region 1 |......... empty ......... |
///                              ^ windowOffset
///
/// A front-end can cut a file short while it is mapped. A handler in C then puts zeros in place of the window
/// (`shim_guard_window`), our access goes on, and `checkFault` tells that the client has to go.
@safe
struct GuestMemory: ~Copyable {
    static let unit = 1 << 30
    /// Regions that a client may have (`GET_MAX_MEM_SLOTS`).
    static let regionLimit = 32

    struct Region: BitwiseCopyable {
        var region: VhostUserRegion
        /// Where in the arena the region begins.
        var offset: Int
        /// The units of the window that its mapping takes.
        var units: Units
    }

    /// A run of the window's units.
    struct Units: BitwiseCopyable {
        var start = 0
        var count = 0

        var end: Int { start + count }

        func overlaps(_ other: Units) -> Bool { start < other.end && other.start < end }
    }

    private let windowOffset: Int
    private let windowByteCount: Int
    private let start: UnsafeMutableRawPointer
    private(set) var count = 0
    private var regions = InlineArray<32, Region>(
        repeating: Region(
            region: VhostUserRegion(guestAddress: 0, byteCount: 0, userAddress: 0, fileOffset: 0), offset: 0,
            units: Units()))
    /// Units that the dirty log takes; empty: there is none.
    private var logUnits = Units()

    /// - Parameters:
    ///   - window: the window's address and size, as the arena names it; it is never unmapped.
    ///   - offset: where in the arena it begins.
    init(window: IOVector, offset: Int) {
        guard let start = unsafe UnsafeMutableRawPointer(bitPattern: window.address) else {
            preconditionFailure("the window has an address")
        }
        unsafe self.start = start
        windowByteCount = window.byteCount
        windowOffset = offset
    }

    /// From here on, a file that is cut short under us costs its client and nothing else.
    func guardAgainstCuts() throws(SetupError) {
        // SAFETY: the window stays mapped until exit.
        try checked(unsafe shim_guard_window(start, windowByteCount), "guard a guest's memory")
    }

    subscript(index: Int) -> Region {
        precondition(index >= 0 && index < count)
        return regions[index]
    }

    // MARK: Regions

    /// Maps a region; the descriptor stays the caller's.
    mutating func add(_ region: VhostUserRegion, descriptor: Int32) throws(VhostUserError) {
        guard count < Self.regionLimit else { throw .regionLimit }
        for index in 0..<count where Self.overlaps(regions[index].region, region) { throw .overlappingRegion }
        let (place, skip) = try map(byteCount: region.byteCount, fileOffset: region.fileOffset, descriptor)
        regions[count] = Region(
            region: region, offset: windowOffset + place.start * Self.unit + skip, units: place)
        count += 1
    }

    /// Unmaps the region that has the same addresses and size.
    mutating func remove(_ region: VhostUserRegion) throws(VhostUserError) {
        for index in 0..<count {
            let known = regions[index].region
            guard known.guestAddress == region.guestAddress, known.userAddress == region.userAddress,
                known.byteCount == region.byteCount
            else { continue }
            unmap(regions[index].units)
            count -= 1
            regions[index] = regions[count]
            return
        }
        throw .unknownRegion
    }

    mutating func removeAll() {
        for index in 0..<count { unmap(regions[index].units) }
        count = 0
    }

    /// Maps the dirty log; where in the arena it begins.
    mutating func mapLog(_ area: VhostUserLogArea, descriptor: Int32) throws(VhostUserError) -> Int {
        unmapLog()
        let (place, skip) = try map(byteCount: area.byteCount, fileOffset: area.fileOffset, descriptor)
        logUnits = place
        return windowOffset + place.start * Self.unit + skip
    }

    mutating func unmapLog() {
        if logUnits.count > 0 { unmap(logUnits) }
        logUnits = Units()
    }

    private static func overlaps(_ left: VhostUserRegion, _ right: VhostUserRegion) -> Bool {
        left.guestAddress < right.guestAddress + right.byteCount
            && right.guestAddress < left.guestAddress + left.byteCount
            || left.userAddress < right.userAddress + right.byteCount
                && right.userAddress < left.userAddress + left.byteCount
    }

    private func map(byteCount: UInt64, fileOffset: UInt64, _ descriptor: Int32)
        throws(VhostUserError) -> (place: Units, skip: Int)
    {
        let size = shim_file_size(descriptor)
        guard size >= 0 else { throw .unmappableRegion }
        guard fileOffset + byteCount <= UInt64(size) else { throw .shortFile }
        let skip = Int(fileOffset % UInt64(Self.unit))
        let length = skip + Int(byteCount)  // below the file's size, which is an Int64
        guard let place = freeUnits((length + Self.unit - 1) / Self.unit) else { throw .regionLimit }
        // SAFETY: `freeUnits` returns units inside the window that hold no mapping.
        let result = unsafe shim_map_shared(
            start + place.start * Self.unit, length, descriptor, fileOffset - UInt64(skip))
        guard result == 0 else { throw .unmappableRegion }
        return (place, skip)
    }

    private func unmap(_ units: Units) {
        // SAFETY: the units lie inside the window; what they held is no longer named by a region.
        let result = unsafe shim_unmap_shared(start + units.start * Self.unit, units.count * Self.unit)
        precondition(result == 0, "the window can be emptied")
    }

    /// The first free run of `count` units.
    private func freeUnits(_ wanted: Int) -> Units? {
        var place = Units(start: 0, count: wanted)
        var isMoved = true
        while isMoved {
            isMoved = false
            for index in -1..<count {
                let taken = index < 0 ? logUnits : regions[index].units
                guard taken.overlaps(place) else { continue }
                place.start = taken.end
                isMoved = true
            }
        }
        return place.end <= windowByteCount / Self.unit ? place : nil
    }

    /// Whether a file of the guest was cut short under us; everything was unmapped then.
    mutating func checkFault() -> Bool {
        guard shim_take_window_fault() != 0 else { return false }
        // SAFETY: the whole window is ours, and no region names any of it from here on.
        let result = unsafe shim_unmap_shared(start, windowByteCount)
        precondition(result == 0, "the window can be emptied")
        count = 0
        logUnits = Units()
        return true
    }

    // MARK: Translation

    /// What lies at a guest's physical address: up to `byteCount` bytes, less at the end of a region; nil: nothing.
    @inline(__always)
    func place(guest address: UInt64, byteCount: Int) -> Slice? {
        for index in 0..<count {
            let region = regions[index]
            let distance = address &- region.region.guestAddress
            guard address >= region.region.guestAddress, distance < region.region.byteCount else { continue }
            let left = region.region.byteCount &- distance
            return Slice(offset: region.offset &+ Int(distance), byteCount: min(byteCount, Int(left)))
        }
        return nil
    }

    /// All of `byteCount` bytes at an address of the front-end; nil unless one region holds them.
    func place(user address: UInt64, byteCount: Int) -> Slice? {
        for index in 0..<count {
            let region = regions[index]
            let distance = address &- region.region.userAddress
            guard address >= region.region.userAddress, distance < region.region.byteCount,
                UInt64(byteCount) <= region.region.byteCount &- distance
            else { continue }
            return Slice(offset: region.offset &+ Int(distance), byteCount: byteCount)
        }
        return nil
    }

    // MARK: Ordered access

    /// A little-endian number; what its writer stored before it is visible after this (VIRTIO 1.2, section 2.7.13).
    @inline(__always)
    func loadAcquire(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafe shim_load_acquire(pointer(offset, 2)))
    }

    /// What we stored before is visible to whoever sees this number.
    @inline(__always)
    func storeRelease(_ value: UInt16, _ offset: Int) {
        unsafe shim_store_release(pointer(offset, 2), value.littleEndian)
    }

    /// Sets bits of a byte that others set bits of at the same time.
    func set(_ bits: UInt8, _ offset: Int) {
        unsafe shim_atomic_or(pointer(offset, 1), bits)
    }

    /// Addresses part of the window; traps outside of it.
    @unsafe
    @inline(__always)
    private func pointer(_ offset: Int, _ byteCount: Int) -> UnsafeMutableRawPointer {
        let distance = offset &- windowOffset
        precondition(distance >= 0 && distance <= windowByteCount &- byteCount)
        // SAFETY: the precondition; the window outlives this value. Callers name places of mapped regions.
        return unsafe start + distance
    }
}
