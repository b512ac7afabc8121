# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who waits for the program learns when it is ready, and can tell it to leave; statistics tell what it does."""

import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess

import pytest

from world import LOOPBACK, can_switch_user, until


def start(world, *arguments, pass_fds=(), environment=None, **options):
    command = [str(world.program.path), *world.reactor_options(), *map(str, arguments)]
    return subprocess.Popen(
        world.enter_host(command), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, pass_fds=pass_fds,
        env={**os.environ, **(environment or {})}, **{"stdout": subprocess.PIPE, **options})


def read_within(descriptor, seconds=20):
    assert select.select([descriptor], [], [], seconds)[0], f"nothing to read within {seconds} s"
    return os.read(descriptor, 100)


@contextlib.contextmanager
def running(world, *arguments, **options):
    process = start(world, *arguments, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextlib.contextmanager
def pipe():
    ends = list(os.pipe())
    try:
        yield ends
    finally:
        for end in ends:
            with contextlib.suppress(OSError):
                os.close(end)


def can_connect(guest, world, port):
    """From the guest to the host's loopback, by the address of the gateway."""
    return guest.run(
        "/usr/bin/python3", "-c",
        f"import socket; socket.create_connection(('192.0.2.1', {port}), 5).close()", check=False)["status"] == 0


@pytest.mark.differs("it has no --ready-fd")
@pytest.mark.parametrize("background", [False, True])
def test_ready_fd_gets_a_byte_when_connections_can_be_made(world, background):
    guest = world.guest()
    server, port = world.host.serve("tcp_echo", address=LOOPBACK[4])
    pid_file = world.directory / "pid"
    with pipe() as (reader, writer):
        options = [] if background else ["--foreground"]
        process = start(
            world, *options, "--config-net", "--pid", pid_file, "--ready-fd", writer, str(guest.pid),
            pass_fds=[writer])
        os.close(writer)
        assert read_within(reader) == b"1"
        assert can_connect(guest, world, port)
        assert read_within(reader) == b""  # Closed: nobody keeps a copy.
        until(lambda: pid_file.read_text(), 5, "PID file")
        world.daemons.append(int(pid_file.read_text()))
        if background:
            assert process.wait(10) == 0
        else:
            process.terminate()
        process.communicate(timeout=10)


@pytest.mark.differs("it has no --ready-fd")
def test_ready_fd_may_be_standard_output_and_the_command_does_not_inherit_it(world):
    assert world.run_pasta("--ready-fd", "1", "--", "true").stdout == "1"
    with pipe() as (reader, writer):
        process = start(world, "--ready-fd", writer, "--", "ls", "/proc/self/fd", pass_fds=[writer])
        assert process.communicate(timeout=20)[0].split() == ["0", "1", "2", "3"]
        assert os.read(reader, 10) == b"1"


@pytest.mark.differs("it has no --exit-fd")
@pytest.mark.parametrize("how", ["closed", "written"])
def test_exit_fd_ends_the_program(world, how):
    guest = world.guest()
    with pipe() as (ready, tell_ready), pipe() as (reader, writer):
        process = start(
            world, "--foreground", "--ready-fd", tell_ready, "--exit-fd", reader, str(guest.pid),
            pass_fds=[tell_ready, reader])
        os.close(reader)
        assert read_within(ready) == b"1"
        assert process.poll() is None
        if how == "closed":
            os.close(writer)
        else:
            os.write(writer, b"x")
        assert process.wait(10) == 0
        assert process.communicate()[0] == ""


@pytest.mark.differs("it has no --exit-fd")
def test_exit_fd_reaches_a_daemon_in_the_background(world):
    guest = world.guest()
    with pipe() as (reader, writer):
        process = start(world, "--exit-fd", reader, str(guest.pid), pass_fds=[reader])
        process.communicate(timeout=20)
        assert process.returncode == 0
        assert world.program.processes()
        os.close(writer)
        until(lambda: not world.program.processes(), 10, "the daemon left")


@pytest.mark.differs("it has neither option")
@pytest.mark.parametrize("options, words", [
    (["--ready-fd", "77"], ["descriptor 77", "--ready-fd"]),
    (["--exit-fd", "77"], ["descriptor 77", "--exit-fd"]),
    (["--exit-fd", "1", "--ready-fd", "1"], ["same descriptor"]),
])
def test_a_descriptor_that_is_not_usable_is_refused(world, options, words):
    result = world.run_pasta(*options, "--", "true")
    assert result.returncode == 1
    assert all(word in result.stderr for word in words), result.stderr


@pytest.mark.differs("it does not notify")
@pytest.mark.parametrize("abstract", [False, True])
def test_a_service_manager_is_told_of_readiness_in_the_foreground(world, abstract):
    guest = world.guest()
    # An abstract name belongs to the network namespace, so that the receiver must be in the host's.
    path = world.directory / "notify"
    name = f"@passt-tests-{os.getpid()}" if abstract else str(path)
    code = (
        "import socket, sys, os; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM);"
        f"s.bind({name!r}.replace('@', chr(0)));"
        "os.path.exists({0!r}) and os.chmod({0!r}, 0o666);".format(name) +
        "print('bound', flush=True); s.settimeout(20); print(s.recv(100).decode(), end='', flush=True)")
    receiver = subprocess.Popen(
        world.enter_host(["/usr/bin/python3", "-c", code]), stdout=subprocess.PIPE, text=True)
    assert receiver.stdout.readline() == "bound\n"
    with running(world, "--foreground", str(guest.pid), environment={"NOTIFY_SOCKET": name}):
        assert receiver.communicate(timeout=20)[0] == "READY=1\n"


@pytest.mark.differs("it has no --stats-json")
def test_statistics_are_json_on_request(world):
    guest = world.guest()
    with running(world, "--config-net", "--foreground", "--stats-json", "--stats", "1", str(guest.pid)) as process:
        until(lambda: "192.0.2.2" in guest.run("ip", "address"), 10, "addresses")
        assert not can_connect(guest, world, 9)
        assert select.select([process.stdout], [], [], 10)[0]
        numbers = json.loads(process.stdout.readline())
        assert numbers["reactor"] == world.reactor
        assert set(numbers["offload"]) == {"checksum", "tcp", "udp"}
        while numbers["resets_refused"] == 0:
            numbers = json.loads(process.stdout.readline())
        assert numbers["tcp_opened"] >= 1
        assert numbers["frames_in"] >= 1 and numbers["bytes_out"] >= 1


def test_statistics_are_a_table_and_need_the_foreground_whatever_the_order(world):
    guest = world.guest()
    result = world.run_pasta("--stats", "1", str(guest.pid))
    assert result.returncode == 1 and "--foreground" in result.stderr
    with running(world, "-q", "--config-net", "--stats", "1", "--foreground", str(guest.pid)) as process:
        until(lambda: "192.0.2.2" in guest.run("ip", "address"), 10, "addresses")
        can_connect(guest, world, 9)
        assert select.select([process.stderr], [], [], 10)[0]
        heading = process.stderr.readline()
        line = process.stderr.readline()
        assert len(heading.split()) == len(line.split()) > 10
        if not world.program.is_reference:
            assert len(heading) == len(line)


@pytest.mark.differs("it has no --reactor")
def test_the_environment_chooses_the_reactor(program, make_world, reactor):
    world = make_world()
    other = "epoll" if reactor == "ring" else "ring"
    command = world.enter_host([str(program.path), "--debug", "--config-net", "--", "true"])
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=20, env={**os.environ, "PASST_REACTOR": other})
    assert f"reactor: {'io_uring' if other == 'ring' else 'epoll'}" in result.stderr
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=20, env={**os.environ, "PASST_REACTOR": "select"})
    assert result.returncode == 1 and "PASST_REACTOR" in result.stderr
