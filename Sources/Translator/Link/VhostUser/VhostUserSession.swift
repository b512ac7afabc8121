// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// What one front-end has set up: features, memory, two rings, a log.
///
/// The front-end is hostile until proven otherwise: each of its numbers is checked here or where it is used, and an
/// error means that it is dropped, with everything it gave.
struct VhostUserSession<LoopReactor: Reactor>: ~Copyable {
    /// Ring numbers; also what tells kicks apart, added to `firstKickSide`.
    static var receiveRing: Int { 0 }
    static var transmitRing: Int { 1 }
    static var firstKickSide: UInt8 { 8 }

    static var offeredProtocolFeatures: VhostUserProtocolFeatures {
        [
            .queueCount, .sharedLog, .reverseARP, .replyAcknowledgement, .mtu, .configuration, .resetDevice,
            .memorySlots,
        ]
    }

    let offeredFeatures: VirtioFeatures
    let configuration: VirtioNetConfiguration
    private let reactor: LoopReactor
    var memory: GuestMemory
    var queues = InlineArray<2, Virtqueue> { _ in Virtqueue() }
    var log = DirtyLog()
    private(set) var features: VirtioFeatures = []
    private(set) var protocolFeatures: VhostUserProtocolFeatures = []
    private var hasFeatures = false

    /// - Parameter mtu: for the configuration space; 0: none.
    init(memory: consuming GuestMemory, mtu: UInt16, reactor: LoopReactor) {
        self.memory = memory
        self.reactor = reactor
        configuration = VirtioNetConfiguration(mtu: mtu)
        var offered: VirtioFeatures = [
            .checksum, .guestChecksum, .guestTSO4, .guestTSO6, .guestECN, .hostTSO4, .hostTSO6, .hostECN,
            .guestUSO4, .guestUSO6, .hostUSO, .mergeableBuffers, .logAll, .indirectDescriptors, .eventIndex,
            .protocolFeatures, .version1,
        ]
        if mtu > 0 { offered.insert(.mtu) }
        offeredFeatures = offered
    }

    deinit { closeAll() }

    private func closeAll() {
        for index in 0..<queues.count {
            if queues[index].kick >= 0 { _ = close(queues[index].kick) }
            if queues[index].call >= 0 { _ = close(queues[index].call) }
        }
        if log.descriptor >= 0 { _ = close(log.descriptor) }
    }

    /// Forgets everything that the front-end set up.
    mutating func reset() {
        for index in 0..<queues.count {
            closeDescriptors(index)
            queues[index].reset()
        }
        endLog()
        memory.removeAll()
        features = []
        protocolFeatures = []
        hasFeatures = false
    }

    private mutating func closeDescriptors(_ index: Int) {
        setKick(index, -1)
        setCall(index, -1)
    }

    /// Watches a ring's kick descriptor in place of the one before.
    mutating func setKick(_ index: Int, _ descriptor: Int32) {
        let token = FlowToken(kind: .link, side: Self.firstKickSide + UInt8(index))
        if queues[index].kick >= 0 {
            reactor.forget(queues[index].kick, token: token.rawValue)
            _ = close(queues[index].kick)
        }
        queues[index].kick = descriptor
    }

    /// What kicks are reported as; false when the descriptor cannot be watched.
    func watchKick(_ index: Int) -> Bool {
        let token = FlowToken(kind: .link, side: Self.firstKickSide + UInt8(index))
        return reactor.watch(queues[index].kick, token: token.rawValue, for: .readable) == 0
    }

    mutating func setCall(_ index: Int, _ descriptor: Int32) {
        if queues[index].call >= 0 { _ = close(queues[index].call) }
        queues[index].call = descriptor
    }

    mutating func setLogDescriptor(_ descriptor: Int32) {
        if log.descriptor >= 0 { _ = close(log.descriptor) }
        log.descriptor = descriptor
    }

    private mutating func endLog() {
        setLogDescriptor(-1)
        log.end()
        memory.unmapLog()
    }

    // MARK: Features

    mutating func choose(_ features: VirtioFeatures) throws(VhostUserError) {
        guard features.isSubset(of: offeredFeatures) else { throw .unofferedFeature }
        guard features.contains(.version1) else { throw .missingFeature }
        self.features = features
        hasFeatures = true
        for index in 0..<queues.count {
            queues[index].usesEventIndex = features.contains(.eventIndex)
            queues[index].allowsIndirect = features.contains(.indirectDescriptors)
            // "Ring states": without the bit there is no message that enables a ring.
            if !features.contains(.protocolFeatures) { queues[index].isEnabled = true }
        }
    }

    mutating func choose(_ features: VhostUserProtocolFeatures) throws(VhostUserError) {
        guard features.isSubset(of: Self.offeredProtocolFeatures) else { throw .unofferedFeature }
        protocolFeatures = features
    }

    /// What the driver takes from us.
    var capabilities: LinkCapabilities {
        let takesTCP = features.isSuperset(of: [.guestChecksum, .guestTSO4, .guestTSO6])
        return LinkCapabilities(
            largestFrame: 65535, completesChecksums: features.contains(.guestChecksum), segmentsTCP: takesTCP,
            segmentsUDP: features.isSuperset(of: [.guestChecksum, .guestUSO4, .guestUSO6]))
    }

    func isReady(_ index: Int) -> Bool { hasFeatures && queues[index].isReady }

    // MARK: Memory

    /// Finds both rings again; one that is in use must still be there.
    mutating func resolveRings() throws(VhostUserError) {
        for index in 0..<queues.count where queues[index].needsMemory {
            queues[index].unresolve()
            do throws(VhostUserError) {
                try queues[index].resolve(memory)
            } catch {
                guard !queues[index].isStarted else { throw error }
            }
        }
    }

    /// Whether the front-end took memory away that it had shared.
    mutating func checkFault() throws(VhostUserError) {
        guard memory.checkFault() else { return }
        log.end()
        for index in 0..<queues.count { queues[index].unresolve() }
        throw .vanishedMemory
    }

    /// Shows the driver everything that was used so far.
    mutating func publish() throws(VhostUserError) {
        for index in 0..<queues.count { try queues[index].publish(&log, memory) }
        log.notify()
    }
}
