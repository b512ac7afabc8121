// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("TCP options")
struct TCPOptionsTests {
    @Test("a SYN's options are read in the kernel's order")
    func syn() {
        let options = TCPOptions(
            parsing: hex("02 04 05 b4  04 02  08 0a 00 00 00 07 00 00 00 00  01 03 03 07").span.bytes)

        #expect(options.maximumSegmentSize == 1460)
        #expect(options.permitsSACK)
        #expect(options.timestamps == TCPTimestamps(value: 7, echo: 0))
        #expect(options.windowScale == 7)
        #expect(options.sackBlockCount == 0)
    }

    @Test("what is written is read back, aligned, and its length is as announced", arguments: 0..<80)
    func identity(choice: Int) {
        var options = TCPOptions()
        if choice & 1 != 0 { options.maximumSegmentSize = 1440 }
        if choice & 2 != 0 { options.windowScale = 8 }
        if choice & 4 != 0 { options.permitsSACK = true }
        if choice & 8 != 0 { options.timestamps = TCPTimestamps(value: 0x0102_0304, echo: 0xfffe_fdfc) }
        for index in 0..<(choice >> 4) {
            options.append(SACKBlock(left: SequenceNumber(UInt32(index) * 100), right: 0xffff_ff00))
        }

        let bytes = written(options.length) { options.write(to: &$0) }

        let copy = TCPOptions(parsing: bytes.span.bytes)
        #expect(bytes.count % 4 == 0 && bytes.count <= 40)
        #expect(
            copy.maximumSegmentSize == options.maximumSegmentSize && copy.windowScale == options.windowScale)
        #expect(copy.permitsSACK == options.permitsSACK && copy.timestamps == options.timestamps)
        let full = options.length + 8 > 40
        #expect(copy == options || full && copy.sackBlockCount < options.sackBlockCount)
    }

    @Test("three SACK blocks fit beside timestamps, four without")
    func sackBlocks() {
        var options = TCPOptions()
        for index in 0..<6 { options.append(SACKBlock(left: SequenceNumber(UInt32(index)), right: 10)) }
        #expect(options.sackBlockCount == 4 && options.length == 36)

        options.timestamps = TCPTimestamps(value: 1, echo: 2)
        #expect(options.length == 40)
    }

    @Test(
        "a list that does not add up is believed as far as it does",
        arguments: [
            "02 04 05 b4  08 0a 00",  // timestamps beyond the end
            "02 04 05 b4  fe",  // no length
            "02 04 05 b4  fe 00 03 03 07",  // length 0
            "02 04 05 b4  fe 01 03 03 07",  // length 1
            "02 04 05 b4  fe ff 03 03 07",  // length beyond the end
            "02 04 05 b4  00 03 03 07",  // end of list
        ])
    func hostile(list: String) {
        let options = TCPOptions(parsing: hex(list).span.bytes)

        #expect(options.maximumSegmentSize == 1460)
        #expect(options.windowScale == nil && options.timestamps == nil)
    }

    @Test("an option of the wrong length is passed over, and unknown ones are")
    func wrongLength() {
        let list = hex(
            """
            02 03 05  03 04 07 07  04 03 00
            08 08 00 00 00 00 00 00  05 0b 00 00 00 00 00 00 00 00 00
            1e 02  03 03 ff
            """)
        let options = TCPOptions(parsing: list.span.bytes)

        var expected = TCPOptions()
        expected.windowScale = 14
        #expect(options == expected)
    }

    @Test("SACK blocks are read inline")
    func readBlocks() {
        let options = TCPOptions(
            parsing: hex("01 01 05 12  00 00 00 01 00 00 00 02  ff ff ff ff 00 00 00 05").span.bytes)

        #expect(options.sackBlockCount == 2)
        #expect(options.sackBlock(0) == SACKBlock(left: 1, right: 2))
        #expect(options.sackBlock(1) == SACKBlock(left: 0xffff_ffff, right: 5))
    }
}

@Suite("Sequence numbers")
struct SequenceNumberTests {
    @Test("the order holds around the wrap")
    func order() {
        let before = SequenceNumber(0xffff_fff0)
        let after = before.advanced(by: 0x20)

        #expect(after == 0x10)
        #expect(before < after && before <= after && after > before && after >= before)
        #expect(before <= before && before >= before && !(before < before))
        #expect(before.distance(to: after) == 0x20 && after.distance(to: before) == -0x20)
        #expect(after - before == 0x20 && after.advanced(by: -0x20) == before)
        #expect(
            SequenceNumber.latest(before, after) == after && SequenceNumber.latest(after, before) == after)
    }

    @Test("distances are exact up to half the circle", arguments: [0, 1, 0x7fff_ffff, -1, -0x8000_0000])
    func distance(byteCount: Int) {
        for start: SequenceNumber in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            #expect(start.distance(to: start.advanced(by: byteCount)) == byteCount)
        }
    }
}
