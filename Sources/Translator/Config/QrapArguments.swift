// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// QEMU's command line as qrap changes it: network devices of other kinds out, one behind passt's socket in.
struct QrapArguments: Equatable {
    /// Where QEMU finds the socket when no number was given.
    static let usualDescriptor: Int32 = 5
    private static let replacedDrivers = ["virtio-net-pci", "virtio-net-ccw", "e1000", "e1000e", "rtl8139"]

    /// The buses that a machine type has, and where the card goes.
    private enum Bus {
        /// One device for each root port: q35.
        case rootPorts
        /// Slots of one bus: the older PC.
        case slots
        /// Channel devices: s390x.
        case channel

        init(machine: String) {
            if machine.hasPrefix("s390-ccw") {
                self = .channel
            } else if machine.hasPrefix("pc-"), !machine.hasPrefix("pc-q35") {
                self = .slots
            } else {
                self = .rootPorts
            }
        }
    }

    /// What follows the program's name.
    let arguments: [String]

    /// - Parameters:
    ///   - given: QEMU's arguments as the caller wants them.
    ///   - descriptor: the number that the connected socket has in QEMU.
    init(editing given: [String], descriptor: Int32) {
        var kept: [String] = []
        var devices: [String] = []
        var machine = ""
        var index = 0
        while index < given.count {
            let option = given[index]
            let value = index + 1 < given.count ? given[index + 1] : nil
            let name = option.hasPrefix("--") ? String(option.dropFirst()) : option
            guard let value, ["-net", "-netdev", "-device", "-machine", "-M"].contains(name) else {
                kept.append(option)
                index += 1
                continue
            }
            index += 2
            if name == "-net" || name == "-netdev" || name == "-device" && Self.isReplaced(value) { continue }
            if name == "-device" { devices.append(value) }
            if name == "-machine" || name == "-M" { machine = Self.machineType(value) ?? machine }
            kept += [option, value]
        }
        let usesJSON = devices.contains { $0.hasPrefix("{") }
        if !devices.isEmpty {
            kept += ["-device", Self.card(Bus(machine: machine), beside: devices, usesJSON: usesJSON)]
        }
        kept += [
            "-netdev",
            usesJSON
                ? "{\"type\":\"socket\",\"fd\":\"\(descriptor)\",\"id\":\"hostnet0\"}"
                : "socket,fd=\(descriptor),id=hostnet0",
        ]
        arguments = kept
    }

    private static func isReplaced(_ device: String) -> Bool {
        if device.hasPrefix("{") {
            return replacedDrivers.contains { field("driver", ofJSON: device) == $0 }
        }
        return replacedDrivers.contains { device.hasPrefix($0 + ",") }
    }

    private static func machineType(_ value: String) -> String? {
        for part in value.split(separator: ",") {
            if part.hasPrefix("type=") { return String(part.dropFirst(5)) }
            if !part.utf8.contains(UInt8(ascii: "=")) { return String(part) }
        }
        return nil
    }

    // MARK: The card

    private static func card(_ bus: Bus, beside devices: [String], usesJSON: Bool) -> String {
        var properties: [(String, String)]
        switch bus {
        case .rootPorts:
            let number = firstFree(from: 3) { number in
                devices.contains { property("bus", of: $0) == "pci.\(number)" }
            }
            properties = [("driver", "virtio-net-pci"), ("bus", "pci.\(number)"), ("addr", "0x0")]
        case .slots:
            let number = firstFree(from: 2) { number in
                devices.contains {
                    property("bus", of: $0) == "pci.0" && hexadecimal(property("addr", of: $0)) == number
                }
            }
            properties = [
                ("driver", "virtio-net-pci"), ("bus", "pci.0"), ("addr", "0x" + String(number, radix: 16)),
            ]
        case .channel:
            let number = firstFree(from: 1) { number in
                devices.contains { device in
                    guard let place = property("devno", of: device), place.hasPrefix("fe.0.") else {
                        return false
                    }
                    return hexadecimal(String(place.dropFirst(5))) == number
                }
            }
            properties = [("driver", "virtio-net-ccw"), ("devno", "fe.0." + String(number, radix: 16))]
        }
        properties.append(("netdev", "hostnet0"))
        if usesJSON {
            let fields = properties.map { "\"\($0.0)\":\"\($0.1)\"" } + ["\"x-txburst\":4096"]
            return "{" + fields.joined(separator: ",") + "}"
        }
        let fields = properties.map { $0.0 == "driver" ? $0.1 : "\($0.0)=\($0.1)" } + ["x-txburst=4096"]
        return fields.joined(separator: ",")
    }

    private static func firstFree(from first: Int, isTaken: (Int) -> Bool) -> Int {
        var number = first
        while isTaken(number) { number += 1 }
        return number
    }

    /// The value of a property in either syntax of `-device`.
    private static func property(_ name: String, of device: String) -> String? {
        if device.hasPrefix("{") { return field(name, ofJSON: device) }
        for part in device.split(separator: ",") where part.hasPrefix(name + "=") {
            return String(part.dropFirst(name.utf8.count + 1))
        }
        return nil
    }

    /// The text value of a field of a flat object.
    private static func field(_ name: String, ofJSON text: String) -> String? {
        // Between quotes: names and values alternate with what separates them.
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        var index = 1
        while index + 2 < parts.count {
            if parts[index] == name, parts[index + 1].filter({ $0 != " " }) == ":" {
                return String(parts[index + 2])
            }
            index += 2
        }
        return nil
    }

    /// A number such as 0x1f or 1f, up to a function behind a dot.
    private static func hexadecimal(_ text: String?) -> Int? {
        guard let text else { return nil }
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        return Int(digits.prefix { $0 != "." }, radix: 16)
    }
}
