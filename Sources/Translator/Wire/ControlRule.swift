// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// One forwarding rule on a control socket.
struct ControlRule: Equatable {
    static let interfaceLength = 16
    static let length = 56
    static let mostPerTable = 255

    struct Flags: OptionSet, BitwiseCopyable {
        let rawValue: UInt8

        /// A wildcard of both IP versions; the address is `::` then.
        static let dual = Flags(rawValue: 1)
        static let bestEffort = Flags(rawValue: 2)
        static let scan = Flags(rawValue: 4)
        static let known: Flags = [.dual, .bestEffort, .scan]
    }

    /// Listening address, an IPv4 one in mapped form.
    var address: IPv6Address
    /// Unspecified: the guest's own.
    var target: IPv6Address
    /// At most 15 bytes; empty: any.
    var interface: String
    var firstPort: UInt16
    var lastPort: UInt16
    var firstTargetPort: UInt16
    var protocolNumber: UInt8
    var flags: Flags

    /// Reads the rule at the start of `bytes`; what it asks for is to be checked still.
    ///
    /// - Throws: `.truncated`; `.malformed` when the interface's name has no end or is no text, or an unknown flag is set.
    init(parsing bytes: RawSpan) throws(WireError) {
        guard bytes.byteCount >= Self.length else { throw .truncated }
        address = bytes.ipv6Address(at: 0)
        target = bytes.ipv6Address(at: 16)
        interface = try Self.interface(bytes.extracting(32..<48))
        firstPort = bytes.bigEndian(at: 48, as: UInt16.self)
        lastPort = bytes.bigEndian(at: 50, as: UInt16.self)
        firstTargetPort = bytes.bigEndian(at: 52, as: UInt16.self)
        protocolNumber = bytes.bigEndian(at: 54, as: UInt8.self)
        flags = Flags(rawValue: bytes.bigEndian(at: 55, as: UInt8.self))
        guard flags.isSubset(of: .known) else { throw .malformed }
    }

    private static func interface(_ bytes: RawSpan) throws(WireError) -> String {
        var characters: [UInt8] = []
        for offset in 0..<interfaceLength {
            let byte = bytes.bigEndian(at: offset, as: UInt8.self)
            guard byte != 0 else {
                guard let name = String(validating: characters, as: UTF8.self) else { throw .malformed }
                return name
            }
            characters.append(byte)
        }
        throw .malformed
    }

    init(
        address: IPv6Address, target: IPv6Address, interface: String, ports: ClosedRange<UInt16>,
        firstTargetPort: UInt16, protocolNumber: UInt8, flags: Flags
    ) {
        self.address = address
        self.target = target
        self.interface = interface
        firstPort = ports.lowerBound
        lastPort = ports.upperBound
        self.firstTargetPort = firstTargetPort
        self.protocolNumber = protocolNumber
        self.flags = flags
    }

    func write(to bytes: inout MutableRawSpan, at start: Int = 0) {
        bytes.store(address, at: start)
        bytes.store(target, at: start + 16)
        bytes.zero(start + 32..<start + 48)
        for (index, byte) in interface.utf8.prefix(Self.interfaceLength - 1).enumerated() {
            bytes.storeBigEndian(byte, at: start + 32 + index)
        }
        bytes.storeBigEndian(firstPort, at: start + 48)
        bytes.storeBigEndian(lastPort, at: start + 50)
        bytes.storeBigEndian(firstTargetPort, at: start + 52)
        bytes.storeBigEndian(protocolNumber, at: start + 54)
        bytes.storeBigEndian(flags.rawValue, at: start + 55)
    }
}
