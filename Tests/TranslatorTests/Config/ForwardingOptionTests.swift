// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

/// One row of the table of examples: options behind the mode's name, and the rules they give, or nil for an
/// error.
struct PortExample: CustomTestStringConvertible, Sendable {
    let line: String
    let rules: [String]?

    init(_ line: String, _ rules: String...) {
        self.line = line
        self.rules = rules
    }

    static func error(_ line: String) -> PortExample { PortExample(line: line, rules: nil) }

    private init(line: String, rules: [String]?) {
        self.line = line
        self.rules = rules
    }

    var testDescription: String { line }
}

@Suite("Port specifiers become forwarding rules")
struct ForwardingOptionTests {
    @Test(
        "an accepted specifier gives these rules",
        arguments: [
            PortExample("pasta -t none"),
            PortExample("pasta -t 22", "TCP *:22  =>  22"),
            PortExample("pasta -t 2222:22", "TCP *:2222  =>  22"),
            PortExample("pasta -t 20000,20005", "TCP *:20000  =>  20000", "TCP *:20005  =>  20005"),
            PortExample("pasta -t 20000-20010", "TCP *:20000-20010  =>  20000-20010"),
            PortExample("pasta -t 20000-20010:30000-30010", "TCP *:20000-20010  =>  30000-30010"),
            PortExample(
                "pasta -t 20000-20005:30000-30005,20006:40000,20007", "TCP *:20000-20005  =>  30000-30005",
                "TCP *:20006  =>  40000", "TCP *:20007  =>  20007"),
            PortExample("pasta -t 22-22:22-22", "TCP *:22  =>  22"),
            PortExample(
                "pasta -t 20000-20010,~20003-20005", "TCP *:20000-20002  =>  20000-20002",
                "TCP *:20006-20010  =>  20006-20010"),
            PortExample(
                "pasta -t 20000-20010:30000-30010,~20003", "TCP *:20000-20002  =>  30000-30002",
                "TCP *:20004-20010  =>  30004-30010"),
            PortExample(
                "pasta -t ~20000-20010", "TCP *:1-19999  =>  1-19999  (best effort)",
                "TCP *:20011-32767  =>  20011-32767  (best effort)",
                "TCP *:61000-65535  =>  61000-65535  (best effort)"),
            PortExample(
                "pasta -t all", "TCP *:1-32767  =>  1-32767  (best effort)",
                "TCP *:61000-65535  =>  61000-65535  (best effort)"),
            PortExample(
                "pasta -t all,~1-1023", "TCP *:1024-32767  =>  1024-32767  (best effort)",
                "TCP *:61000-65535  =>  61000-65535  (best effort)"),
            PortExample("pasta -t all,20000", "TCP *:20000  =>  20000"),
            PortExample(
                "pasta -t auto", "TCP *:1-32767  =>  1-32767  (best effort) (auto-scan)",
                "TCP *:61000-65535  =>  61000-65535  (best effort) (auto-scan)"),
            PortExample("pasta -t 8000-8010,auto", "TCP *:8000-8010  =>  8000-8010  (auto-scan)"),
            PortExample(
                "pasta -t ~20000-20010,auto", "TCP *:1-19999  =>  1-19999  (best effort) (auto-scan)",
                "TCP *:20011-32767  =>  20011-32767  (best effort) (auto-scan)",
                "TCP *:61000-65535  =>  61000-65535  (best effort) (auto-scan)"),
            PortExample("pasta -t 127.0.0.1/20000", "TCP [127.0.0.1]:20000  =>  20000"),
            PortExample("pasta -t ::1/20000", "TCP [::1]:20000  =>  20000"),
            PortExample("pasta -t [::1]/20000", "TCP [::1]:20000  =>  20000"),
            PortExample("pasta -t [127.0.0.1]/20000", "TCP [127.0.0.1]:20000  =>  20000"),
            PortExample("pasta -t */20000", "TCP *:20000  =>  20000"),
            PortExample("pasta -t /20000", "TCP *:20000  =>  20000"),
            PortExample("pasta -t %eth0/20000", "TCP *%eth0:20000  =>  20000"),
            PortExample("pasta -t *%eth0/20000", "TCP *%eth0:20000  =>  20000"),
            PortExample("pasta -t 192.0.2.1%eth0/22", "TCP [192.0.2.1]%eth0:22  =>  22"),
            PortExample(
                "pasta -t 0.0.0.0/20000 -t ::/20000", "TCP [0.0.0.0]:20000  =>  20000",
                "TCP [::]:20000  =>  20000"),
            PortExample("pasta -t ::ffff:127.0.0.1/20000", "TCP [127.0.0.1]:20000  =>  20000"),
            PortExample("pasta -t 0.0.0.0/5000:192.0.2.5/6000", "TCP [0.0.0.0]:5000  =>  192.0.2.5:6000"),
            PortExample("pasta -t 0.0.0.0/5000:192.0.2.5", "TCP [0.0.0.0]:5000  =>  192.0.2.5:5000"),
            PortExample("pasta -t ::/5000:[2001:db8::5]/6000", "TCP [::]:5000  =>  [2001:db8::5]:6000"),
            PortExample("pasta -t ::/5000:2001:db8::5/6000", "TCP [::]:5000  =>  [2001:db8::5]:6000"),
            PortExample(
                "pasta -t 127.0.0.6/all:192.0.2.6",
                "TCP [127.0.0.6]:1-32767  =>  192.0.2.6:1-32767  (best effort)",
                "TCP [127.0.0.6]:61000-65535  =>  192.0.2.6:61000-65535  (best effort)"),
            PortExample("pasta -t 192.0.2.99/20000", "TCP [192.0.2.99]:20000  =>  20000"),
            PortExample("pasta -t %nosuch/20000", "TCP *%nosuch:20000  =>  20000"),
            PortExample(
                "pasta -t 127.0.0.1/20000 -t 127.0.0.2/20000", "TCP [127.0.0.1]:20000  =>  20000",
                "TCP [127.0.0.2]:20000  =>  20000"),
            PortExample("pasta -t 20000 -u 20000", "TCP *:20000  =>  20000", "UDP *:20000  =>  20000"),
            PortExample("pasta -u 20000 -t none", "UDP *:20000  =>  20000"),
            PortExample("pasta -t none -t 20000", "TCP *:20000  =>  20000"),
            PortExample("pasta -4 -T 20000:192.0.2.5/80", "TCP [0.0.0.0]%lo:20000  =>  80"),
            PortExample("pasta -T 20000:80", "TCP *%lo:20000  =>  80"),
            PortExample("pasta -U 53", "UDP *%lo:53  =>  53"),
            PortExample("pasta -4 -t 22", "TCP [0.0.0.0]:22  =>  22"),
            PortExample("pasta -t 22 -6", "TCP [::]:22  =>  22"),
            PortExample(
                "pasta -4 -t 22,23:192.0.2.5/80", "TCP [0.0.0.0]:22  =>  22",
                "TCP [0.0.0.0]:23  =>  192.0.2.5:80"),
            PortExample("pasta -t 22,~22"),
            PortExample("pasta --no-tcp -t none"),
            PortExample("pasta -t 65535", "TCP *:65535  =>  65535"),
            PortExample("passt"),
            PortExample(
                "passt -t all", "TCP *:1-32767  =>  1-32767  (best effort)",
                "TCP *:61000-65535  =>  61000-65535  (best effort)"),
            // libvirt
            PortExample(
                "passt --tcp-ports 192.0.2.1%eth0/~5000,80-82:8080-8082",
                "TCP [192.0.2.1]%eth0:80-82  =>  8080-8082"),
        ])
    func rules(example: PortExample) throws {
        let configuration = try accepted(example.line)
        // The defaults have their own test.
        let rules = configuration.forwardingRules.filter { rule in
            example.line.contains(Self.option(of: rule))
        }

        #expect(rules.map(\.description) == example.rules)
    }

    @Test(
        "a specifier that makes no sense is refused",
        arguments: [
            "pasta -t 20000-20010:30000", "pasta -t 20000-20010:30000-30020", "pasta -t 20010-20000",
            "pasta -t 20000-20010,20005", "pasta -t 5000:192.0.2.5/6000",
            "pasta -t 0.0.0.0/5000:2001:db8::5/80",
            "pasta -t 0.0.0.0/20000:224.0.0.1", "pasta -t 0", "pasta -t 0-10", "pasta -t 20000:0",
            "pasta -t 65536",
            "pasta -t 20000-70000", "pasta -t 60000-60010:65530-65540", "pasta -t abc", "pasta -t 22x",
            "pasta -t 22,",
            "pasta -t ,22", "pasta --tcp-ports=", "pasta -t ~20000:30000", "pasta -t 20000:30000:40000",
            "pasta -t none,22", "pasta -t 127.0.0.1/none", "pasta -t 127.0.0.1", "pasta -t 127.0.0.1/",
            "pasta -t %averyveryverylongname/20000", "pasta -t %./20000", "pasta -t 20000 -t 20000",
            "pasta -t 127.0.0.1/20000 -t 20000", "pasta -t %eth0/20000 -t %lo/20000",
            "pasta -t 20000 -t none",
            "pasta -T 127.0.0.1/20000", "pasta -T %lo/20000", "pasta -T 20000:192.0.2.5/80", "passt -t auto",
            "pasta -4 -t ::1/20000", "pasta -6 -t 127.0.0.1/20000", "pasta --no-tcp -t 20000",
            "pasta -t 0x20",
            "pasta -t +22", "pasta -t 22-", "pasta -t -22", "pasta -t 22:", "pasta -t auto:22",
            "pasta -t all:22",
            "pasta -t [::1/22", "pasta -t %/22", "pasta -t 22--23",
            "pasta -t 127.0.0.1/all:192.0.2.1,all:192.0.2.2",
            "passt -T 22", "passt -U none", "pasta -t all -t 20000", "pasta -t 22,all:192.0.2.1/80",
        ])
    func refused(line: String) throws {
        let error = try #require(failure(of: line))

        #expect(!error.message.isEmpty)
        #expect(!error.showsUsage)
    }

    @Test("pasta scans in all four directions unless told otherwise")
    func pastaDefaults() throws {
        let rules = try accepted("pasta").forwardingRules

        #expect(rules.count == 8)
        #expect(rules.allSatisfy { $0.isBestEffort && $0.followsListeners })
        #expect(Set(rules.map(Self.option)) == ["-t", "-u", "-T", "-U"])
    }

    @Test(
        "the default is left out for an option that is given, and for a protocol that is off",
        arguments: [
            ("pasta -t none", ["-u", "-T", "-U"]), ("pasta -t 22 -U none", ["-t", "-u", "-T"]),
            ("pasta --no-tcp", ["-u", "-U"]), ("pasta --no-udp", ["-t", "-T"]),
            ("pasta --no-tcp --no-udp", []),
            ("passt", []),
        ])
    func defaults(line: String, options: [String]) throws {
        #expect(Set(try accepted(line).forwardingRules.map(Self.option)) == Set(options))
    }

    @Test("a target that has no effect is pointed out")
    func ignoredTarget() throws {
        #expect(try warnings(of: "pasta -4 -T 20000:192.0.2.5/80").count == 1)
    }

    @Test("no more than 255 rules and 327680 sockets in one direction")
    func limits() throws {
        let many = (1...255).map { "\(2 * $0)" }.joined(separator: ",")
        #expect(try accepted("pasta -t \(many) -u none").forwardingRules.count == 259)
        #expect(failure(of: "pasta -t \(many),601 -u none") != nil)

        let addresses = (1...5).map { "-t 127.0.0.\($0)/1-65535" }.joined(separator: " ")
        #expect(failure(of: "passt \(addresses)") == nil)
        #expect(failure(of: "passt \(addresses) -t 127.0.0.6/1-6") != nil)
    }

    /// The option that a rule of this kind comes from.
    static func option(of rule: ForwardingRule) -> String {
        switch (rule.direction, rule.transport) {
        case (.inbound, .tcp): "-t"
        case (.inbound, .udp): "-u"
        case (.outbound, .tcp): "-T"
        case (.outbound, .udp): "-U"
        }
    }
}
