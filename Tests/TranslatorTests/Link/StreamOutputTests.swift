// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("The stream to the guest")
struct StreamOutputTests {
    @Test("frames with the headers announced lie back to back, as one piece")
    func backToBack() {
        var stream = Stream()
        let slots = (0..<8).map { _ in stream.reserve(header: 66, payload: 1448) }
        for slot in slots { stream.seal(slot, header: 66, payload: 1448) }

        let (pieces, bytes) = (stream.output.pieceCount, stream.pending())
        #expect(pieces == 1)
        #expect(Stream.lengths(bytes) == [Int](repeating: 1514, count: 8))
    }

    @Test("a frame that is too short is filled up with zeroes")
    func padding() {
        var stream = Stream()
        for _ in 0..<2 { stream.seal(stream.reserve(header: 54, payload: 0), header: 54, payload: 0) }

        let (pieces, bytes) = (stream.output.pieceCount, stream.pending())
        #expect(pieces == 1)
        #expect(Stream.lengths(bytes) == [60, 60])
        #expect(bytes[58..<64].allSatisfy { $0 == 0 })
    }

    @Test("smaller headers and payloads than announced, and slots given back, keep the stream in step")
    func anyUse() {
        var stream = Stream()
        let first = stream.reserve(header: 160, payload: 1280)
        let second = stream.reserve(header: 66, payload: 65000)
        let third = stream.reserve(header: 66, payload: 1448)
        stream.output.release(second)
        stream.seal(third, header: 66, payload: 100)
        stream.seal(first, header: 54, payload: 1280)

        #expect(Stream.lengths(stream.pending()) == [166, 1334])
    }

    @Test("large payload begins on a page")
    func alignment() {
        var stream = Stream()
        _ = stream.reserve(header: 54, payload: 10)
        let slot = stream.reserve(header: 66, payload: 65000)

        #expect(slot.payload.offset % 4096 == 0)
    }

    @Test("a frame that was cut goes on where the socket stopped", arguments: [1, 3, 4, 5, 100, 1518, 1519])
    func cut(byteCount: Int) {
        var stream = Stream()
        for _ in 0..<3 {
            stream.seal(stream.reserve(header: 66, payload: 1448), header: 66, payload: 1448)
            _ = stream.reserve(header: 10, payload: 10)  // keeps the pieces apart
        }
        let whole = stream.pending()

        stream.output.consume(byteCount)
        stream.seal(stream.reserve(header: 66, payload: 1), header: 66, payload: 1)

        let rest = stream.pending()
        #expect(Array(rest.prefix(whole.count - byteCount)) == Array(whole.dropFirst(byteCount)))
        #expect(Stream.lengths(whole.prefix(byteCount) + rest) == [1514, 1514, 1514, 67])
    }

    @Test("all room comes back when everything was sent or given up")
    func roomComesBack() {
        var stream = Stream()
        var counts: [Int] = []
        for round in 0..<4 {
            var slots: [FrameSlot] = []
            while let slot = stream.output.reserve(headerByteCount: 66, payloadByteCount: 65000) {
                slots.append(slot)
            }
            counts.append(slots.count)
            for (index, slot) in slots.enumerated() {
                if (index + round) % 3 == 0 {
                    stream.output.release(slot)
                } else {
                    stream.output.seal(
                        slot, headerByteCount: 66, payloadByteCount: 65000, &stream.arena)
                }
            }
            if round % 2 == 0 {
                stream.output.consume(stream.pending().count)
            } else {
                stream.output.discard()
            }
        }

        #expect(counts[0] >= 32)
        #expect(counts == [Int](repeating: counts[0], count: 4))
    }

    @Test("there are never more pieces than one send takes")
    func pieceLimit() {
        var stream = Stream()
        var count = 0
        while let slot = stream.output.reserve(headerByteCount: 160, payloadByteCount: 1) {
            stream.seal(slot, header: 54, payload: 1)
            count += 1
        }

        #expect(count == StreamOutput.pieceCapacity)
    }

    private struct Stream: ~Copyable {
        var arena = Arena.forTest(byteCount: StreamOutput.arenaByteCount)
        var output = StreamOutput(arenaOffset: 0)

        mutating func reserve(header: Int, payload: Int) -> FrameSlot {
            output.reserve(headerByteCount: header, payloadByteCount: payload)!
        }

        mutating func seal(_ slot: FrameSlot, header: Int, payload: Int) {
            arena.store(
                [UInt8](repeating: 0xaa, count: header + payload), at: slot.payload.offset - header)
            output.seal(slot, headerByteCount: header, payloadByteCount: payload, &arena)
        }

        var pendingByteCount: Int {
            (0..<output.pieceCount).reduce(0) { $0 + output.piece($1).byteCount }
        }

        /// What the socket would be given.
        func pending() -> [UInt8] {
            (0..<output.pieceCount).flatMap { arena.array(output.piece($0)) }
        }

        /// The lengths of the frames that `bytes` hold; -1 behind them when something is left.
        static func lengths(_ bytes: some Collection<UInt8>) -> [Int] {
            let bytes = Array(bytes)
            var lengths: [Int] = []
            var place = 0
            while place + 4 <= bytes.count {
                let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
                guard length >= 14, place + 4 + length <= bytes.count else { break }
                lengths.append(length)
                place += 4 + length
            }
            return place == bytes.count ? lengths : lengths + [-1]
        }
    }
}
