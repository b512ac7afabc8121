// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// What existing callers rely on: every name, letter and arity, and where an option may be used.
@Suite("The option contract")
struct OptionContractTests {
    private static let everywhere = OptionModes.all

    /// Names, an argument that is accepted (nil: takes none), modes.
    private static let contract: [(names: [String], argument: String?, modes: OptionModes)] = [
        (["debug", "d"], nil, everywhere), (["trace"], nil, everywhere), (["quiet", "q"], nil, everywhere),
        (["foreground", "f"], nil, everywhere), (["stderr", "e"], nil, everywhere),
        (["log-file", "l"], "/l", everywhere), (["log-size"], "40960", everywhere),
        (["runas"], "1:2", everywhere), (["conf-path", "c"], "/c", everywhere),
        (["pcap", "p"], "/p", everywhere), (["pid", "P"], "/P", everywhere),
        (["chroot-fallback"], nil, everywhere), (["mtu", "m"], "65521", everywhere),
        (["address", "a"], "192.0.2.1/24", everywhere), (["netmask", "n"], "255.255.255.0", everywhere),
        (["mac-addr", "M"], "9a:55:9a:55:9a:55", everywhere), (["gateway", "g"], "fe80::1", everywhere),
        (["interface", "i"], "eth0", everywhere), (["outbound", "o"], "127.0.0.1", everywhere),
        (["outbound-if4"], "eth0", everywhere), (["outbound-if6"], "eth0", everywhere),
        (["ipv4-only", "4"], nil, everywhere), (["ipv6-only", "6"], nil, everywhere),
        (["hostname", "H"], "h", everywhere), (["fqdn"], "h.example", everywhere),
        (["dns", "D"], "none", everywhere), (["dns-forward"], "192.0.2.3", everywhere),
        (["dns-host"], "127.0.0.53", everywhere), (["search", "S"], "a b", everywhere),
        (["no-dhcp-dns"], nil, .machine), (["dhcp-dns"], nil, .pasta), (["no-dhcp-search"], nil, .machine),
        (["dhcp-search"], nil, .pasta), (["no-tcp"], nil, everywhere), (["no-udp"], nil, everywhere),
        (["no-icmp"], nil, everywhere), (["no-dhcp"], nil, everywhere), (["no-dhcpv6"], nil, everywhere),
        (["no-ndp"], nil, everywhere), (["no-ra"], nil, everywhere),
        (["tcp-ports", "t"], "22-22:23-23", everywhere), (["udp-ports", "u"], "none", everywhere),
        (["tcp-ns", "T"], "5432", .pasta), (["udp-ns", "U"], "auto", .pasta),
        (["no-map-gw"], nil, everywhere),
        (["map-host-loopback"], "none", everywhere), (["map-guest-addr"], "169.254.1.2", everywhere),
        (["freebind"], nil, everywhere), (["host-lo-to-ns-lo"], nil, .pasta),
        (["no-splice"], nil, everywhere),
        (["splice-only"], nil, .pasta), (["socket", "socket-path", "s"], "/s", .machine),
        (["fd", "F"], "0", .machine), (["one-off", "1"], nil, .machine),
        (["repair-path"], "/r", .vhostUser), (["migrate-exit"], nil, .vhostUser),
        (["migrate-no-linger"], nil, .vhostUser), (["ns-ifname", "I"], "tap0", .pasta),
        (["userns"], "/u", .pasta), (["netns"], "blue", .pasta), (["netns-only"], nil, .pasta),
        (["no-netns-quit"], nil, .pasta), (["config-net"], nil, .pasta),
        (["ns-mac-addr"], "02:00:00:00:00:01", .pasta),
    ]

    @Test("every option is accepted in each form, in its modes only", arguments: contract.indices)
    func forms(index: Int) {
        let option = Self.contract[index]
        for mode: Configuration.Mode in [.passt, .vhostUser, .pasta] {
            for name in option.names {
                for words in Self.spellings(name, option.argument) {
                    let error = Self.failure(mode, words)
                    #expect(
                        (error == nil) == option.modes.contains(mode),
                        "\(mode) \(words): \(error ?? "accepted")")
                }
            }
        }
    }

    @Test(
        "an argument is wanted where there is one, and refused where there is none",
        arguments: contract.indices)
    func arity(index: Int) {
        let option = Self.contract[index]
        for name in option.names where name.count > 1 {
            let text = option.argument == nil ? "--\(name)=x" : "--\(name)"
            let wording = option.argument == nil ? "doesn't allow an argument" : "requires an argument"
            #expect(Self.failure(.pasta, [text])?.contains("option '--\(name)' \(wording)") == true)
        }
    }

    @Test("what needs another option is accepted with it")
    func company() {
        #expect(Self.failure(.pasta, ["--no-copy-routes", "--no-copy-addrs", "--config-net"]) == nil)
        #expect(Self.failure(.passt, ["--stats=5", "-f"]) == nil)
        #expect(Self.failure(.pasta, ["--repair-path", "none"]) == nil)
    }

    private static func spellings(_ name: String, _ argument: String?) -> [[String]] {
        guard name.count > 1 else {
            return argument.map { [["-\(name)", $0], ["-\(name)\($0)"], ["-q\(name)\($0)"]] } ?? [
                ["-\(name)"], ["-q\(name)"],
            ]
        }
        return argument.map { [["--\(name)", $0], ["--\(name)=\($0)"]] } ?? [["--\(name)"]]
    }

    private static func failure(_ mode: Configuration.Mode, _ words: [String]) -> String? {
        let program = mode == .pasta ? ["pasta"] : mode == .passt ? ["passt"] : ["passt", "--vhost-user"]
        guard case .failure(let error, _) = Invocation(arguments: program + words) else { return nil }
        return error.message
    }
}
