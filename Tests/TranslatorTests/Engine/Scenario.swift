// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// How an application takes or gives bytes: so many at a time, with a stop somewhere.
struct Pace {
    var chunk: Int
    var interval: Interval
    /// After so many bytes nothing happens for `stop`.
    var stopAfter: Int?
    var stop = Interval.zero
    var hasStopped = false
    private var lastDone = 0
    private var idleCount: Int64 = 0

    init(_ random: inout SplitMix, total: Int) {
        chunk = [200, 1460, 9000, 65536, 1 << 20].randomElement(using: &random)!
        interval = .microseconds([20, 200, 3000].randomElement(using: &random)!)
        if chunk * 200 < total { chunk = total / 200 }
        if Bool.random(using: &random) {
            stopAfter = Int.random(in: 0...max(total, 1), using: &random)
            stop = .milliseconds([5, 300, 3000, 70_000].randomElement(using: &random)!)
        }
    }

    /// When to come again after `done` bytes in all.
    mutating func next(_ done: Int) -> Interval {
        if let stopAfter, done >= stopAfter, !hasStopped {
            hasStopped = true
            return stop
        }
        idleCount = done == lastDone ? min(idleCount * 2 + 1, 1000) : 0
        lastDone = done
        return min(interval * (idleCount + 1), max(interval, .milliseconds(20)))
    }
}

/// One flow's part in a scenario.
struct FlowScript {
    enum Ending {
        case orderly
        case refused
        case unanswered
        case guestResets
        case peerResets
        /// The guest falls silent.
        case guestVanishes
    }

    var isFromHost: Bool
    var ending: Ending
    var connectDelay: Interval
    var traits: GuestTraits
    var uploadByteCount: Int
    var downloadByteCount: Int
    var sendCapacity: Int
    var receiveCapacity: Int
    var peerReading: Pace
    var peerWriting: Pace
    var guestReading: Pace
    var guestWriting: Pace
    /// Finishes only after the other side did.
    var guestWaits: Bool
    var peerWaits: Bool
    var start: Interval
    /// When the ending that is not orderly happens.
    var disturbance: Interval

    init(_ random: inout SplitMix, segment: Int, isCalm: Bool) {
        func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }
        isFromHost = Bool.random(using: &random)
        let endings: [Ending] = [.refused, .unanswered, .guestResets, .peerResets, .guestVanishes]
        ending = !isCalm && Int.random(in: 0..<6, using: &random) == 0 ? pick(endings) : .orderly
        if isFromHost, ending == .refused || ending == .unanswered { ending = .orderly }
        connectDelay = .microseconds(pick([0, 50, 20_000]))
        traits = GuestTraits()
        traits.usesSACK = Bool.random(using: &random)
        traits.usesTimestamps = Bool.random(using: &random)
        traits.scale = pick([nil, 0, 2, 7, 14])
        traits.segmentByteCount = pick([segment, segment, 536, 1000])
        traits.receiveCapacity = pick([3000, 20_000, 65535])
        traits.delaysAcknowledgements = Bool.random(using: &random)
        traits.segmentsInFrame = pick([1, 2, 8])
        traits.probesWithData = Bool.random(using: &random)
        traits.initialSequence = SequenceNumber(pick([0, 1 << 31 - 5000, .max - 5000, .max - 40]))
        uploadByteCount = pick([0, 1, 5000, 60_000, 200_000])
        downloadByteCount = pick([0, 1, 5000, 60_000, 200_000])
        sendCapacity = pick([1, 2304, 16_384, 65_536, 1 << 20])
        if sendCapacity == 1 { uploadByteCount = min(uploadByteCount, 60) }
        receiveCapacity = pick([2304, 65_536, 1 << 20])
        peerReading = Pace(&random, total: uploadByteCount)
        peerWriting = Pace(&random, total: downloadByteCount)
        guestReading = Pace(&random, total: downloadByteCount)
        guestWriting = Pace(&random, total: uploadByteCount)
        guestWaits = Bool.random(using: &random)
        peerWaits = !guestWaits && Bool.random(using: &random)
        start = .microseconds(Int64.random(in: 0...20_000, using: &random))
        disturbance = start + .microseconds(Int64.random(in: 0...200_000, using: &random))
    }

    /// All its stops and steps, after which nothing but the engine can keep it.
    var longestScript: Interval {
        peerReading.stop + peerWriting.stop + guestReading.stop + guestWriting.stop + .seconds(20)
    }
}

/// Everything that a seed decides.
struct Scenario {
    var version: IPVersion
    var fixture = EngineFixture()
    var flows: [FlowScript] = []
    /// Nothing is lost, doubled, reordered or too small: nobody may have to retransmit.
    var isCalm: Bool
    /// In 1000 frames.
    var lossRate = 0
    var duplicateRate = 0
    var reorderRate = 0
    var delay: Interval
    var keepsPeekOffset: Bool
    var pieceLimit: Int
    var operationLimit: Int
    var roomOverstatement: Int
    var shortageRate = 0

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &random)! }
        version = pick(IPVersion.allCases)
        isCalm = Int.random(in: 0..<3, using: &random) == 0
        fixture.capabilities = pick([.plain, .offloading])
        fixture.mtu = pick([1280, 1500, 9000, 65520])
        fixture.slotCount = isCalm ? 64 : pick([2, 5, 20, 64])
        fixture.reserveByteCount = isCalm ? 4 << 20 : pick([16_384, 65_536, 262_144, 4 << 20])
        delay = .microseconds(pick([10, 100, 5_000]))
        keepsPeekOffset = Bool.random(using: &random)
        pieceLimit = pick([64, 64, 4])
        operationLimit = pick([64, 1])
        roomOverstatement = pick([0, 0, 10_000, 300_000])
        if !isCalm {
            lossRate = pick([0, 5, 50, 200])
            duplicateRate = pick([0, 10, 100])
            reorderRate = pick([0, 10, 200])
            shortageRate = pick([0, 0, 20])
        }
        let segment = min(Int(fixture.mtu) - (version == .v4 ? 40 : 60), 60_000)
        let count = pick([1, 1, 1, 2, 3])
        for _ in 0..<count { flows.append(FlowScript(&random, segment: segment, isCalm: isCalm)) }
        if fixture.capabilities == .plain {
            for index in flows.indices { flows[index].traits.segmentsInFrame = 1 }
        }
    }
}
