// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The stream from the guest")
struct StreamInputTests {
    @Test("frames are taken one by one, and the rest waits for more")
    func framesInOrder() {
        var stream = Stream()
        stream.feed(Stream.framed([20, 60, 14]) + [0, 0, 0])

        #expect(stream.takeAll() == [20, 60, 14])
        #expect(stream.next() == .incomplete)
    }

    @Test("a frame that comes byte by byte is taken when its last byte is there")
    func byteByByte() {
        var stream = Stream()
        let bytes = Stream.framed([42])
        for byte in bytes.dropLast() {
            stream.feed([byte])
            #expect(stream.next() == .incomplete)
        }

        stream.feed([bytes[bytes.count - 1]])

        #expect(stream.takeAll() == [42])
    }

    @Test("lengths that no frame has are told", arguments: [0, 13, 65536, 0xffff_ffff])
    func malformed(length: Int) {
        var stream = Stream()
        stream.feed((0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) })

        #expect(stream.next() == .malformed(length))
    }

    @Test("the smallest and the largest frame are frames")
    func bounds() {
        var stream = Stream()
        stream.feed(Stream.framed([14, 65535]))

        #expect(stream.takeAll() == [14, 65535])
    }

    @Test("frames keep their bytes however reads cut them", arguments: [1, 7, 999, 4096, 65537, 300_000])
    func anyCut(pieceByteCount: Int) {
        var stream = Stream()
        var random = SplitMix(seed: UInt64(pieceByteCount))
        let lengths = (0..<(pieceByteCount < 100 ? 10 : 80)).map { index in
            index % 5 == 0
                ? Int.random(in: 14...65535, using: &random) : Int.random(in: 14...1514, using: &random)
        }
        let bytes = Stream.framed(lengths)
        var taken: [Int] = []
        var place = 0
        while place < bytes.count {
            let end = min(place + pieceByteCount, bytes.count)
            place += stream.feed(Array(bytes[place..<end]))
            taken += stream.takeAll()
        }

        #expect(taken == lengths)
    }

    @Test("after a reset nothing is left of the client before")
    func reset() {
        var stream = Stream()
        stream.feed(Array(Stream.framed([60]).prefix(30)))
        stream.input.reset()
        stream.feed(Stream.framed([61]))

        #expect(stream.takeAll() == [61])
    }

    /// A stream with its memory; frames are filled with their length.
    private struct Stream: ~Copyable {
        var arena = Arena.forTest(byteCount: StreamInput.byteCount + 8)
        var input = StreamInput(arenaOffset: 8)

        static func framed(_ lengths: [Int]) -> [UInt8] {
            lengths.flatMap { length in
                [0, 0, UInt8(length >> 8), UInt8(length & 0xff)]
                    + [UInt8](repeating: UInt8(length & 0xff), count: length)
            }
        }

        /// As much as there is room for; how many bytes.
        @discardableResult
        mutating func feed(_ bytes: [UInt8]) -> Int {
            let room = input.makeRoom(&arena)
            let count = min(bytes.count, room.byteCount)
            arena.store(Array(bytes.prefix(count)), at: room.offset)
            input.received(count)
            return count
        }

        mutating func next() -> StreamInput.Next { input.next(arena) }

        /// The lengths of all whole frames, negative where one's bytes are wrong.
        mutating func takeAll() -> [Int] {
            var lengths: [Int] = []
            while case .frame(let slice) = input.next(arena) {
                let isWhole = arena.array(slice).allSatisfy { $0 == UInt8(slice.byteCount & 0xff) }
                lengths.append(isWhole ? slice.byteCount : -slice.byteCount)
            }
            return lengths
        }
    }
}
