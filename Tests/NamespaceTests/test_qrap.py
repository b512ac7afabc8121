# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""qrap: finds a passt, and becomes a QEMU that inherits the connection."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from world import until

# Shows what it was given: arguments, and that a passt answers on the descriptor.
FAKE = """#!/usr/bin/python3
import json, os, socket, struct, sys
sys.path.insert(0, "/tmp")
from stream import Client, is_arp
number = int(os.environ["NUMBER"])
blocking = os.get_blocking(number)
client = Client(connection=socket.socket(fileno=number))
client.check()
print(json.dumps({"arguments": sys.argv, "blocking": blocking}))
"""


class Place:
    """A /tmp of its own, with the program under both names, a fake QEMU, and passts."""

    def __init__(self, world):
        self.world = world
        self.directory = world.directory / "tmp"
        self.directory.mkdir()
        self.directory.chmod(0o777)
        for name in ("passt", "qrap"):
            shutil.copy(world.program.path, self.directory / name)
        shutil.copy(os.path.join(os.path.dirname(__file__), "stream.py"), self.directory)
        for name in ("fake-qemu", "kvm"):
            (self.directory / name).write_text(FAKE)
            (self.directory / name).chmod(0o755)
        self.pids = []

    def run(self, *command, **environment):
        inside = ["unshare", "--mount", "--", "sh", "-c", 'mount --bind "$0" /tmp && exec "$@"', str(self.directory)]
        return subprocess.run(
            self.world.enter_host([*inside, *command], user=False), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=30, env={"PATH": "/tmp:/usr/sbin:/usr/bin:/sbin:/bin", "NUMBER": "5", **environment})

    def passt(self):
        result = self.run("/tmp/passt", *self.world.reactor_options(), "-P", "/tmp/pid")
        assert result.returncode == 0, result.stderr
        self.pids.append(int((self.directory / "pid").read_text()))
        return self.pids[-1]

    def close(self):
        for pid in self.pids:
            if os.path.exists(f"/proc/{pid}"):
                os.kill(pid, signal.SIGTERM)


@pytest.fixture
def place(world):
    place = Place(world)
    yield place
    place.close()


def test_a_qemu_that_is_named_is_started_unchanged(place):
    place.passt()
    for number in (3, 5, 9):
        result = place.run("/tmp/qrap", str(number), "fake-qemu", "-net", "user", "-m", "1", NUMBER=str(number))

        assert result.returncode == 0, result.stderr
        shown = json.loads(result.stdout)
        assert shown["arguments"] == ["/tmp/fake-qemu", "-net", "user", "-m", "1"]
        assert shown["blocking"]
        assert "/tmp/passt_1.socket" in result.stderr


def test_a_qemu_that_is_found_gets_a_card(place):
    place.passt()
    result = place.run("/tmp/qrap", "-net", "user", "-device", "vga", "-device", "e1000,netdev=n")

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["arguments"] == [
        "/tmp/kvm", "-device", "vga", "-device",
        "virtio-net-pci,bus=pci.3,addr=0x0,netdev=hostnet0,x-txburst=4096", "-netdev", "socket,fd=5,id=hostnet0",
    ]


def test_sockets_that_nobody_serves_are_passed_over(place):
    first = place.passt()
    place.passt()
    os.kill(first, signal.SIGTERM)
    until(lambda: not os.path.exists(f"/proc/{first}"), 10, "the first passt ends")
    result = place.run("/tmp/qrap", "5", "fake-qemu")

    assert result.returncode == 0, result.stderr
    assert "/tmp/passt_2.socket" in result.stderr


def test_without_a_passt_it_fails(place):
    result = place.run("/tmp/qrap", "5", "fake-qemu")

    assert result.returncode == 1
    assert "Start one first" in result.stderr


def test_without_a_qemu_it_fails(place):
    place.passt()
    (place.directory / "kvm").unlink()
    result = place.run("/usr/bin/env", "PATH=/nowhere", "/tmp/qrap", "-m", "1")

    assert result.returncode == 1
    assert "Cannot find QEMU" in result.stderr
