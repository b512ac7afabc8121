// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@testable import Translator

/// What the engine guarantees, whatever happens around it. A failing seed replays exactly.
///
/// Two thousand seeds, `PASST_SIMULATION_SEEDS=N` of them, or the one that `PASST_SIMULATION_SEED=N` names.
@Suite("The engine between a scripted guest and scripted sockets")
struct SimulationTests {
    private static let batchCount = 8

    @Test(
        "moves every byte once and in order, never stalls, and gives everything back",
        arguments: 0..<batchCount)
    func seeds(batch: Int) {
        let memory = EngineTestMemory()
        for seed in Self.seeds(batch) {
            var simulation = Simulation(seed: seed, memory: memory)
            guard let problem = simulation.run() else { continue }
            Issue.record(
                """
                Seed \(seed): \(problem)
                PASST_SIMULATION_SEED=\(seed) swift test --filter SimulationTests
                """)
        }
    }

    private static func seeds(_ batch: Int) -> [UInt64] {
        if let seed = number("PASST_SIMULATION_SEED") { return batch == 0 ? [seed] : [] }
        let count = number("PASST_SIMULATION_SEEDS") ?? 2000
        return Array(stride(from: UInt64(batch), to: count, by: batchCount))
    }

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
