# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Port specifiers whose outcome the kernel decides; what they mean otherwise is tested without it."""

import os
import shutil
import subprocess

import pytest

from world import UPLINK

NOTHING = {"-t": "none", "-u": "none", "-T": "none", "-U": "none"}


def options(**given):
    chosen = {**NOTHING, **{f"-{name}": value for name, value in given.items()}}
    return [part for pair in chosen.items() for part in pair]


def listening(world, protocol="tcp"):
    return set(world.host.call("listening", protocol=protocol))


@pytest.mark.parametrize("specifier, ports", [
    ("20000,20005", {20000, 20005}), ("20000-20003,~20001", {20000, 20002, 20003}),
    ("127.0.0.1%lo/20000", {20000}), (f"%{UPLINK}/20000", {20000}), ("0.0.0.0/20000", {20000}),
    ("[::1]/20000", {20000}), ("::ffff:127.0.0.1/20000", {20000}),
])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_ports_are_listened_on(world, specifier, ports, protocol):
    if world.program.is_reference:
        pytest.skip("interface names are a matter of version")
    world.pasta(*options(**{protocol[0]: specifier}))

    assert listening(world, protocol) == ports


@pytest.mark.parametrize("specifier, reason", [
    ("192.0.2.99/20000", "assign requested address"), ("%nosuch/20000", "o such device"), ("1022", "ermission denied"),
    ("20000-20002", "in use"),
])
def test_ports_that_cannot_be_had_are_an_error(world, specifier, reason):
    if world.program.is_reference:
        pytest.skip("wording is a matter of version")
    world.host.serve("tcp_witness", address="0.0.0.0", port=20001)

    result = world.run_pasta("--config-net", *options(t=specifier), "--", "true")

    assert result.returncode == 1
    assert reason in result.stderr and result.stderr.startswith("Cannot listen on TCP port")
    assert listening(world) == {20001}


def test_freebind_listens_on_addresses_of_others(world):
    if world.program.is_reference:
        pytest.skip("the reference has no such option")

    world.pasta("--freebind", *options(t="192.0.2.99/20000"))

    assert listening(world) == {20000}


def test_all_takes_what_is_free_and_says_so_briefly(world):
    if world.program.is_reference:
        pytest.skip("it tells every port")
    world.host.sysctl(ipv4__ip_local_port_range="2048 65000")
    world.host.serve("tcp_witness", address="0.0.0.0", port=1500)

    guest = world.pasta(*options(t="all"))

    assert listening(world) == {*range(1024, 2048), *range(65001, 65536)}
    warnings = guest.errors().splitlines()
    assert 1 <= len(warnings) <= 10, warnings
    assert any("more ports" in line for line in warnings)


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setcap") is None, reason="needs root and setcap")
def test_a_file_capability_allows_low_ports(world):
    if world.program.is_reference:
        pytest.skip("the copy under test has no capability")
    capable = world.directory / "pasta"
    shutil.copyfile(world.program.path, capable)
    capable.chmod(0o755)
    if subprocess.run(["setcap", "cap_net_bind_service=ep", str(capable)]).returncode != 0:
        pytest.skip("file capabilities cannot be set here")
    command = world.enter_host([
        str(capable), *world.reactor_options(), "--config-net", *options(t="1022"), "--", "cat"])
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    try:
        world.host.call("wait_for_port", port=1022)
    finally:
        process.communicate(timeout=10)
    assert process.returncode == 0
