// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The stream from the guest: a 32-bit length, most significant byte first, in front of every frame.
///
/// Bytes are read in large pieces and frames are taken where they lie; what is left of a frame that was cut moves to
/// the front only when little room is left behind it.
///
///     room: | taken | frame | frame | part of a fra |    free    |
///                   ^ start                         ^ end
struct StreamInput: BitwiseCopyable {
    static let prefixLength = 4
    static let smallestFrame = EthernetHeader.length
    static let largestFrame = 65535
    static let byteCount = 768 << 10
    /// Free room below which the rest moves to the front.
    private static let leastRoom = 256 << 10

    enum Next: Equatable, BitwiseCopyable {
        /// From the Ethernet header on.
        case frame(Slice)
        /// More bytes have to be read first.
        case incomplete
        /// The client lost its place, or never knew the protocol; the length it claims.
        case malformed(Int)
    }

    /// Where in the arena `byteCount` bytes are the stream's own.
    private let offset: Int
    private var start = 0
    private var end = 0

    init(arenaOffset: Int) { offset = arenaOffset }

    /// Takes the next frame; its bytes stay where they are until `makeRoom`.
    mutating func next(_ arena: borrowing Arena) -> Next {
        let available = end - start
        guard available >= Self.prefixLength else { return .incomplete }
        let prefix = Slice(offset: offset + start, byteCount: Self.prefixLength)
        let length = Int(arena.bytes(prefix).bigEndian(at: 0, as: UInt32.self))
        guard Self.smallestFrame...Self.largestFrame ~= length else { return .malformed(length) }
        guard available >= Self.prefixLength + length else { return .incomplete }
        let frame = Slice(offset: offset + start + Self.prefixLength, byteCount: length)
        start += Self.prefixLength + length
        return .frame(frame)
    }

    /// Where to read to. Frames taken so far end here.
    mutating func makeRoom(_ arena: inout Arena) -> Slice {
        let rest = end - start
        if rest == 0 {
            (start, end) = (0, 0)
        } else if Self.byteCount - end < Self.leastRoom {
            // An incomplete frame is far shorter than what lies in front of it, so the two do not overlap.
            arena.copy(Slice(offset: offset + start, byteCount: rest), to: offset)
            (start, end) = (0, rest)
        }
        return Slice(offset: offset + end, byteCount: Self.byteCount - end)
    }

    /// So many bytes were read into what `makeRoom` returned.
    mutating func received(_ byteCount: Int) {
        precondition(byteCount >= 0 && byteCount <= Self.byteCount - end)
        end += byteCount
    }

    /// Another client begins.
    mutating func reset() { (start, end) = (0, 0) }
}
