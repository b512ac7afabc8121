# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A long upload through the tap with the kernel's default sysctls never pauses.

PASTA_UPLOAD_MIB shortens the upload of 1024 MiB.
"""

import contextlib
import os
import pathlib

import pytest

from world import WORLD

UPLOAD = int(os.environ.get("PASTA_UPLOAD_MIB", "1024")) << 20
LONGEST_PAUSE = 200  # milliseconds
IPV4 = pathlib.Path("/proc/sys/net/ipv4")
WMEM_MAX = pathlib.Path("/proc/sys/net/core/wmem_max")

pytestmark = pytest.mark.traffic


@contextlib.contextmanager
def machine_setting(path, value, why):
    """Sets what exists only once for the whole machine, for the time of a test."""
    before = path.read_text()
    if before.split() != value.split():
        try:
            path.write_text(value)
        except OSError as error:
            pytest.skip(f"{why}: {path} cannot be set: {error.strerror}")
    try:
        yield
    finally:
        if before.split() != value.split():
            path.write_text(before)


@pytest.fixture
def congestion_control(request):
    """A name that new namespaces may use; one that is not allowed there is allowed for the time of the test."""
    name = request.param
    if name not in (IPV4 / "tcp_available_congestion_control").read_text().split():
        pytest.skip(f"this kernel has no {name} loaded")
    path = IPV4 / "tcp_allowed_congestion_control"
    allowed = path.read_text().split()
    wanted = allowed if name in allowed else [*allowed, name]
    with machine_setting(path, " ".join(wanted), f"{name} is not allowed in namespaces"):
        yield name


@pytest.fixture
def write_limit(request):
    if WMEM_MAX.read_text().strip() == request.param:
        yield request.param
        return
    with machine_setting(WMEM_MAX, request.param, "another limit than this machine's"):
        yield request.param


@pytest.mark.differs("that version pauses for seconds")
@pytest.mark.parametrize("write_limit", ["212992", "4194304"], indirect=True)
@pytest.mark.parametrize("congestion_control", ["cubic", "bbr"], indirect=True)
@pytest.mark.parametrize("mtu", [1280, 1500, 9000, 65520])
def test_upload_never_pauses(world, family, mtu, congestion_control, write_limit):
    defaults = {
        "ipv4__tcp_wmem": "4096 16384 4194304", "ipv4__tcp_rmem": "4096 131072 6291456",
        "ipv4__tcp_congestion_control": congestion_control,
    }
    world.host.sysctl(**defaults)
    world.peer.sysctl(**defaults)
    guest = world.pasta("--mtu", str(mtu))
    for name, value in defaults.items():
        world.set_in_guest(guest, name, value)
    server, port = world.peer.serve("tcp_progress_sink", address=WORLD[family])

    sender = guest.start("tcp_stream", address=WORLD[family], port=port, byte_count=UPLOAD)
    result = server.result(600)

    sender.result(10)
    print(f"{result['bytes'] * 8 / result['seconds'] / 1e9:.2f} Gbit/s")
    assert result["bytes"] == UPLOAD
    pauses = [gap for gap in result["gaps"] if gap["milliseconds"] >= LONGEST_PAUSE]
    assert pauses == []
