// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Headers around a frame")
struct LinkHeaderTests {
    @Test("a virtio-net header is read and written back the same in both layouts")
    func virtioNet() {
        var header = VirtioNetHeader()
        header.needsChecksum = true
        header.segmentation = .tcpv6
        header.carriesCongestionNotification = true
        header.headerLength = 74
        header.segmentSize = 1440
        header.checksumStart = 54
        header.checksumOffset = 16
        let fixture = hex("01 84 4a 00 a0 05 36 00 10 00")
        expectIdentity(
            fixture, header,
            parse: { bytes throws(WireError) in try VirtioNetHeader(parsing: bytes, layout: .legacy) },
            write: { $0.write(to: &$1, layout: .legacy) })

        header.bufferCount = 3
        expectIdentity(
            fixture + hex("03 00"), header,
            parse: { bytes throws(WireError) in try VirtioNetHeader(parsing: bytes, layout: .modern) },
            write: { $0.write(to: &$1, layout: .modern) })
    }

    @Test("an unknown segmentation type is malformed", arguments: [UInt8(2), 6, 0x40, 0x82])
    func unknownSegmentation(type: UInt8) {
        var bytes = [UInt8](repeating: 0, count: 12)
        bytes[1] = type
        #expect(
            refusal(bytes) { bytes throws(WireError) in try VirtioNetHeader(parsing: bytes) } == .malformed)
    }

    @Test("capture headers are read and written back the same")
    func capture() {
        expectIdentity(
            hex("d4 c3 b2 a1  02 00 04 00  00 00 00 00  00 00 00 00  ff ff 00 00  01 00 00 00"),
            CaptureFileHeader(),
            parse: { bytes throws(WireError) in try CaptureFileHeader(parsing: bytes) },
            write: { $0.write(to: &$1) })
        expectIdentity(
            hex("01 00 00 00  3f 42 0f 00  3c 00 00 00  3c 00 00 00"),
            CaptureRecordHeader(seconds: 1, microseconds: 999_999, capturedByteCount: 60, frameByteCount: 60),
            parse: { bytes throws(WireError) in try CaptureRecordHeader(parsing: bytes) },
            write: { $0.write(to: &$1) })
    }
}
