// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CMallocGuard
import Testing

@testable import Translator

/// Bytes written as hex pairs; blanks are free, and `//` begins a comment.
func hexBytes(_ text: String) -> [UInt8] {
    var digits: [UInt8] = []
    for line in text.split(separator: "\n") {
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        digits += code.compactMap { $0.hexDigitValue.map(UInt8.init) }
    }
    precondition(digits.count % 2 == 0)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A number in network order.
func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    (0..<value.bitWidth / 8).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

/// A small reproducible generator (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

extension Array where Element == UInt8 {
    /// This message with some bytes changed, cut off or repeated.
    func mutated(by generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: bytes.removeLast(bytes.count - index)
            case 1: bytes.insert(contentsOf: bytes[index...].prefix(300), at: index)
            case 2: bytes[index] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &generator)!
            default: bytes[index] = .random(in: 0...255, using: &generator)
            }
        }
        return bytes
    }
}

extension GuestNetwork {
    /// 192.0.2.2/24 behind 192.0.2.1, and 2001:db8::2 behind fe80::1.
    static var documentation: GuestNetwork {
        var network = GuestNetwork()
        network.ipv4 = IPv4(
            address: IPv4Address(0xc000_0202), prefixLength: 24, gateway: IPv4Address(0xc000_0201),
            ours: IPv4Address(0xc000_0201))
        network.ipv6 = IPv6(
            address: .documentationGuest, gateway: .documentationRouter, ours: .documentationRouter)
        return network
    }
}

extension IPv6Address {
    /// 2001:db8::2
    static let documentationGuest = IPv6Address(high: 0x2001_0db8_0000_0000, low: 2)
    /// fe80::1
    static let documentationRouter = IPv6Address(high: 0xfe80_0000_0000_0000, low: 1)
    /// fe80::ff:fe00:1
    static let documentationLinkLocal = IPv6Address(high: 0xfe80_0000_0000_0000, low: 0xff_fe00_0001)

    var wireBytes: [UInt8] { bigEndianBytes(high) + bigEndianBytes(low) }
}

extension MACAddress {
    static let documentationGuest = MACAddress(bits: 0x0200_0000_0001)
}

/// How often `body` allocates in 100 runs, after one that warms it up; nil when nobody counts.
func allocationCount(_ body: () -> Void) -> UInt64? {
    guard malloc_guard_is_active() != 0 else { return nil }
    body()
    let before = malloc_guard_count()
    for _ in 0..<100 { body() }
    return malloc_guard_count() - before
}
