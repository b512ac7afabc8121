// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A half-open run of sequence space.
struct SequenceRange: Equatable, BitwiseCopyable {
    var start: SequenceNumber
    var end: SequenceNumber

    var byteCount: Int { start.distance(to: end) }
}

/// Up to eight disjoint runs of sequence space, ascending: what arrived beyond a gap.
///
/// Used for both directions: the guest's data that waits for a hole to fill, and the guest's selective
/// acknowledgements (RFC 2018). A ninth run is refused, which costs a retransmission and nothing else.
struct SequenceRanges: BitwiseCopyable {
    static let capacity = 8

    private var ranges = InlineArray<8, SequenceRange>(
        repeating: SequenceRange(start: SequenceNumber(0), end: SequenceNumber(0)))
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The range at `index`, counted from the lowest.
    @inline(__always)
    subscript(index: Int) -> SequenceRange {
        precondition(index < count)
        return ranges[index]
    }

    /// Bytes in all ranges together.
    var byteCount: Int {
        var sum = 0
        for index in 0..<count { sum += ranges[index].byteCount }
        return sum
    }

    /// Adds `range`, merging what it touches.
    ///
    /// - Returns: false when the range is new and there is no place for it; nothing changed then.
    mutating func insert(_ range: SequenceRange) -> Bool {
        guard range.byteCount > 0 else { return true }
        var merged = range
        var kept = SequenceRanges()
        var isPlaced = false
        for index in 0..<count {
            let other = ranges[index]
            if other.end < merged.start {
                kept.append(other)
            } else if merged.end < other.start {
                if !isPlaced {
                    kept.append(merged)
                    isPlaced = true
                }
                guard kept.count < Self.capacity else { return false }
                kept.append(other)
            } else {
                if other.start < merged.start { merged.start = other.start }
                if merged.end < other.end { merged.end = other.end }
            }
        }
        if !isPlaced {
            guard kept.count < Self.capacity else { return false }
            kept.append(merged)
        }
        self = kept
        return true
    }

    /// Forgets everything left of `edge`.
    mutating func removeBelow(_ edge: SequenceNumber) {
        var kept = SequenceRanges()
        for index in 0..<count where edge < ranges[index].end {
            var range = ranges[index]
            if range.start < edge { range.start = edge }
            kept.append(range)
        }
        self = kept
    }

    mutating func removeAll() { count = 0 }

    private mutating func append(_ range: SequenceRange) {
        ranges[count] = range
        count += 1
    }
}
