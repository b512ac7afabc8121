// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Parts of a virtqueue")
struct VirtioRingTests {
    @Test("a descriptor is read and written")
    func descriptor() {
        let fixture = hex(
            """
            00 10 00 00 01 00 00 00  // address
            ea 05 00 00              // 1514 bytes
            03 00                    // written by the device, continues
            07 00                    // at 7
            """)
        let expected = VirtioDescriptor(
            address: 0x1_0000_1000, byteCount: 1514, flags: [.next, .write], next: 7)

        expectIdentity(fixture, expected) { (bytes) throws(WireError) in
            try VirtioDescriptor(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a used element is read and written")
    func usedElement() {
        expectIdentity(hex("07 00 00 00  48 00 00 00"), VirtioUsedElement(head: 7, byteCount: 72)) {
            (bytes) throws(WireError) in
            try VirtioUsedElement(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a configuration space is read and written")
    func configuration() {
        var expected = VirtioNetConfiguration(mtu: 1500)
        expected.mac = MACAddress(bits: 0x0200_0000_0001)
        expected.status = 1

        expectIdentity(hex("02 00 00 00 00 01  01 00  01 00  dc 05"), expected) { (bytes) throws(WireError) in
            try VirtioNetConfiguration(parsing: bytes)
        } write: {
            $0.write(to: &$1)
        }
    }

    @Test("a ring's size is a power of two up to 32768", arguments: [0, 3, 100, 65536, UInt32.max])
    func sizes(size: UInt32) {
        #expect(VirtqueueLayout(size: size) == nil)
        #expect(VirtqueueLayout(size: 256)?.availableByteCount == 518)
        #expect(VirtqueueLayout(size: 32768)?.usedByteCount == 262_150)
    }

    @Test("places in a ring wrap with its size, indices with 65536")
    func places() throws {
        let layout = try #require(VirtqueueLayout(size: 4))

        #expect(layout.availableOffset(65535) == 4 + 3 * 2)
        #expect(layout.availableOffset(0) == 4)
        #expect(layout.usedOffset(5) == 4 + 8)
    }

    @Test("an event is wanted when the index passed it, also across the wrap")
    func events() {
        #expect(VirtqueueLayout.needsEvent(5, new: 6, old: 5))
        #expect(!VirtqueueLayout.needsEvent(6, new: 6, old: 5))
        #expect(!VirtqueueLayout.needsEvent(4, new: 6, old: 5))
        #expect(VirtqueueLayout.needsEvent(65535, new: 1, old: 65534))
        #expect(!VirtqueueLayout.needsEvent(2, new: 1, old: 65534))
    }
}
