// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// The argument of -t, -u, -T and -U as written, before anything else is looked at.
//
//     SPEC   = "none" | [ LISTEN "/" ] CHUNK *( "," CHUNK )
//     LISTEN = ADDR [ "%" INTERFACE ] | [ "*" ] [ "%" INTERFACE ]
//     CHUNK  = RANGE [ ":" TARGET ] | "~" RANGE | "all" [ ":" ADDR ] | "auto"
//     TARGET = RANGE | ADDR | ADDR "/" RANGE
//     RANGE  = PORT [ "-" PORT ]
//
// A slash may also belong to a target. What stands before the first one is LISTEN if it reads as one; if it
// does not, but has a colon, it is part of the chunks. So an IPv6 target without brackets and without LISTEN,
// as in "20:1::2/80", is read as the listening address it also is.

/// Why a port specifier is refused, as a clause.
struct PortSpecificationError: Error, Equatable {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// One port specifier, taken apart.
struct PortSpecification: Equatable {
    /// Where to listen; both nil or empty: anywhere.
    struct Listen: Equatable {
        var address: IPAddress?
        var interface = ""
    }

    struct Inclusion: Equatable {
        var ports: ClosedRange<UInt16>
        var firstTargetPort: UInt16
        var target: IPAddress?
    }

    var isNone = false
    /// Nil: nothing was written before a slash, and no slash.
    var listen: Listen?
    var included: [Inclusion] = []
    var excluded: [ClosedRange<UInt16>] = []
    var hasAll = false
    var allTarget: IPAddress?
    var hasAuto = false

    init(parsing text: String) throws(PortSpecificationError) {
        if text == "none" {
            isNone = true
            return
        }
        var chunks = text[...]
        if let slash = text.firstIndex(of: "/") {
            let before = text[..<slash]
            if let listen = try Self.listen(before) {
                self.listen = listen
                chunks = text[text.index(after: slash)...]
            }
        }
        for chunk in chunks.split(separator: ",", omittingEmptySubsequences: false) { try add(chunk) }
    }

    /// Nil if the text before a slash must be part of a chunk.
    private static func listen(_ text: Substring) throws(PortSpecificationError) -> Listen? {
        let percent = text.firstIndex(of: "%")
        let place = text[..<(percent ?? text.endIndex)]
        var result = Listen()
        if !place.isEmpty, place != "*" {
            guard let address = address(place) else {
                if percent == nil, text.contains(":") { return nil }
                throw PortSpecificationError("'\(place)' is not a numeric address")
            }
            result.address = address
        }
        if let percent {
            let name = text[text.index(after: percent)...]
            guard InterfaceName.isValid(name) else {
                throw PortSpecificationError("'\(name)' is not an interface name")
            }
            result.interface = String(name)
        }
        return result
    }

    /// A literal, possibly in brackets; an IPv4-mapped one is taken as IPv4.
    private static func address(_ text: Substring) -> IPAddress? {
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), text.count >= 2 else { return nil }
            return IPAddress(text.dropFirst().dropLast())?.unmapped
        }
        return IPAddress(text)?.unmapped
    }

    private mutating func add(_ chunk: Substring) throws(PortSpecificationError) {
        let colon = chunk.firstIndex(of: ":")
        let head = chunk[..<(colon ?? chunk.endIndex)]
        let tail = colon.map { chunk[chunk.index(after: $0)...] }
        switch head {
        case "none": throw PortSpecificationError("none must stand alone")
        case "auto":
            guard tail == nil else { throw PortSpecificationError("auto has no target") }
            hasAuto = true
        case "all": try addAll(target: tail)
        default:
            if head.hasPrefix("~") {
                guard tail == nil else { throw PortSpecificationError("an exclusion has no target") }
                excluded.append(try Self.range(head.dropFirst()))
            } else {
                included.append(try Self.inclusion(head, target: tail))
            }
        }
    }

    private mutating func addAll(target text: Substring?) throws(PortSpecificationError) {
        var target: IPAddress?
        if let text { target = try Self.targetAddress(text) }
        guard !hasAll || target == allTarget else { throw PortSpecificationError("all has two targets") }
        hasAll = true
        allTarget = target
    }

    private static func inclusion(_ head: Substring, target: Substring?) throws(PortSpecificationError)
        -> Inclusion
    {
        let ports = try range(head)
        guard let target else { return Inclusion(ports: ports, firstTargetPort: ports.lowerBound) }
        var address: IPAddress?
        var targetPorts = ports
        if let slash = target.firstIndex(of: "/") {
            address = try targetAddress(target[..<slash])
            targetPorts = try range(target[target.index(after: slash)...])
        } else if target.contains(where: { $0 == "." || $0 == "[" || $0 == ":" }) {
            address = try targetAddress(target)
        } else {
            targetPorts = try range(target)
        }
        guard targetPorts.count == ports.count else {
            throw PortSpecificationError("'\(head)' and its target have different numbers of ports")
        }
        return Inclusion(ports: ports, firstTargetPort: targetPorts.lowerBound, target: address)
    }

    private static func targetAddress(_ text: Substring) throws(PortSpecificationError) -> IPAddress {
        guard let address = address(text) else {
            throw PortSpecificationError("'\(text)' is not a numeric address or a port")
        }
        guard address.isUnicast else { throw PortSpecificationError("the target \(address) is not unicast") }
        return address
    }

    private static func range(_ text: Substring) throws(PortSpecificationError) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let first = try port(ends[0])
        let last = ends.count == 2 ? try port(ends[1]) : first
        guard first <= last else { throw PortSpecificationError("the range '\(text)' is reversed") }
        return first...last
    }

    private static func port(_ text: Substring) throws(PortSpecificationError) -> UInt16 {
        guard !text.isEmpty else { throw PortSpecificationError("a port is missing") }
        guard let number = NumberText.decimal(text) else {
            throw PortSpecificationError("'\(text)' is not a port")
        }
        guard let port = UInt16(exactly: number), port != 0 else {
            throw PortSpecificationError("port \(text) is not between 1 and 65535")
        }
        return port
    }
}
