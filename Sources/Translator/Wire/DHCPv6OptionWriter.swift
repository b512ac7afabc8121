// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Writes options behind a DHCPv6 message's head, one after the other, within a limit.
struct DHCPv6OptionWriter: BitwiseCopyable {
    /// Where the next option begins; in the end, the length of the message.
    private(set) var offset = DHCPv6Message.length
    /// The largest message, in bytes; the buffer holds at least that.
    var limit: Int

    init(limit: Int) { self.limit = limit }

    /// The longest value that one more option can have; negative when not even an empty one fits.
    var room: Int { limit &- offset &- DHCPv6Option.headerLength }

    /// Writes an option's head, and leaves room for `byteCount` bytes of value, which the caller fills.
    ///
    /// - Returns: where the value begins.
    /// - Throws: `.malformed` when it does not fit: the message that calls for it asks too much.
    @discardableResult
    mutating func open(
        _ code: DHCPv6OptionCode, byteCount: Int, _ bytes: inout MutableRawSpan
    ) throws(WireError) -> Int {
        guard byteCount <= room else { throw .malformed }
        bytes.storeBigEndian(code.rawValue, at: offset)
        bytes.storeBigEndian(UInt16(byteCount), at: offset &+ 2)
        let start = offset &+ DHCPv6Option.headerLength
        offset = start &+ byteCount
        return start
    }

    /// Ends an option that took others inside: corrects its length.
    func close(valueAt start: Int, _ bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(UInt16(offset &- start), at: start &- 2)
    }

    mutating func add(
        _ code: DHCPv6OptionCode, _ value: RawSpan, _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        let start = try open(code, byteCount: value.byteCount, &bytes)
        bytes.copy(value, at: start)
    }

    mutating func add(
        _ code: DHCPv6OptionCode, _ value: Span<UInt8>, _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        let start = try open(code, byteCount: value.count, &bytes)
        bytes.copy(value, at: start)
    }

    /// A status without a message to read.
    mutating func add(_ status: DHCPv6Status, _ bytes: inout MutableRawSpan) throws(WireError) {
        let start = try open(.status, byteCount: 2, &bytes)
        bytes.storeBigEndian(status.rawValue, at: start)
    }

    /// - Parameter lifetime: preferred and valid, in seconds; all ones: for ever.
    mutating func add(
        _ address: IPv6Address, lifetime: UInt32, _ bytes: inout MutableRawSpan
    ) throws(WireError) {
        let start = try open(.address, byteCount: DHCPv6Option.addressLength, &bytes)
        bytes.store(address, at: start)
        bytes.storeBigEndian(lifetime, at: start &+ 16)
        bytes.storeBigEndian(lifetime, at: start &+ 20)
    }
}
