// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// What a control socket and its client say to each other (docs/control-socket.md); integers are big-endian.
//
//     server | greeting | table header, rules | table header, rules | 0 |
//     client | [255] | table number, count, rules | ... | 0 |
//     server | answer, if the client began with 255 |

/// The first words of the server.
struct ControlGreeting: Equatable {
    static let length = 20
    static let magic: UInt64 = 0x6261_7369_6c3a_7300  // "basil:s" and NUL
    static let version: UInt32 = 2

    var version = Self.version
    var tableNameLength = UInt32(ControlTableHeader.nameLength)
    var interfaceNameLength = UInt32(ControlRule.interfaceLength)

    init() {}

    /// - Throws: `.malformed` when this is no control socket, or one that is laid out in another way.
    init(parsing bytes: RawSpan) throws(WireError) {
        let field = try HeaderBytes<20>(bytes)
        guard field.uint64(at: 0) == Self.magic else { throw .malformed }
        version = field.uint32(at: 8)
        tableNameLength = field.uint32(at: 12)
        interfaceNameLength = field.uint32(at: 16)
    }

    /// A client of ours understands the server.
    var isUnderstood: Bool { self == ControlGreeting() }

    func write(to bytes: inout MutableRawSpan) {
        bytes.storeBigEndian(Self.magic, at: 0)
        bytes.storeBigEndian(version, at: 8)
        bytes.storeBigEndian(tableNameLength, at: 12)
        bytes.storeBigEndian(interfaceNameLength, at: 16)
    }
}

/// What the rules of a table can ask for.
struct ControlCapabilities: OptionSet, BitwiseCopyable {
    let rawValue: UInt32

    static let ipv4 = ControlCapabilities(rawValue: 1)
    static let ipv6 = ControlCapabilities(rawValue: 2)
    static let tcp = ControlCapabilities(rawValue: 4)
    static let udp = ControlCapabilities(rawValue: 8)
    /// Rules may follow listeners.
    static let scan = ControlCapabilities(rawValue: 16)
    /// Rules may name an interface.
    static let interface = ControlCapabilities(rawValue: 32)
    /// Ours: an update that begins with `ControlAnswer.request` is answered.
    static let answers = ControlCapabilities(rawValue: 1 << 31)
}

/// Which rules a table holds, by its number.
enum ControlTableNumber: UInt8, BitwiseCopyable, CaseIterable {
    /// From listening sockets on the host.
    case host = 1
    /// From listening sockets in the namespace.
    case splice = 3

    var name: String {
        switch self {
        case .host: "HOST"
        case .splice: "SPLICE"
        }
    }
}

/// In front of the rules of a table, from the server.
struct ControlTableHeader: Equatable {
    static let nameLength = 128
    static let length = 1 + nameLength + 8
    /// In front of the rules of a table, from the client: number and count only.
    static let updateLength = 5

    var number: ControlTableNumber
    var capabilities: ControlCapabilities
    var ruleCount: Int

    init(number: ControlTableNumber, capabilities: ControlCapabilities, ruleCount: Int) {
        self.number = number
        self.capabilities = capabilities
        self.ruleCount = ruleCount
    }

    /// The name is not looked at: the number says the same.
    ///
    /// - Throws: `.truncated`; `.malformed` for an unknown table or more rules than one can hold.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        guard let number = ControlTableNumber(rawValue: bytes.bigEndian(at: 0, as: UInt8.self)) else {
            throw .malformed
        }
        let count = bytes.bigEndian(at: Self.length - 4, as: UInt32.self)
        guard count <= ControlRule.mostPerTable else { throw .malformed }
        self.number = number
        capabilities = ControlCapabilities(rawValue: bytes.bigEndian(at: Self.length - 8, as: UInt32.self))
        ruleCount = Int(count)
    }

    func write(to bytes: inout MutableRawSpan, at start: Int = 0) {
        bytes.zero(start..<start + Self.length)
        bytes.storeBigEndian(number.rawValue, at: start)
        var offset = start + 1
        for byte in number.name.utf8 {
            bytes.storeBigEndian(byte, at: offset)
            offset += 1
        }
        bytes.storeBigEndian(capabilities.rawValue, at: start + Self.length - 8)
        bytes.storeBigEndian(UInt32(ruleCount), at: start + Self.length - 4)
    }
}
