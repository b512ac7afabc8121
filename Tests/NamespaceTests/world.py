# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The world a test runs in: a host namespace and a peer namespace joined by a veth pair, and pastas on the host.

    guest (pasta's)  <- tap ->  host  192.0.2.2, 2001:db8:1::2  <- veth ->  192.0.2.1, fe80::1  peer
                                                                            198.51.100.1, 2001:db8:2::1

The peer is the host's gateway and, under its second addresses, the rest of the world. Namespaces have no names: each is
held by an agent process and goes when that ends, whatever happens to the test.
"""

import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

SOURCES = pathlib.Path(__file__).resolve().parent
PYTHON = ["/usr/bin/python3", "-B", "-S"]
UPLINK = "uplink0"
HOST_ADDRESS = {4: "192.0.2.2", 6: "2001:db8:1::2"}
GATEWAY = {4: "192.0.2.1", 6: "fe80::1"}
WORLD = {4: "198.51.100.1", 6: "2001:db8:2::1"}
UNREACHABLE = {4: "203.0.113.1", 6: "2001:db8:dead::1"}
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
# An unprivileged user without a name. In a user namespace with a single identity there is only that one.
USER = 47_000


UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip link set "$interface" mtu "${mtu:-1500}"
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "$router" dev "$interface"
for name in ip mask router dns search mtu hostname serverid lease; do
    eval "value=\\$$name"
    [ -z "$value" ] || echo "$name=$value"
done > "$LEASE"
"""

DHCLIENT_SCRIPT = """#!/bin/sh
case $reason in
PREINIT | PREINIT6) ip link set "$interface" up ;;
BOUND | RENEW | REBIND)
    ip addr add "$new_ip_address/$new_subnet_mask" dev "$interface"
    ip route add default via "$new_routers" dev "$interface"
    ;;
BOUND6 | RENEW6 | REBIND6) ip addr add "$new_ip6_address/$new_ip6_prefixlen" dev "$interface" ;;
esac
"""


class RemoteError(Exception):
    """A function of an agent failed."""

    def __init__(self, message, number):
        super().__init__(message)
        self.errno = number


def until(condition, seconds, what):
    """Waits until the condition is true and returns its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def can_switch_user():
    with open("/proc/self/uid_map") as ranges:
        return any(
            int(first) <= USER < int(first) + int(count) for first, _, count in (line.split() for line in ranges))


def as_user():
    """The prefix that makes a command unprivileged."""
    if not can_switch_user():
        return []
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--inh-caps=-all", "--"]


class Task:
    """A function running in an agent."""

    def __init__(self, agent, identifier):
        self.agent = agent
        self.identifier = identifier
        self.messages = queue.Queue()
        self.outcome = None

    def started(self, timeout=10):
        message = self.next(timeout)
        assert "started" in message, f"no start, but {message}"
        return message["started"]

    def next(self, timeout):
        try:
            message = self.messages.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"{self.agent.name}: no answer within {timeout} s") from None
        if "error" in message:
            raise RemoteError(f"{self.agent.name}: {message['error']}", message["errno"])
        return message

    def result(self, timeout=60):
        while True:
            message = self.next(timeout)
            if "value" in message:
                return message["value"]

    def stop(self):
        self.agent.send({"call": "stop", "task": self.identifier})
        return self


class Agent:
    """A process in a namespace that runs functions of `traffic` and programs for a test."""

    def __init__(self, name, command, errors):
        self.name = name
        self.tasks = {}
        self.lock = threading.Lock()
        self.ready = queue.Queue()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def wait_until_ready(self, timeout=20):
        try:
            self.pid = self.ready.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"{self.name}: not ready within {timeout} s") from None
        assert self.pid is not None, f"{self.name}: ended before it was ready, status {self.process.wait(5)}"
        return self

    def read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            if "ready" in message:
                self.ready.put(message["ready"])
            else:
                self.tasks[message["id"]].messages.put(message)
        self.ready.put(None)
        for task in list(self.tasks.values()):
            task.messages.put({"error": "the agent ended", "errno": 0})

    def send(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def start(self, function, **arguments):
        """Starts a function; `result()` of the task waits for its end."""
        with self.lock:
            task = Task(self, len(self.tasks) + 1)
            self.tasks[task.identifier] = task
            self.send({"id": task.identifier, "call": function, "arguments": arguments})
        return task

    def serve(self, function, **arguments):
        """Starts a server; returns its task and the port."""
        task = self.start(function, **arguments)
        return task, task.started()

    def call(self, function, patience=60, **arguments):
        return self.start(function, **arguments).result(patience)

    def run(self, *command, timeout=30, check=True, **options):
        """Runs a program to its end and returns its standard output, or everything without `check`."""
        task = self.start("run", command=list(command), timeout=timeout, **options)
        result = task.result(timeout + 10)
        if not check:
            return result
        assert result["status"] == 0, f"{self.name}: {' '.join(command)}: {result}"
        return result["output"]

    def sysctl(self, **values):
        for name, value in values.items():
            self.call("write_file", path="/proc/sys/net/" + name.replace("__", "/"), text=str(value))

    def close(self, timeout=5):
        """Ends the agent as a user would: end of input. Returns the exit status."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Program:
    """The program under test, copied to where an unprivileged user can execute it."""

    def __init__(self):
        # PASTA_REFERENCE: "1" for another implementation, which has not our options; "direct" for none at all: the
        # guest is the host itself, which shows that a test of traffic is right.
        reference = os.environ.get("PASTA_REFERENCE", "")
        self.is_reference = reference != ""
        self.is_absent = reference == "direct"
        source = pathlib.Path(os.environ.get("PASTA", SOURCES.parent.parent / "build" / "pasta"))
        assert source.exists(), f'There is no {source}. Run "make" first, or set PASTA.'
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="pasta-tests-"))
        self.directory.chmod(0o755)
        self.path = self.directory / "pasta"
        shutil.copyfile(source, self.path)
        self.path.chmod(0o755)
        (self.directory / "passt").symlink_to("pasta")
        for name in ("agent.py", "traffic.py"):
            shutil.copyfile(SOURCES / name, self.directory / name)
            (self.directory / name).chmod(0o644)
        self.agent = [*PYTHON, str(self.directory / "agent.py")]
        status = self.path.stat()
        self.identity = (status.st_dev, status.st_ino)

    def processes(self):
        """The process IDs of every running instance."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    status = os.stat(f"/proc/{entry}/exe")
                except OSError:
                    continue
                if (status.st_dev, status.st_ino) == self.identity:
                    found.append(int(entry))
        return found

    def remove(self):
        shutil.rmtree(self.directory)


class Pasta(Agent):
    """A pasta that spawned an agent as its command: the guest's end."""

    def __init__(self, world, options, command, prefix=()):
        self.log = tempfile.TemporaryFile(mode="w+")
        super().__init__("guest", world.enter_host([*prefix, str(world.program.path), *options, "--", *command]), self.log)

    def errors(self):
        self.log.seek(0)
        return self.log.read()


class World:
    """Both namespaces, and everything a test started in them."""

    def __init__(self, program, reactor, mtu=None, resolvers=("198.51.100.53",), families=(4, 6)):
        self.program = program
        self.reactor = reactor
        self.agents = []
        self.pastas = []
        self.daemons = []
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="world-", dir=program.directory))
        self.directory.chmod(0o777)
        self.resolvers = self.directory / "resolv.conf"
        self.set_resolvers(*resolvers)
        self.errors = open(self.directory / "errors", "w+")

        prepare = 'mount --make-rprivate / && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
        self.host = self.agent(
            "host", ["unshare", "--net", "--mount", "--", "sh", "-c", prepare, "sh", str(self.resolvers)])
        self.peer = self.agent("peer", ["unshare", "--net", "--"])
        self.host.wait_until_ready()
        self.peer.wait_until_ready()
        self.join(mtu, families)

    def set_resolvers(self, *addresses, search=""):
        text = "".join(f"nameserver {address}\n" for address in addresses)
        self.resolvers.write_text(text + (f"search {search}\n" if search else ""))

    def agent(self, name, prefix):
        agent = Agent(name, [*prefix, *self.program.agent], self.errors)
        self.agents.append(agent)
        return agent

    def join(self, mtu, families):
        for agent in (self.host, self.peer):
            agent.sysctl(
                ipv6__conf__default__accept_dad=0, ipv6__conf__all__accept_dad=0,
                ipv4__ping_group_range="0 2147483647" if can_switch_user() else "0 0")
        self.peer.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
        size = f"mtu {mtu}" if mtu else ""
        host = [
            f"link add {UPLINK} {size} type veth peer name peer0 {size} netns {self.peer.pid}",
            "link set lo up",
            f"link set {UPLINK} up",
        ]
        peer = ["link set lo up", "link set peer0 up", "addr add fe80::1/64 dev peer0 nodad"]
        if 4 in families:
            host += [f"addr add 192.0.2.2/24 dev {UPLINK}", f"route add default via 192.0.2.1 dev {UPLINK}"]
            peer += [
                "addr add 192.0.2.1/24 dev peer0", "addr add 198.51.100.1/24 dev lo",
                "addr add 198.51.100.53/24 dev lo", "route add unreachable 203.0.113.0/24",
            ]
        if 6 in families:
            host += [
                f"addr add 2001:db8:1::2/64 dev {UPLINK} nodad",
                f"route add default via fe80::1 dev {UPLINK}",
            ]
            peer += [
                "addr add 2001:db8:1::1/64 dev peer0 nodad", "addr add 2001:db8:2::1/64 dev lo nodad",
                "addr add 2001:db8:2::53/64 dev lo nodad", "route add unreachable 2001:db8:dead::/48",
            ]
        self.batch(self.host, host[:1])
        self.batch(self.peer, peer)
        self.batch(self.host, host[1:])

    @staticmethod
    def batch(agent, lines):
        agent.run("ip", "-batch", "-", input="\n".join(lines) + "\n")

    def set_in_guest(self, guest, name, value):
        """Sets a sysctl of the guest's network that only the machine's root may set."""
        path = "/proc/sys/net/" + name.replace("__", "/")
        pid = guest.process.pid if self.program.is_absent else self.command_of(guest)
        subprocess.run(
            ["nsenter", f"--target={pid}", "--net", "--", "sh", "-c", f"echo '{value}' > {path}"], check=True)

    @staticmethod
    def command_of(guest):
        """The process that a pasta runs as its command."""
        with open(f"/proc/{guest.process.pid}/task/{guest.process.pid}/children") as children:
            return int(children.read().split()[0])

    # Clients in a guest

    def udhcpc(self, guest, interface, expect=True):
        """Gets a lease, applies it, and returns what the client was told; None without an answer."""
        lease = self.directory / "lease"
        script = self.directory / "udhcpc-script"
        script.write_text(UDHCPC_SCRIPT)
        script.chmod(0o755)
        guest.run("ip", "link", "set", interface, "up")
        result = guest.run(
            "udhcpc", "-i", interface, "-s", str(script), "-f", "-q", "-n", "-t", "3", "-T", "1", "-A", "1",
            "-O", "search", "-O", "mtu", environment={"LEASE": str(lease)}, check=False)
        if not expect:
            return dict(line.split("=", 1) for line in lease.read_text().splitlines()) if lease.exists() else None
        assert result["status"] == 0, result
        return dict(line.split("=", 1) for line in lease.read_text().splitlines())

    def dhclient(self, guest, interface, family, expect=True):
        """Gets a lease and applies it; tells whether there was one."""
        script = self.directory / "dhclient-script"
        script.write_text(DHCLIENT_SCRIPT)
        script.chmod(0o755)
        leases = self.directory / "leases"
        result = guest.run(
            "dhclient", f"-{family}", "-1", "-v", "-sf", str(script), "-lf", str(leases),
            "-pf", str(self.directory / "dhclient-pid"), "-cf", "/dev/null", interface,
            check=False, timeout=20 if expect else 4)
        guest.run("sh", "-c", f"kill $(cat {self.directory}/dhclient-pid) 2>/dev/null; true")
        bound = result["status"] == 0
        assert bound or not expect, result
        return bound

    # Programs on the host

    def enter_host(self, command, user=True):
        return [
            "nsenter", f"--target={self.host.process.pid}", "--net", "--mount", "--",
            *(as_user() if user else []), *command,
        ]

    def reactor_options(self):
        return [] if self.program.is_reference else ["--reactor", self.reactor]

    def pasta(self, *options, config=True, command=None, prefix=(), timeout=20):
        """A pasta with an agent as its command, ready to be used."""
        if self.program.is_absent:
            return self.agent("guest", self.enter_host([], user=False)).wait_until_ready()
        guest = Pasta(
            self, [*self.reactor_options(), *(["--config-net"] if config else []), *options],
            command or self.program.agent, prefix)
        self.pastas.append(guest)
        guest.wait_until_ready(timeout)
        return guest

    def run_pasta(self, *arguments, timeout=30, name="pasta", **options):
        """Runs the program to its end, with exactly these arguments after the reactor's."""
        return subprocess.run(
            self.enter_host([str(self.program.directory / name), *self.reactor_options(), *arguments]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout,
            **options)

    def guest(self, *unshare):
        """An agent in new user and network namespaces without any network, for a pasta to attach to."""
        agent = self.agent(
            "guest", self.enter_host(["unshare", "--user", "--map-root-user", "--net", *unshare, "--"]))
        return agent.wait_until_ready()

    def attach(self, *arguments, timeout=20, name="pasta"):
        """A pasta, or passt, that goes to the background; returns its process ID."""
        pid_file = self.directory / f"pid-{time.monotonic_ns()}"
        result = self.run_pasta("--pid", str(pid_file), *arguments, timeout=timeout, name=name)
        assert result.returncode == 0, result.stderr
        self.daemons.append(int(pid_file.read_text()))
        return self.daemons[-1]

    def close(self):
        """Ends everything; fails if an instance of the program stays behind."""
        report = []
        for guest in self.pastas:
            guest.close()
            if guest.errors():
                report.append(f"-- standard error of pasta\n{guest.errors()}")
        for pid in set(self.daemons) & set(self.program.processes()):
            os.kill(pid, signal.SIGTERM)
        for agent in reversed(self.agents):
            agent.close()
        self.errors.seek(0)
        if text := self.errors.read():
            report.append(f"-- standard error of agents\n{text}")
        if report:
            print("\n".join(report))
        try:
            until(lambda: not self.program.processes(), 5, "every instance of the program has ended")
        except AssertionError:
            left = self.program.processes()
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"left behind: {left}") from None
        finally:
            self.errors.close()
            shutil.rmtree(self.directory, ignore_errors=True)
