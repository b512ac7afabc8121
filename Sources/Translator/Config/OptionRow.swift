// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// The modes that an option belongs to.
struct OptionModes: OptionSet {
    let rawValue: UInt8
    static let passt = OptionModes(rawValue: 1)
    static let vhostUser = OptionModes(rawValue: 2)
    static let pasta = OptionModes(rawValue: 4)
    static let machine: OptionModes = [.passt, .vhostUser]
    static let all: OptionModes = [.passt, .vhostUser, .pasta]

    func contains(_ mode: Configuration.Mode) -> Bool {
        switch mode {
        case .passt: isSuperset(of: .passt)
        case .vhostUser: isSuperset(of: .vhostUser)
        case .pasta: isSuperset(of: .pasta)
        }
    }
}

/// Which option it is, by the group under which help and man page list it.
enum OptionIdentity: Hashable {
    case answer(AnswerOption)
    case process(ProcessOption)
    case addressing(AddressingOption)
    case resolver(ResolverOption)
    case transport(ProtocolOption)
    case forwarding(ForwardingOption)
    case machine(MachineOption)
    case namespace(NamespaceOption)
    /// Of pesto only.
    case client(ClientOption)
}

/// Options that are answered at once, instead of running.
enum AnswerOption: CaseIterable {
    case help, version, capabilities
}

/// Process, logging, files.
enum ProcessOption: CaseIterable {
    case debug, trace, quiet, statistics, foreground, standardError, logFile, logSize, runAs, controlPath
    case capture, pidFile, chrootFallback, reactor, noOffload
    case readyDescriptor, exitDescriptor, statisticsJSON
}

/// Addresses and names of the guest, and of what it talks through.
enum AddressingOption: CaseIterable {
    case mtu, address, netmask, ourMAC, gateway, interface, outbound, outboundInterface4, outboundInterface6
    case ipv4Only, ipv6Only, hostname, fqdn
}

/// DNS.
enum ResolverOption: CaseIterable {
    case resolver, forward, host, search, noAdvertise, advertise, noAdvertiseSearch, advertiseSearch
}

/// Protocol switches.
enum ProtocolOption: CaseIterable {
    case noTCP, noUDP, noICMP, noDHCP, noDHCPv6, noNDP, noRouterAdvertisements
}

/// Address mapping and port forwarding.
enum ForwardingOption: CaseIterable {
    case tcpPorts, udpPorts, tcpNamespacePorts, udpNamespacePorts
    case noMapGateway, mapHostLoopback, mapGuestAddress, freebind, loopbackToLoopback, noSplice, spliceOnly
}

/// Options for virtual machines.
enum MachineOption: CaseIterable {
    case socket, descriptor, oneOff, vhostUser, repairPath, exitAfterMigration, closeAfterMigration
}

/// Options for namespaces.
enum NamespaceOption: CaseIterable {
    case interfaceName, userNamespace, networkNamespace, networkNamespaceOnly, noQuit, configure
    case noCopyRoutes, noCopyAddresses, macAddress
}

/// Options of pesto that passt and pasta have not.
enum ClientOption: CaseIterable {
    case add, delete, clear, show
}

/// One option: what the scanner accepts and the documentation says.
struct OptionRow {
    let identity: OptionIdentity
    /// Long names without the dashes; the first is the one to show.
    let names: [String]
    let letter: Character?
    /// Placeholder of the argument; nil: the option takes none.
    let argument: String?
    let modes: OptionModes
    /// One line, a clause that starts in the imperative.
    let help: String
    /// What holds without the option, where that is not simply "off".
    let passtDefault: String?
    let pastaDefault: String?

    init(
        _ identity: OptionIdentity, _ name: String, alias: String? = nil, letter: Character? = nil,
        argument: String? = nil, modes: OptionModes = .all, _ help: String, default common: String? = nil,
        inPasta pastaDefault: String? = nil
    ) {
        self.identity = identity
        names = alias.map { [name, $0] } ?? [name]
        self.letter = letter
        self.argument = argument
        self.modes = modes
        self.help = help
        passtDefault = common
        self.pastaDefault = pastaDefault ?? common
    }

    var name: String { names[0] }

    func defaultText(in mode: Configuration.Mode) -> String? {
        switch mode {
        case .passt, .vhostUser: passtDefault
        case .pasta: pastaDefault
        }
    }
}
