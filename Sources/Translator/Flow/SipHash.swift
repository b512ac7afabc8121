// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A keyed hash that outsiders cannot steer (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012), over
/// whole 64-bit words in the machine's order.
///
/// `SipHash24` for what leaves the program (sequence numbers), `SipHash13` for tables.
struct SipHash<let compressionRounds: Int, let finalRounds: Int>: BitwiseCopyable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    private var byteCount: UInt64 = 0

    @inline(__always)
    init(key: SipKey) {
        v0 = key.low ^ 0x736f_6d65_7073_6575
        v1 = key.high ^ 0x646f_7261_6e64_6f6d
        v2 = key.low ^ 0x6c79_6765_6e65_7261
        v3 = key.high ^ 0x7465_6462_7974_6573
    }

    @inline(__always)
    mutating func add(_ word: UInt64) {
        byteCount &+= 8
        compress(word)
    }

    /// The hash of all words added.
    @inline(__always)
    consuming func finish() -> UInt64 {
        compress(byteCount &<< 56)
        v2 ^= 0xff
        for _ in 0..<finalRounds { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        for _ in 0..<compressionRounds { round() }
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v2 &+= v3
        v1 = (v1 &<< 13 | v1 &>> 51) ^ v0
        v3 = (v3 &<< 16 | v3 &>> 48) ^ v2
        v0 = v0 &<< 32 | v0 &>> 32
        v2 &+= v1
        v0 &+= v3
        v1 = (v1 &<< 17 | v1 &>> 47) ^ v2
        v3 = (v3 &<< 21 | v3 &>> 43) ^ v0
        v2 = v2 &<< 32 | v2 &>> 32
    }
}

typealias SipHash24 = SipHash<2, 4>
typealias SipHash13 = SipHash<1, 3>

/// The 128-bit secret of a `SipHash`: random, made once at start.
struct SipKey: Equatable, BitwiseCopyable {
    var low: UInt64
    var high: UInt64
}

extension SipHash {
    @inline(__always)
    static func of(_ first: UInt64, _ second: UInt64, key: SipKey) -> UInt64 {
        var hash = Self(key: key)
        hash.add(first)
        hash.add(second)
        return hash.finish()
    }

    @inline(__always)
    static func of(_ first: UInt64, _ second: UInt64, _ third: UInt64, key: SipKey) -> UInt64 {
        var hash = Self(key: key)
        hash.add(first)
        hash.add(second)
        hash.add(third)
        return hash.finish()
    }

    @inline(__always)
    static func of(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64, key: SipKey)
        -> UInt64
    {
        var hash = Self(key: key)
        hash.add(first)
        hash.add(second)
        hash.add(third)
        hash.add(fourth)
        return hash.finish()
    }

    @inline(__always)
    static func of(
        _ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64, _ fifth: UInt64, key: SipKey
    ) -> UInt64 {
        var hash = Self(key: key)
        hash.add(first)
        hash.add(second)
        hash.add(third)
        hash.add(fourth)
        hash.add(fifth)
        return hash.finish()
    }
}
