// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// What the command line asks for, after every check that needs no look at the host.
struct Configuration {
    enum Mode: UInt8 {
        case passt, vhostUser, pasta
    }

    /// The namespaces that pasta serves.
    enum Target: Equatable {
        /// New namespaces for a command; empty: the user's shell as a login shell.
        case command([String])
        /// The namespaces of a running process.
        case process(Int32)
        /// A network namespace by path; a bare NAME was already put below /run/netns.
        case namespace(String)
    }

    enum ReactorChoice: UInt8 {
        case automatic, ring, epoll
    }

    enum Verbosity: UInt8, Comparable {
        case quiet, normal, debug, trace
        static func < (left: Verbosity, right: Verbosity) -> Bool { left.rawValue < right.rawValue }
    }

    /// A pair of settings that exist once for each IP version.
    struct PerVersion<Value> {
        var v4: Value
        var v6: Value
    }

    var mode = Mode.pasta

    // Process, logging, files
    var verbosity = Verbosity.normal
    var isForeground = false
    /// Seconds between statistics tables; 0: none.
    var statisticsInterval: UInt32 = 0
    /// One JSON object per line on standard output instead.
    var writesStatisticsAsJSON = false
    var logFile: String?
    var logSize = 1_048_576
    var runAs: String?
    var controlPath: String?
    var captureFile: String?
    var pidFile: String?
    /// Inherited descriptor that gets a byte when everything is ready.
    var readyDescriptor: Int32?
    /// Inherited descriptor that ends the program.
    var exitDescriptor: Int32?
    var allowsChrootFallback = false
    var reactor = ReactorChoice.automatic
    /// Plain frames only, even where the link offers checksum and segmentation offload.
    var forbidsOffload = false

    // Addressing of the guest
    var mtu: UInt16 = 65520
    /// `--address`, with the prefix length where it was written with one.
    var address = PerVersion<(address: IPAddress, prefixLength: UInt8?)?>(v4: nil, v6: nil)
    /// `--netmask` as a prefix length.
    var netmask: UInt8?
    var ourMAC = MACAddress.defaultOurs
    var gateway = PerVersion<IPAddress?>(v4: nil, v6: nil)
    var interface: String?
    var outboundAddress = PerVersion<IPAddress?>(v4: nil, v6: nil)
    var outboundInterface = PerVersion<String?>(v4: nil, v6: nil)
    var isEnabled = PerVersion<Bool>(v4: true, v6: true)
    var hostname: String?
    var fqdn: String?

    // DNS
    /// `--dns` was given as "none" last: no resolver is told to the guest.
    var isDNSDisabled = false
    var resolvers = PerVersion<[IPAddress]>(v4: [], v6: [])
    var dnsForward = PerVersion<IPAddress?>(v4: nil, v6: nil)
    var dnsHost = PerVersion<IPAddress?>(v4: nil, v6: nil)
    /// `--search none`.
    var isSearchDisabled = false
    var searchDomains: [String] = []
    /// DHCP, NDP and DHCPv6 carry resolvers and search list; nil: the mode's default (passt yes, pasta no).
    var advertisesDNS: Bool?
    var advertisesSearch: Bool?

    // Protocols
    var allowsTCP = true
    var allowsUDP = true
    var allowsICMP = true
    var services = GuestNetwork.Services()

    // Mapping and forwarding
    var mapsGateway = true
    var mapHostLoopback = PerVersion<IPAddress?>(v4: nil, v6: nil)
    var mapGuestAddress = PerVersion<IPAddress?>(v4: nil, v6: nil)
    var forwardingRules: [ForwardingRule] = []
    var allowsFreebind = false
    var mapsHostLoopbackToNamespaceLoopback = false
    var forbidsSplice = false
    var isSpliceOnly = false

    // passt only
    var socketPath: String?
    /// Inherited, connected descriptor.
    var inheritedDescriptor: Int32?
    var isOneOff = false
    /// Socket for passt-repair; nil: the socket's path with ".repair" appended.
    var repairPath: String?
    /// `--repair-path none`.
    var isRepairDisabled = false
    /// `--migrate-exit`.
    var exitsAfterMigration = false
    /// `--migrate-no-linger`.
    var closesAfterMigration = false

    // pasta only
    var target = Target.command([])
    var namespaceInterface: String?
    var userNamespace: String?
    var isNetnsOnly = false
    var quitsWithNamespace = true
    var configuresNamespace = false
    var copiesRoutes = PerVersion<Bool>(v4: true, v6: true)
    var copiesAddresses = PerVersion<Bool>(v4: true, v6: true)
    var namespaceMAC: MACAddress?
}
