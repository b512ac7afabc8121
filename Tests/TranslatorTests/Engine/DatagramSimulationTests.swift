// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// 100 seeds, or as many and the one that the variables of `SimulationSeeds` name.
@Suite("Datagrams between a scripted guest and scripted sockets")
struct DatagramSimulationTests {
    @Test("arrive once, whole and in order, errors are told, and everything is given back")
    func seeds() {
        let memory = EngineTestMemory()
        for seed in SimulationSeeds.seeds(part: 0, of: 1, usual: 100) {
            var simulation = DatagramSimulation(seed: seed, memory: memory)
            guard let problem = simulation.run() else { continue }
            Issue.record(
                """
                Seed \(seed): \(problem)
                PASST_SIMULATION_SEED=\(seed) swift test --filter DatagramSimulationTests
                """)
        }
    }
}
