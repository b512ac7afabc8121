# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules at run time: the control socket and its client, pesto."""

import os
import socket
import struct
import subprocess

import pytest

from world import HOST_ADDRESS, LOOPBACK, until

GREETING = b"basil:s\0" + struct.pack(">III", 2, 128, 16)
NOTHING = ["-t", "none", "-u", "none", "-T", "none", "-U", "none"]


class Controlled:
    """A pasta with a control socket."""

    def __init__(self, world, *options):
        self.world = world
        self.path = str(world.directory / "control")
        pesto = world.program.directory / "pesto"
        if not pesto.exists():
            pesto.symlink_to("pasta")
        self.pesto_path = str(pesto)
        self.guest = world.pasta("--conf-path", self.path, *options)

    def run(self, *arguments):
        return subprocess.run(
            self.world.enter_host([self.pesto_path, *arguments, self.path]), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)

    def pesto(self, *arguments):
        result = self.run(*arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def refused(self, *arguments):
        before = self.rules()
        result = self.run(*arguments)
        assert result.returncode == 1 and result.stderr and not result.stdout, result
        assert self.rules() == before
        return result.stderr

    def rules(self):
        lines = self.pesto().splitlines()
        assert lines[0] == f"passt/pasta configuration ({self.path})"
        return [line.strip() for line in lines[1:]]

    def listening(self, protocol="tcp"):
        return {port for port in self.world.host.call("listening", protocol=protocol) if port >= 1024}

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(15)
        connection.connect(self.path)
        return connection


@pytest.fixture
def controlled(world):
    if world.program.is_reference:
        pytest.skip("Debian's version has no control socket")
    return Controlled(world, *NOTHING)


def receive(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece, f"the end after {len(data)} bytes"
        data += piece
    return data


def receive_tables(connection):
    """The greeting and tables, as {number: (capabilities, rules)}."""
    assert receive(connection, 20) == GREETING
    tables = {}
    while (number := receive(connection, 1)[0]) != 0:
        receive(connection, 128)
        capabilities, count = struct.unpack(">II", receive(connection, 8))
        tables[number] = (capabilities, [receive(connection, 56) for _ in range(count)])
    return tables


def rule(first, last=None, target=None, protocol=6, flags=1, address=bytes(16)):
    return address + bytes(32) + struct.pack(">HHHBB", first, last or first, target or first, protocol, flags)


def update(*rules, table=1):
    return struct.pack(">BI", table, len(rules)) + b"".join(rules) + b"\0"


def test_rules_are_listed(world):
    controlled = Controlled(world, "-t", "8080:80,~9000", "-u", "127.0.0.1/5300:53", "-T", "7000", "-U", "none")

    assert controlled.rules() == [
        "HOST", "TCP *:8080  =>  80", "UDP [127.0.0.1]:5300  =>  53", "SPLICE", "TCP *%lo:7000  =>  7000"]


def test_rules_are_added_and_deleted(controlled):
    controlled.pesto("-A", "-t", "8080:80", "-u", "127.0.0.1/5300:53")
    assert controlled.listening() == {8080} and controlled.listening("udp") == {5300}

    controlled.pesto("-A", "-t", "8081", "-D", "-u", "127.0.0.1/5300:53")

    assert controlled.listening() == {8080, 8081} and controlled.listening("udp") == set()
    assert controlled.rules() == ["HOST", "TCP *:8080  =>  80", "TCP *:8081  =>  8081", "SPLICE"]


def test_a_table_is_replaced_whole_and_once(controlled):
    controlled.pesto("-A", "-t", "8080", "-u", "8080", "-T", "7000")

    controlled.pesto("-t", "8081", "-t", "8082")

    assert controlled.rules() == [
        "HOST", "TCP *:8081  =>  8081", "TCP *:8082  =>  8082", "SPLICE", "TCP *%lo:7000  =>  7000"]
    assert controlled.listening() == {8081, 8082} and controlled.listening("udp") == set()


def test_a_table_is_cleared(controlled):
    controlled.pesto("-A", "-t", "8080", "-T", "7000")
    assert 7000 in controlled.guest.call("listening")

    controlled.pesto("-C", "SPLICE")
    assert controlled.rules() == ["HOST", "TCP *:8080  =>  8080", "SPLICE"]
    assert 7000 not in controlled.guest.call("listening")
    controlled.pesto("-t", "none")
    assert controlled.rules() == ["HOST", "SPLICE"]


def test_show_tells_before_and_after(controlled):
    output = controlled.pesto("--show", "-t", "8080")

    assert output.count("passt/pasta configuration") == 2
    assert output.count("TCP *:8080  =>  8080") == 1


def test_what_is_impossible_changes_nothing(controlled):
    controlled.pesto("-A", "-t", "8080,8090-8095", "-u", "8080")
    for arguments in (
        ["-A", "-t", "8080"], ["-A", "-t", "8081", "-t", "127.0.0.1/8090"], ["-D", "-t", "8081"],
        ["-D", "-t", "8090"], ["-D", "-t", "8080:81"], ["-A", "-t", "none"], ["-D", "-t", "none"],
        ["-A", "-t", "0"], ["-T", "127.0.0.1/80"], ["-C", "host"], ["--nonsense"],
    ):
        controlled.refused(*arguments)
    assert controlled.listening() == {8080, *range(8090, 8096)}


def test_a_port_in_use_is_told_and_changes_nothing(controlled):
    controlled.world.host.serve("tcp_witness", address="0.0.0.0", port=9000)
    controlled.pesto("-A", "-t", "8080")

    error = controlled.refused("-t", "9001,9000")

    assert "TCP port 9000" in error and "in use" in error
    assert controlled.listening() == {8080, 9000}


def test_an_address_gives_way_to_the_wildcard(controlled):
    controlled.pesto("-A", "-t", "127.0.0.1/8080")

    controlled.pesto("-t", "8080")

    assert controlled.rules() == ["HOST", "TCP *:8080  =>  8080", "SPLICE"]
    assert 8080 in controlled.listening()


def test_auto_can_be_switched_on(controlled):
    controlled.guest.serve("tcp_witness", address="0.0.0.0", port=8080)

    controlled.pesto("-A", "-t", "auto")
    controlled.world.host.call("wait_for_port", port=8080)

    controlled.pesto("-C", "HOST")
    controlled.world.host.call("wait_for_port", port=8080, present=False)


def test_connections_live_on_and_rules_that_stay_are_not_interrupted(controlled):
    controlled.pesto("-A", "-t", "8080,8081")
    for port in (8080, 8081, 9090):
        controlled.guest.serve("tcp_echo", address="0.0.0.0", port=port)
    held = controlled.world.peer.start("tcp_converse", address=HOST_ADDRESS[4], port=8081)
    assert held.started() == "ping"
    inodes = socket_inodes(controlled)

    controlled.pesto("-D", "-t", "8081", "-A", "-t", "8082")

    assert held.stop().result() == "pong"
    assert socket_inodes(controlled)[8080] == inodes[8080]
    # The same socket, another target.
    controlled.pesto("-D", "-t", "8080", "-A", "-t", "8080:9090")
    assert socket_inodes(controlled)[8080] == inodes[8080]
    last = controlled.world.peer.start("tcp_converse", address=HOST_ADDRESS[4], port=8080)
    assert last.started() == "ping"
    assert last.stop().result() == "pong"


def socket_inodes(controlled):
    """Inode by port of the sockets that listen on the host."""
    inodes = {}
    for line in controlled.world.host.call("read_file", path="/proc/net/tcp6").splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A":
            inodes[int(fields[1].rsplit(":", 1)[1], 16)] = fields[9]
    return inodes


def test_clients_of_version_2_need_no_answer(controlled):
    with controlled.connect() as connection:
        tables = receive_tables(connection)
        assert sorted(tables) == [1, 3] and tables[1][0] & 63 == 63
        connection.sendall(update(rule(8080), rule(1022)))
        assert connection.recv(1) == b""

    # The rule whose port cannot be had is kept.
    assert controlled.rules()[:3] == ["HOST", "TCP *:8080  =>  8080", "TCP *:1022  =>  1022"]
    assert 8080 in controlled.listening()


@pytest.mark.parametrize("words", [
    b"GET / HTTP/1.1\r\n\r\n", b"\x02", b"\x01\xff\xff\xff\xff", b"\xff\xff", update(rule(0)),
    update(rule(8080), rule(8080)), update(rule(8080, 8000)), update(rule(8080, flags=128)),
    update(rule(8080, protocol=132)), update(rule(8080, address=b"\xff" * 16)),
    b"\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00",
], ids=range(11))
def test_rubbish_changes_nothing(controlled, words):
    controlled.pesto("-A", "-t", "8090")
    with controlled.connect() as connection:
        receive_tables(connection)
        connection.sendall(words)
        assert connection.recv(1) == b""

    assert controlled.rules() == ["HOST", "TCP *:8090  =>  8090", "SPLICE"]
    assert controlled.listening() == {8090}


def test_a_client_that_dies_in_the_middle_changes_nothing(controlled):
    words = update(rule(8080), rule(8081))
    for count in (0, 1, 4, 5, 60, len(words) - 1):
        with controlled.connect() as connection:
            receive_tables(connection)
            connection.sendall(words[:count])

    assert controlled.rules() == ["HOST", "SPLICE"]
    assert controlled.listening() == set()


def test_a_client_that_stalls_blocks_nobody(controlled):
    controlled.pesto("-A", "-t", "8080")
    controlled.guest.serve("tcp_echo", address="0.0.0.0", port=8080)
    words = update(rule(8081))
    with controlled.connect() as stalled:
        receive_tables(stalled)
        stalled.sendall(words[:30])
        waiting = controlled.connect()

        held = controlled.world.peer.start("tcp_converse", address=HOST_ADDRESS[4], port=8080)
        assert held.started() == "ping" and held.stop().result() == "pong"

        # Ended after a while, and the next one is served.
        assert stalled.recv(1) == b""
    with waiting:
        receive_tables(waiting)
        waiting.sendall(words)
        assert waiting.recv(1) == b""
    assert controlled.listening() == {8081}


def test_a_slow_client_is_understood(controlled):
    with controlled.connect() as connection:
        receive_tables(connection)
        for byte in update(rule(8080)):
            connection.sendall(bytes([byte]))
        assert connection.recv(1) == b""

    assert controlled.listening() == {8080}


def test_only_owner_and_root_may_connect(controlled):
    assert os.stat(controlled.path).st_mode & 0o777 == 0o600
    os.chmod(controlled.path, 0o666)
    stranger = subprocess.run(
        ["setpriv", "--reuid=47001", "--regid=47001", "--clear-groups", "--", controlled.pesto_path, controlled.path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)
    os.chmod(controlled.path, 0o600)

    refused = subprocess.run(
        ["setpriv", "--reuid=47001", "--regid=47001", "--clear-groups", "--", controlled.pesto_path, controlled.path],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)
    assert refused.returncode == 1 and "ermission denied" in refused.stderr
    assert stranger.returncode in (0, 1)


def test_help_and_version(controlled):
    for option, text in (("--help", "Usage: pesto"), ("--version", "pesto ")):
        result = controlled.run(option)
        assert result.returncode == 0 and result.stdout.startswith(text) and not result.stderr
    for arguments in ([], ["a", "b"]):
        result = subprocess.run(
            [controlled.pesto_path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 1 and "Usage: pesto" in result.stderr and not result.stdout


def test_nobody_there(controlled):
    missing = subprocess.run(
        [controlled.pesto_path, controlled.path + "x"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert missing.returncode == 1 and "o such file" in missing.stderr


def test_passt_has_no_outbound_table(world):
    if world.program.is_reference:
        pytest.skip("Debian's version has no control socket")
    path = str(world.directory / "passt-control")
    pid_file = world.directory / "pid"
    started = world.run_pasta(
        "--conf-path", path, "--socket", str(world.directory / "socket"), "--pid", str(pid_file), name="passt")
    assert started.returncode == 0, started.stderr
    world.daemons.append(int(pid_file.read_text()))
    pesto = world.program.directory / "pesto"
    if not pesto.exists():
        pesto.symlink_to("pasta")

    def run(*arguments):
        return subprocess.run(
            world.enter_host([str(pesto), *arguments, path]), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    assert run().stdout.splitlines()[1:] == ["HOST"]
    assert run("-t", "8080").returncode == 0
    assert 8080 in world.host.call("listening")
    assert run("-T", "8080").returncode == 1
    assert run("-A", "-t", "auto").returncode == 1
