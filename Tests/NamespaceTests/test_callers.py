# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the programs that start pasta and passt pass to them, and what they check next.

Argument vectors, descriptors and environment are those of the callers; where a caller has a real counterpart on this
machine, test_real_callers.py runs it.
"""

import contextlib
import os
import resource
import signal
import socket
import struct
import subprocess

import pytest

from test_lifecycle import remove_namespace, rootless  # noqa: F401 (a fixture)
from world import HOST_ADDRESS, WORLD, until


def engine(world, rootless, *arguments):
    """As a container engine does: combined output, return when ready."""
    command = [str(world.program.path), *world.reactor_options(), *arguments]
    return rootless.run("sh", "-c", 'exec "$@" 2>&1', "sh", *command, check=False, timeout=20)


def in_namespace(rootless, *command, check=True):
    return rootless.run("nsenter", "--net=/run/netns/blue", *command, check=check)


def ask(rootless, address, port):
    return in_namespace(rootless, "bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}; cat <&3").split()


def serve_in_namespace(rootless, port):
    task = rootless.start("run", command=[
        "nsenter", "--net=/run/netns/blue", "/usr/bin/python3", "-c",
        "import socket; s = socket.create_server(('0.0.0.0', %d)); c, a = s.accept();"
        "c.sendall(a[0].encode()); c.close()" % port])
    task.started()
    until(lambda: in_namespace(rootless, "ss", "-Hltn", f"sport = :{port}").strip(), 10, "the service listens")
    return task


# Podman and Buildah


PODMAN = [
    "--config-net", "-t", "8080-8080:80-80", "-u", "127.0.0.1/5353-5354:53-54", "--dns-forward", "169.254.1.1",
    "-T", "none", "-U", "none", "--no-map-gw", "--quiet", "--netns", "/run/netns/blue", "--map-guest-addr",
    "169.254.1.2",
]


def test_podman_starts_one_for_each_container(world, rootless):
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    _, host_port = world.host.serve("tcp_witness", address=HOST_ADDRESS[4])

    result = engine(world, rootless, *PODMAN)

    assert (result["status"], result["output"]) == (0, "")
    # Podman reads the addresses at once.
    addresses = in_namespace(rootless, "ip", "address")
    assert HOST_ADDRESS[4] in addresses and HOST_ADDRESS[6] in addresses and "tentative" not in addresses
    assert ask(rootless, WORLD[4], port)[0] == HOST_ADDRESS[4]
    assert ask(rootless, "169.254.1.2", host_port)[2] == HOST_ADDRESS[4]
    service = serve_in_namespace(rootless, 80)
    with socket_of(world.peer, HOST_ADDRESS[4], 8080) as text:
        assert text == "192.0.2.1"
    service.result(10)
    # It never signals a pasta of its own: that has to notice.
    remove_namespace(rootless)
    until(lambda: not world.program.processes(), 5, "the daemon has ended")


@contextlib.contextmanager
def socket_of(agent, address, port):
    yield agent.run("bash", "-c", f"exec 3<>/dev/tcp/{address}/{port}; cat <&3")


def test_podman_tries_again_without_an_option_that_is_not_known(world, rootless):
    # The text that Podman looks for, with the option that the next version may bring.
    result = engine(world, rootless, *PODMAN[:-2], "--map-nothing-addr", "169.254.1.2")

    assert result["status"] == 1
    assert "unrecognized option '--map-nothing-addr'" in result["output"]
    assert engine(world, rootless, *PODMAN[:-2])["status"] == 0
    remove_namespace(rootless)


def test_podman_forwards_dns_to_the_resolver_of_the_host(world, rootless):
    world.peer.serve("dns_responder", address="198.51.100.53")

    assert engine(world, rootless, *PODMAN)["status"] == 0

    query = ("import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.settimeout(5);"
             "s.connect(('169.254.1.1', 53));"
             r"s.send(bytes.fromhex('123401000001000000000000') + b'\7example\0\0\1\0\1');"
             "print(s.recv(512)[:2].hex())")
    assert in_namespace(rootless, "/usr/bin/python3", "-c", query).strip() == "1234"
    remove_namespace(rootless)


def test_podman_keeps_one_for_its_rootless_namespace(world, rootless):
    pid_file = world.directory / "rootless-netns-conn.pid"
    rootless.run("sh", "-c", f"echo 99999 > {pid_file}")  # left by an earlier one

    result = engine(
        world, rootless, "--config-net", "--pid", str(pid_file), "--dns-forward", "169.254.1.1", "-t", "none", "-u",
        "none", "-T", "none", "-U", "none", "--no-map-gw", "--quiet", "--netns", "/run/netns/blue",
        "--map-guest-addr", "169.254.1.2")

    assert (result["status"], result["output"]) == (0, "")
    pid = int(pid_file.read_text())
    assert world.program.processes() == [pid]
    # It ends that one by its PID file.
    rootless.run("kill", "-TERM", str(pid))
    until(lambda: not world.program.processes(), 5, "the daemon has ended")


def test_buildah_passes_no_ports(world, rootless):
    result = engine(
        world, rootless, "--config-net", "--dns-forward", "169.254.1.1", "-t", "none", "-u", "none", "-T", "none",
        "-U", "none", "--no-map-gw", "--quiet", "--netns", "/run/netns/blue", "--map-guest-addr", "169.254.1.2")

    assert (result["status"], result["output"]) == (0, "")
    assert HOST_ADDRESS[4] in in_namespace(rootless, "ip", "address")
    remove_namespace(rootless)


def test_a_failure_is_one_sentence_that_an_engine_can_show(world, rootless):
    _, port = world.host.serve("tcp_witness", address="0.0.0.0")

    result = engine(world, rootless, *PODMAN[:1], "-t", f"{port}-{port}:80-80", *PODMAN[5:])

    assert result["status"] == 1
    lines = result["output"].splitlines()
    assert len(lines) == 1 and str(port) in lines[0] and "ddress already in use" in lines[0]
    assert not world.program.processes()


# RootlessKit (rootless Docker)


ROOTLESSKIT = [
    "--stderr", "--ns-ifname=tap0", "--mtu=65520", "--config-net", "--address=10.0.2.100", "--netmask=24",
    "--gateway=10.0.2.2", "--dns-forward=10.0.2.3", "--no-map-gw", "--ipv4-only",
]


def test_rootlesskit_probes_for_what_there_is(world):
    version = world.run_pasta("--version")
    assert version.returncode == 0 and version.stdout.startswith("pasta ")
    assert world.run_pasta("--help").returncode == 0
    for name in ("--ns-ifname", "--dns-forward", "--no-map-gw", "--tcp-ports"):
        assert name in world.run_pasta("--help").stdout


@pytest.mark.parametrize("by_path", [False, True])
def test_rootlesskit_attaches_to_its_child(world, by_path):
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    child = world.guest()
    target = [str(child.pid)]
    if by_path:
        target = [f"--userns=/proc/{child.pid}/ns/user", f"--netns=/proc/{child.pid}/ns/net"]

    result = world.run_pasta(*ROOTLESSKIT, "--tcp-ports=none", "--udp-ports=none", *target)

    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    addresses = child.run("ip", "address", "show", "tap0")
    assert "10.0.2.100/24" in addresses and "mtu 65520" in addresses and "inet6 2001" not in addresses
    assert "default via 10.0.2.2" in child.run("ip", "route")
    assert child.call("tcp_ask", address=WORLD[4], port=port)[0] == HOST_ADDRESS[4]
    world.agents.remove(child)
    child.close()
    until(lambda: not world.program.processes(), 5, "the daemon has ended")


# Nix and sandboxes


@pytest.mark.world(resolvers=("198.51.100.53", "2001:db8:2::53"))
def test_nix_hands_namespaces_over_as_standard_streams(world):
    guest = world.guest()
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    command = [
        str(world.program.path), *world.reactor_options(), "--quiet", "--foreground", "--config-net", "--gateway",
        "169.254.1.1", "--address", "169.254.1.2", "--netmask", "16", "--dns-forward", "169.254.1.1", "--gateway",
        "64:ff9b:1:4b8e:472e:a5c8:a9fe:0101", "--address", "64:ff9b:1:4b8e:472e:a5c8:a9fe:0102", "--dns-forward",
        "64:ff9b:1:4b8e:472e:a5c8:a9fe:0101", "--ns-ifname", "eth0", "--no-netns-quit", "--netns",
        "/proc/self/fd/0", "--userns", "/proc/self/fd/1",
    ]
    with open(f"/proc/{guest.pid}/ns/net") as network, open(f"/proc/{guest.pid}/ns/user") as user:
        pasta = subprocess.Popen(
            world.enter_host(command), stdin=network, stdout=user, stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: "169.254.1.2" in guest.run("ip", "address") or pasta.poll() is not None, 10, "addresses")
        assert pasta.poll() is None, pasta.stderr.read()
        until(
            lambda: guest.call("tcp_attempt", address=WORLD[4], port=port)["outcome"] == "connected", 10,
            "connections")
    finally:
        pasta.send_signal(signal.SIGTERM)
        assert pasta.communicate(timeout=10)[1] == ""
    assert pasta.returncode == 0


def test_a_sandbox_runs_a_command_and_gets_its_streams_and_status(world):
    command = world.enter_host([
        str(world.program.path), *world.reactor_options(), "--quiet", "--config-net", "--no-map-gw", "-t", "none",
        "-u", "none", "-T", "none", "-U", "none", "--", "sh", "-c", "cat; echo problem >&2; exit 5"])

    result = subprocess.run(command, input="through\n", capture_output=True, text=True, timeout=20)

    assert (result.returncode, result.stdout, result.stderr) == (5, "through\n", "problem\n")


# libvirt and QEMU: passt


def passt(world, *arguments, pass_fds=(), **options):
    command = [str(world.program.directory / "passt"), *world.reactor_options(), *map(str, arguments)]
    return subprocess.run(
        world.enter_host(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, timeout=20, pass_fds=pass_fds, **options)


def frame(payload):
    return struct.pack("!I", len(payload)) + payload


def arp_request(target, source):
    mac = bytes.fromhex("525400123456")
    return b"\xff" * 6 + mac + bytes.fromhex("0806 0001 0800 0604 0001") + mac + socket.inet_aton(source) \
        + bytes(6) + socket.inet_aton(target)


def answers(connection):
    """A guest on the other side of the socket asks for its gateway."""
    connection.settimeout(10)
    connection.sendall(frame(arp_request("192.0.2.1", HOST_ADDRESS[4])))
    while True:
        length, = struct.unpack("!I", receive(connection, 4))
        reply = receive(connection, length)
        if reply[12:14] == b"\x08\x06" and reply[20:22] == b"\0\2":
            return reply[28:32] == socket.inet_aton("192.0.2.1")


def answers_on(path):
    with connect(path) as connection:
        try:
            return answers(connection)
        except (AssertionError, ConnectionError):
            return False


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece, "the connection ended"
        data += piece
    return data


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    connection.connect(str(path))
    return connection


@pytest.mark.parametrize("options", [
    ["--mtu", "1500", "--address", "192.0.2.7", "--netmask", "24", "--address", "2001:db8:1::7", "--tcp-ports",
     "2222:22,~3000,3001", "--udp-ports", "127.0.0.1/5353"],
    ["--interface", "uplink0", "--hostname", "guest", "--fqdn", "guest.example", "--tcp-ports", "%uplink0/2022:22"],
    ["--log-file", "LOG"],
])
def test_libvirt_waits_for_the_background_and_reads_the_pid_file(world, options):
    path, pid_file, log = (world.directory / name for name in ("net0.socket", "net0.pid", "net0.log"))

    result = passt(
        world, "--one-off", "--socket", path, "--pid", pid_file,
        *(str(log) if option == "LOG" else option for option in options))

    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    pid = int(pid_file.read_text())
    assert world.program.processes() == [pid]
    with connect(path) as connection:
        if "192.0.2.7" not in options:
            assert answers(connection)
    until(lambda: not world.program.processes(), 5, "passt left with its client")
    path.unlink()  # which libvirt does itself, as for the PID file
    pid_file.unlink()
    assert log.exists() == ("LOG" in options)


def test_libvirt_ends_it_by_its_pid(world):
    path, pid_file = world.directory / "net0.socket", world.directory / "net0.pid"
    assert passt(world, "--one-off", "--socket", path, "--pid", pid_file).returncode == 0

    os.kill(int(pid_file.read_text()), signal.SIGTERM)

    until(lambda: not world.program.processes(), 5, "passt left")


def test_libvirt_shows_the_reason_of_a_failure(world):
    result = passt(
        world, "--one-off", "--socket", world.directory / "net0.socket", "--pid", "/nonexistent/pid")

    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1 and "/nonexistent/pid" in result.stderr
    assert not world.program.processes()


QEMU = ["--quiet", "--mtu", "1500", "--search", "a.example b.example", "--tcp-ports", "2222:22,8080:80"]


def test_qemu_passes_one_end_of_a_socket_pair_as_descriptor_3(world):
    ours, theirs = socket.socketpair()
    pid_file = world.directory / "temporary"
    pid_file.touch(0o600)  # QEMU's own, empty temporary file
    pid_file.chmod(0o666)

    process = subprocess.Popen(
        ["bash", "-c", 'number=$1; shift; eval "exec 3<&$number"; [ "$number" = 3 ] || eval "exec $number<&-"; '
         'exec "$@"', "bash", str(theirs.fileno()), *world.enter_host(
            [str(world.program.directory / "passt"), *world.reactor_options(), *QEMU, "--pid", str(pid_file),
             "--fd", "3"])],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        pass_fds=[theirs.fileno()])
    theirs.close()
    output, errors = process.communicate(timeout=20)

    assert (process.returncode, output, errors) == (0, "", "")
    assert world.program.processes() == [int(pid_file.read_text())]
    with ours:
        assert answers(ours)
    until(lambda: not world.program.processes(), 5, "passt left with its client")


def test_qemu_starts_it_again_after_a_disconnection(world):
    path, pid_file = world.directory / "socket", world.directory / "pid"
    assert passt(world, "--quiet", "--socket", path, "--pid", pid_file).returncode == 0
    world.daemons.append(int(pid_file.read_text()))
    for _ in range(3):
        # QEMU, too, tries again until the previous connection was noticed to be gone.
        until(lambda: answers_on(path), 10, "the next connection works")


# muvm, krun


def test_muvm_keeps_it_in_the_foreground(world):
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        world.enter_host([
            str(world.program.directory / "passt"), *world.reactor_options(), "-q", "-f", "-t", "3334:3334", "--fd",
            str(theirs.fileno())]),
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        pass_fds=[theirs.fileno()])
    theirs.close()

    with ours:
        assert answers(ours)
        # It looks for the user namespace to change, within a second.
        assert os.readlink(f"/proc/{world.program.processes()[0]}/ns/user") != os.readlink("/proc/self/ns/user")
    assert process.wait(5) == 0
    assert process.stderr.read() == ""


def test_krun_forwards_all_ports_and_waits_for_the_background(world):
    ours, theirs = socket.socketpair()
    # Two sockets for nearly every port.
    ports = "all" if resource.getrlimit(resource.RLIMIT_NOFILE)[1] > 150_000 else "20000-24000"

    result = passt(
        world, "-t", ports, "-u", ports, "--no-dhcp-dns", "--no-map-gw", "--fd", theirs.fileno(),
        pass_fds=[theirs.fileno()])
    theirs.close()

    assert result.returncode == 0, result.stderr
    with ours:
        assert answers(ours)
    until(lambda: not world.program.processes(), 5, "passt left with its client")
