// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One line of text put together in place, without allocating; what does not fit is cut off.
struct LogLine {
    static let capacity = 512

    private var bytes = InlineArray<512, UInt8>(repeating: 0)
    private(set) var byteCount = 0

    mutating func append(byte: UInt8) {
        guard byteCount < Self.capacity else { return }
        bytes[byteCount] = byte
        byteCount += 1
    }

    mutating func append(_ text: StaticString) {
        guard text.hasPointerRepresentation else { return }
        // SAFETY: a static string's bytes are constant data of `utf8CodeUnitCount` bytes.
        for index in 0..<text.utf8CodeUnitCount { append(byte: unsafe text.utf8Start[index]) }
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte: byte) }
    }

    /// Decimal, with leading zeroes up to `width`.
    mutating func append(_ number: Int, width: Int = 1) {
        if number < 0 { append(byte: UInt8(ascii: "-")) }
        var divisor: UInt = 1
        var digits = 1
        while number.magnitude / divisor >= 10 || digits < width {
            divisor *= 10
            digits += 1
        }
        while divisor > 0 {
            append(byte: UInt8(ascii: "0") + UInt8(number.magnitude / divisor % 10))
            divisor /= 10
        }
    }

    mutating func append(hexadecimal number: UInt64, width: Int = 1) {
        var shift = 60
        while shift > 0, number >> UInt64(shift) == 0, shift >= width * 4 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift) & 0xf)
            append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            shift -= 4
        }
    }

    mutating func append(_ address: IPv4Address) {
        for index in 0..<4 {
            if index > 0 { append(byte: UInt8(ascii: ".")) }
            append(Int(address.bits >> UInt32(24 - 8 * index) & 0xff))
        }
    }

    /// All eight groups, not compressed: a log line is searched more often than it is read.
    mutating func append(_ address: IPv6Address) {
        for index in 0..<8 {
            if index > 0 { append(byte: UInt8(ascii: ":")) }
            let half = index < 4 ? address.high : address.low
            append(hexadecimal: half >> UInt64(48 - 16 * (index % 4)) & 0xffff)
        }
    }

    mutating func append(_ address: IPAddress) {
        if let v4 = address.v4 { append(v4) } else { append(address.bits) }
    }

    mutating func append(_ address: MACAddress) {
        for index in 0..<MACAddress.length {
            if index > 0 { append(byte: UInt8(ascii: ":")) }
            append(hexadecimal: address.bits >> UInt64(40 - 8 * index) & 0xff, width: 2)
        }
    }

    /// SECONDS.FFFF, in tenths of milliseconds.
    mutating func append(timestamp time: Interval) {
        append(Int(time.nanoseconds / 1_000_000_000))
        append(byte: UInt8(ascii: "."))
        append(Int(time.nanoseconds % 1_000_000_000 / 100_000), width: 4)
    }

    mutating func append(_ line: borrowing LogLine) {
        for index in 0..<line.byteCount { append(byte: line.bytes[index]) }
    }

    /// Ends the line, also when it is full.
    mutating func end() {
        if byteCount == Self.capacity { byteCount -= 1 }
        append(byte: UInt8(ascii: "\n"))
    }

    /// The text, for tests and set-up.
    var text: String {
        var characters: [UInt8] = []
        for index in 0..<byteCount { characters.append(bytes[index]) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// The bytes so far.
    var content: Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span.extracting(0..<byteCount) }
    }
}
