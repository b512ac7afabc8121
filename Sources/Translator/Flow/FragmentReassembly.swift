// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// A guest may cut a packet into fragments that arrive in any order, twice, or never all of them; and a
// hostile one may send fragments that contradict each other, or first parts of packets without end.
//
// Each packet being collected has a slot of fixed size, into which parts are copied to where they belong:
//
//      0          14   34 or 54                                          slotByteCount
//      | Ethernet | IP | part | hole | part |      ...                   |
//
// What arrived is a list of ranges that do not touch; the packet is complete when one range covers all of it.
// The slot then holds a whole frame with a fresh IP header and neither extension headers nor IPv4 options, to
// be parsed anew.
//
// A part that overlaps what arrived condemns the packet and all its parts to come (RFC 5722, section 3),
// except for an exact copy (RFC 8200, section 4.5). When all slots are taken, a new packet takes the place of
// the oldest one, so a flood costs only the packets that are incomplete.

/// Collects the fragments of packets from the guest, of both versions, within fixed memory.
struct FragmentReassembly: ~Copyable {
    static let packetCount = 16
    /// An Ethernet header, an IPv6 header and 65535 bytes, rounded up to cache lines.
    static let slotByteCount = 65600
    static let memoryByteCount = packetCount * slotByteCount
    /// From the first part on. RFC 8200, section 4.5 allows 60 s for a path through the Internet; the parts
    /// of a packet cross a virtual link within milliseconds.
    static let patience = Interval.seconds(30)

    enum Outcome: Equatable {
        case kept
        /// A frame that lies here until `release`; should it be a fragment again, it is to be dropped.
        case complete(Slice)
        /// The part contradicts the format or another part, or no slot could be had.
        case dropped
    }

    private(set) var memory: Arena
    private var packets = InlineArray<16, PartialPacket>(repeating: PartialPacket())
    /// Packets that were condemned, displaced or never completed.
    private(set) var lostPacketCount: UInt64 = 0

    /// - Parameter memory: at least `memoryByteCount` bytes.
    init(memory: consuming Arena) {
        precondition(memory.byteCount >= Self.memoryByteCount)
        self.memory = memory
    }

    /// A frame that `ParsedFrame` found to be a fragment arrived.
    mutating func fragmentArrived(_ parsed: ParsedFrame, frame: RawSpan, now: Instant) -> Outcome {
        precondition(parsed.kind == .fragment)
        deadlinePassed(now: now)
        guard let part = FragmentPart(parsed) else { return .dropped }
        guard let index = packetIndex(for: parsed, now: now), packets[index].state == .collecting else {
            return .dropped
        }
        guard packets[index].admits(part, hasMore: parsed.hasMoreFragments) else { return condemn(index) }
        if let known = packets[index].partCovering(part) {
            return known && isCopy(part, of: index, parsed, frame) ? .kept : condemn(index)
        }
        guard packets[index].add(part) else { return condemn(index) }
        copy(part, of: index, parsed, frame)
        return packets[index].isComplete ? complete(index) : .kept
    }

    /// Gives up what has waited too long.
    mutating func deadlinePassed(now: Instant) {
        for index in 0..<Self.packetCount where packets[index].isPending && packets[index].deadline <= now {
            if packets[index].state == .collecting { lostPacketCount &+= 1 }
            packets[index].state = .free
        }
    }

    /// When `deadlinePassed` has something to do next.
    var nextDeadline: Instant {
        var earliest = Instant.never
        for index in 0..<Self.packetCount where packets[index].isPending {
            earliest = min(earliest, packets[index].deadline)
        }
        return earliest
    }

    /// The bytes of a complete frame.
    @_lifetime(borrow self)
    func bytes(_ slice: Slice) -> RawSpan { memory.bytes(slice) }

    /// Part of a complete frame as the kernel wants it named.
    func vector(_ slice: Slice) -> IOVector { memory.vector(slice) }

    /// Gives back a slot that `.complete` named.
    mutating func release(_ slice: Slice) {
        let index = slice.offset / Self.slotByteCount
        precondition(packets[index].state == .delivered)
        packets[index].state = .free
    }

    /// The slot of the packet that the part belongs to, a new one for a new packet.
    private mutating func packetIndex(for parsed: ParsedFrame, now: Instant) -> Int? {
        var chosen: Int?
        for index in 0..<Self.packetCount {
            if packets[index].isPending && packets[index].matches(parsed) { return index }
            guard packets[index].state != .delivered else { continue }
            guard let best = chosen else {
                chosen = index
                continue
            }
            if packets[index].age < packets[best].age { chosen = index }
        }
        guard let chosen else { return nil }
        if packets[chosen].state == .collecting { lostPacketCount &+= 1 }
        packets[chosen] = PartialPacket(parsed, deadline: now + Self.patience)
        return chosen
    }

    private mutating func condemn(_ index: Int) -> Outcome {
        packets[index].state = .condemned
        lostPacketCount &+= 1
        return .dropped
    }

    private func place(of part: FragmentPart, in index: Int) -> Slice {
        Slice(
            offset: index &* Self.slotByteCount &+ packets[index].headersByteCount &+ part.start,
            byteCount: part.end &- part.start)
    }

    private func isCopy(_ part: FragmentPart, of index: Int, _ parsed: ParsedFrame, _ frame: RawSpan) -> Bool
    {
        let kept = memory.bytes(place(of: part, in: index))
        for offset in 0..<kept.byteCount
        where kept.bigEndian(at: offset, as: UInt8.self)
            != frame.bigEndian(at: parsed.payloadOffset &+ offset, as: UInt8.self)
        {
            return false
        }
        return true
    }

    private mutating func copy(_ part: FragmentPart, of index: Int, _ parsed: ParsedFrame, _ frame: RawSpan) {
        var bytes = memory.mutableBytes(place(of: part, in: index))
        bytes.copy(frame.extracting(parsed.payload), at: 0)
        guard part.start == 0 else { return }
        packets[index].firstPartArrived(parsed)
        let ethernet = Slice(offset: index &* Self.slotByteCount, byteCount: EthernetHeader.length)
        var header = memory.mutableBytes(ethernet)
        header.copy(frame.extracting(0..<EthernetHeader.length), at: 0)
    }

    private mutating func complete(_ index: Int) -> Outcome {
        let packet = packets[index]
        let slice = Slice(
            offset: index &* Self.slotByteCount, byteCount: packet.headersByteCount &+ packet.payloadByteCount
        )
        var bytes = memory.mutableBytes(slice)
        packet.writeHeader(to: &bytes)
        packets[index].state = .delivered
        return .complete(slice)
    }
}
