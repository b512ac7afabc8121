// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

extension ConfigurationDraft {
    /// Options for virtual machines.
    mutating func apply(_ which: MachineOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .socket:
            // The last one of --socket and --fd wins.
            configuration.socketPath = try option.path(limit: ScannedOption.longestSocketPath)
            configuration.inheritedDescriptor = nil
        case .descriptor:
            configuration.inheritedDescriptor = try option.number(in: 0...Int32.max)
            configuration.socketPath = nil
        case .oneOff: isOneOffRequested = true
        case .vhostUser: break  // Decided the mode already.
        case .repairPath: try repairPath(option)
        case .exitAfterMigration:
            configuration.exitsAfterMigration = true
            warnings.append("\(option.spelling) is deprecated.")
        case .closeAfterMigration:
            configuration.closesAfterMigration = true
            warnings.append("\(option.spelling) is deprecated.")
        }
    }

    private mutating func repairPath(_ option: ScannedOption) throws(ConfigurationError) {
        configuration.isRepairDisabled = option.argument == "none"
        if configuration.isRepairDisabled {
            configuration.repairPath = nil
            return
        }
        guard configuration.mode == .vhostUser else {
            throw ConfigurationError("\(option.spelling) other than none needs --vhost-user.")
        }
        configuration.repairPath = try option.path(limit: ScannedOption.longestSocketPath)
    }

    /// Options for namespaces.
    mutating func apply(_ which: NamespaceOption, _ option: ScannedOption) throws(ConfigurationError) {
        switch which {
        case .interfaceName: configuration.namespaceInterface = try option.interfaceName()
        case .userNamespace:
            configuration.userNamespace = try option.path()
            isNetworkNamespaceOnlyRequested = false
        case .networkNamespace: networkNamespace = try namespacePath(option)
        case .networkNamespaceOnly:
            isNetworkNamespaceOnlyRequested = true
            configuration.userNamespace = nil
        case .noQuit: configuration.quitsWithNamespace = false
        case .configure: configuration.configuresNamespace = true
        case .noCopyRoutes:
            hasCopyRoutesOption = true
            configuration.copiesRoutes = .init(v4: false, v6: false)
            warnings.append("\(option.spelling) is deprecated: give --gateway instead.")
        case .noCopyAddresses:
            hasCopyAddressesOption = true
            configuration.copiesAddresses = .init(v4: false, v6: false)
            warnings.append("\(option.spelling) is deprecated: give --address instead.")
        case .macAddress: configuration.namespaceMAC = try option.macAddress()
        }
    }

    /// Where `ip netns` keeps names.
    static let namespaceDirectory = "/run/netns/"

    private func namespacePath(_ option: ScannedOption) throws(ConfigurationError) -> String {
        let path = try option.path()
        if path.utf8.contains(UInt8(ascii: "/")) { return path }
        guard path != ".", path != ".." else {
            throw option.invalid("give a path or the name of a namespace")
        }
        return Self.namespaceDirectory + path
    }

    /// What follows the options.
    mutating func apply(operands: [String]) throws(ConfigurationError) {
        guard isPasta else {
            if let first = operands.first {
                throw ConfigurationError("Unexpected argument '\(first)': passt takes options only.")
            }
            return
        }
        configuration.isNetnsOnly = isNetworkNamespaceOnlyRequested
        if let networkNamespace {
            guard operands.isEmpty else {
                throw ConfigurationError(
                    "--netns cannot be combined with a PID or command ('\(operands[0])').")
            }
            configuration.target = .namespace(networkNamespace)
            if configuration.userNamespace == nil { configuration.isNetnsOnly = true }
        } else if operands.count == 1, !operands[0].isEmpty,
            operands[0].utf8.allSatisfy({ 0x30...0x39 ~= $0 })
        {
            guard let number = NumberText.decimal(operands[0]), let process = Int32(exactly: number),
                process > 0
            else {
                throw ConfigurationError("Invalid PID '\(operands[0])'.")
            }
            configuration.target = .process(process)
        } else {
            configuration.target = .command(operands)
        }
    }
}
