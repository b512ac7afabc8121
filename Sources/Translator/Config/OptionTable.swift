// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later

/// Every option there is, in the order of the help text: the scanner, the help and the documentation tests
/// read it.
///
/// The order also decides how ambiguous abbreviations are listed.
enum OptionTable {
    static let rows: [OptionRow] =
        processRows + addressingRows + resolverRows + protocolRows + forwardingRows + machineRows
        + namespaceRows

    private static let processRows: [OptionRow] = [
        OptionRow(.answer(.help), "help", letter: "h", "Show this help and exit"),
        OptionRow(.answer(.version), "version", "Show the version and exit"),
        OptionRow(
            .answer(.capabilities), "print-capabilities", "Print back-end capabilities as JSON and exit"),
        OptionRow(.process(.debug), "debug", letter: "d", "Log debug messages to standard error"),
        OptionRow(.process(.trace), "trace", "Log every packet and event, too; implies --debug"),
        OptionRow(.process(.quiet), "quiet", letter: "q", "Log warnings and errors only"),
        OptionRow(
            .process(.statistics), "stats", argument: "DELAY",
            "Show counters at most every DELAY seconds; needs --foreground", default: "0, never"),
        OptionRow(
            .process(.statisticsJSON), "stats-json",
            "Show counters as JSON objects on standard output; needs --stats"),
        OptionRow(
            .process(.foreground), "foreground", letter: "f", "Stay in the foreground",
            default: "run in background", inPasta: "run in background, unless a command is started"),
        OptionRow(.process(.standardError), "stderr", letter: "e", "Ignored, deprecated"),
        OptionRow(
            .process(.logFile), "log-file", letter: "l", argument: "PATH",
            "Log to this file instead of the system log"),
        OptionRow(
            .process(.logSize), "log-size", argument: "BYTES", "Largest size of the log file",
            default: "1048576"),
        OptionRow(
            .process(.runAs), "runas", argument: "UID[:GID]",
            "Change to this user and group, by number or name", default: "nobody, if started by root"),
        OptionRow(
            .process(.controlPath), "conf-path", letter: "c", argument: "PATH",
            "Take changes of port forwarding on this UNIX socket"),
        OptionRow(
            .process(.capture), "pcap", letter: "p", argument: "FILE",
            "Capture the traffic of the link to this file"),
        OptionRow(
            .process(.pidFile), "pid", letter: "P", argument: "FILE",
            "Write the process ID to this file once everything is ready"),
        OptionRow(
            .process(.readyDescriptor), "ready-fd", argument: "FD",
            "Write a byte to this open descriptor once everything is ready"),
        OptionRow(
            .process(.exitDescriptor), "exit-fd", argument: "FD",
            "Exit once this open descriptor can be read or its other end is closed"),
        OptionRow(
            .process(.chrootFallback), "chroot-fallback",
            "Change the root directory where pivoting to an empty one is not possible"),
        OptionRow(
            .process(.reactor), "reactor", argument: "auto|ring|epoll",
            "How to wait for and perform I/O", default: "$PASST_REACTOR, else auto: io_uring if offered"),
        OptionRow(
            .process(.noOffload), "no-offload",
            "Exchange plain frames only, without checksum or segmentation offload"),
    ]

    private static let addressingRows: [OptionRow] = [
        OptionRow(
            .addressing(.mtu), "mtu", letter: "m", argument: "MTU",
            "MTU told by DHCP and NDP, 0 to leave it to the other side", default: "65520"),
        OptionRow(
            .addressing(.address), "address", letter: "a", argument: "ADDR[/LEN]",
            "Address to assign, one for each IP version", default: "as on the host"),
        OptionRow(
            .addressing(.netmask), "netmask", letter: "n", argument: "MASK",
            "IPv4 mask, as an address or a number of bits", default: "as on the host"),
        OptionRow(
            .addressing(.ourMAC), "mac-addr", letter: "M", argument: "MAC",
            "Our own MAC address on the link", default: "9a:55:9a:55:9a:55"),
        OptionRow(
            .addressing(.gateway), "gateway", letter: "g", argument: "ADDR",
            "Default gateway, one for each IP version", default: "as on the host"),
        OptionRow(
            .addressing(.interface), "interface", letter: "i", argument: "INTERFACE",
            "Host interface to take addresses and routes from",
            default: "--outbound-if4 and -if6, else that of the first default route"),
        OptionRow(
            .addressing(.outbound), "outbound", letter: "o", argument: "ADDR",
            "Source address of outbound sockets, one for each IP version", default: "the kernel's choice"),
        OptionRow(
            .addressing(.outboundInterface4), "outbound-if4", argument: "INTERFACE",
            "Bind outbound IPv4 sockets to this interface", default: "the kernel's choice"),
        OptionRow(
            .addressing(.outboundInterface6), "outbound-if6", argument: "INTERFACE",
            "Bind outbound IPv6 sockets to this interface", default: "the kernel's choice"),
        OptionRow(.addressing(.ipv4Only), "ipv4-only", letter: "4", "IPv4 only", default: "both versions"),
        OptionRow(.addressing(.ipv6Only), "ipv6-only", letter: "6", "IPv6 only", default: "both versions"),
        OptionRow(
            .addressing(.hostname), "hostname", letter: "H", argument: "NAME", "Host name to tell by DHCP",
            default: "none"),
        OptionRow(
            .addressing(.fqdn), "fqdn", argument: "NAME", "Fully qualified name to tell by DHCP and DHCPv6",
            default: "none"),
    ]

    private static let resolverRows: [OptionRow] = [
        OptionRow(
            .resolver(.resolver), "dns", letter: "D", argument: "ADDR|none",
            "Resolver to tell, up to three for each IP version", default: "from /etc/resolv.conf"),
        OptionRow(
            .resolver(.forward), "dns-forward", argument: "ADDR",
            "Forward DNS traffic sent to ADDR to the resolver of the host", default: "none"),
        OptionRow(
            .resolver(.host), "dns-host", argument: "ADDR",
            "The resolver of the host that DNS is forwarded to",
            default: "first of /etc/resolv.conf"),
        OptionRow(
            .resolver(.search), "search", letter: "S", argument: "LIST|none",
            "Search domains to tell, separated by spaces, up to six", default: "from /etc/resolv.conf"),
        OptionRow(
            .resolver(.noAdvertise), "no-dhcp-dns", modes: .machine,
            "Do not tell resolvers by DHCP, DHCPv6 and NDP"),
        OptionRow(.resolver(.advertise), "dhcp-dns", modes: .pasta, "Tell resolvers by DHCP, DHCPv6 and NDP"),
        OptionRow(
            .resolver(.noAdvertiseSearch), "no-dhcp-search", modes: .machine,
            "Do not tell search domains by DHCP, DHCPv6 and NDP"),
        OptionRow(
            .resolver(.advertiseSearch), "dhcp-search", modes: .pasta,
            "Tell search domains by DHCP, DHCPv6 and NDP"),
    ]

    private static let protocolRows: [OptionRow] = [
        OptionRow(.transport(.noTCP), "no-tcp", "No TCP, either way"),
        OptionRow(.transport(.noUDP), "no-udp", "No UDP, either way"),
        OptionRow(.transport(.noICMP), "no-icmp", "No ICMP and ICMPv6 echo; implies --no-ndp"),
        OptionRow(.transport(.noDHCP), "no-dhcp", "No DHCP server"),
        OptionRow(.transport(.noDHCPv6), "no-dhcpv6", "No DHCPv6 server"),
        OptionRow(.transport(.noNDP), "no-ndp", "No NDP answers"),
        OptionRow(.transport(.noRouterAdvertisements), "no-ra", "No router advertisements"),
    ]

    private static let forwardingRows: [OptionRow] = [
        OptionRow(
            .forwarding(.tcpPorts), "tcp-ports", letter: "t", argument: "SPEC",
            "Forward TCP ports of the host, see below", default: "none", inPasta: "auto"),
        OptionRow(
            .forwarding(.udpPorts), "udp-ports", letter: "u", argument: "SPEC",
            "Forward UDP ports of the host, see below", default: "none", inPasta: "auto"),
        OptionRow(
            .forwarding(.tcpNamespacePorts), "tcp-ns", letter: "T", argument: "SPEC", modes: .pasta,
            "Forward TCP ports of the namespace's loopback to the host's", default: "auto"),
        OptionRow(
            .forwarding(.udpNamespacePorts), "udp-ns", letter: "U", argument: "SPEC", modes: .pasta,
            "Forward UDP ports of the namespace's loopback to the host's", default: "auto"),
        OptionRow(
            .forwarding(.noMapGateway), "no-map-gw", "Do not let the gateway address stand for the host"),
        OptionRow(
            .forwarding(.mapHostLoopback), "map-host-loopback", argument: "ADDR|none",
            "Let ADDR stand for the host's loopback address", default: "the gateway"),
        OptionRow(
            .forwarding(.mapGuestAddress), "map-guest-addr", argument: "ADDR|none",
            "Let ADDR stand for the host's own address", default: "none"),
        OptionRow(
            .forwarding(.freebind), "freebind", "Allow listening on addresses that are not there (yet)"),
        OptionRow(
            .forwarding(.loopbackToLoopback), "host-lo-to-ns-lo", modes: .pasta,
            "Deliver connections to the host's loopback to the namespace's loopback"),
        OptionRow(.forwarding(.noSplice), "no-splice", "Carry loopback connections over the link, too"),
        OptionRow(
            .forwarding(.spliceOnly), "splice-only", modes: .pasta,
            "Forward loopback connections only, without a link"),
    ]

    private static let machineRows: [OptionRow] = [
        OptionRow(
            .machine(.socket), "socket", alias: "socket-path", letter: "s", argument: "PATH", modes: .machine,
            "UNIX socket for the hypervisor", default: "first free /tmp/passt_N.socket"),
        OptionRow(
            .machine(.descriptor), "fd", letter: "F", argument: "FD", modes: .machine,
            "Use this open, connected socket; implies --one-off"),
        OptionRow(
            .machine(.oneOff), "one-off", letter: "1", modes: .machine,
            "Quit when the first client disconnects"),
        OptionRow(
            .machine(.vhostUser), "vhost-user", modes: .vhostUser,
            "Speak vhost-user instead of length-prefixed frames"),
        OptionRow(
            .machine(.repairPath), "repair-path", argument: "PATH|none", modes: .vhostUser,
            "UNIX socket for passt-repair", default: "the socket's path with .repair appended"),
        OptionRow(
            .machine(.exitAfterMigration), "migrate-exit", modes: .vhostUser,
            "Exit after a migration away from here, deprecated"),
        OptionRow(
            .machine(.closeAfterMigration), "migrate-no-linger", modes: .vhostUser,
            "Close TCP sockets after a migration away from here, deprecated"),
    ]

    private static let namespaceRows: [OptionRow] = [
        OptionRow(
            .namespace(.interfaceName), "ns-ifname", letter: "I", argument: "NAME", modes: .pasta,
            "Name of the interface in the namespace", default: "as on the host, else tap0"),
        OptionRow(
            .namespace(.userNamespace), "userns", argument: "PATH", modes: .pasta, "User namespace to join",
            default: "that of PID"),
        OptionRow(
            .namespace(.networkNamespace), "netns", argument: "PATH|NAME", modes: .pasta,
            "Network namespace to join; a NAME is looked up in /run/netns"),
        OptionRow(
            .namespace(.networkNamespaceOnly), "netns-only", modes: .pasta,
            "Neither join nor create a user namespace; implied by --netns without --userns"),
        OptionRow(
            .namespace(.noQuit), "no-netns-quit", modes: .pasta,
            "Keep running when the network namespace is removed"),
        OptionRow(
            .namespace(.configure), "config-net", modes: .pasta,
            "Configure interface, addresses and routes in the namespace; implies --no-ra"),
        OptionRow(
            .namespace(.noCopyRoutes), "no-copy-routes", modes: .pasta,
            "Configure a default route only, deprecated; needs --config-net"),
        OptionRow(
            .namespace(.noCopyAddresses), "no-copy-addrs", modes: .pasta,
            "Configure one address of each IP version only, deprecated; needs --config-net"),
        OptionRow(
            .namespace(.macAddress), "ns-mac-addr", argument: "MAC", modes: .pasta,
            "MAC address of the interface in the namespace", default: "the kernel's choice"),
    ]
}
