// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A range of a fragmented packet's payload, in bytes.
struct FragmentPart: Equatable, BitwiseCopyable {
    var start: Int
    /// One past the last byte.
    var end: Int

    init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Nil for what no part of a packet can be: empty, not the last and yet no multiple of 8, or beyond the
    /// largest packet (RFC 8200, section 4.5).
    init?(_ parsed: ParsedFrame) {
        start = Int(parsed.fragmentOffset)
        end = start &+ parsed.payloadByteCount
        guard end > start, !parsed.hasMoreFragments || parsed.payloadByteCount & 7 == 0 else { return nil }
        guard end <= (parsed.version == .v4 ? 65535 &- IPv4Header.length : 65535) else { return nil }
    }
}

/// What is known of a packet of which fragments arrived; the bytes are kept by `FragmentReassembly`.
struct PartialPacket: BitwiseCopyable {
    /// Ranges that do not touch each other; a packet in more pieces is condemned.
    static let maximumPartCount = 32

    enum State: UInt8, BitwiseCopyable {
        case free
        case collecting
        /// Its fragments are swallowed until the deadline.
        case condemned
        /// Complete, and not yet given back.
        case delivered
    }

    var state = State.free
    private(set) var deadline = Instant.start
    /// Known once the last part arrived; 0 until then.
    private(set) var payloadByteCount = 0

    private var version = IPVersion.v6
    private var protocolNumber: UInt8 = 0
    private var trafficClass: UInt8 = 0
    private var hopLimit: UInt8 = 0
    private var identification: UInt32 = 0
    private var flowLabel: UInt32 = 0
    private var source = IPAddress(IPv6Address.unspecified)
    private var destination = IPAddress(IPv6Address.unspecified)
    private var partCount = 0
    private var parts = InlineArray<32, FragmentPart>(repeating: FragmentPart(start: 0, end: 0))

    init() {}

    init(_ parsed: ParsedFrame, deadline: Instant) {
        state = .collecting
        self.deadline = deadline
        version = parsed.version
        identification = parsed.fragmentIdentification
        protocolNumber = parsed.protocolNumber
        source = parsed.source
        destination = parsed.destination
    }

    /// Holds a place that other packets may take.
    var isPending: Bool { state == .collecting || state == .condemned }
    /// Least for what may be displaced first.
    var age: Instant { state == .free ? Instant(nanoseconds: .min) : deadline }
    var isComplete: Bool {
        partCount == 1 && parts[0].start == 0 && payloadByteCount != 0 && parts[0].end == payloadByteCount
    }
    /// Of the frame that is put together.
    var headersByteCount: Int {
        EthernetHeader.length &+ (version == .v4 ? IPv4Header.length : IPv6Header.length)
    }

    /// IPv4 identifications are per protocol (RFC 791, section 3.2); IPv6's only first part names it.
    func matches(_ parsed: ParsedFrame) -> Bool {
        identification == parsed.fragmentIdentification && source == parsed.source
            && destination == parsed.destination
            && (version == .v6 || protocolNumber == parsed.protocolNumber)
    }

    /// Learns the end from the last part; false when part and end contradict each other.
    mutating func admits(_ part: FragmentPart, hasMore: Bool) -> Bool {
        guard !hasMore else { return payloadByteCount == 0 || part.end < payloadByteCount }
        guard payloadByteCount == 0 || payloadByteCount == part.end else { return false }
        for index in 0..<partCount where parts[index].end > part.end { return false }
        payloadByteCount = part.end
        return true
    }

    /// Nil when nothing of the part arrived before, true when all of it did, false when some.
    func partCovering(_ part: FragmentPart) -> Bool? {
        for index in 0..<partCount where part.start < parts[index].end && parts[index].start < part.end {
            return parts[index].start <= part.start && part.end <= parts[index].end
        }
        return nil
    }

    /// Adds a part of which nothing arrived before; false when the packet is in too many pieces.
    mutating func add(_ part: FragmentPart) -> Bool {
        var merged = part
        var index = 0
        while index < partCount {
            let other = parts[index]
            guard other.end == merged.start || other.start == merged.end else {
                index &+= 1
                continue
            }
            merged = FragmentPart(start: min(other.start, merged.start), end: max(other.end, merged.end))
            partCount &-= 1
            parts[index] = parts[partCount]
        }
        guard partCount < Self.maximumPartCount else { return false }
        parts[partCount] = merged
        partCount &+= 1
        return true
    }

    /// Takes over what the packet's header says: the first part's is the one that counts (RFC 8200, section
    /// 4.5).
    mutating func firstPartArrived(_ parsed: ParsedFrame) {
        protocolNumber = parsed.protocolNumber
        trafficClass = parsed.trafficClass
        hopLimit = parsed.hopLimit
        flowLabel = parsed.flowLabel
    }

    /// Writes the IP header of the whole packet behind an Ethernet header.
    func writeHeader(to bytes: inout MutableRawSpan) {
        if let from = source.v4, let to = destination.v4 {
            var header = IPv4Header(
                payload: payloadByteCount, protocolNumber: protocolNumber, source: from, destination: to)
            header.typeOfService = trafficClass
            header.identification = UInt16(truncatingIfNeeded: identification)
            header.mayNotBeFragmented = false
            header.timeToLive = hopLimit
            header.write(to: &bytes, at: EthernetHeader.length)
        } else {
            var header = IPv6Header(
                payload: payloadByteCount, nextHeader: protocolNumber, source: source.bits,
                destination: destination.bits)
            header.trafficClass = trafficClass
            header.flowLabel = flowLabel
            header.hopLimit = hopLimit
            header.write(to: &bytes, at: EthernetHeader.length)
        }
    }
}
