# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine with Debian's kernel whose only program is the agent of the namespace tests.

The agent speaks through a virtio port that QEMU has as its standard streams. Everything in the initial RAM disk comes
from the machine that runs the tests: what the agent's modules and dhclient turn out to need, and a static busybox.
"""

import gzip
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile

from world import SOURCES, Agent, as_user, until

MAC = "52:54:00:12:34:56"
INTERFACE = "eth0"
RESOLVERS = {4: "198.51.100.53", 6: "2001:db8:2::53"}
SEARCH = ["example.org", "test.example"]
MEMORY = 256  # MiB
# And what they depend on; what a kernel has built in is not among its modules.
MODULES = ["virtio_pci", "virtio_console", "virtio_rng", "virtio_net"]

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do
    insmod /modules/$module || echo "cannot load $module"
done
ip link set lo up
echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range
until [ -e /dev/vport0p1 ] || [ -e /dev/vport1p1 ]; do usleep 20000; done
for port in /dev/vport?p1; do
    /usr/bin/python3 -B -S /agent.py <> $port >&0 2> /dev/console
done
reboot -f
"""

UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] || exit 0
[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "$router" dev "$interface"
env > /lease4
"""

DHCLIENT_SCRIPT = """#!/bin/sh
case $reason in
BOUND6 | RENEW6 | REBIND6)
    ip addr add "$new_ip6_address/128" dev "$interface"
    env > /lease6
    ;;
esac
"""

DHCLIENT_CONFIGURATION = """
send dhcp6.fqdn "";
request dhcp6.name-servers, dhcp6.domain-search, dhcp6.fqdn;
"""

# Prints the files that the agent and its modules have open or loaded after a little of everything.
PROBE = """
import sys; sys.path.insert(0, sys.argv[1])
import agent, traffic, socket, hashlib, subprocess, json, encodings.idna, encodings.latin_1
socket.getaddrinfo("127.0.0.1", 1); hashlib.sha256(b""); subprocess.run(["true"], capture_output=True, text=True)
files = set()
for module in list(sys.modules.values()):
    for name in ("__file__", "__cached__"):
        files.add(getattr(module, name, None))
for line in open("/proc/self/maps"):
    files.add(line.split()[-1])
print(json.dumps(sorted(file for file in files if file and file.startswith("/"))))
"""


class Archive:
    """An initial RAM disk (newc format), put together in memory."""

    def __init__(self):
        self.parts = []
        self.names = set()

    def add(self, name, mode, data=b""):
        name = name.strip("/")
        if name in self.names:
            return
        parent = os.path.dirname(name)
        if parent and parent not in self.names:
            self.add(parent, stat.S_IFDIR | 0o755)
        self.names.add(name)
        self.write(name, mode, data)

    def write(self, name, mode, data):
        encoded = name.encode() + b"\0"
        # Inode, mode, owner, group, links, time, size, devices, length of the name, check
        fields = (len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        for part in (header + encoded, data):
            self.parts += [part, bytes(-len(part) % 4)]

    def file(self, path, name=None):
        """A file of this machine, with the links that lead to it."""
        path, name = str(path), str(name or path)
        if os.path.islink(path) and name == path:
            target = os.readlink(path)
            self.add(name, stat.S_IFLNK | 0o777, target.encode())
            self.file(os.path.join(os.path.dirname(path), target))
            return
        # Directories such as /lib may be links here; in the archive they are what they lead to.
        self.add(name, stat.S_IFREG | (os.stat(path).st_mode & 0o777), pathlib.Path(path).read_bytes())

    def text(self, name, text, mode=0o755):
        self.add(name, stat.S_IFREG | mode, text.encode())

    def save(self, path):
        self.write("TRAILER!!!", 0, b"")
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(b"".join(self.parts))


def libraries(program):
    output = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return re.findall(r"(/\S+) \(0x", output)


class Image:
    """Kernel and initial RAM disk."""

    def __init__(self, directory, kernel_directory):
        self.kernel = next(pathlib.Path(kernel_directory, "boot").glob("vmlinuz-*"))
        self.disk = pathlib.Path(directory, "initrd")
        archive = Archive()
        archive.add("dev", stat.S_IFDIR | 0o755)
        for name in ("proc", "sys", "tmp", "run", "bin", "var/lib/dhcp"):
            archive.add(name, stat.S_IFDIR | 0o755)
        archive.text("init", INIT)
        archive.text("udhcpc-script", UDHCPC_SCRIPT)
        archive.text("dhclient-script", DHCLIENT_SCRIPT)
        archive.text("dhclient.conf", DHCLIENT_CONFIGURATION)
        archive.file(shutil.which("busybox"), "/bin/busybox")
        for name in ("agent.py", "traffic.py"):
            archive.file(SOURCES / name, "/" + name)
        self.add_modules(archive, kernel_directory)
        self.add_program(archive, shutil.which("dhclient", path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin"))
        self.add_python(archive)
        archive.save(self.disk)

    @staticmethod
    def add_modules(archive, kernel_directory):
        found = {
            path.stem.replace("-", "_"): path for path in pathlib.Path(kernel_directory, "lib/modules").rglob("*.ko")}
        assert "virtio_net" in found, f"no virtio_net module below {kernel_directory}"
        order = []

        def add(name):
            if name not in found or name in order:
                return
            for needed in re.search(rb"\0depends=([^\0]*)", found[name].read_bytes()).group(1).decode().split(","):
                add(needed.replace("-", "_"))
            order.append(name)

        for name in MODULES:
            add(name)
        for name in order:
            archive.file(found[name], f"/modules/{name}.ko")
        archive.text("modules/order", " ".join(f"{name}.ko" for name in order))

    @staticmethod
    def add_program(archive, path):
        archive.file(path, "/sbin/" + os.path.basename(path))
        for library in libraries(path):
            archive.file(os.path.realpath(library), library)

    @classmethod
    def add_python(cls, archive):
        python = "/usr/bin/python3"
        output = subprocess.run(
            [python, "-S", "-c", PROBE, str(SOURCES)], stdout=subprocess.PIPE, check=True).stdout
        archive.file(os.path.realpath(python), python)
        for library in libraries(python):
            archive.file(os.path.realpath(library), library)
        for path in json.loads(output):
            if os.path.exists(path) and not path.startswith((str(SOURCES), os.path.realpath(python))):
                archive.file(os.path.realpath(path), path)


def network(mode, socket_path):
    """QEMU's options for a network card behind a passt in the mode."""
    card = ["-device", f"virtio-net-pci,netdev=n,mac={MAC}"]
    if mode == "stream":
        return ["-netdev", f"stream,id=n,server=off,addr.type=unix,addr.path={socket_path}", *card]
    # QEMU 7.2 without KVM dies of a vhost card with MSI-X vectors once the guest unmasks one.
    card[-1] += ",vectors=0"
    return [
        "-object", f"memory-backend-memfd,id=m,share=on,size={MEMORY}M", "-numa", "node,memdev=m",
        "-chardev", f"socket,id=c,path={socket_path}", "-netdev", "vhost-user,id=n,chardev=c", *card,
    ]


class Machine(Agent):
    """A running QEMU; the agent inside does what a test asks."""

    def __init__(self, world, image, network_options):
        self.log = tempfile.TemporaryFile(mode="w+")
        self.console = world.directory / f"console-{len(world.agents)}"
        self.console.touch()
        self.console.chmod(0o666)
        super().__init__(
            "machine",
            world.enter_host([
                "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-machine", "q35",
                "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", str(MEMORY), "-kernel", str(image.kernel),
                "-initrd", str(image.disk), "-append", "console=ttyS0 quiet panic=-1 random.trust_cpu=on",
                "-serial", f"file:{self.console}", "-chardev", "stdio,id=agent,signal=off",
                "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent,name=agent",
                "-object", "rng-random,id=random,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=random",
                *network_options,
            ], user=False),
            self.log)
        world.agents.append(self)

    def boot(self):
        """Waits until the agent inside is there, for the first time or after a reboot."""
        try:
            return self.wait_until_ready(90)
        except AssertionError:
            self.log.seek(0)
            raise AssertionError(f"{self.log.read()}\n{self.console.read_text(errors='replace')}") from None

    def reboot(self):
        self.start("run", command=["reboot", "-f"])
        return self.boot()

    def kill(self):
        """As if the machine lost its power."""
        self.process.kill()
        self.process.wait(10)

    # What is in the guest

    def lines(self, path):
        """NAME=VALUE lines of a file."""
        text = self.call("read_file", path=path)
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def dhcp(self):
        """Configures IPv4; what the client was told."""
        self.run("ip", "link", "set", INTERFACE, "up")
        self.run(
            "udhcpc", "-i", INTERFACE, "-s", "/udhcpc-script", "-f", "-q", "-n", "-t", "5", "-T", "2", "-A", "1",
            "-O", "search", "-O", "mtu", "-O", "hostname", "-O", "81", timeout=40)
        return self.lines("/lease4")

    def dhcpv6(self):
        """Configures IPv6; what the client was told."""
        self.run("ip", "link", "set", INTERFACE, "up")
        until(lambda: self.address("fe80"), 10, "a link-local address")
        self.run(
            "dhclient", "-6", "-1", "-sf", "/dhclient-script", "-lf", "/leases", "-pf", "/dhclient-pid",
            "-cf", "/dhclient.conf", INTERFACE, timeout=40)
        return self.lines("/lease6")

    def addresses(self):
        """All usable ones."""
        output = self.run("ip", "addr", "show", "dev", INTERFACE)
        return [line.split()[1] for line in output.splitlines() if "inet" in line and "tentative" not in line]

    def address(self, prefix):
        return next((address for address in self.addresses() if address.startswith(prefix)), None)

    def bytes_received(self):
        return int(self.call("read_file", path=f"/sys/class/net/{INTERFACE}/statistics/rx_bytes"))

    def routes(self, family):
        return self.run("ip", f"-{family}", "route")
