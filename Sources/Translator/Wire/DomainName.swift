// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A domain name as DNS carries it (RFC 1035, section 3.1): labels behind their lengths, the empty root label
/// last.
struct DomainName: Equatable {
    /// RFC 1035, section 2.3.4.
    static let longest = 255
    private static let longestLabel = 63

    /// The labels without their lengths and without the root.
    let labels: [[UInt8]]

    /// A dotted name, with or without the trailing dot; nil when a label is empty or above 63 bytes, or the
    /// whole is empty or above 255 bytes on the wire.
    init?(_ text: String) {
        var labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(
            Array.init)
        if labels.count > 1, labels.last == [] { labels.removeLast() }
        guard labels.allSatisfy({ 1...Self.longestLabel ~= $0.count }) else { return nil }
        self.labels = labels
        guard bytes.count <= Self.longest else { return nil }
    }

    /// The name on the wire, not compressed.
    var bytes: [UInt8] { labels.flatMap { [UInt8($0.count)] + $0 } + [0] }
}

/// Domain names one behind the other, as options for a search list carry them, encoded once.
struct DomainNameList: Equatable {
    /// What the two top bits of a label's length look like in a pointer (RFC 1035, section 4.1.4).
    private static let pointer: UInt16 = 0xc000
    private static let farthestTarget = 0x3fff

    /// All names on the wire.
    private(set) var bytes: [UInt8] = []
    /// Where each name ends in `bytes`, ascending: the list may be cut there, for pointers only point
    /// backwards.
    private(set) var ends: [Int] = []

    var isEmpty: Bool { bytes.isEmpty }

    /// Encodes dotted names; those that no message can carry are left out.
    ///
    /// - Parameter compressing: replaces what a name shares with an earlier one by a pointer, whose target
    ///   counts from the list's first byte (RFC 3397, section 2).
    init(_ names: [String], compressing: Bool) {
        var written: [(suffix: ArraySlice<[UInt8]>, offset: Int)] = []
        for name in names.compactMap({ DomainName($0) }) {
            var rest = name.labels[...]
            var target: Int?
            while let label = rest.first {
                target = compressing ? written.first(where: { $0.suffix == rest })?.offset : nil
                if target != nil { break }
                if bytes.count <= Self.farthestTarget { written.append((rest, bytes.count)) }
                bytes.append(UInt8(label.count))
                bytes += label
                rest.removeFirst()
            }
            if let target {
                let pointer = Self.pointer | UInt16(target)
                bytes += [UInt8(pointer >> 8), UInt8(pointer & 0xff)]
            } else {
                bytes.append(0)
            }
            ends.append(bytes.count)
        }
    }

    /// How many bytes the names take that fit into `limit` bytes, from the first one on.
    func byteCount(fitting limit: Int) -> Int {
        var byteCount = 0
        for index in ends.indices where ends[index] <= limit { byteCount = ends[index] }
        return byteCount
    }
}
