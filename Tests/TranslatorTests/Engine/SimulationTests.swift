// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Glibc
import Testing

@testable import Translator

/// What the engine guarantees, whatever happens around it. A failing seed replays exactly.
@Suite("The engine between a scripted guest and scripted sockets")
struct SimulationTests {
    private static let partCount = 8

    @Test(
        "moves every byte once and in order, never stalls, and gives everything back",
        arguments: 0..<partCount)
    func seeds(part: Int) {
        let memory = EngineTestMemory()
        for seed in SimulationSeeds.seeds(part: part, of: Self.partCount, usual: 2000) {
            var simulation = Simulation(seed: seed, memory: memory)
            guard let problem = simulation.run() else { continue }
            Issue.record(
                """
                Seed \(seed): \(problem)
                PASST_SIMULATION_SEED=\(seed) swift test --filter TranslatorTests.SimulationTests
                """)
        }
    }
}

/// Which seeds run: `PASST_SIMULATION_SEEDS=N` of them, or the one that `PASST_SIMULATION_SEED=N` names.
enum SimulationSeeds {
    static func seeds(part: Int, of partCount: Int, usual: UInt64) -> [UInt64] {
        if let seed = number("PASST_SIMULATION_SEED") { return part == 0 ? [seed] : [] }
        let count = number("PASST_SIMULATION_SEEDS") ?? usual
        return Array(stride(from: UInt64(part), to: count, by: partCount))
    }

    private static func number(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }
}
