// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Fragments put together")
struct FragmentReassemblyTests {
    @Test("in any order, in both versions", arguments: [IPVersion.v4, .v6])
    func orders(version: IPVersion) throws {
        let payload = Self.payload(4000)
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let memory = TestMemory()
            var reassembly = FragmentReassembly(memory: memory.arena())
            let parts = Self.fragments(version, of: payload, size: 1200)

            for index in order.dropLast() {
                let outcome = try arrive(parts[index], at: &reassembly)
                #expect(outcome == .kept)
            }
            let last = try arrive(parts[order[3]], at: &reassembly)

            guard case .complete(let slice) = last else {
                Issue.record("not complete: \(last)")
                return
            }
            let parsed = try ParsedFrame(parsing: reassembly.bytes(slice))
            #expect(parsed.kind == .udp && parsed.sourcePort == 1111 && parsed.payloadByteCount == 3992)
            #expect(parsed.sourceMAC == guestMAC && parsed.hopLimit == 77 && parsed.trafficClass == 3)
            let copy = Self.copy(of: parsed.payload, in: reassembly.bytes(slice))
            #expect(copy == Array(payload[8...]))
            reassembly.release(slice)
            let (next, lost) = (reassembly.nextDeadline, reassembly.lostPacketCount)
            #expect(next == .never && lost == 0)
        }
    }

    @Test("the largest packets fit, larger ones are refused", arguments: [IPVersion.v4, .v6])
    func largest(version: IPVersion) throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let limit = version == .v4 ? 65515 : 65535
        let parts = Self.fragments(version, of: Self.payload(limit, udpLength: limit), size: 8192)
        for part in parts.dropLast() { _ = try arrive(part, at: &reassembly) }

        let outcome = try arrive(parts[parts.count - 1], at: &reassembly)

        guard case .complete(let slice) = outcome else {
            Issue.record("not complete: \(outcome)")
            return
        }
        #expect(slice.byteCount == limit + (version == .v4 ? 34 : 54))
        let beyond = Self.fragment(version, [UInt8](repeating: 0, count: 24), at: 65520, hasMore: false)
        let refused = try arrive(beyond, at: &reassembly)
        #expect(refused == .dropped)
    }

    @Test("an exact copy of a part is ignored")
    func copies() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let parts = Self.fragments(.v6, of: Self.payload(2400), size: 800)
        for part in [parts[0], parts[0], parts[1], parts[0], parts[1]] {
            let outcome = try arrive(part, at: &reassembly)
            #expect(outcome == .kept)
        }

        let outcome = try arrive(parts[2], at: &reassembly)

        guard case .complete = outcome else {
            Issue.record("not complete: \(outcome)")
            return
        }
    }

    @Test(
        "an overlap condemns the packet and all its parts to come",
        arguments: [(400, 800), (792, 16), (0, 808), (8, 80)])
    func overlap(offset: Int, byteCount: Int) throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let parts = Self.fragments(.v6, of: Self.payload(2400), size: 800)
        _ = try arrive(parts[0], at: &reassembly)

        let hostile = Self.fragment(
            .v6, [UInt8](repeating: 0xee, count: byteCount), at: offset, hasMore: true)
        var outcomes = [try arrive(hostile, at: &reassembly)]
        for part in parts { outcomes.append(try arrive(part, at: &reassembly)) }

        #expect(outcomes.allSatisfy { $0 == .dropped })
        let lost = reassembly.lostPacketCount
        #expect(lost == 1)
    }

    @Test("parts behind the end, or two ends, condemn the packet")
    func contradictingEnds() throws {
        for (offset, hasMore) in [(1600, true), (1600, false), (792, true), (400, false)] {
            let memory = TestMemory()
            var reassembly = FragmentReassembly(memory: memory.arena())
            let end = Self.fragment(.v4, [UInt8](repeating: 1, count: 8), at: 792, hasMore: false)
            _ = try arrive(end, at: &reassembly)

            let other = Self.fragment(.v4, [UInt8](repeating: 1, count: 8), at: offset, hasMore: hasMore)
            let outcome = try arrive(other, at: &reassembly)

            #expect(outcome == .dropped)
        }
    }

    @Test("a part that is not the last and no multiple of 8, or empty, is dropped")
    func oddParts() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        for (byteCount, hasMore) in [(9, true), (0, true), (0, false)] {
            let part = Self.fragment(.v6, [UInt8](repeating: 1, count: byteCount), at: 8, hasMore: hasMore)
            let outcome = try arrive(part, at: &reassembly)
            #expect(outcome == .dropped)
        }
        let next = reassembly.nextDeadline
        #expect(next == .never)
    }

    @Test("a packet that stays incomplete is given up after 30 seconds")
    func deadline() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let parts = Self.fragments(.v4, of: Self.payload(1600), size: 800)
        _ = try arrive(parts[0], at: &reassembly)
        let due = reassembly.nextDeadline
        #expect(due == .start + .seconds(30))

        let late = try arrive(parts[1], at: &reassembly, now: due)

        let lost = reassembly.lostPacketCount
        #expect(late == .kept && lost == 1)
    }

    @Test("a flood displaces the oldest incomplete packet and nothing complete")
    func flood() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let parts = Self.fragments(.v4, of: Self.payload(1600), size: 800)
        _ = try arrive(parts[0], at: &reassembly)
        let complete = try arrive(parts[1], at: &reassembly)
        guard case .complete(let slice) = complete else {
            Issue.record("not complete: \(complete)")
            return
        }

        for identification in 0..<40 {
            let first = Self.fragment(
                .v4, Self.payload(800), at: 0, hasMore: true, identification: identification)
            let outcome = try arrive(first, at: &reassembly, now: Instant(nanoseconds: Int64(identification)))
            #expect(outcome == .kept)
        }
        let lost = reassembly.lostPacketCount
        #expect(lost == 25)

        let old = Self.fragment(.v4, Self.payload(8), at: 800, hasMore: false, identification: 24)
        let missed = try arrive(old, at: &reassembly, now: Instant(nanoseconds: 50))
        #expect(missed == .kept)
        let young = Self.fragment(.v4, Self.payload(8), at: 800, hasMore: false, identification: 39)
        let found = try arrive(young, at: &reassembly, now: Instant(nanoseconds: 51))
        guard case .complete = found else {
            Issue.record("displaced: \(found)")
            return
        }
        let parsed = try ParsedFrame(parsing: reassembly.bytes(slice))
        #expect(parsed.payloadByteCount == 1592)
    }

    @Test("a packet in more pieces than are kept track of is condemned")
    func pieces() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        for index in 0..<40 {
            let part = Self.fragment(.v6, Self.payload(8), at: index * 16, hasMore: true)
            let outcome = try arrive(part, at: &reassembly)
            #expect(outcome == (index < 32 ? .kept : .dropped))
        }
    }

    @Test("packets that differ in one part of their key are not mixed")
    func keys() throws {
        let memory = TestMemory()
        var reassembly = FragmentReassembly(memory: memory.arena())
        let first = Self.fragment(.v4, Self.payload(800), at: 0, hasMore: true)
        _ = try arrive(first, at: &reassembly)
        for (offset, value) in [(19, UInt8(1)), (23, 6), (29, 9), (33, 9)] {
            var last = Self.fragment(.v4, [1, 2, 3], at: 800, hasMore: false)
            last[offset] = value
            let outcome = try arrive(last, at: &reassembly)
            #expect(outcome == .kept, "byte \(offset)")
        }
    }

    private func arrive(
        _ frame: [UInt8], at reassembly: inout FragmentReassembly, now: Instant = .start
    ) throws -> FragmentReassembly.Outcome {
        let parsed = try ParsedFrame(parsing: frame.span.bytes)
        return reassembly.fragmentArrived(parsed, frame: frame.span.bytes, now: now)
    }

    private static func copy(of range: Range<Int>, in bytes: RawSpan) -> [UInt8] {
        var copy: [UInt8] = []
        for offset in range { copy.append(bytes.bigEndian(at: offset, as: UInt8.self)) }
        return copy
    }

    /// A UDP datagram whose bytes differ from each other.
    private static func payload(_ byteCount: Int, udpLength: Int? = nil) -> [UInt8] {
        let header = written(8) {
            UDPHeader(sourcePort: 1111, destinationPort: 2222, payload: (udpLength ?? byteCount) - 8).write(
                to: &$0)
        }
        return header + (8..<max(byteCount, 8)).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    }

    private static func fragments(_ version: IPVersion, of payload: [UInt8], size: Int) -> [[UInt8]] {
        stride(from: 0, to: payload.count, by: size).map { offset in
            let end = min(offset + size, payload.count)
            return fragment(version, Array(payload[offset..<end]), at: offset, hasMore: end < payload.count)
        }
    }

    private static func fragment(
        _ version: IPVersion, _ part: [UInt8], at offset: Int, hasMore: Bool, identification: Int = 77
    ) -> [UInt8] {
        var ethernet = EthernetHeader(destination: hostMAC, source: guestMAC, etherType: EtherType.ipv4)
        if version == .v4 {
            var header = IPv4Header(
                payload: part.count, protocolNumber: 17, source: guestIPv4, destination: hostIPv4)
            header.identification = UInt16(identification)
            header.mayNotBeFragmented = false
            header.hasMoreFragments = hasMore
            header.fragmentOffset = UInt16(offset)
            header.timeToLive = 77
            header.typeOfService = 3
            let headers = written(34) { bytes in
                ethernet.write(to: &bytes)
                header.write(to: &bytes, at: 14)
            }
            return headers + part
        }
        ethernet.etherType = EtherType.ipv6
        var header = IPv6Header(
            payload: part.count + 16, nextHeader: 60, source: guestIPv6, destination: hostIPv6)
        header.hopLimit = 77
        header.trafficClass = 3
        let headers = written(70) { bytes in
            ethernet.write(to: &bytes)
            header.write(to: &bytes, at: 14)
            bytes.zero(54..<62)
            bytes.storeBigEndian(UInt8(44), at: 54)
            IPv6FragmentHeader(
                nextHeader: 17, fragmentOffset: UInt16(offset), hasMoreFragments: hasMore,
                identification: UInt32(identification)
            ).write(to: &bytes, at: 62)
        }
        return headers + part
    }
}

/// Memory for one test's arena.
private final class TestMemory {
    private let start = UnsafeMutableRawPointer.allocate(
        byteCount: FragmentReassembly.memoryByteCount, alignment: 4096)

    func arena() -> Arena { Arena(start: start, byteCount: FragmentReassembly.memoryByteCount) }

    deinit { start.deallocate() }
}
