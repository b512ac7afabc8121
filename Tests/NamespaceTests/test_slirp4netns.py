# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""contrib/slirp4netns.sh does what slirp4netns(1) documents, with pasta behind it."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess

import pytest

from world import HOST_ADDRESS, LOOPBACK, SOURCES, WORLD, until

pytestmark = pytest.mark.differs("the wrapper uses options of our own")
CONTRIB = SOURCES.parent.parent / "contrib"


@pytest.fixture(scope="session")
def script(program):
    for name in ("slirp4netns.sh", "slirp4netns-api"):
        shutil.copyfile(CONTRIB / name, program.directory / name)
        (program.directory / name).chmod(0o755)
    if not (program.directory / "pesto").exists():
        (program.directory / "pesto").symlink_to("pasta")
    return program.directory / "slirp4netns.sh"


class Slirp:
    """A wrapper at work: its readiness is told by --ready-fd, its end asked for by --exit-fd."""

    def __init__(self, world, script, *arguments):
        self.ready, tell_ready = os.pipe()
        exit_reader, self.exit = os.pipe()
        self.process = subprocess.Popen(
            world.enter_host([str(script), f"--ready-fd={tell_ready}", "-e", str(exit_reader), *arguments]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            pass_fds=[tell_ready, exit_reader], env={
                **os.environ, "PASTA": str(world.program.path), "PASST_REACTOR": world.reactor,
                "PESTO": str(world.program.directory / "pesto"), "TMPDIR": str(world.directory)})
        os.close(tell_ready)
        os.close(exit_reader)

    def wait(self):
        assert select.select([self.ready], [], [], 20)[0], "not ready within 20 s"
        byte = os.read(self.ready, 10)
        assert byte == b"1", self.process.communicate(timeout=10)
        return self

    def finish(self):
        for descriptor in (self.ready, self.exit):
            os.close(descriptor)
        return self.process.communicate(timeout=10)


@contextlib.contextmanager
def slirp(world, script, *arguments):
    running = Slirp(world, script, *arguments)
    try:
        yield running.wait()
    finally:
        running.output, running.errors = running.finish()
    assert running.process.returncode == 0


def test_a_pid_is_configured_and_connected(world, script):
    guest = world.guest()
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    _, host_port = world.host.serve("tcp_witness", address=LOOPBACK[4])

    with slirp(world, script, "--configure", "--mtu=65520", str(guest.pid), "tap0") as running:
        addresses = guest.run("ip", "address", "show", "tap0")
        assert "10.0.2.100/24" in addresses and "mtu 65520" in addresses and "inet6 fd00" not in addresses
        assert "default via 10.0.2.2" in guest.run("ip", "route")
        assert guest.call("tcp_ask", address=WORLD[4], port=port)[0] == HOST_ADDRESS[4]
        assert guest.call("tcp_ask", address="10.0.2.2", port=host_port)
    assert "MTU:             65520" in running.output and "10.0.2.100" in running.output
    assert "127.0.0.1:* on the host is accessible as 10.0.2.2" in running.errors


def test_dns_is_answered_at_the_third_address(world, script):
    guest = world.guest()
    world.peer.serve("dns_responder", address="198.51.100.53")

    with slirp(world, script, "-c", "--disable-host-loopback", str(guest.pid), "tap0"):
        assert guest.call("dns_queries", address="10.0.2.3", count=3) == {"lost": 0, "wrong": 0}
    with slirp(world, script, "-c", "--disable-dns", str(guest.pid), "tap0"):
        assert guest.call("udp_exchange", address="10.0.2.3", port=53, timeout=0.5)["error"]


def test_options_change_addresses_and_reachability(world, script):
    guest = world.guest()
    _, host_port = world.host.serve("tcp_witness", address=LOOPBACK[4])

    with slirp(world, script, "-cm1400", "--cidr=10.9.8.0/25", "--disable-host-loopback",
               "--macaddress=02:00:00:00:00:42", "--enable-sandbox", "--enable-seccomp",
               f"--outbound-addr={HOST_ADDRESS[4]}", str(guest.pid), "tap7") as running:
        link = guest.run("ip", "address", "show", "tap7")
        assert "10.9.8.100/25" in link and "mtu 1400" in link and "02:00:00:00:00:42" in link
        assert guest.call("tcp_attempt", address="10.9.8.2", port=host_port, timeout=2)["outcome"] != "connected"
    assert running.errors == ""


def test_ipv6_gets_an_address_and_the_other_end(world, script):
    guest = world.guest()
    _, port = world.peer.serve("tcp_witness", address=WORLD[6])

    with slirp(world, script, "-c", "--enable-ipv6", str(guest.pid), "tap0"):
        assert re.search(r"inet6 fd00::[0-9a-f:]+/64", guest.run("ip", "address", "show", "tap0"))
        assert "default via fd00::2" in guest.run("ip", "-6", "route")
        assert guest.call("tcp_ask", address=WORLD[6], port=port)[0] == HOST_ADDRESS[6]


def test_a_path_with_and_without_a_user_namespace(world, script):
    guest = world.guest()

    with slirp(world, script, "-c", "--netns-type=path", f"--userns-path=/proc/{guest.pid}/ns/user",
               f"/proc/{guest.pid}/ns/net", "tap0"):
        assert "10.0.2.100" in guest.run("ip", "address")


def test_it_ends_by_a_signal_and_with_its_namespace(world, script):
    guest = world.guest()
    running = Slirp(world, script, "-c", str(guest.pid), "tap0").wait()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(10) == 0
    running.finish()

    running = Slirp(world, script, "-c", str(guest.pid), "tap0").wait()
    world.agents.remove(guest)
    guest.close()
    assert running.process.wait(10) == 0
    running.finish()


@pytest.mark.parametrize("arguments, word", [
    (["--mtu=65522", "1", "tap0"], "MTU"),
    (["--cidr=10.0.2.1/24", "1", "tap0"], "network"),
    (["--cidr=10.0.2.0", "1", "tap0"], "prefix"),
    (["--netns-type=pid", "x", "tap0"], "PID"),
    (["--macaddress=02:00:00:00:00:01", "1", "tap0"], "--configure"),
    (["--target-type=bess", "/tmp/x"], "bess"),
    (["--nosuch", "1", "tap0"], "unrecognized option '--nosuch'"),
    ([], "PID"),
])
def test_a_mistake_is_told(world, script, arguments, word):
    result = subprocess.run(world.enter_host([str(script), *arguments]), capture_output=True, text=True, timeout=10)
    assert result.returncode == 1
    assert word in result.stderr and result.stdout == ""


def test_callers_find_the_features_they_look_for(script):
    help_text = subprocess.run([script, "--help"], capture_output=True, text=True, check=True, timeout=10).stdout
    for option in ("--netns-type", "--enable-sandbox", "--enable-seccomp", "--enable-ipv6", "--disable-host-loopback",
                   "--outbound-addr", "--cidr"):
        assert option in help_text
    missing = subprocess.run(
        [script, "1", "tap0"], capture_output=True, text=True, timeout=10, env={**os.environ, "PASTA": "/none"})
    assert missing.returncode == 127


def request(path, **message):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(json.dumps(message).encode())
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(4096):
            answer += piece
    return json.loads(answer)


def test_the_api_adds_lists_and_removes_host_forwards(world, script):
    probe = subprocess.run([world.program.directory / "pesto", "--version"], capture_output=True, text=True)
    if not probe.stdout.startswith("pesto"):
        pytest.skip("there is no pesto in this version")
    guest = world.guest()
    api = world.directory / "api.socket"
    _, port = guest.serve("tcp_witness", address="0.0.0.0")

    with slirp(world, script, "-c", f"--api-socket={api}", str(guest.pid), "tap0"):
        added = request(api, execute="add_hostfwd", arguments={
            "proto": "tcp", "host_addr": "0.0.0.0", "host_port": 8080, "guest_addr": "10.0.2.100",
            "guest_port": port})
        assert added == {"return": {"id": 1}}
        until(
            lambda: world.peer.call("tcp_attempt", address=HOST_ADDRESS[4], port=8080)["outcome"] == "connected", 10,
            "the port is forwarded")
        assert request(api, execute="add_hostfwd", arguments={
            "proto": "udp", "host_port": 8081, "guest_port": 9}) == {"return": {"id": 2}}
        assert request(api, execute="list_hostfwd") == {"return": {"entries": [
            {"id": 1, "proto": "tcp", "host_addr": "0.0.0.0", "host_port": 8080, "guest_addr": "10.0.2.100",
             "guest_port": port},
            {"id": 2, "proto": "udp", "host_addr": "0.0.0.0", "host_port": 8081, "guest_addr": "10.0.2.100",
             "guest_port": 9}]}}
        again = request(api, execute="add_hostfwd", arguments={"proto": "tcp", "host_port": 8080, "guest_port": 1})
        assert again["error"]["desc"].startswith("bad request")
        assert request(api, execute="remove_hostfwd", arguments={"id": 1}) == {"return": {}}
        until(
            lambda: world.peer.call("tcp_attempt", address=HOST_ADDRESS[4], port=8080)["outcome"] != "connected", 10,
            "the port is closed")
        assert request(api, execute="add_hostfwd", arguments={
            "proto": "tcp", "host_port": 8082, "guest_port": 9}) == {"return": {"id": 1}}
    until(lambda: not api.exists(), 10, "the API server left")


@pytest.mark.parametrize("text", [
    "{", "[]", '{"execute": 3}', '{"execute": "nosuch"}', '{"execute": "add_hostfwd"}',
    '{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_port": 65536, "guest_port": 1}}',
    '{"execute": "add_hostfwd", "arguments": {"proto": "sctp", "host_port": 80, "guest_port": 1}}',
    '{"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_addr": "x", "host_port": 80, "guest_port": 1}}',
    '{"execute": "remove_hostfwd", "arguments": {"id": 7}}', "x" * 5000,
])
def test_the_api_refuses_what_it_cannot_do(tmp_path, text):
    api = tmp_path / "api.socket"
    control = tmp_path / "control"
    control.mkdir()
    process = subprocess.Popen(["sleep", "100"])
    try:
        subprocess.run([CONTRIB / "slirp4netns-api", api, control, "10.0.2.100", str(process.pid)], check=True)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(api))
            client.sendall(text.encode())
            client.shutdown(socket.SHUT_WR)
            assert json.loads(client.recv(4096))["error"]["desc"].startswith("bad request")
    finally:
        process.kill()
        process.wait()
    until(lambda: not api.exists() and not control.exists(), 10, "the API server left")
