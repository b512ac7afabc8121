# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Start, background, attachment, exit status, signals, files, and the end."""

import os
import re
import signal
import subprocess
import time

import pytest

from world import HOST_ADDRESS, UPLINK, USER, WORLD, can_switch_user, until


@pytest.mark.parametrize(
    "script, status", [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137), ("kill -TERM $$", 143)])
def test_exit_status_is_that_of_the_command(world, script, status):
    # The shell is a child of the command: the first process of a PID namespace ignores its own signals.
    wrapped = script if script.startswith("exit") else f"sh -c '{script}'; exit $?"

    assert world.run_pasta("--config-net", "--", "sh", "-c", wrapped).returncode == status


def test_command_killed_from_outside_gives_its_signal(world):
    guest = world.pasta()

    os.kill(world.command_of(guest), signal.SIGKILL)

    assert guest.process.wait(5) == 128 + signal.SIGKILL


@pytest.mark.differs("that version does not name the command")
def test_command_that_cannot_be_executed(world):
    result = world.run_pasta("--config-net", "--", "/does/not/exist")

    assert result.returncode == 1
    assert "/does/not/exist" in result.stderr


def test_output_of_the_command_is_its_own(world):
    result = world.run_pasta("--config-net", "--quiet", "--", "sh", "-c", "echo out; echo err >&2")

    assert result.stdout == "out\n"
    assert result.stderr.endswith("err\n")


def test_without_a_command_there_is_a_login_shell(world):
    shell = world.directory / "shell"
    os.symlink("/bin/bash", shell)

    process = subprocess.run(
        world.enter_host([str(world.program.path), *world.reactor_options(), "--config-net"]),
        input="echo name $0; shopt -q login_shell && echo login; exit 3\n", env={**os.environ, "SHELL": str(shell)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)

    assert process.stdout == f"name -{shell}\nlogin\n"
    assert process.returncode == 3


def test_command_is_root_and_first_in_its_namespaces(world):
    identity = world.pasta().call("identity")

    assert (identity["uid"], identity["gid"], identity["pid"]) == (0, 0, 1)
    assert identity["host"].startswith("pasta-") or world.program.is_reference


def test_command_may_ping(world):
    guest = world.pasta()

    assert guest.call("read_file", path="/proc/sys/net/ipv4/ping_group_range").split() == ["0", "0"]


def test_daemon_holds_no_needless_privilege(world):
    if not can_switch_user():
        pytest.skip("needs a second user")
    guest = world.pasta()

    status = open(f"/proc/{guest.process.pid}/status").read()

    assert re.search(r"^Uid:\s+(\d+)", status, re.M).group(1) == str(USER)
    assert re.search(r"^Seccomp:\s+2$", status, re.M)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)


def test_background_start_is_usable_at_once_and_silent(world, family):
    guest = world.guest()
    _, port = world.peer.serve("tcp_witness", address=WORLD[family])

    # run_pasta waits for the end of both pipes: a child that kept them open would run into the timeout.
    pid = world.attach("--config-net", str(guest.pid), timeout=10)

    assert guest.call("tcp_ask", address=WORLD[family], port=port)[0] == HOST_ADDRESS[family]
    assert pid in world.program.processes()
    standard = {os.readlink(f"/proc/{pid}/fd/{descriptor}") for descriptor in (0, 1, 2)}
    # The null device may have lost its path with the daemon's view of the file system.
    assert standard <= {"/dev/null", "/null"}


def test_daemon_is_in_a_session_of_its_own(world):
    guest = world.guest()

    pid = world.attach("--config-net", str(guest.pid))

    session = subprocess.run(["ps", "-o", "sid=", "-p", str(pid)], stdout=subprocess.PIPE, text=True).stdout.strip()
    assert session == str(pid) or session not in ("0", str(os.getsid(0)))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_signal_ends_the_daemon(world, number):
    guest = world.guest()
    pid = world.attach("--config-net", str(guest.pid))

    os.kill(pid, number)

    until(lambda: pid not in world.program.processes(), 5, "the daemon has ended")
    assert UPLINK not in guest.run("ip", "link")


def test_signal_in_the_foreground_gives_status_0(world):
    guest = world.guest()
    pid_file = world.directory / "pid"
    process = subprocess.Popen(
        world.enter_host([
            str(world.program.path), *world.reactor_options(), "--foreground", "--config-net",
            "--pid", str(pid_file), str(guest.pid),
        ]),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: pid_file.exists() and pid_file.read_text(), 10, "a PID file")
    assert int(pid_file.read_text()) == process.pid

    process.send_signal(signal.SIGTERM)

    assert process.wait(5) == 0


def test_pid_file_is_private_and_complete(world):
    guest = world.guest()
    pid_file = world.directory / "pid"
    pid_file.write_text("old and rather long content\n")
    pid_file.chmod(0o666)

    assert world.run_pasta("--config-net", "--pid", str(pid_file), str(guest.pid)).returncode == 0

    world.daemons.append(int(pid_file.read_text()))
    assert world.daemons[0] in world.program.processes()
    assert pid_file.read_text().endswith("\n")


@pytest.mark.differs("that version watches files only")
def test_daemon_ends_with_the_process_it_serves(world):
    guest = world.guest()
    pid = world.attach("--config-net", str(guest.pid))

    world.agents.remove(guest)
    guest.close()

    until(lambda: pid not in world.program.processes(), 5, "the daemon has ended")


@pytest.fixture
def rootless(world):
    """What a rootless container engine has: root in a user namespace of an ordinary user, on the host's network."""
    agent = world.agent("rootless", world.enter_host(["unshare", "--user", "--map-root-user", "--mount", "--"]))
    agent.wait_until_ready()
    agent.run("mount", "-t", "tmpfs", "tmpfs", "/run")
    agent.run("mkdir", "/run/netns")
    agent.run("touch", "/run/netns/blue")
    agent.run("unshare", "--net=/run/netns/blue", "true")
    return agent


def remove_namespace(rootless):
    rootless.run("umount", "--lazy", "/run/netns/blue")
    rootless.run("rm", "/run/netns/blue")


@pytest.mark.parametrize("reference", ["blue", "/run/netns/blue"])
def test_named_namespace_is_served_until_it_is_removed(world, rootless, reference):
    _, port = world.peer.serve("tcp_witness", address=WORLD[4], greeting="peer")
    pid_file = world.directory / "pid"
    rootless.run(
        str(world.program.path), *world.reactor_options(), "--config-net", "--netns", reference,
        "--pid", str(pid_file))
    assert len(world.program.processes()) == 1
    script = f"exec 3<>/dev/tcp/{WORLD[4]}/{port}; cat <&3"
    assert "peer" in rootless.run("nsenter", "--net=/run/netns/blue", "bash", "-c", script)

    remove_namespace(rootless)

    until(lambda: not world.program.processes(), 5, "the daemon has ended")


def test_no_netns_quit_outlives_the_name(world, rootless):
    pid_file = world.directory / "pid"
    rootless.run(
        str(world.program.path), *world.reactor_options(), "--config-net", "--netns", "blue", "--no-netns-quit",
        "--pid", str(pid_file))

    remove_namespace(rootless)

    time.sleep(2)  # nothing to wait for: it must not end
    running = world.program.processes()
    assert len(running) == 1
    os.kill(running[0], signal.SIGTERM)


def test_namespaces_by_path(world):
    guest = world.guest()
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])

    world.attach(
        "--config-net", "--userns", f"/proc/{guest.pid}/ns/user", "--netns", f"/proc/{guest.pid}/ns/net")

    assert guest.call("tcp_ask", address=WORLD[4], port=port)[0] == HOST_ADDRESS[4]


def test_capture_can_be_read(world):
    capture = world.directory / "guest.pcap"
    guest = world.pasta("--pcap", str(capture))
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    guest.call("tcp_ask", address=WORLD[4], port=port)
    guest.run("ping", "-n", "-c", "1", "-W", "2", WORLD[6])
    world.pastas.remove(guest)
    guest.close()

    shown = subprocess.run(
        ["tcpdump", "-n", "-e", "-Z", "root", "-r", str(capture)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    assert shown.returncode == 0, shown.stderr
    assert f"{WORLD[4]}.{port} > {HOST_ADDRESS[4]}" in shown.stdout
    assert f"> {WORLD[4]}.{port}" in shown.stdout
    assert "ICMP6, echo request" in shown.stdout and "ICMP6, echo reply" in shown.stdout
    assert "bad" not in shown.stdout and "truncated" not in shown.stdout
    assert capture.stat().st_mode & 0o777 == 0o600


@pytest.mark.differs("that version words it differently")
def test_trace_tells_of_every_frame(world):
    log = world.directory / "trace"
    world.run_pasta(
        "--trace", "--log-file", str(log), "--config-net", "--", "ping", "-n", "-c", "1", "-W", "2", WORLD[4])

    lines = log.read_text().splitlines()
    for way in (
        f"from guest: echo {HOST_ADDRESS[4]} to {WORLD[4]}", f"to guest: echo {WORLD[4]} to {HOST_ADDRESS[4]}",
        "from guest: ARP from "):
        assert [line for line in lines if way in line and line.endswith(" bytes")], way


def test_log_file(world):
    log = world.directory / "log"
    guest = world.guest()

    world.attach("--config-net", "--log-file", str(log), str(guest.pid))

    assert log.stat().st_mode & 0o777 == 0o600
    first = log.read_text().splitlines()[0]
    assert first.startswith("pasta ") and "pasta" in first


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_foreground_start_is_told_by_the_pid_file(world):
    guest = world.guest()
    pid_file = world.directory / "pid"
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    process = subprocess.Popen(
        world.enter_host([
            str(world.program.path), *world.reactor_options(), "--foreground", "--config-net", "-t", "8080",
            "--pid", str(pid_file), str(guest.pid),
        ]),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    until(lambda: pid_file.exists() and pid_file.read_text().endswith("\n"), 10, "a PID file")
    assert guest.call("tcp_ask", address=WORLD[4], port=port)[0] == HOST_ADDRESS[4]
    guest.serve("tcp_witness", address="0.0.0.0", port=8080, greeting="guest")
    assert world.peer.call("tcp_ask", address=HOST_ADDRESS[4], port=8080)[-1] == "guest"

    process.terminate()
    assert process.communicate(timeout=5)[0] == b""


def test_memory_does_not_grow_with_connections(world):
    guest = world.pasta()
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    for _ in range(50):
        guest.call("tcp_ask", address=WORLD[4], port=port)
    mapped = mapped_bytes(guest.process.pid)

    for _ in range(200):
        guest.call("tcp_ask", address=WORLD[4], port=port)

    assert mapped_bytes(guest.process.pid) == mapped


def mapped_bytes(pid):
    return int(re.search(r"^VmSize:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M).group(1))


def test_descriptors_are_returned(world):
    guest = world.pasta("-t", "none", "-u", "none", "-T", "none", "-U", "none")
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    guest.call("tcp_ask", address=WORLD[4], port=port)
    before = len(os.listdir(f"/proc/{guest.process.pid}/fd"))

    for _ in range(100):
        guest.call("tcp_ask", address=WORLD[4], port=port)

    until(
        lambda: len(os.listdir(f"/proc/{guest.process.pid}/fd")) <= before + 4, 10,
        f"no more than {before + 4} open descriptors")
