// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// Bytes from hexadecimal digits; whatever follows `//` on a line is a comment.
func hex(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for line in text.split(separator: "\n") {
        let digits = Array(line)
        var index = 0
        while index < digits.count {
            if digits[index] == "/", index + 1 < digits.count, digits[index + 1] == "/" { break }
            if let digit = digits[index].hexDigitValue {
                if let first = high {
                    bytes.append(first << 4 | UInt8(digit))
                    high = nil
                } else {
                    high = UInt8(digit)
                }
            }
            index += 1
        }
    }
    return bytes
}

/// What `write` leaves in `byteCount` bytes that held 0xaa before.
func written(_ byteCount: Int, _ write: (inout MutableRawSpan) -> Void) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xaa, count: byteCount)
    var span = bytes.mutableSpan
    var raw = span.mutableBytes
    write(&raw)
    return bytes
}

/// Expects that a fixture is read, written back the same, and refused when any of its bytes is missing.
func expectIdentity<Format: Equatable>(
    _ fixture: [UInt8], _ expected: Format, sourceLocation: SourceLocation = #_sourceLocation,
    parse: (RawSpan) throws(WireError) -> Format, write: (Format, inout MutableRawSpan) -> Void
) {
    do throws(WireError) {
        let value = try parse(fixture.span.bytes)
        #expect(value == expected, sourceLocation: sourceLocation)
    } catch {
        Issue.record("refused: \(error)", sourceLocation: sourceLocation)
    }
    let copy = written(fixture.count) { write(expected, &$0) }
    #expect(copy == fixture, sourceLocation: sourceLocation)
    for count in 0..<fixture.count {
        do throws(WireError) {
            _ = try parse(Array(fixture[..<count]).span.bytes)
            Issue.record("accepted \(count) of \(fixture.count) bytes", sourceLocation: sourceLocation)
        } catch {}
    }
}

/// Why `parse` refuses the bytes; nil when it does not.
func refusal<Format>(_ bytes: [UInt8], _ parse: (RawSpan) throws(WireError) -> Format) -> WireError? {
    do throws(WireError) {
        _ = try parse(bytes.span.bytes)
        return nil
    } catch {
        return error
    }
}

let guestMAC = MACAddress(bits: 0x0200_0000_0001)
let hostMAC = MACAddress(bits: 0x0200_0000_0002)
let guestIPv4 = IPv4Address(0xc000_0202)
let hostIPv4 = IPv4Address(0xc000_0201)
let guestIPv6 = IPv6Address(high: 0x2001_0db8_0000_0000, low: 2)
let hostIPv6 = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
