// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// The stream from the guest, cut by the reads as the first 8 bytes say: the frames are those of the uncut stream.
enum StreamTarget {
    private final class State {
        var arena = Arena.forTest(byteCount: StreamInput.byteCount + 8)
    }
    nonisolated(unsafe) private static let state = State()

    static func run(_ input: FuzzInput) {
        var input = input
        let cuts = input.take(8).map { Int($0) }
        let bytes = input.bytes
        var stream = StreamInput(arenaOffset: 8)
        var frames: [[UInt8]] = []
        var place = 0
        var round = 0
        var malformed: Int?
        while place < bytes.count, malformed == nil {
            let cut = cuts[round % cuts.count]
            round += 1
            let room = stream.makeRoom(&state.arena)
            precondition(room.byteCount > 0, "no room for more")
            let count = min(cut < 128 ? cut + 1 : (cut - 127) * 256, room.byteCount, bytes.count - place)
            state.arena.store(Array(bytes[place..<place + count]), at: room.offset)
            stream.received(count)
            place += count
            malformed = takeAll(&stream, &frames)
        }
        let expected = wholeFrames(bytes)
        precondition(frames == expected.frames && malformed == expected.malformed)
    }

    /// The length that is none, if there is one.
    private static func takeAll(_ stream: inout StreamInput, _ frames: inout [[UInt8]]) -> Int? {
        while true {
            switch stream.next(state.arena) {
            case .frame(let slice): frames.append(state.arena.array(slice))
            case .incomplete: return nil
            case .malformed(let length): return length
            }
        }
    }

    private static func wholeFrames(_ bytes: [UInt8]) -> (frames: [[UInt8]], malformed: Int?) {
        var rest = FuzzInput(bytes)
        var frames: [[UInt8]] = []
        while rest.rest.count >= 4 {
            let length = Int(rest.uint16()) << 16 | Int(rest.uint16())
            guard 14...65535 ~= length else { return (frames, length) }
            guard rest.rest.count >= length else { break }
            frames.append(rest.take(length))
        }
        return (frames, nil)
    }
}
