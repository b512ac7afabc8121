// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension PresentedNetwork {
    /// What was decided, as lines for the log at info level.
    func summaryLines(_ configuration: Configuration, _ host: HostNetwork) -> [String] {
        var lines: [String] = []
        if let path = configuration.controlPath { lines.append("Control socket: \(path)") }
        if !configuration.isSpliceOnly {
            lines += interfaceLines(configuration, host)
            lines += mappingLines()
            lines += ipv4Lines()
            lines += ipv6Lines()
            lines += resolverLines()
        }
        lines += ruleLines(configuration)
        return lines
    }

    private func interfaceLines(_ configuration: Configuration, _ host: HostNetwork) -> [String] {
        var lines: [String] = []
        for version in IPVersion.allCases where mapping[version].isEnabled {
            let template = version == .v4 ? host.ipv4 : host.ipv6
            var text = "IPv\(version.rawValue): "
            if let template {
                text += "template interface \(template.interfaceName)"
                if isLocal[version] { text += " has no usable address, using local mode" }
            } else {
                text += "no usable interface, using local mode"
            }
            if let name = configuration.outboundInterface[version] { text += ", outbound interface \(name)" }
            if let address = mapping[version].outbound { text += ", outbound address \(address)" }
            lines.append(text)
        }
        if configuration.mode == .pasta { lines.append("Namespace interface: \(linkName)") }
        lines.append("MAC: \(guest.ourMAC)")
        return lines
    }

    private func mappingLines() -> [String] {
        var lines: [String] = []
        for version in IPVersion.allCases {
            if let address = mapping[version].mappedLoopback {
                lines.append("NAT to host \(IPAddress.loopback(version)): \(address)")
            }
            if let address = mapping[version].mappedGuest, let assigned = mapping[version].assigned {
                lines.append("NAT to host \(assigned): \(address)")
            }
        }
        return lines
    }

    private func ipv4Lines() -> [String] {
        guard let ipv4 = guest.ipv4 else { return [] }
        return [
            guest.services.dhcp ? "DHCP:" : "IPv4:",
            "    assign: \(ipv4.address)",
            "    mask: \(IPv4Address(IPv4Address.mask(prefixLength: ipv4.prefixLength)))",
            "    router: \(ipv4.gateway?.description ?? "none")",
        ]
    }

    private func ipv6Lines() -> [String] {
        guard let ipv6 = guest.ipv6 else { return [] }
        var services: [String] = []
        if guest.services.ndp { services.append("NDP") }
        if guest.services.dhcpv6 { services.append("DHCPv6") }
        return [
            services.isEmpty ? "IPv6:" : services.joined(separator: "/") + ":",
            "    assign: \(ipv6.address?.description ?? "none")",
            "    router: \(ipv6.gateway?.description ?? "none")",
            "    our link-local: \(ipv6.ours)",
        ]
    }

    private func resolverLines() -> [String] {
        var lines: [String] = []
        let told =
            (guest.ipv4?.resolvers ?? []).map(\.description)
            + (guest.ipv6?.resolvers ?? []).map(\.description)
        if !told.isEmpty { lines += ["DNS:"] + told.map { "    \($0)" } }
        for version in IPVersion.allCases {
            if let match = mapping[version].dnsMatch, let real = mapping[version].dnsHost {
                lines.append("DNS to \(match) is forwarded to \(real)")
            }
        }
        if !guest.searchDomains.isEmpty {
            lines += ["DNS search list:"] + guest.searchDomains.map { "    \($0)" }
        }
        return lines
    }

    private func ruleLines(_ configuration: Configuration) -> [String] {
        var lines: [String] = []
        for (direction, heading) in [
            (ForwardingDirection.inbound, "Inbound forwarding:"), (.outbound, "Outbound forwarding:"),
        ] {
            let rules = configuration.forwardingRules.filter { $0.direction == direction }
            if !rules.isEmpty { lines += [heading] + rules.map { "    \($0)" } }
        }
        return lines
    }

    /// How to connect QEMU to passt's socket, for the log at info level.
    static func hypervisorHint(socketPath: String, mode: Configuration.Mode) -> [String] {
        switch mode {
        case .passt:
            [
                "You can now start QEMU (7.2 or later):",
                "    qemu-system-... -device virtio-net-pci,netdev=s "
                    + "-netdev stream,id=s,server=off,addr.type=unix,addr.path=\(socketPath)",
            ]
        case .vhostUser:
            [
                "You can now start QEMU:",
                "    qemu-system-... -chardev socket,id=c,path=\(socketPath) "
                    + "-netdev vhost-user,id=n,chardev=c -device virtio-net,netdev=n",
                "    -object memory-backend-memfd,id=m,share=on,size=RAMSIZE -numa node,memdev=m",
            ]
        case .pasta: []
        }
    }
}
