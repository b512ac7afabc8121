// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
@testable import Translator

/// Frames as a guest writes them.
enum GuestFrame {
    /// A TCP segment; longer than `segmentByteCount` it is left to the link to be cut.
    static func tcp(
        _ segment: GuestSegment, from guest: Endpoint, to remote: Endpoint, payload: ArraySlice<UInt8> = [],
        segmentByteCount: Int = 65535
    ) -> LoopFrame {
        let transportLength = TCPHeader.length + segment.options.length
        let start = EthernetHeader.length + headerLength(guest.address.version)
        let carried = transportLength + payload.count
        var bytes = packet(from: guest.address, to: remote.address, ProtocolNumber.tcp, carrying: carried)
        var header = TCPHeader(
            sourcePort: guest.port, destinationPort: remote.port, sequenceNumber: segment.sequence,
            flags: segment.flags)
        header.acknowledgment = segment.acknowledgement
        header.window = segment.window
        header.headerLength = transportLength
        write(into: &bytes) { span in
            header.write(to: &span, at: start)
            segment.options.write(to: &span, at: start + TCPHeader.length)
        }
        bytes.replaceSubrange(start + transportLength..<start + carried, with: payload)
        var frame = LoopFrame(bytes: bytes)
        if payload.count > segmentByteCount {
            frame.offload.segmentation = guest.address.version == .v4 ? .tcpv4 : .tcpv6
            frame.offload.segmentSize = UInt16(segmentByteCount)
            frame.offload.needsChecksum = true
        }
        return frame
    }

    static func udp(_ payload: [UInt8], from guest: Endpoint, to remote: Endpoint) -> LoopFrame {
        let start = EthernetHeader.length + headerLength(guest.address.version)
        let carried = UDPHeader.length + payload.count
        var bytes = packet(from: guest.address, to: remote.address, ProtocolNumber.udp, carrying: carried)
        let header = UDPHeader(sourcePort: guest.port, destinationPort: remote.port, payload: payload.count)
        write(into: &bytes) { span in header.write(to: &span, at: start) }
        bytes.replaceSubrange(start + UDPHeader.length..<start + carried, with: payload)
        return LoopFrame(bytes: bytes)
    }

    static func echo(
        _ payload: [UInt8], identifier: UInt16, sequence: UInt16, from guest: IPAddress, to remote: IPAddress
    ) -> LoopFrame {
        let start = EthernetHeader.length + headerLength(guest.version)
        let isV4 = guest.version == .v4
        let carried = ICMPMessage.length + payload.count
        var bytes = packet(
            from: guest, to: remote, isV4 ? ProtocolNumber.icmp : ProtocolNumber.icmpv6, carrying: carried)
        bytes[start] = isV4 ? ICMPType.echoRequest : ICMPv6Type.echoRequest
        write(into: &bytes) { span in
            span.storeBigEndian(identifier, at: start + 4)
            span.storeBigEndian(sequence, at: start + 6)
        }
        bytes.replaceSubrange(start + ICMPMessage.length..<start + carried, with: payload)
        return LoopFrame(bytes: bytes)
    }

    /// An IPv4 packet in parts of `partByteCount` bytes of payload, a multiple of 8.
    static func fragments(of frame: LoopFrame, partByteCount: Int) -> [LoopFrame] {
        let start = EthernetHeader.length + IPv4Header.length
        let payload = Array(frame.bytes[start...])
        return stride(from: 0, to: payload.count, by: partByteCount).map { offset in
            let part = payload[offset..<min(offset + partByteCount, payload.count)]
            var bytes = Array(frame.bytes[..<start]) + part
            let hasMore = offset + part.count < payload.count
            write(into: &bytes) { span in
                span.storeBigEndian(UInt16(IPv4Header.length + part.count), at: EthernetHeader.length + 2)
                span.storeBigEndian(UInt16(0x4242), at: EthernetHeader.length + 4)
                span.storeBigEndian(
                    (hasMore ? 0x2000 : 0) | UInt16(offset / 8), at: EthernetHeader.length + 6)
            }
            return LoopFrame(bytes: bytes)
        }
    }

    static func headerLength(_ version: IPVersion) -> Int {
        version == .v4 ? IPv4Header.length : IPv6Header.length
    }

    private static func packet(
        from source: IPAddress, to destination: IPAddress, _ protocolNumber: UInt8, carrying byteCount: Int
    ) -> [UInt8] {
        let length = EthernetHeader.length + headerLength(source.version) + byteCount
        var bytes = [UInt8](repeating: 0, count: length)
        let addresses = FrameAddresses(
            sourceMAC: EngineFixture.guestMAC, destinationMAC: EngineFixture.ourMAC, source: source,
            destination: destination)
        write(into: &bytes) { span in
            addresses.write(to: &span, payload: byteCount, protocolNumber: protocolNumber, hopLimit: 64)
        }
        return bytes
    }

    static func write(into bytes: inout [UInt8], _ body: (inout MutableRawSpan) -> Void) {
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        body(&raw)
    }
}

/// A frame that the engine sent, checked as a careful guest would.
struct CheckedFrame {
    var frame: ParsedFrame
    var bytes: [UInt8]
    var offload: VirtioNetHeader

    var payload: ArraySlice<UInt8> { bytes[frame.payload] }

    /// - Returns: nil when the frame is not one; `problem` says what is wrong with it.
    init?(_ loopFrame: LoopFrame, problem: inout String?) {
        guard let parsed = try? ParsedFrame(parsing: loopFrame.bytes.span.bytes) else {
            problem = "a malformed frame"
            return nil
        }
        frame = parsed
        bytes = loopFrame.bytes
        offload = loopFrame.offload
        if frame.version == .v4 || frame.version == .v6, frame.kind == .tcp || frame.kind == .udp {
            problem = checksumProblem ?? problem
        }
    }

    private var checksumProblem: String? {
        let start = Int(frame.transportOffset)
        let end = frame.payload.upperBound
        let pseudo = PseudoHeader(
            source: frame.source, destination: frame.destination, protocolNumber: frame.protocolNumber,
            byteCount: end - start)
        if offload.needsChecksum {
            let place = Int(offload.checksumStart) + Int(offload.checksumOffset)
            let field = UInt16(bytes[place]) << 8 | UInt16(bytes[place + 1])
            return field == pseudo.checksum.folded ? nil : "a wrong pseudo-header sum"
        }
        var sum = pseudo.checksum
        sum.add(bytes.span.bytes.extracting(start..<end))
        return sum.folded == 0xffff ? nil : "a wrong checksum"
    }
}
