// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// How an update ended, for clients that ask: an extension of ours.
struct ControlAnswer: Equatable {
    /// First byte of an update that is to be answered. No table has this number.
    static let request: UInt8 = 255
    static let headerLength = 7
    /// Failures that are listed at most; their number is told in any case.
    static let mostFailures = 64

    enum Outcome: UInt8, BitwiseCopyable {
        case applied = 0
        /// Nothing was changed.
        case refused = 1
        /// The tables are in force, but some ports could not be had.
        case incomplete = 2
    }

    /// A port on which nothing listens.
    struct Failure: Equatable {
        static let length = 24

        var table: ControlTableNumber
        var protocolNumber: UInt8
        var port: UInt16
        /// As Linux numbers them.
        var errorNumber: UInt32
        /// In mapped form if IPv4; unspecified: any.
        var address: IPv6Address

        init(
            table: ControlTableNumber, protocolNumber: UInt8, port: UInt16, errorNumber: UInt32,
            address: IPv6Address
        ) {
            self.table = table
            self.protocolNumber = protocolNumber
            self.port = port
            self.errorNumber = errorNumber
            self.address = address
        }

        init(parsing bytes: RawSpan) throws(WireError) {
            let field = try HeaderBytes<24>(bytes)
            guard let table = ControlTableNumber(rawValue: field.uint8(at: 0)) else { throw .malformed }
            self.table = table
            protocolNumber = field.uint8(at: 1)
            port = field.uint16(at: 2)
            errorNumber = field.uint32(at: 4)
            address = field.ipv6Address(at: 8)
        }

        func write(to bytes: inout MutableRawSpan, at start: Int) {
            bytes.storeBigEndian(table.rawValue, at: start)
            bytes.storeBigEndian(protocolNumber, at: start + 1)
            bytes.storeBigEndian(port, at: start + 2)
            bytes.storeBigEndian(errorNumber, at: start + 4)
            bytes.store(address, at: start + 8)
        }
    }

    var outcome: Outcome
    /// Ports that could not be had, more than are listed perhaps.
    var failureCount: Int
    var failures: [Failure]
    /// Why the update was refused, as a clause, where no port was the reason.
    var reason: String

    init(outcome: Outcome, failureCount: Int = 0, failures: [Failure] = [], reason: String = "") {
        self.outcome = outcome
        self.failureCount = failureCount
        self.failures = failures
        self.reason = reason
    }

    /// Reads a whole answer.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<7>(bytes)
        guard let outcome = Outcome(rawValue: field.uint8(at: 0)) else { throw .malformed }
        self.outcome = outcome
        failureCount = Int(field.uint32(at: 1))
        let reasonLength = Int(field.uint16(at: 5))
        let listed = min(failureCount, Self.mostFailures)
        let end = Self.headerLength + listed * Failure.length
        guard bytes.byteCount >= end + reasonLength else { throw .truncated }
        failures = []
        for index in 0..<listed {
            let start = Self.headerLength + index * Failure.length
            failures.append(try Failure(parsing: bytes.extracting(start..<start + Failure.length)))
        }
        var text: [UInt8] = []
        for offset in end..<end + reasonLength { text.append(bytes.bigEndian(at: offset, as: UInt8.self)) }
        reason = String(decoding: text, as: UTF8.self)
    }

    /// The answer as it is sent.
    var bytes: [UInt8] {
        let text = Array(reason.utf8.prefix(Int(UInt16.max)))
        let listed = failures.prefix(Self.mostFailures)
        let end = Self.headerLength + listed.count * Failure.length
        return [UInt8](capacity: end + text.count) { bytes in
            bytes.storeBigEndian(outcome.rawValue, at: 0)
            bytes.storeBigEndian(UInt32(clamping: failureCount), at: 1)
            bytes.storeBigEndian(UInt16(text.count), at: 5)
            for (index, failure) in listed.enumerated() {
                failure.write(to: &bytes, at: Self.headerLength + index * Failure.length)
            }
            bytes.copy(text.span, at: end)
            return end + text.count
        }
    }
}
