// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// What options imply for each other, and what does not go together, whatever their order.
    mutating func check() throws(ConfigurationError) {
        try checkSplice()
        try checkNamespaceCopies()
        if let length = configuration.address.v4?.prefixLength, configuration.netmask != nil {
            throw ConfigurationError(
                "--netmask cannot be combined with a prefix length in --address ('/\(length)').")
        }
        if configuration.statisticsInterval != 0, !configuration.isForeground, !startsCommand {
            throw ConfigurationError("--stats needs --foreground.")
        }
        if configuration.writesStatisticsAsJSON, configuration.statisticsInterval == 0 {
            throw ConfigurationError("--stats-json needs --stats.")
        }
        try checkDescriptors()
        configuration.isOneOff = isOneOffRequested || configuration.inheritedDescriptor != nil
        if configuration.configuresNamespace { configuration.services.routerAdvertisements = false }
        warnAboutMTU()
    }

    /// Each inherited descriptor has one purpose.
    private func checkDescriptors() throws(ConfigurationError) {
        let given = [
            ("--fd", configuration.inheritedDescriptor), ("--ready-fd", configuration.readyDescriptor),
            ("--exit-fd", configuration.exitDescriptor),
        ].filter { $0.1 != nil }
        for (index, first) in given.enumerated() {
            for second in given[(index + 1)...] where second.1 == first.1 {
                throw ConfigurationError("\(first.0) and \(second.0) name the same descriptor.")
            }
        }
    }

    private var startsCommand: Bool {
        if isPasta, case .command = configuration.target { true } else { false }
    }

    private mutating func checkSplice() throws(ConfigurationError) {
        if configuration.forbidsSplice {
            if configuration.isSpliceOnly {
                throw ConfigurationError("--splice-only contradicts --no-splice.")
            }
            if configuration.mapsHostLoopbackToNamespaceLoopback {
                throw ConfigurationError("--host-lo-to-ns-lo contradicts --no-splice.")
            }
        }
        if configuration.isSpliceOnly {
            configuration.mapsHostLoopbackToNamespaceLoopback = true
            configuration.isDNSDisabled = true
            configuration.isSearchDisabled = true
            disableICMP()
        }
    }

    private func checkNamespaceCopies() throws(ConfigurationError) {
        guard !configuration.configuresNamespace else { return }
        if hasCopyRoutesOption { throw ConfigurationError("--no-copy-routes needs --config-net.") }
        if hasCopyAddressesOption { throw ConfigurationError("--no-copy-addrs needs --config-net.") }
    }

    private mutating func warnAboutMTU() {
        guard configuration.mtu != 0 else { return }
        if configuration.isEnabled.v4, configuration.mtu < 68 {  // RFC 791, section 3.2
            warnings.append("The MTU of \(configuration.mtu) is too small for IPv4, which needs 68.")
        }
        if configuration.isEnabled.v6, configuration.mtu < 1280 {  // RFC 8200, section 5
            warnings.append("The MTU of \(configuration.mtu) is too small for IPv6, which needs 1280.")
        }
    }
}
