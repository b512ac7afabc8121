// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What a client of a control socket wants: new rules for some of the tables.
struct ControlUpdate: Equatable {
    struct Table: Equatable {
        var number: ControlTableNumber
        var rules: [ControlRule]
    }

    /// Longest update: each table once, full.
    static let greatestLength =
        2 + ControlTableNumber.allCases.count
        * (ControlTableHeader.updateLength + ControlRule.mostPerTable * ControlRule.length)

    /// The client waits for a `ControlAnswer`.
    var wantsAnswer: Bool
    /// Tables that are not here stay as they are.
    var tables: [Table]

    init(wantsAnswer: Bool, tables: [Table]) {
        self.wantsAnswer = wantsAnswer
        self.tables = tables
    }

    /// Length of the update at the start of `bytes`, by the counts alone; nil while its end has not arrived.
    ///
    /// - Throws: `.malformed` as soon as something cannot be an update.
    static func length(in bytes: RawSpan) throws(WireError) -> Int? {
        var offset = 0
        while offset < bytes.byteCount {
            let number = bytes.bigEndian(at: offset, as: UInt8.self)
            if number == 0 { return offset + 1 }
            if number == ControlAnswer.request, offset == 0 {
                offset += 1
                continue
            }
            guard ControlTableNumber(rawValue: number) != nil, offset < greatestLength else {
                throw .malformed
            }
            guard bytes.byteCount - offset >= ControlTableHeader.updateLength else { return nil }
            let count = bytes.bigEndian(at: offset + 1, as: UInt32.self)
            guard count <= ControlRule.mostPerTable else { throw .malformed }
            offset += ControlTableHeader.updateLength + Int(count) * ControlRule.length
        }
        return nil
    }

    /// Reads a whole update.
    ///
    /// - Throws: `.truncated`; `.malformed` for tables that are unknown or named twice, and rules that are no rules.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard let length = try Self.length(in: bytes) else { throw .truncated }
        wantsAnswer = bytes.bigEndian(at: 0, as: UInt8.self) == ControlAnswer.request
        tables = []
        var offset = wantsAnswer ? 1 : 0
        while offset < length - 1 {
            guard let number = ControlTableNumber(rawValue: bytes.bigEndian(at: offset, as: UInt8.self)),
                !tables.contains(where: { $0.number == number })
            else { throw .malformed }
            let count = Int(bytes.bigEndian(at: offset + 1, as: UInt32.self))
            offset += ControlTableHeader.updateLength
            var rules: [ControlRule] = []
            rules.reserveCapacity(count)
            for _ in 0..<count {
                rules.append(
                    try ControlRule(parsing: bytes.extracting(offset..<offset + ControlRule.length)))
                offset += ControlRule.length
            }
            tables.append(Table(number: number, rules: rules))
        }
    }

    /// The update as it is sent.
    var bytes: [UInt8] {
        [UInt8](capacity: Self.greatestLength) { bytes in
            var offset = 0
            if wantsAnswer {
                bytes.storeBigEndian(ControlAnswer.request, at: 0)
                offset = 1
            }
            for table in tables {
                bytes.storeBigEndian(table.number.rawValue, at: offset)
                bytes.storeBigEndian(UInt32(table.rules.count), at: offset + 1)
                offset += ControlTableHeader.updateLength
                for rule in table.rules {
                    rule.write(to: &bytes, at: offset)
                    offset += ControlRule.length
                }
            }
            bytes.storeBigEndian(UInt8(0), at: offset)
            return offset + 1
        }
    }
}
