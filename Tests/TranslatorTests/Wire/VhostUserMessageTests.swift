// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// Fixtures are those of a little-endian machine, as every one that this runs on is.
@Suite("vhost-user messages")
struct VhostUserMessageTests {
    @Test("a header is read and written")
    func header() {
        var expected = VhostUserHeader(request: 9, payload: 40)
        expected.needsReply = true
        let fixture = hex(
            """
            09 00 00 00  // SET_VRING_ADDR
            09 00 00 00  // version 1, reply needed
            28 00 00 00  // 40 bytes follow
            """)

        expectIdentity(fixture, expected) { (bytes) throws(WireError) in
            try VhostUserHeader(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a header of another version is refused", arguments: [0, 2, 3, 4, 0x10])
    func version(flags: UInt8) {
        let fixture = hex("01 00 00 00") + [flags, 0, 0, 0] + hex("00 00 00 00")

        #expect(
            refusal(fixture) { (bytes) throws(WireError) in try VhostUserHeader(parsing: bytes) }
                == .malformed)
    }

    @Test("a memory region is read and written")
    func region() {
        let expected = VhostUserRegion(
            guestAddress: 0x1_0000_0000, byteCount: 0x4000_0000, userAddress: 0x7f00_0000_0000,
            fileOffset: 0x8000_0000)

        expectIdentity(Self.region, expected) { (bytes) throws(WireError) in
            try VhostUserRegion(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("an empty region, or one whose end wraps, is refused", arguments: [0, 8, 16, 24])
    func impossibleRegion(offset: Int) {
        var fixture = Self.region
        for index in offset..<offset + 8 { fixture[index] = offset == 8 ? 0 : 0xff }

        #expect(
            refusal(fixture) { (bytes) throws(WireError) in try VhostUserRegion(parsing: bytes) }
                == .malformed)
    }

    @Test("a memory table holds its regions and nothing else")
    func table() throws {
        let fixture = hex("02 00 00 00 00 00 00 00") + Self.region + Self.region

        let table = try VhostUserMemoryTable(parsing: fixture.span.bytes)

        #expect(table.count == 2)
        #expect(table[1].byteCount == 0x4000_0000)
        for count in 0..<fixture.count {
            let cut = Array(fixture[..<count])
            #expect(
                refusal(cut) { (bytes) throws(WireError) in try VhostUserMemoryTable(parsing: bytes) }
                    == .truncated)
        }
        #expect(
            refusal(fixture + [0]) { (bytes) throws(WireError) in try VhostUserMemoryTable(parsing: bytes) }
                == .malformed)
    }

    @Test("a memory table of more regions than descriptors fit a message is refused")
    func longTable() {
        let fixture = hex("09 00 00 00 00 00 00 00") + [UInt8](repeating: 1, count: 9 * 32)

        #expect(
            refusal(fixture) { (bytes) throws(WireError) in try VhostUserMemoryTable(parsing: bytes) }
                == .malformed)
    }

    @Test("a ring's state is read and written")
    func ringState() {
        expectIdentity(hex("01 00 00 00  00 01 00 00"), VhostUserRingState(index: 1, value: 256)) {
            (bytes) throws(WireError) in
            try VhostUserRingState(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a ring's addresses are read and written")
    func ringAddresses() {
        let fixture = hex(
            """
            01 00 00 00              // ring
            01 00 00 00              // logged
            00 00 00 00 00 7f 00 00  // descriptors
            00 20 00 00 00 7f 00 00  // used
            00 10 00 00 00 7f 00 00  // available
            00 20 00 10 00 00 00 00  // log
            """)
        let expected = VhostUserRingAddresses(
            index: 1, flags: 1, descriptors: 0x7f00_0000_0000, used: 0x7f00_0000_2000,
            available: 0x7f00_0000_1000,
            log: 0x1000_2000)

        expectIdentity(fixture, expected) { (bytes) throws(WireError) in
            try VhostUserRingAddresses(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a ring's descriptor comes along, or does not", arguments: [true, false])
    func ringDescriptor(hasDescriptor: Bool) {
        let fixture = hex(hasDescriptor ? "01 00 00 00 00 00 00 00" : "01 01 00 00 00 00 00 00")

        expectIdentity(fixture, VhostUserRingDescriptor(index: 1, hasDescriptor: hasDescriptor)) {
            (bytes) throws(WireError) in
            try VhostUserRingDescriptor(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a log area is read and written; an empty one is refused")
    func logArea() {
        let fixture = hex("00 10 00 00 00 00 00 00  00 20 00 00 00 00 00 00")

        expectIdentity(fixture, VhostUserLogArea(byteCount: 0x1000, fileOffset: 0x2000)) {
            (bytes) throws(WireError) in
            try VhostUserLogArea(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
        let empty = [UInt8](repeating: 0, count: 16)
        #expect(
            refusal(empty) { (bytes) throws(WireError) in try VhostUserLogArea(parsing: bytes) } == .malformed
        )
    }

    @Test("a part of the configuration space lies in it and comes with its bytes")
    func configurationSpace() {
        let whole = hex("0a 00 00 00  02 00 00 00  00 00 00 00  dc 05")
        let beyond = hex("00 01 00 00  02 00 00 00  00 00 00 00  00 00")
        let parse: (RawSpan) throws(WireError) -> VhostUserConfigurationSpace = { (bytes) throws(WireError) in
            try VhostUserConfigurationSpace(parsing: bytes)
        }

        #expect(refusal(whole, parse) == nil)
        #expect(refusal(Array(whole.dropLast()), parse) == .truncated)
        #expect(refusal(beyond, parse) == .malformed)
        let header = written(12) {
            VhostUserConfigurationSpace(offset: 10, byteCount: 2, flags: 0).write(to: &$0)
        }
        #expect(header == Array(whole[..<12]))
    }

    @Test("no parser traps on random bytes")
    func mutations() {
        var random = SplitMix(seed: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<Int(random.next() % 300)).map { _ in
                random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : 0
            }
            let span = bytes.span.bytes
            _ = try? VhostUserHeader(parsing: span)
            _ = try? VhostUserRegion(parsing: span)
            _ = try? VhostUserMemoryTable(parsing: span)
            _ = try? VhostUserRingState(parsing: span)
            _ = try? VhostUserRingAddresses(parsing: span)
            _ = try? VhostUserRingDescriptor(parsing: span)
            _ = try? VhostUserLogArea(parsing: span)
            _ = try? VhostUserConfigurationSpace(parsing: span)
            _ = try? VirtioDescriptor(parsing: span)
            _ = try? VirtioUsedElement(parsing: span)
            _ = try? VirtioNetConfiguration(parsing: span)
        }
    }

    private static let region = hex(
        """
        00 00 00 00 01 00 00 00  // where the guest sees it
        00 00 00 40 00 00 00 00  // 1 GiB
        00 00 00 00 00 7f 00 00  // where the front-end sees it
        00 00 00 80 00 00 00 00  // where in the file
        """)
}
