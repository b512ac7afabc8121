# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: the world of the namespace tests, and machines in it; few of them, because each boots for seconds."""

import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "Tests" / "NamespaceTests"), str(ROOT / "Tests" / "VirtualMachine")]

import pytest  # noqa: E402

from machine import RESOLVERS, SEARCH, Image, Machine, network  # noqa: E402
from world import Program, World, until  # noqa: E402

MODES = os.environ.get("PASST_MODES", "stream,vhost-user").split(",")


def pytest_collection_modifyitems(items):
    # Tests of one machine together, in the order of the file.
    items.sort(key=lambda item: MODES.index(item.callspec.params["mode"]) if hasattr(item, "callspec") else 0)


@pytest.fixture(scope="session")
def program():
    if os.getuid() != 0:
        pytest.exit("Namespaces need root here: run under sudo, or under unshare --map-root-user --net --mount.", 2)
    program = Program()
    yield program
    program.remove()


@pytest.fixture(scope="session")
def image(program):
    if shutil.which("qemu-system-x86_64") is None:
        pytest.skip("there is no qemu-system-x86_64")
    kernel = ROOT / "build" / "guest-kernel"
    kernel.parent.mkdir(exist_ok=True)
    subprocess.run([ROOT / "contrib" / "guest-kernel", kernel], check=True)
    return Image(program.directory, kernel)


@pytest.fixture(scope="session", params=MODES)
def mode(request):
    return request.param


class Site:
    """A world with a passt and the machines that connect to it, one after another."""

    def __init__(self, program, image, mode, reactor, options):
        self.image = image
        self.mode = mode
        self.world = World(program, reactor, resolvers=RESOLVERS.values())
        self.world.set_resolvers(*RESOLVERS.values(), search=" ".join(SEARCH))
        self.socket = self.world.directory / "guest.socket"
        way = ["--vhost-user"] if mode == "vhost-user" else []
        self.passt = self.world.attach(*way, "--socket", str(self.socket), *options, name="passt")
        self.machine = None

    def start(self):
        """A machine that was switched on, with nothing configured."""
        self.machine = Machine(self.world, self.image, network(self.mode, self.socket)).boot()
        return self.machine

    def configure(self):
        """Both families as a distribution would."""
        lease4, lease6 = self.machine.dhcp(), self.machine.dhcpv6()
        until(lambda: len([a for a in self.machine.addresses() if a.startswith("2001:db8:1:")]) == 2, 10,
              "both addresses are usable")
        return {4: lease4, 6: lease6}

    def is_running(self):
        return self.passt in self.world.program.processes()

    def close(self):
        if self.machine:
            self.machine.kill()
        self.world.close()


@pytest.fixture(scope="module")
def make_site(program, image, mode):
    """For one site at a time."""
    sites = []

    def make(*options, reactor="ring"):
        close()
        sites.append(Site(program, image, mode, reactor, options))
        return sites[-1]

    def close():
        while sites:
            sites.pop().close()

    yield make
    close()
