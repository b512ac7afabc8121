// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// A configuration in the making: options are applied from left to right, then everything is checked
/// together.
///
/// How each group of options is applied stands in the `Draft...` files, the checks in `DraftChecks.swift`.
struct ConfigurationDraft {
    var configuration: Configuration
    var warnings: [String] = []
    /// Arguments of `-t -u -T -U` in the order given: they depend on all other options.
    var portOptions: [(option: ForwardingOption, argument: ScannedOption)] = []
    /// `--one-off` itself; a descriptor implies it, too.
    var isOneOffRequested = false
    var hasCopyRoutesOption = false
    var hasCopyAddressesOption = false
    var isNetworkNamespaceOnlyRequested = false
    var networkNamespace: String?

    init(mode: Configuration.Mode) {
        configuration = Configuration()
        configuration.mode = mode
    }

    var isPasta: Bool { configuration.mode == .pasta }

    mutating func apply(_ option: ScannedOption) throws(ConfigurationError) {
        try checkMode(option)
        switch option.row.identity {
        case .answer, .client: break
        case .process(let which): try apply(which, option)
        case .addressing(let which): try apply(which, option)
        case .resolver(let which): try apply(which, option)
        case .transport(let which): apply(which)
        case .forwarding(let which): try apply(which, option)
        case .machine(let which): try apply(which, option)
        case .namespace(let which): try apply(which, option)
        }
    }

    private func checkMode(_ option: ScannedOption) throws(ConfigurationError) {
        let modes = option.row.modes
        // "none" asks for what holds anyway outside vhost-user mode.
        if modes.contains(configuration.mode) || option.row.identity == .machine(.repairPath) { return }
        if modes == .pasta { throw ConfigurationError("\(option.spelling) is for pasta mode only.") }
        if modes == .machine { throw ConfigurationError("\(option.spelling) is for passt mode only.") }
        throw ConfigurationError("\(option.spelling) needs --vhost-user.")
    }
}

extension ConfigurationDraft {
    mutating func apply(_ which: ProtocolOption) {
        switch which {
        case .noTCP: configuration.allowsTCP = false
        case .noUDP: configuration.allowsUDP = false
        case .noICMP: disableICMP()
        case .noDHCP: configuration.services.dhcp = false
        case .noDHCPv6: configuration.services.dhcpv6 = false
        case .noNDP: disableNDP()
        case .noRouterAdvertisements: configuration.services.routerAdvertisements = false
        }
    }

    mutating func disableICMP() {
        configuration.allowsICMP = false
        configuration.services.icmp = false
        disableNDP()
    }

    private mutating func disableNDP() {
        configuration.services.ndp = false
        configuration.services.routerAdvertisements = false
    }
}
