// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

// Messages of the front-end: what each does to the session, and what is answered.

extension VhostUserSession {
    /// Deals with the message in `channel` and writes the answer that is due, if any, to `reply`.
    mutating func messageArrived(_ channel: inout VhostUserChannel, _ reply: inout VhostUserReply)
        throws(VhostUserError)
    {
        reply.removeAll()
        let header = channel.header
        let isAnswered = header.needsReply && protocolFeatures.contains(.replyAcknowledgement)
        guard let request = VhostUserRequest(rawValue: header.request) else {
            guard isAnswered else { throw .unknownRequest }
            reply.set(header.request, 1)
            return
        }
        guard Self.descriptorCounts(request).contains(channel.descriptors.count) else {
            throw .wrongDescriptorCount
        }
        let isDone = try perform(request, &channel, &reply)
        if isAnswered, !request.hasReply { reply.set(header.request, isDone ? 0 : 1) }
    }

    /// How many descriptors may come with a request.
    private static func descriptorCounts(_ request: VhostUserRequest) -> ClosedRange<Int> {
        switch request {
        case .setMemoryTable: 0...VhostUserHeader.descriptorLimit
        case .setRingKick, .setRingCall, .setRingError: 0...1
        case .setLogBase, .setLogDescriptor, .addMemoryRegion: 1...1
        case .removeMemoryRegion: 0...1  // Some front-ends send one, to be closed.
        case .getFeatures, .setFeatures, .setOwner, .resetOwner, .setRingSize, .setRingAddresses,
            .setRingBase, .getRingBase, .getProtocolFeatures, .setProtocolFeatures, .getQueueCount,
            .setRingEnabled, .sendReverseARP, .setMTU, .getConfiguration, .setConfiguration, .resetDevice,
            .getMemorySlotLimit:
            0...0
        }
    }

    /// False: it was understood and cannot be done.
    private mutating func perform(
        _ request: VhostUserRequest, _ channel: inout VhostUserChannel, _ reply: inout VhostUserReply
    ) throws(VhostUserError) -> Bool {
        switch request {
        case .getFeatures: reply.set(request.rawValue, offeredFeatures.rawValue)
        case .setFeatures: try choose(VirtioFeatures(rawValue: Self.number(channel.payload())))
        case .getProtocolFeatures: reply.set(request.rawValue, Self.offeredProtocolFeatures.rawValue)
        case .setProtocolFeatures:
            try choose(VhostUserProtocolFeatures(rawValue: Self.number(channel.payload())))
        case .getQueueCount: reply.set(request.rawValue, 1)
        case .getMemorySlotLimit: reply.set(request.rawValue, UInt64(GuestMemory.regionLimit))
        case .setOwner, .sendReverseARP: break
        case .resetOwner, .resetDevice: stopRings()
        case .setMTU: return (68...65535).contains(try Self.number(channel.payload()))  // RFC 791
        case .getConfiguration: try readConfiguration(channel.payload(), &reply)
        case .setConfiguration: return false  // Nothing in it can be written.
        case .setMemoryTable: try setMemory(&channel)
        case .addMemoryRegion: try addRegion(&channel)
        case .removeMemoryRegion: try removeRegion(channel.payload())
        case .setLogBase: try setLog(&channel, &reply)
        case .setLogDescriptor: try setLogDescriptor(Self.eventDescriptor(&channel))
        case .setRingSize, .setRingBase, .setRingEnabled: try ringStateArrived(request, channel.payload())
        case .setRingAddresses: try setRingAddresses(channel.payload())
        case .getRingBase: try stopRing(channel.payload(), &reply)
        case .setRingKick, .setRingCall, .setRingError: try ringDescriptorArrived(request, &channel)
        }
        return true
    }

    // MARK: Payloads

    private static func parsed<Value>(
        _ bytes: RawSpan, _ parse: (RawSpan) throws(WireError) -> Value
    ) throws(VhostUserError) -> Value {
        do throws(WireError) { return try parse(bytes) } catch { throw .malformedMessage }
    }

    private static func number(_ bytes: RawSpan) throws(VhostUserError) -> UInt64 {
        guard bytes.byteCount >= 8 else { throw .malformedMessage }
        return bytes.native(at: 0, as: UInt64.self)
    }

    private static func ring(_ index: some BinaryInteger) throws(VhostUserError) -> Int {
        guard index < 2 else { throw .unknownRing }
        return Int(index)
    }

    /// Takes the message's one descriptor, which is to be an event to signal or to wait for.
    private static func eventDescriptor(_ channel: inout VhostUserChannel) throws(VhostUserError) -> Int32 {
        // One that blocks could stop us.
        let descriptor = channel.descriptors.number(0)
        guard shim_set_nonblocking(descriptor) == 0 else { throw .ringDescriptor }
        // A file can be neither waited for nor signalled.
        guard shim_file_size(descriptor) < 0 else { throw .ringDescriptor }
        return channel.descriptors.take(0)
    }

    private func readConfiguration(_ payload: RawSpan, _ reply: inout VhostUserReply) throws(VhostUserError) {
        let asked = try Self.parsed(payload, VhostUserConfigurationSpace.init(parsing:))
        let (start, count) = (Int(asked.offset), Int(asked.byteCount))
        let length = VhostUserConfigurationSpace.length
        let space = [UInt8](capacity: VhostUserConfigurationSpace.sizeLimit) { bytes in
            configuration.write(to: &bytes)
            return VhostUserConfigurationSpace.sizeLimit
        }
        reply.set(VhostUserRequest.getConfiguration.rawValue, payload: length + count) { bytes in
            asked.write(to: &bytes)
            bytes.copy(space.span.raw.extracting(start..<start + count), at: length)
        }
    }

    // MARK: Memory

    private mutating func setMemory(_ channel: inout VhostUserChannel) throws(VhostUserError) {
        let table = try Self.parsed(channel.payload(), VhostUserMemoryTable.init(parsing:))
        guard table.count == channel.descriptors.count else { throw .wrongDescriptorCount }
        memory.removeAll()
        for index in 0..<table.count {
            try memory.add(table[index], descriptor: channel.descriptors.number(index))
        }
        try resolveRings()
    }

    /// A region alone comes behind 8 bytes of padding.
    private static func region(_ payload: RawSpan) throws(VhostUserError) -> VhostUserRegion {
        guard payload.byteCount >= 8 else { throw .malformedMessage }
        return try parsed(payload.extracting(8..<payload.byteCount), VhostUserRegion.init(parsing:))
    }

    private mutating func addRegion(_ channel: inout VhostUserChannel) throws(VhostUserError) {
        try memory.add(Self.region(channel.payload()), descriptor: channel.descriptors.number(0))
        try resolveRings()
    }

    private mutating func removeRegion(_ payload: RawSpan) throws(VhostUserError) {
        try memory.remove(Self.region(payload))
        try resolveRings()
    }

    private mutating func setLog(_ channel: inout VhostUserChannel, _ reply: inout VhostUserReply)
        throws(VhostUserError)
    {
        guard protocolFeatures.contains(.sharedLog) else { throw .wrongOrder }
        let area = try Self.parsed(channel.payload(), VhostUserLogArea.init(parsing:))
        let offset = try memory.mapLog(area, descriptor: channel.descriptors.number(0))
        log.begin(Slice(offset: offset, byteCount: Int(area.byteCount)))
        reply.set(VhostUserRequest.setLogBase.rawValue, 0)
    }

    // MARK: Rings

    private mutating func ringStateArrived(_ request: VhostUserRequest, _ payload: RawSpan)
        throws(VhostUserError)
    {
        let state = try Self.parsed(payload, VhostUserRingState.init(parsing:))
        let index = try Self.ring(state.index)
        if request == .setRingEnabled {
            // QEMU sends it before it chooses features.
            queues[index].isEnabled = state.value != 0
            return
        }
        // "Ring states": both are of a ring that stands still.
        guard !queues[index].isStarted else { throw .wrongOrder }
        if request == .setRingSize {
            try queues[index].setSize(state.value)
            try resolveRings()
        } else {
            guard let base = UInt16(exactly: state.value) else { throw .malformedMessage }
            queues[index].setBase(base)
        }
    }

    private mutating func setRingAddresses(_ payload: RawSpan) throws(VhostUserError) {
        let addresses = try Self.parsed(payload, VhostUserRingAddresses.init(parsing:))
        let index = try Self.ring(addresses.index)
        try queues[index].setAddresses(addresses, memory)
    }

    /// Stops a ring and answers where it stands.
    private mutating func stopRing(_ payload: RawSpan, _ reply: inout VhostUserReply) throws(VhostUserError) {
        let state = try Self.parsed(payload, VhostUserRingState.init(parsing:))
        let index = try Self.ring(state.index)
        stopRing(index)
        let base = VhostUserRingState(index: state.index, value: UInt32(queues[index].nextAvailable))
        reply.set(VhostUserRequest.getRingBase.rawValue, payload: VhostUserRingState.length) { bytes in
            base.write(to: &bytes)
        }
    }

    private mutating func stopRing(_ index: Int) {
        queues[index].isStarted = false
        setKick(index, -1)
        setCall(index, -1)
    }

    /// "VHOST_USER_RESET_DEVICE": all rings are stopped and disabled.
    private mutating func stopRings() {
        for index in 0..<queues.count {
            stopRing(index)
            queues[index].isEnabled = false
        }
    }

    private mutating func ringDescriptorArrived(
        _ request: VhostUserRequest, _ channel: inout VhostUserChannel
    ) throws(VhostUserError) {
        let ring = try Self.parsed(channel.payload(), VhostUserRingDescriptor.init(parsing:))
        let index = try Self.ring(ring.index)
        guard channel.descriptors.count == (ring.hasDescriptor ? 1 : 0) else { throw .wrongDescriptorCount }
        switch request {
        case .setRingKick:
            // Without one we would have to poll.
            guard ring.hasDescriptor else { throw .ringDescriptor }
            setKick(index, try Self.eventDescriptor(&channel))
            guard watchKick(index) else { throw .ringDescriptor }
            queues[index].isStarted = true
        case .setRingCall:
            setCall(index, ring.hasDescriptor ? try Self.eventDescriptor(&channel) : -1)
            // Interrupts from before a reconnection are lost.
            queues[index].interrupt()
        default: break  // Errors are told by ending the connection.
        }
    }
}
