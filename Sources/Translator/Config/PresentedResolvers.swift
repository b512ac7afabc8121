// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

// Which resolvers the guest is told, and which of its DNS traffic goes to the host's resolver instead.
//
// A resolver on the host's loopback cannot be reached from the guest by its address, and one on the address
// that stands for the host's loopback would be hidden by that mapping. In both cases the guest is told an
// address of ours (--dns-forward, else the one that stands for loopback), and DNS to it is forwarded to the
// real resolver.

extension PresentedNetwork {
    mutating func presentResolvers(_ configuration: Configuration, _ file: ResolverFile) {
        let isAdvertised =
            !configuration.isDNSDisabled && (configuration.advertisesDNS ?? (configuration.mode != .pasta))
        for version in IPVersion.allCases where mapping[version].isEnabled && !configuration.isSpliceOnly {
            let told = resolvers(version, configuration, file)
            guard isAdvertised else { continue }
            switch version {
            case .v4: guest.ipv4?.resolvers = told.compactMap(\.v4)
            case .v6: guest.ipv6?.resolvers = told.compactMap(\.v6)
            }
        }
        if isAdvertised, guest.ipv4?.resolvers.isEmpty ?? true, guest.ipv6?.resolvers.isEmpty ?? true {
            warnings.append(
                "There is no resolver to tell the \(configuration.mode.guestNoun): give one with --dns.")
        }
    }

    /// More than these are not told (resolv.conf(5): MAXNS).
    private static let mostResolvers = 3

    /// Sets the DNS rule of the version, and returns the resolvers that the guest can use.
    private mutating func resolvers(
        _ version: IPVersion, _ configuration: Configuration, _ file: ResolverFile
    ) -> [IPAddress] {
        let forward = configuration.dnsForward[version]
        let mapped = mapping[version].mappedLoopback
        var match = forward
        var real = configuration.dnsHost[version]
        var told = configuration.resolvers[version]
        if told.isEmpty, !configuration.isDNSDisabled {
            for resolver in file.nameservers[version] {
                guard resolver.isLoopback || resolver == mapped else {
                    told.append(resolver)
                    continue
                }
                guard let stand = forward ?? mapped else { continue }
                if !told.contains(stand) { told.append(stand) }
                if match == nil {
                    match = stand
                    real = real ?? resolver
                }
            }
        }
        setRule(version, match: match, real: real ?? file.nameservers[version].first)
        return Array(told.prefix(Self.mostResolvers))
    }

    private mutating func setRule(_ version: IPVersion, match: IPAddress?, real: IPAddress?) {
        guard let match else { return }
        guard let real else {
            warnings.append(
                "--dns-forward \(match) has no effect: /etc/resolv.conf names no IPv\(version.rawValue) "
                    + "resolver. Give one with --dns-host.")
            return
        }
        mapping[version].dnsMatch = match
        mapping[version].dnsHost = real
    }
}
