// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("A command line becomes a configuration")
struct InvocationTests {
    @Test(
        "the name decides the mode, and --vhost-user before the first operand overrules it",
        arguments: [
            ("pasta", Configuration.Mode.pasta), ("/usr/bin/pasta.avx2", .pasta), ("mypastaX", .pasta),
            ("passt-pasta", .pasta), ("passt", .passt), ("/pasta/passt", .passt), ("passt4netns", .pasta),
            ("pasta --vhost-user", .vhostUser), ("anything -q --vhost", .vhostUser),
            ("passt -t 22 --vhost-user", .vhostUser),
            ("pasta -- --vhost-user", .pasta), ("pasta true --vhost-user", .pasta),
            ("pasta --netns --vhost-user", .pasta),
        ])
    func mode(line: String, mode: Configuration.Mode) throws {
        #expect(try accepted(line).mode == mode)
    }

    @Test("another name is refused", arguments: ["", "past", "/pasta/x", "./"])
    func unknownName(line: String) {
        #expect(failure(of: line)?.message.contains("passt or pasta") == true)
    }

    @Test("help and version are answered as soon as they are met, by mode")
    func answers() {
        #expect(describe(invocation("pasta -q --help --nosuch")) == "help pasta")
        #expect(describe(invocation("passt -h")) == "help passt")
        #expect(describe(invocation("pasta --vers true")) == "version pasta")
        #expect(describe(invocation("passt --vhost-user --version")) == "version vhostUser")
        #expect(describe(invocation("pasta --print-capabilities")) == "capabilities")
        #expect(describe(invocation("pasta --nosuch --help")) == "failure")
        #expect(VersionText.text(for: .vhostUser).hasPrefix("passt \(VersionText.number)\n"))
        #expect(VersionText.text(for: .pasta).hasPrefix("pasta \(VersionText.number)\n"))
    }

    @Test(
        "a wrong option shows usage, a wrong value does not",
        arguments: [
            ("pasta --nosuch", true), ("pasta -Z", true), ("pasta --netns", true), ("pasta --mtu x", false),
            ("passt x", false), ("pasta --socket x", false),
        ])
    func usage(line: String, showsUsage: Bool) {
        #expect(failure(of: line)?.showsUsage == showsUsage)
    }

    @Test(
        "the last of debug and quiet counts",
        arguments: [
            ("pasta", Configuration.Verbosity.normal), ("pasta -d", .debug), ("pasta -q", .quiet),
            ("pasta -dq", .quiet),
            ("pasta -qd", .debug), ("pasta --trace", .trace), ("pasta --trace -d", .trace),
            ("pasta --trace -q", .quiet),
            ("pasta --trace -qd", .debug),
        ])
    func verbosity(line: String, verbosity: Configuration.Verbosity) throws {
        #expect(try accepted(line).verbosity == verbosity)
    }

    @Test("the reactor comes from the environment unless an option says otherwise")
    func reactor() throws {
        func choice(_ line: String, _ variable: String?) -> Configuration.ReactorChoice? {
            if case .run(let configuration, _) = invocation(line, reactorVariable: variable) {
                configuration.reactor
            } else {
                nil
            }
        }

        #expect(choice("pasta", nil) == .automatic)
        #expect(choice("pasta", "") == .automatic)
        #expect(choice("pasta", "epoll") == .epoll)
        #expect(choice("pasta --reactor ring", "epoll") == .ring)
        #expect(choice("pasta --reactor auto", "epoll") == .automatic)
        #expect(choice("pasta", "select") == nil)
        #expect(choice("pasta --reactor select", nil) == nil)
        #expect(try accepted("pasta --no-offload").forbidsOffload)
    }

    @Test("process options are kept")
    func process() throws {
        let configuration = try accepted(
            "pasta -f --stats 5 -l /l --log-size 0x10000 --runas 1:2 -c /c -p /p -P /P --chroot-fallback")

        #expect(configuration.isForeground)
        #expect(configuration.statisticsInterval == 5)
        #expect(configuration.logFile == "/l")
        #expect(configuration.logSize == 65536)
        #expect(configuration.runAs == "1:2")
        #expect(configuration.controlPath == "/c")
        #expect(configuration.captureFile == "/p")
        #expect(configuration.pidFile == "/P")
        #expect(configuration.allowsChrootFallback)
    }

    @Test(
        "what needs or excludes something else is found whatever the order",
        arguments: [
            ("passt --stats 1", false), ("passt --stats 1 -f", true), ("passt -f --stats 1", true),
            ("pasta --stats 1", true), ("pasta --stats 1 123", false),
            ("pasta --stats-json", false), ("pasta --stats-json --stats 1", true),
            ("pasta --ready-fd 3 --exit-fd 3", false), ("passt --ready-fd 3 --fd 3", false),
            ("pasta --ready-fd 3 --exit-fd 4", true), ("pasta --ready-fd x", false),
            ("pasta --exit-fd -1", false),
            ("pasta -a 192.0.2.1/24 -n 24", false), ("pasta -n 24 -a 192.0.2.1/24", false),
            ("pasta -n 24 -a 192.0.2.1", true), ("pasta -n 24 -a 2001:db8::1/64", true),
            ("pasta --no-splice --host-lo-to-ns-lo", false), ("pasta --host-lo-to-ns-lo --no-splice", false),
            ("pasta --splice-only --no-splice", false), ("passt --no-splice", true),
            ("pasta --no-copy-routes", false), ("pasta --no-copy-addrs --config-net", true),
            ("pasta --no-copy-addrs", false), ("pasta --no-copy-routes --config-net", true),
            ("pasta --netns x 12", false), ("pasta --netns x true", false), ("pasta --netns x", true),
        ])
    func combinations(line: String, isAccepted: Bool) {
        #expect((failure(of: line) == nil) == isAccepted)
    }

    @Test(
        "an option of another mode is refused",
        arguments: [
            "passt --netns x", "passt --userns x", "passt -I x", "passt --netns-only",
            "passt --no-netns-quit",
            "passt --config-net", "passt --no-copy-routes", "passt --no-copy-addrs",
            "passt --ns-mac-addr 02:00:00:00:00:01",
            "passt -T none", "passt -U none", "passt --dhcp-dns", "passt --dhcp-search",
            "passt --host-lo-to-ns-lo",
            "passt --splice-only", "passt --vhost-user --netns x", "pasta -s x", "pasta --socket-path x",
            "pasta -F 3",
            "pasta -1", "pasta --no-dhcp-dns", "pasta --no-dhcp-search", "pasta --repair-path x",
            "passt --repair-path x",
            "pasta --migrate-exit", "passt --migrate-exit", "passt --migrate-no-linger", "passt true",
            "passt 12",
        ])
    func wrongMode(line: String) {
        #expect(failure(of: line) != nil)
    }

    @Test(
        "an argument out of its domain is refused",
        arguments: [
            "pasta -m 65522", "pasta -m -1", "pasta -m 1k", "pasta --mtu=", "pasta --log-size 40959",
            "pasta --stats x -f",
            "pasta --runas :1", "pasta --runas 1:", "pasta --runas 1:2:3", "pasta -I averyveryverylong",
            "pasta -I a/b",
            "pasta -i .", "pasta --outbound-if4=", "pasta -a 127.0.0.1", "pasta -a 224.0.0.1",
            "pasta -a 0.0.0.0",
            "pasta -a 255.255.255.255", "pasta -a ::1", "pasta -a ff02::1", "pasta -a ::", "pasta -a host",
            "pasta -a 192.0.2.1/33", "pasta -a 2001:db8::1/129", "pasta -a ::ffff:192.0.2.1/95",
            "pasta -a 192.0.2.1/",
            "pasta -n 33", "pasta -n 255.0.255.0", "pasta -n 255.255.255.256", "pasta -M 02:00:00:00:00",
            "pasta -M 2:0:0:0:0:1", "pasta -M 01:00:5e:00:00:01", "pasta --ns-mac-addr ff:ff:ff:ff:ff:ff",
            "pasta -M 00:00:00:00:00:00", "pasta -g 0.0.0.0", "pasta -g 255.255.255.255",
            "pasta -g 127.0.0.1",
            "pasta -g ::", "pasta -g ::1", "pasta -g ff02::2", "pasta -o 0.0.0.0", "pasta -o 255.255.255.255",
            "pasta -o 224.0.0.1", "pasta -o ::", "pasta -o ::1", "pasta -o ::ffff:192.0.2.1",
            "pasta -o ::192.0.2.1",
            "pasta -o ff02::1", "pasta -D x", "pasta -D 0.0.0.0", "pasta --dns=",
            "pasta --dns-forward 127.0.0.1",
            "pasta --dns-forward ::1", "pasta --dns-forward 0.0.0.0", "pasta --dns-forward 255.255.255.255",
            "pasta --dns-host ::", "pasta --dns-host 255.255.255.255", "pasta --search=",
            "pasta -S a -S b -S c -S d -S e -S f -S g",
            "pasta --map-host-loopback 127.0.0.1", "pasta --map-host-loopback ::",
            "pasta --map-guest-addr ff02::1",
            "pasta --map-guest-addr 224.0.0.1", "pasta --netns=", "pasta --netns ..", "pasta --userns=",
            "pasta 2147483648", "pasta 0", "passt -F x", "passt -F -1", "passt --fd 2147483648",
            "passt --socket=",
        ])
    func refusedArgument(line: String) throws {
        let error = try #require(failure(of: line))

        #expect(error.message.hasSuffix("."))
        #expect(!error.message.contains("\n"))
    }

    @Test("paths of sockets have at most 107 bytes, names at most 253")
    func lengths() throws {
        let name = String(repeating: "a", count: 300)

        #expect(try accepted("passt -s \(name.prefix(107))").socketPath?.count == 107)
        #expect(failure(of: "passt -s \(name.prefix(108))") != nil)
        #expect(failure(of: "pasta -c \(name.prefix(108))") != nil)
        #expect(try accepted("pasta -H \(name.prefix(253))").hostname?.count == 253)
        #expect(failure(of: "pasta -H \(name.prefix(254))") != nil)
        #expect(failure(of: "pasta --fqdn \(name.prefix(254))") != nil)
    }
}

private func describe(_ result: Invocation) -> String {
    switch result {
    case .run: "run"
    case .help(let mode): "help \(mode)"
    case .version(let mode): "version \(mode)"
    case .capabilities: "capabilities"
    case .failure: "failure"
    }
}
