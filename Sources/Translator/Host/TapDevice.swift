// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import CShims

/// The tap interface in the guest's network namespace, and the descriptor behind which it lies.
struct TapDevice: ~Copyable {
    static let defaultName = "tap0"
    static let nameLimit = 15  // IFNAMSIZ with its NUL
    /// The virtio-net header with the number of buffers (VIRTIO 1.2, section 5.1.6.1).
    static let headerByteCount = 12
    private static let largestFrame = 65535

    /// Non-blocking; one frame for each read and write, behind a header of `headerByteCount` bytes.
    let descriptor: Descriptor
    let capabilities: LinkCapabilities
    let name: String
    let index: UInt32
    /// Of the interface, that is, of the guest.
    let mac: MACAddress
    /// 0 for plain frames.
    let headerByteCount: Int

    /// Creates the interface; down, without addresses.
    ///
    /// - Parameters:
    ///   - tun: opened in the namespace.
    ///   - netlink: in the namespace.
    init(
        on tun: consuming Descriptor, named name: String, mac: MACAddress?, forbidsOffload: Bool,
        _ netlink: inout NetlinkSocket
    ) throws(SetupError) {
        var characters = [CChar](repeating: 0, count: 16)
        for (index, byte) in name.utf8.prefix(Self.nameLimit).enumerated() {
            characters[index] = CChar(bitPattern: byte)
        }
        // SAFETY: the array has the 16 bytes that the call reads and writes.
        let result = unsafe shim_tap_attach(tun.number, &characters, forbidsOffload ? 0 : 1)
        try checked(
            result, "create the interface \(name) in the namespace",
            hint: "If there is one of that name, choose another with --ns-ifname.")
        if let mac {
            var request = InterfaceMessage.request(type: InterfaceMessage.new, index: 0)
            request.attribute(InterfaceMessage.Attribute.name, name)
            request.attribute(InterfaceMessage.Attribute.address, mac)
            try netlink.require(request, "set the MAC address of \(name) to \(mac)")
        }
        guard let link = try netlink.link(named: name), let address = link.mac else {
            throw SetupError("Cannot find the interface \(name) that was just created in the namespace.")
        }
        capabilities = forbidsOffload ? .plain : Self.negotiate(tun.number)
        headerByteCount = forbidsOffload ? 0 : Self.headerByteCount
        (self.name, index, self.mac) = (link.name, link.index, address)
        descriptor = tun
    }

    /// The name for the interface: the one asked for, else that of a template, IPv4 first.
    static func name(_ configuration: Configuration, _ host: HostNetwork) -> String {
        let name =
            configuration.namespaceInterface ?? host.ipv4?.interfaceName ?? host.ipv6?.interfaceName
            ?? defaultName
        return name == "lo" && configuration.namespaceInterface == nil ? defaultName : name
    }

    /// What the kernel agrees to hand over, which is also what it takes. UDP segmentation needs Linux 6.2.
    private static func negotiate(_ number: Int32) -> LinkCapabilities {
        let takesUDP = shim_tap_accept_offloads(number, 1) == 0
        guard takesUDP || shim_tap_accept_offloads(number, 0) == 0 else { return .plain }
        return LinkCapabilities(
            largestFrame: largestFrame, completesChecksums: true, segmentsTCP: true, segmentsUDP: takesUDP)
    }
}
