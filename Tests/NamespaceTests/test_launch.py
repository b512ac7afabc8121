# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the program starts and ends: users, namespaces, background, files, exit status, and what is left behind."""

import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest

from world import UPLINK, can_switch_user, until

needs_users = pytest.mark.skipif(not can_switch_user(), reason="there is only one user in this user namespace")


def status_field(pid, name):
    return re.search(rf"^{name}:\s+(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M).group(1)


def is_running(pid):
    try:
        return status_field(pid, "State")[0] not in "ZX"
    except OSError:
        return False


def start(world, *arguments, user=True, **options):
    command = [str(world.program.path), *world.reactor_options(), *arguments]
    return subprocess.Popen(
        world.enter_host(command, user=user), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **options)


def run_as_root(world, *arguments):
    process = start(world, *arguments, user=False)
    output, errors = process.communicate(timeout=30)
    return subprocess.CompletedProcess(arguments, process.returncode, output, errors)


def addresses(output):
    return {word for word in re.findall(r"inet6? (\S+)", output) if not word.startswith("fe80")}


# Exit status


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_exit_status_is_that_of_the_command(world, status):
    assert world.run_pasta("--", "sh", "-c", f"exit {status}").returncode == status


def test_a_command_killed_by_a_signal_gives_128_and_its_number(world):
    # The first process of a PID namespace ignores every other signal that it does not ask for.
    number = signal.SIGKILL
    pasta = start(world, "--", "sleep", "100")
    try:
        command = until(lambda: children(pasta.pid), 10, "the command runs")[0]
        until(lambda: pathlib.Path(f"/proc/{command}/comm").read_text() == "sleep\n", 10, "exec")
        os.kill(command, number)
        assert pasta.wait(10) == 128 + number
    finally:
        pasta.kill()
        pasta.communicate()


def children(pid):
    text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def test_a_command_that_does_not_exist_is_told_and_gives_1(world):
    result = world.run_pasta("--", "/nonexistent/command")
    assert result.returncode == 1
    assert "/nonexistent/command" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT])
def test_a_daemon_asked_to_end_leaves_with_0(world, number):
    guest = world.guest()
    pid_file = world.directory / "pid"
    pasta = start(world, "--foreground", "--pid", str(pid_file), str(guest.pid))
    until(lambda: pid_file.exists() and pid_file.read_text(), 10, "ready")
    pasta.send_signal(number)
    assert pasta.wait(10) == 0


@pytest.mark.parametrize("arguments", [
    ["--netns", "/nonexistent/namespace"],
    ["--netns", "/etc/passwd"],
    ["2147483647"],
    ["--pid", "/nonexistent/pid", "--", "true"],
    ["--log-file", "/nonexistent/log", "--", "true"],
    ["--interface", "nosuch0", "--", "true"],
    ["--outbound-if4", "nosuch0", "--", "true"],
    ["--interface", "lo", "--outbound-if6", "nosuch0", "--", "true"],
    ["--runas", "nosuchuser", "--", "true"],
    ["--userns", "/nonexistent/user", "--", "true"],
    ["--ns-ifname", "lo", "--", "true"],
])
def test_an_impossible_request_gets_one_sentence_and_1(world, arguments):
    result = world.run_pasta(*arguments)
    assert result.returncode == 1
    assert result.stdout == ""
    sentences = [line for line in result.stderr.splitlines() if not line.startswith("Started as root")]
    assert len(sentences) == 1 and sentences[0].startswith("Cannot "), result.stderr


# What the command gets


def test_the_command_is_root_and_first_process_in_namespaces_of_its_own(world):
    output = world.run_pasta(
        "--", "sh", "-c", "id -u; id -g; echo $$; hostname; cat /proc/sys/net/ipv4/ping_group_range").stdout
    user, group, process, hostname, ping = output.splitlines()
    assert (user, group, process) == ("0", "0", "1")
    assert hostname == ("pasta-" + os.uname().nodename)[:64]
    assert ping.split() == ["0", "0"]


def test_the_host_name_can_be_given(world):
    assert world.run_pasta("--hostname", "other", "--", "hostname").stdout == "other\n"


def test_the_command_sees_limits_and_signals_as_the_caller_has_them(world):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    process = start(
        world, "--", "sh", "-c", "ulimit -n; grep -E 'SigBlk|SigIgn' /proc/self/status; ls /proc/self/fd",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard)))
    output = process.communicate(timeout=20)[0].split()
    assert output[0] == "100"
    assert int(output[2], 16) == 0
    assert int(output[4], 16) & 1 << (signal.SIGPIPE - 1) == 0
    assert output[5:] == ["0", "1", "2", "3"]  # 3 is ls's own


def test_inherited_descriptors_are_closed(world):
    kept = os.open("/dev/null", os.O_RDONLY)
    process = start(world, "--", "sh", "-c", "ls /proc/self/fd", pass_fds=[kept])
    os.close(kept)
    assert process.communicate(timeout=20)[0].split() == ["0", "1", "2", "3"]


def test_it_starts_without_standard_streams(world):
    path = world.directory / "done"
    program = " ".join([str(world.program.path), *world.reactor_options()])
    script = f"exec <&- >&- 2>&-; {program} -- sh -c 'touch {path}'"
    assert subprocess.run(world.enter_host(["sh", "-c", script]), timeout=20).returncode == 0
    assert path.exists()


def test_it_works_inside_itself(world):
    program = str(world.program.path)
    result = world.run_pasta("--config-net", "--", program, "--config-net", "--", "ip", "address")
    assert result.returncode == 0, result.stderr
    assert addresses(result.stdout) >= {"192.0.2.2/24", "2001:db8:1::2/64"}


def test_a_namespace_without_a_user_namespace_of_its_own(world):
    command = ["unshare", "--user", "--map-root-user", "--", str(world.program.path), *world.reactor_options(),
               "--netns-only", "--config-net", "--", "ip", "address"]
    result = subprocess.run(world.enter_host(command), capture_output=True, text=True, timeout=20)
    assert result.returncode == 0
    assert result.stderr == ""
    assert "192.0.2.2/24" in result.stdout


# PID file


def test_the_pid_file_is_complete_when_the_command_starts(world):
    path = world.directory / "pid"
    path.write_text("something much longer than a process ID\n")
    path.chmod(0o666)
    result = world.run_pasta("--pid", str(path), "--", "cat", str(path))
    assert re.fullmatch(r"\d+\n", result.stdout)


def test_the_pid_file_is_private(world):
    path = world.directory / "pid"
    assert world.run_pasta("--pid", str(path), "--", "true").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600


# Attaching


def test_in_the_background_the_namespace_is_usable_when_the_caller_returns(world):
    guest = world.guest()
    pid = world.attach("--config-net", str(guest.pid))
    found = guest.run("ip", "address")
    assert addresses(found) >= {"192.0.2.2/24", "2001:db8:1::2/64"}
    assert "tentative" not in found
    assert [os.readlink(f"/proc/{pid}/fd/{stream}") for stream in range(3)] == ["/dev/null"] * 3
    assert os.getsid(pid) == pid
    os.kill(pid, signal.SIGTERM)
    until(lambda: not is_running(pid), 5, "the daemon has ended")


@pytest.mark.parametrize("spell", [
    lambda pid: [str(pid)],
    lambda pid: ["--userns", f"/proc/{pid}/ns/user", "--netns", f"/proc/{pid}/ns/net"],
    lambda pid: ["--userns", f"/proc/{pid}/ns/user", str(pid)],
], ids=["PID", "paths", "userns and PID"])
def test_the_daemon_ends_with_the_process_it_is_attached_to(world, spell):
    guest = world.guest()
    pid = world.attach(*spell(guest.pid))
    assert is_running(pid)
    guest.close()
    until(lambda: not is_running(pid), 5, "the daemon has ended")


def test_it_stays_when_told_so(world):
    guest = world.guest()
    pid = world.attach("--no-netns-quit", str(guest.pid))
    guest.close()
    with pytest.raises(AssertionError):
        until(lambda: not is_running(pid), 1.5, "")
    os.kill(pid, signal.SIGTERM)


@needs_users
@pytest.mark.parametrize("prefix", ["", "/run/netns/"], ids=["NAME", "PATH"])
def test_a_named_namespace_is_served_until_it_is_deleted(world, prefix):
    name = f"pasta-test-{os.getpid()}"
    world.host.run("ip", "netns", "add", name)
    try:
        pid_file = world.directory / "pid"
        result = run_as_root(world, "--config-net", "--pid", str(pid_file), "--netns", prefix + name)
        assert result.returncode == 0, result.stderr
        pid = int(pid_file.read_text())
        assert "192.0.2.2/24" in world.host.run("ip", "-n", name, "address")
        assert is_running(pid)
    finally:
        world.host.run("ip", "netns", "delete", name)
    until(lambda: not is_running(pid), 5, "the daemon has ended")


def test_a_failing_background_start_tells_the_caller(world):
    guest = world.guest()
    result = world.run_pasta("--ns-ifname", "lo", str(guest.pid))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1 and "lo" in result.stderr


# Users and sandbox


@needs_users
def test_real_root_gets_a_command_in_a_namespace(world):
    result = run_as_root(world, "--config-net", "--", "sh", "-c", "id -u; ip address; cat /proc/self/uid_map")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("0\n")
    assert "192.0.2.2/24" in result.stdout
    assert result.stdout.split()[-2:] == ["65534", "1"]
    assert "nobody" in result.stderr


@needs_users
def test_real_root_needs_no_open_device_node(world):
    node = world.directory / "tun"
    world.host.run("sh", "-c", f"mknod -m 600 {node} c 10 200 && mount --bind {node} /dev/net/tun")
    assert run_as_root(world, "--", "true").returncode == 0
    result = world.run_pasta("--", "true")
    assert result.returncode == 1
    assert result.stderr == ("Cannot open /dev/net/tun: Permission denied. "
                             "Load the tun module or check the device node's mode.\n")


@needs_users
def test_runas_takes_exactly_that_user(world):
    result = run_as_root(world, "--runas", "1234:567", "--", "cat", "/proc/self/uid_map", "/proc/self/gid_map")
    assert result.stdout.split() == ["0", "1234", "1", "0", "567", "1"]
    assert result.stderr == ""


def test_the_daemon_can_do_nothing_but_serve(world):
    guest = world.guest()
    pid = world.attach(str(guest.pid))
    threads = os.listdir(f"/proc/{pid}/task")
    assert len(threads) >= 2
    for thread in threads:
        field = f"{pid}/task/{thread}"
        assert status_field(field, "NoNewPrivs") == "1"
        assert status_field(field, "Seccomp") == "2"
        assert int(status_field(field, "CapEff"), 16) & ~(1 << 10) == 0
        assert int(status_field(field, "CapBnd"), 16) == 0
        assert os.listdir(f"/proc/{field}/root/") == []
    assert status_field(pid, "NSpid").split()[-1] == "1"
    assert len({os.readlink(f"/proc/{pid}/task/{thread}/ns/net") for thread in threads}) == 2
    for space in ("ipc", "mnt", "pid", "user", "uts"):
        assert os.readlink(f"/proc/{pid}/ns/{space}") != os.readlink(f"/proc/self/ns/{space}")


# Log


def test_the_log_file_is_private_and_begins_with_a_header(world):
    path = world.directory / "log"
    assert world.run_pasta("--log-file", str(path), "--", "true").returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert re.match(r"pasta \S+: \S+ \(\d+\)\n", path.read_text())


def test_nothing_is_written_when_quiet(world):
    result = world.run_pasta("--quiet", "--config-net", "--", "true")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


# The namespace's network


def test_without_configuration_the_interface_is_there_and_down(world):
    output = world.run_pasta("--", "ip", "address", "show", UPLINK).stdout
    assert "state DOWN" in output
    assert "inet" not in output


def test_the_interface_is_as_asked_for(world):
    output = world.run_pasta(
        "--config-net", "--ns-ifname", "wire0", "--ns-mac-addr", "02:00:00:00:00:01", "--mtu", "1400",
        "--", "ip", "address", "show", "wire0").stdout
    assert "mtu 1400" in output
    assert "link/ether 02:00:00:00:00:01" in output
    assert "inet6 fe80::ff:fe00:1/64" in output
    assert "tentative" not in output


def test_loopback_is_always_up(world):
    assert "LOOPBACK,UP" in world.run_pasta("--", "ip", "address", "show", "lo").stdout


def test_all_addresses_and_routes_of_the_template_are_copied(world):
    world.batch(world.host, [
        f"addr add 192.0.2.77/24 dev {UPLINK}",
        f"addr add 2001:db8:1::77/64 dev {UPLINK} nodad",
        # The first needs the second, which the kernel lists later.
        f"route add 203.0.113.9/32 dev {UPLINK}",
        f"route add 100.64.0.0/10 via 203.0.113.9 dev {UPLINK}",
        f"route add 198.18.0.0/15 nexthop via 192.0.2.1 dev {UPLINK} weight 1 nexthop via 192.0.2.9 dev {UPLINK}",
        f"route add 2001:db8:9::/48 via fe80::1 dev {UPLINK} metric 7",
        "route add 198.51.100.0/25 via 192.0.2.1 src 192.0.2.77",
    ])
    output = world.run_pasta("--config-net", "--", "sh", "-c", "ip address; ip route; ip -6 route").stdout
    assert addresses(output) >= {
        "192.0.2.2/24", "192.0.2.77/24", "2001:db8:1::2/64", "2001:db8:1::77/64"}
    for line in (
            f"default via 192.0.2.1 dev {UPLINK}", f"203.0.113.9 dev {UPLINK}",
            f"100.64.0.0/10 via 203.0.113.9 dev {UPLINK}", f"nexthop via 192.0.2.9 dev {UPLINK}",
            f"2001:db8:9::/48 via fe80::1 dev {UPLINK} metric 7", f"198.51.100.0/25 via 192.0.2.1 dev {UPLINK}",
            f"default via fe80::1 dev {UPLINK}"):
        assert line in output


def test_more_routes_than_one_answer_holds(world):
    count = 5000
    world.batch(world.host, [
        f"route add 10.{index >> 8}.{index & 255}.0/24 via 192.0.2.1" for index in range(count)])
    world.batch(world.host, [
        f"route add 2001:db8:{0x1000 + index:x}::/48 via fe80::1 dev {UPLINK}" for index in range(500)])
    output = world.run_pasta("--config-net", "--", "sh", "-c", "ip route; ip -6 route").stdout
    assert output.count("\n10.") == count
    assert len(re.findall(r"^2001:db8:1[0-9a-f]{3}::/48", output, re.M)) == 500


# Which interface of the host is the template


def second_uplink(world):
    """Another interface of the host, up, without addresses."""
    world.batch(world.host, [
        f"link add uplink1 type veth peer name peer1 netns {world.peer.pid}", "link set uplink1 up"])
    return "uplink1"


def test_each_version_has_its_own_template(world):
    other = second_uplink(world)
    world.batch(world.host, [
        "route delete ::/0",
        f"addr add 2001:db8:7::2/64 dev {other} nodad",
        f"route add default via 2001:db8:7::1 dev {other}",
    ])
    output = world.run_pasta("--config-net", "--", "sh", "-c", "ip address; ip -6 route").stdout
    assert addresses(output) == {"127.0.0.1/8", "::1/128", "192.0.2.2/24", "2001:db8:7::2/64"}
    assert f"default via 2001:db8:7::1 dev {UPLINK}" in output


def test_without_a_default_route_any_route_tells_the_template(world):
    other = second_uplink(world)
    world.batch(world.host, [
        "route delete default", "route delete ::/0", f"addr flush dev {UPLINK}",
        f"addr add 192.0.2.130/25 dev {other}", f"addr add 2001:db8:7::2/64 dev {other} nodad",
    ])
    output = world.run_pasta("--config-net", "--", "ip", "address", "show", other).stdout
    assert addresses(output) == {"192.0.2.130/25", "2001:db8:7::2/64"}


def test_a_named_interface_is_the_template_for_both(world):
    other = second_uplink(world)
    world.batch(world.host, [
        f"addr add 192.0.2.130/25 dev {other}", f"addr add 2001:db8:7::2/64 dev {other} nodad"])
    output = world.run_pasta("--interface", other, "--config-net", "--", "ip", "address", "show", other).stdout
    assert addresses(output) == {"192.0.2.130/25", "2001:db8:7::2/64"}


@pytest.mark.world(families=())
def test_without_any_template_the_interface_has_a_name_of_its_own(world):
    assert world.run_pasta("--", "ip", "link", "show", "tap0").returncode == 0


def test_a_deprecated_or_link_scope_address_is_not_copied(world):
    world.batch(world.host, [
        f"addr add 192.0.2.88/24 dev {UPLINK} preferred_lft 0 valid_lft 1000",
        f"addr add 169.254.9.9/16 dev {UPLINK} scope link",
    ])
    output = world.run_pasta("--config-net", "--", "ip", "-4", "address", "show", UPLINK).stdout
    assert addresses(output) == {"192.0.2.2/24"}
