// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Tells the log of every frame, a line each (`--trace`).
struct FrameTrace {
    private let log: Log

    /// nil: nobody wants to know.
    init?(_ log: Log) {
        guard log.wants(.trace) else { return nil }
        self.log = log
    }

    /// - Parameter way: "from guest" or "to guest".
    func tell(_ way: StaticString, _ bytes: RawSpan) {
        var frame = ParsedFrame()
        let isUnderstood = Self.parse(&frame, bytes)
        log.note(.trace) { line in
            line.append(way)
            line.append(": ")
            line.append(isUnderstood ? Self.name(frame.kind) : "malformed")
            if isUnderstood { Self.append(frame, to: &line) }
            line.append(", ")
            line.append(bytes.byteCount)
            line.append(" bytes")
        }
    }

    private static func parse(_ frame: inout ParsedFrame, _ bytes: RawSpan) -> Bool {
        do throws(WireError) {
            try frame.parse(bytes, isSegmentationOffloaded: true)
            return true
        } catch {
            return false
        }
    }

    private static func append(_ frame: ParsedFrame, to line: inout LogLine) {
        switch frame.kind {
        case .ignored, .arp:
            line.append(" from ")
            line.append(frame.sourceMAC)
        case .tcp, .udp:
            append(frame.source, frame.sourcePort, " ", to: &line)
            append(frame.destination, frame.destinationPort, " to ", to: &line)
            if frame.kind == .tcp { appendSegment(frame, to: &line) }
        case .icmpEcho, .neighbourDiscovery, .fragment, .otherIPv4, .otherIPv6:
            line.append(" ")
            line.append(frame.source)
            line.append(" to ")
            line.append(frame.destination)
        }
    }

    private static func append(
        _ address: IPAddress, _ port: UInt16, _ separator: StaticString, to line: inout LogLine
    ) {
        line.append(separator)
        line.append(address)
        line.append(" port ")
        line.append(Int(port))
    }

    private static func appendSegment(_ frame: ParsedFrame, to line: inout LogLine) {
        line.append(" ")
        if frame.flags.contains(.syn) { line.append("S") }
        if frame.flags.contains(.fin) { line.append("F") }
        if frame.flags.contains(.reset) { line.append("R") }
        if frame.flags.contains(.push) { line.append("P") }
        if frame.flags.contains(.ack) { line.append("A") }
        line.append(" sequence ")
        line.append(Int(frame.sequenceNumber.value))
        line.append(" acknowledgement ")
        line.append(Int(frame.acknowledgment.value))
        line.append(" window ")
        line.append(Int(frame.window))
        line.append(" payload ")
        line.append(frame.payloadByteCount)
    }

    private static func name(_ kind: ParsedFrame.Kind) -> StaticString {
        switch kind {
        case .ignored: "ignored"
        case .arp: "ARP"
        case .tcp: "TCP"
        case .udp: "UDP"
        case .icmpEcho: "echo"
        case .neighbourDiscovery: "neighbour discovery"
        case .fragment: "fragment"
        case .otherIPv4: "IPv4"
        case .otherIPv6: "IPv6"
        }
    }
}
