// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

@Suite("Memory of the engine at work")
struct AllocationTests {
    @Test(
        "a transfer both ways allocates nothing",
        .enabled(if: !_isDebugAssertConfiguration(), "only an optimised build keeps option sets off the heap")
    )
    func transfer() {
        let memory = EngineTestMemory()
        var engine = EngineFixture().engine(memory)
        let next = engine.connect()
        let (guest, remote) = PacketFixture.ends(.v4)
        let rounds = (0..<8).map { round in
            (0..<16).map { index -> LoopFrame in
                let start = (round * 16 + index) * 500
                return GuestFrame.tcp(
                    PacketFixture.segment(start, acknowledges: next + round * 2000, byteCount: 500),
                    from: guest,
                    to: remote, payload: StreamPattern(salt: 0).array(at: start, count: 500))
            }
        }
        engine.link.discardsFrames = true
        let socket = ScriptedSockets.firstSocket

        var allocations: [UInt64] = []
        for frames in rounds {
            engine.link.incoming = frames
            engine.isLinkReadable = true
            let before = malloc_guard_count()
            _ = engine.host.peerWrites(socket, 2000)
            for _ in 0..<4 { engine.turn(until: .start) }
            allocations.append(malloc_guard_count() - before)
            engine.host.peerReads(socket, 1 << 20)
        }
        let (taken, left) = (engine.host[socket].acceptedCount, engine.host[socket].queuedCount)

        #expect(taken == 64_000 && left == 2000)
        #expect(
            malloc_guard_is_active() == 0 || allocations.dropFirst(2).allSatisfy { $0 == 0 }, "\(allocations)"
        )
    }
}
