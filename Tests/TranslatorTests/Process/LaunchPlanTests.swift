// SPDX-FileCopyrightText: 2026 passt contributors
// SPDX-License-Identifier: GPL-2.0-or-later
import Testing

@testable import Translator

@Suite("Which namespaces the program works in")
struct LaunchPlanTests {
    @Test("a command gets new namespaces and keeps the foreground")
    func command() {
        let plan = plan { $0.target = .command(["true"]) }

        #expect(plan.userNamespace == .create)
        #expect(plan.networkNamespace == .spawn(["true"]))
        #expect(!plan.isBackground)
    }

    @Test("a command without a user namespace of its own stays in the caller's")
    func commandNetnsOnly() {
        #expect(plan { $0.isNetnsOnly = true }.userNamespace == .stay)
    }

    @Test("a process is joined in its user namespace, in the background")
    func process() {
        let plan = plan { $0.target = .process(42) }

        #expect(plan.userNamespace == .join("/proc/42/ns/user"))
        #expect(plan.networkPath == "/proc/42/ns/net")
        #expect(plan.isBackground)
    }

    @Test("a given user namespace comes before that of the process")
    func processAndUserNamespace() {
        let plan = plan {
            $0.target = .process(42)
            $0.userNamespace = "/some/user"
        }

        #expect(plan.userNamespace == .join("/some/user"))
    }

    @Test("a process's user namespace is left alone when only its network is wanted")
    func processNetnsOnly() {
        let plan = plan {
            $0.target = .process(42)
            $0.isNetnsOnly = true
        }

        #expect(plan.userNamespace == .stay)
    }

    @Test("a path is joined from the caller's user namespace")
    func path() {
        let plan = plan { $0.target = .namespace("/run/netns/one") }

        #expect(plan.userNamespace == .stay)
        #expect(plan.networkPath == "/run/netns/one")
    }

    @Test("passt gets a user namespace as a sandbox and no network namespace")
    func passt() {
        let plan = plan { $0.mode = .passt }

        #expect(plan.userNamespace == .create)
        #expect(plan.networkNamespace == .none)
        #expect(plan.isBackground)
    }

    private func plan(_ change: (inout Configuration) -> Void) -> LaunchPlan {
        var configuration = Configuration()
        change(&configuration)
        return LaunchPlan(configuration)
    }
}

@Suite("The user that the daemon runs as")
struct RunningUserTests {
    private static let users =
        "root:x:0:0:root:/root:/bin/sh\nqemu:x:107:36::/:/bin/false\nnobody:x:99:98::/:\n"
    private static let groups = "root:x:0:\nkvm:x:36:qemu\n"

    @Test(
        "numbers, names and both are understood",
        arguments: [
            ("1000", 1000, 1000), ("1000:5", 1000, 5), ("0x10:010", 16, 8), ("qemu", 107, 36),
            ("qemu:7", 107, 7),
            ("5:kvm", 5, 36), ("0", 0, 0),
        ])
    func understood(text: String, user: UInt32, group: UInt32) throws {
        let running = try RunningUser(text, users: Self.users, groups: Self.groups)

        #expect(running.user == user && running.group == group)
    }

    @Test(
        "unknown names, and names of the superuser, are refused",
        arguments: ["", "nosuch", "qemu:nosuch", "root", "1:"])
    func refused(text: String) {
        #expect(throws: SetupError.self) { _ = try RunningUser(text, users: Self.users, groups: Self.groups) }
    }

    @Test("nobody is looked up, and has a number where there is no table")
    func nobody() {
        #expect(RunningUser.nobody(users: Self.users).user == 99)
        #expect(RunningUser.nobody(users: "").group == 65534)
    }
}

@Suite("The system call filter")
struct SystemCallFilterTests {
    /// x86-64 and aarch64 numbers differ; names are what the table is written with.
    @Test("no mode opens files, starts processes or changes what memory may execute")
    func forbidden() {
        for mode in [Configuration.Mode.passt, .vhostUser, .pasta] {
            for usesRing in [false, true] {
                let calls = Set(SystemCallFilter.calls(mode, usesRing: usesRing))

                #expect(calls.isDisjoint(with: SystemCallFilter.neverAllowed))
                #expect(calls.count < 64)
            }
        }
    }

    @Test("a ring is entered only where there is one")
    func reactors() {
        let ring = Set(SystemCallFilter.calls(.pasta, usesRing: true))
        let epoll = Set(SystemCallFilter.calls(.pasta, usesRing: false))

        #expect(!ring.subtracting(epoll).isEmpty && !epoll.subtracting(ring).isEmpty)
    }
}
