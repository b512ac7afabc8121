# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""passt behind its stream socket: clients that come, go and misbehave, and how the program starts and ends."""

import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import time

import pytest

from stream import EVERYONE, GUEST_MAC, Client, arp_request, framed, is_arp
from world import USER, can_switch_user, until


class Passt:
    """A passt in the foreground."""

    def __init__(self, world, *options, path=None, **popen):
        self.path = path or world.directory / "guest.socket"
        self.errors_path = world.directory / "passt-errors"
        self.errors = open(self.errors_path, "w")
        way = [] if "pass_fds" in popen or "stdin" in popen else ["--socket", str(self.path)]
        popen.setdefault("stdin", subprocess.DEVNULL)
        self.process = subprocess.Popen(
            world.enter_host([
                str(world.program.directory / "passt"), *world.reactor_options(), "--foreground", *way, *options]),
            stdout=subprocess.DEVNULL, stderr=self.errors, **popen)
        world.daemons.append(self.process.pid)

    def text(self):
        return self.errors_path.read_text()

    def client(self):
        return until(self.connected, 10, "passt listens")

    def connected(self):
        try:
            return Client(self.path)
        except (FileNotFoundError, ConnectionRefusedError):
            assert self.process.poll() is None, self.text()
            return None


@pytest.fixture
def passt(world):
    started = []

    def start(*options, **popen):
        started.append(Passt(world, *options, **popen))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.wait(10)
        one.errors.close()


# The stream


def test_attaching_is_answered_by_questions_for_the_guest(passt):
    with passt().client() as client:
        question = client.expect(lambda frame: is_arp(frame, 1))
        assert question[:6] == EVERYONE
        assert question[38:42] == socket.inet_aton("192.0.2.2")
        solicitation = client.expect(lambda frame: frame[12:14] == b"\x86\xdd" and frame[54] == 135)
        assert solicitation[:2] == b"\x33\x33"


def test_frames_may_come_byte_by_byte(passt):
    with passt().client() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        for _ in range(3):
            for byte in framed(arp_request()):
                client.socket.sendall(bytes([byte]))
            client.expect(lambda frame: is_arp(frame, 2))


def test_a_thousand_frames_may_come_in_one_write(passt):
    with passt().client() as client:
        wanted = [f"198.51.{100 + number // 250}.{1 + number % 250}" for number in range(1000)]

        client.send(*map(arp_request, wanted))

        found = [
            socket.inet_ntoa(client.expect(lambda frame: is_arp(frame, 2))[28:32]) for _ in wanted]
        assert found == wanted


def test_large_and_small_frames_are_told_apart(passt):
    with passt().client() as client:
        filler = EVERYONE + GUEST_MAC + b"\x88\xb5" + bytes(65535 - 14)
        for _ in range(50):
            client.send(filler, arp_request(), filler[:14], arp_request())
        for _ in range(100):
            client.expect(lambda frame: is_arp(frame, 2))


@pytest.mark.parametrize("length", [0, 1, 13, 65536, 1 << 31, (1 << 32) - 1])
def test_a_length_that_is_none_drops_the_client(passt, length):
    instance = passt()
    with instance.client() as client:
        client.check()
        client.socket.sendall(struct.pack("!I", length) + bytes(100))
        client.expect_closed()

    with instance.client() as client:
        client.check()
    assert instance.text().count(f"from the client: {length}\n") == 1


def test_the_next_client_begins_afresh(passt):
    instance = passt()
    for rest in (1, 3, 4, 5, 20, 45):
        with instance.client() as client:
            client.check()
            client.socket.sendall(framed(arp_request())[:rest])

    with instance.client() as client:
        client.check()


def test_a_second_client_is_refused_while_one_is_connected(passt):
    instance = passt()
    with instance.client() as client:
        client.check()
        for _ in range(10):
            with Client(instance.path) as second:
                second.expect_closed()
        client.check()
    with instance.client() as client:
        client.check()
    assert f"Refused a second client, PID {os.getpid()}" in instance.text()


def test_many_clients_one_after_another(passt):
    instance = passt()
    for _ in range(200):
        with instance.client() as client:
            client.check()
    assert len(os.listdir(f"/proc/{instance.process.pid}/fd")) < 100


def processor_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mebibytes(pid):
    fields = open(f"/proc/{pid}/statm").read().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def test_a_client_that_asks_and_does_not_listen_costs_no_memory_and_no_time(passt):
    instance = passt()
    with instance.client() as client:
        client.check()
        before = resident_mebibytes(instance.process.pid)
        client.socket.settimeout(0.5)
        flood = framed(arp_request()) * 1000
        for _ in range(2000):
            client.socket.sendall(flood)  # passt goes on reading

        assert resident_mebibytes(instance.process.pid) < before + 16
        with Client(instance.path) as second:
            second.expect_closed()
        used, end = processor_seconds(instance.process.pid), time.monotonic() + 1
        until(lambda: time.monotonic() > end, 5, "a second has passed")
        assert processor_seconds(instance.process.pid) < used + 0.3, "it spins"
    with instance.client() as client:
        client.check()


# Start and end


@pytest.mark.parametrize("option", ["--one-off", "-1"])
def test_one_off_ends_with_its_client(passt, option):
    instance = passt(option)
    with instance.client() as client:
        client.check()

    assert instance.process.wait(10) == 0


def test_one_off_ends_with_a_client_that_breaks_the_rules(passt):
    instance = passt("--one-off")
    with instance.client() as client:
        client.socket.sendall(bytes(100))

        assert instance.process.wait(10) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_signals_end_it_well(passt, number):
    instance = passt()
    with instance.client() as client:
        client.check()
        instance.process.send_signal(number)

        assert instance.process.wait(10) == 0


@pytest.mark.parametrize("number", [0, 3, 7, 300])
def test_an_inherited_descriptor_is_served(passt, world, number):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    script = f'exec {number}<&"$0" && exec "$@"'
    if number != 0:
        os.set_inheritable(theirs.fileno(), True)
    command = world.enter_host([
        str(world.program.directory / "passt"), *world.reactor_options(), "--foreground", "--fd", str(number)])
    with open(world.directory / "passt-errors", "w") as errors:
        if number == 0:
            process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=errors)
        else:
            process = subprocess.Popen(
                ["/bin/bash", "-c", script, str(theirs.fileno()), *command], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors)
    theirs.close()
    world.daemons.append(process.pid)
    with Client(connection=ours) as client:
        client.check()

    assert process.wait(10) == 0, (world.directory / "passt-errors").read_text()


def test_an_inherited_descriptor_survives_the_background(world):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    pid_file = world.directory / "passt.pid"
    pid_file.write_text("")  # as QEMU's passt back end makes it
    pid_file.chmod(0o666)
    command = world.enter_host([
        str(world.program.directory / "passt"), *world.reactor_options(), "--quiet", "--pid", str(pid_file),
        "--fd", str(theirs.fileno())])
    result = subprocess.run(command, pass_fds=[theirs.fileno()], capture_output=True, text=True, timeout=20)
    theirs.close()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    pid = int(pid_file.read_text())
    world.daemons.append(pid)
    with Client(connection=ours) as client:
        client.check()
    until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "passt ends with its client")


@pytest.mark.parametrize("number, reason", [("9", "descriptor 9"), ("0", "stream socket"), ("x", "--fd")])
def test_a_descriptor_that_cannot_be_served_is_refused(world, number, reason):
    result = world.run_pasta("--foreground", "--fd", number, name="passt")

    assert result.returncode == 1
    assert reason in result.stderr


def test_background_returns_when_clients_can_connect(world):
    path = world.directory / "guest.socket"
    for _ in range(5):
        pid = world.attach("--socket-path", str(path), "--one-off", name="passt")
        with Client(path) as client:
            client.check()
        until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "passt ends with its client")
        assert stat.S_ISSOCK(path.stat().st_mode)


def status_field(pid, name):
    return next(
        line.split()[1] for line in open(f"/proc/{pid}/status") if line.startswith(name + ":"))


@pytest.mark.skipif(not can_switch_user(), reason="there is only one user in this user namespace")
@pytest.mark.parametrize("options, user", [([], None), (["--runas", str(USER)], USER)])
def test_root_becomes_somebody_else_and_keeps_no_privilege(world, options, user):
    path, pid_file = world.directory / "guest.socket", world.directory / "pid"
    result = subprocess.run(
        world.enter_host([
            str(world.program.directory / "passt"), *world.reactor_options(), "--socket", str(path),
            "--pid", str(pid_file), *options], user=False),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert result.returncode == 0, result.stderr
    pid = int(pid_file.read_text())
    world.daemons.append(pid)
    with Client(path) as client:
        client.check()
    assert int(status_field(pid, "Uid")) == (user or pwd.getpwnam("nobody").pw_uid)
    assert int(status_field(pid, "CapEff"), 16) == int(status_field(pid, "CapPrm"), 16) == 0
    assert status_field(pid, "Seccomp") == "2"
    assert status_field(pid, "NoNewPrivs") == "1"


def test_a_path_in_use_is_refused_and_its_owner_goes_on(passt, world):
    instance = passt("--one-off")
    until(instance.path.exists, 10, "passt listens")
    result = world.run_pasta("--foreground", "--socket", str(instance.path), name="passt", timeout=10)

    assert result.returncode == 1
    assert str(instance.path) in result.stderr
    with instance.client() as client:
        client.check()


def test_a_file_that_is_no_socket_is_left_alone(world):
    path = world.directory / "precious"
    path.write_text("kept")
    result = world.run_pasta("--foreground", "--socket", str(path), name="passt", timeout=10)

    assert result.returncode == 1
    assert path.read_text() == "kept"


def test_several_instances_find_default_paths(world):
    directory = world.directory / "tmp"
    directory.mkdir(mode=0o777)
    directory.chmod(0o777)
    shutil.copy(world.program.path, directory / "passt")
    inside = ["unshare", "--mount", "--", "sh", "-c", 'mount --bind "$0" /tmp && exec "$@"', str(directory)]

    def start():
        result = subprocess.run(
            world.enter_host([*inside, "/tmp/passt", *world.reactor_options(), "-P", "/tmp/pid"], user=False),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        assert result.returncode == 0, result.stderr
        pids.append(int((directory / "pid").read_text()))
        return result.stderr

    pids = []
    try:
        (directory / "passt_3.socket").write_text("not a socket")
        for number in (1, 2, 4):
            assert f"/tmp/passt_{number}.socket" in start()
            with Client(directory / f"passt_{number}.socket") as client:
                client.check()
        os.kill(pids[0], signal.SIGTERM)
        until(lambda: not os.path.exists(f"/proc/{pids[0]}"), 10, "the first one ends")
        assert "/tmp/passt_1.socket" in start()
    finally:
        for pid in pids:
            if os.path.exists(f"/proc/{pid}"):
                os.kill(pid, signal.SIGTERM)


def test_log_and_capture_go_on_behind_the_sandbox(world):
    path, log, capture = (world.directory / name for name in ("guest.socket", "log", "capture"))
    pid = world.attach(
        "--socket", str(path), "--log-file", str(log), "--pcap", str(capture), name="passt")
    for _ in range(2):
        with Client(path) as client:
            client.check()
    until(lambda: log.read_text().count("Client closed the connection") == 2, 10, "the log tells of clients")
    assert log.read_text().count("Client connected") == 2
    os.kill(pid, signal.SIGTERM)
    until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "passt ends")
    data = capture.read_bytes()
    assert data[:4] == struct.pack("I", 0xA1B2C3D4)
    assert data.count(arp_request()) == 2


@pytest.mark.parametrize("options, reason", [
    (["--config-net"], "--config-net"),
    (["--netns", "/x"], "--netns"),
    (["-T", "80"], "-T"),
    (["--dhcp-dns"], "--dhcp-dns"),
    (["-t", "auto"], "auto"),
    (["--repair-path", "/x"], "--repair-path"),
    (["--migrate-exit"], "--migrate-exit"),
    (["command"], "command"),
    (["--socket", "/" + "x" * 110], "--socket"),
    (["--socket", ""], "--socket"),
])
def test_options_that_are_not_for_passt(world, options, reason):
    result = world.run_pasta(*options, name="passt", timeout=10)

    assert result.returncode == 1
    assert reason in result.stderr
