# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad options and impossible requests: one clear sentence, exit status 1, nothing left behind."""

import os

import pytest

BAD = [
    ["--mtu", "65536"], ["--mtu", "12x"],
    ["--address", "127.0.0.1"], ["--address", "224.0.0.1"], ["--address", "not.an.address"],
    ["--address", "192.0.2.7/33"], ["--address", "192.0.2.7/24", "--netmask", "24"],
    ["--netmask", "255.0.255.0"], ["--mac-addr", "02:00:00:00:00"], ["--ns-mac-addr", "zz:00:00:00:00:00"],
    ["--gateway", "255.255.255.255"], ["--interface", "nosuch0"],
    ["--outbound-if4", "averyveryverylongname"], ["--outbound", "224.0.0.1"],
    ["--dns-forward", "127.0.0.1"], ["--dns-host", "0.0.0.0"], ["--map-host-loopback", "127.0.0.1"],
    ["--hostname", "x" * 254], ["--log-size", "40959", "--log-file", "/dev/null"],
    ["--ns-ifname", "averyveryverylongname"], ["--runas", "no-such-user"],
    ["--no-dhcp-dns"], ["--no-dhcp-search"], ["--socket", "/tmp/x"], ["--one-off"],
    ["--netns", "/does/not/exist"], ["--userns", "/does/not/exist"],
    ["--pid", "/does/not/exist"], ["--log-file", "/does/not/exist"],
    ["-t", "0"], ["-t", "65536"], ["-t", "22x"], ["-t", "20010-20000"], ["-t", "20000-20010:30000"],
    ["-t", "127.0.0.1"], ["-t", "none,22"], ["-t", "20000", "-t", "20000"], ["-t", "20000:30000:40000"],
    ["-T", "127.0.0.1/20000"], ["-t", "203.0.113.9/20000"], ["-4", "-t", "::1/20000"],
    ["--no-tcp", "-t", "20000"],
]


def nothing_is_left(world):
    assert world.program.processes() == []
    leftovers = [name for name in os.listdir(world.directory) if name not in ("resolv.conf", "errors")]
    assert leftovers == []


@pytest.mark.differs("other options, other words")
@pytest.mark.parametrize("arguments", BAD, ids=" ".join)
def test_bad_option_gives_one_sentence(world, arguments):
    before = world.host.call("open_sockets")
    command = [] if "--netns" in arguments else ["--", "true"]

    result = world.run_pasta("--config-net", *arguments, *command, timeout=10)

    assert result.returncode == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "Fatal error" not in result.stderr
    assert world.host.call("open_sockets") == before
    nothing_is_left(world)


@pytest.mark.parametrize("option", ["--nosuch", "--map-gw", "--m"])
def test_unknown_option_gives_usage(world, option):
    result = world.run_pasta(option, "--", "true")

    assert result.returncode == 1
    assert result.stdout == ""
    if option != "--m":
        assert f"unrecognized option '{option}'" in result.stderr
    nothing_is_left(world)


def test_missing_argument(world):
    result = world.run_pasta("--mtu")

    assert result.returncode == 1
    assert "requires an argument" in result.stderr


@pytest.mark.differs("other words")
@pytest.mark.parametrize(
    "operands",
    [["--netns", "/proc/self/ns/net", "123"], ["--netns", "/proc/self/ns/net", "true"], ["99999999999"], ["4194303"]],
    ids=" ".join)
def test_impossible_targets(world, operands):
    result = world.run_pasta("--config-net", *operands, timeout=10)

    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    nothing_is_left(world)


@pytest.mark.differs("that version goes on without the port")
def test_busy_port_is_refused(world):
    world.host.serve("tcp_witness", address="0.0.0.0", port=8080)

    result = world.run_pasta("--config-net", "-t", "8080", "--", "true", timeout=10)

    assert result.returncode == 1
    nothing_is_left(world)


def test_another_user_is_not_served(world):
    # The peer's agent belongs to root.
    result = world.run_pasta("--config-net", str(world.peer.pid), timeout=10)

    if os.getuid() == 0 and result.returncode == 0:
        pytest.fail("attached to a process of another user")
    assert result.returncode == 1
    nothing_is_left(world)


@pytest.mark.differs("that version prints on standard error")
@pytest.mark.parametrize("name, first", [("pasta", "pasta "), ("passt", "passt ")])
def test_version_and_help_go_to_standard_output(world, name, first):
    version = world.run_pasta("--version", name=name)
    usage = world.run_pasta("--help", name=name)

    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith(first)
    assert (usage.returncode, usage.stderr) == (0, "")
    assert "Usage: " in usage.stdout


@pytest.mark.differs("that version takes any name")
def test_other_names_are_refused(world):
    other = world.program.directory / "other"
    if not other.exists():
        other.symlink_to("pasta")

    result = world.run_pasta(name="other")

    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
