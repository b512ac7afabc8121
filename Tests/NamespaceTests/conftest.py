# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures: every test gets a fresh world, once for each reactor and, where it asks for one, each address family."""

import os
import pathlib
import subprocess

import pytest

from world import Program, World


def pytest_configure(config):
    config.addinivalue_line("markers", "world(**options): how to build the world of a test")
    config.addinivalue_line("markers", "traffic: means something without a pasta, too")
    config.addinivalue_line("markers", "differs(why): the reference is known to behave differently")


def pytest_collection_modifyitems(config, items):
    reference = os.environ.get("PASTA_REFERENCE", "")
    for item in items:
        mark = item.get_closest_marker("differs")
        if reference == "1" and mark:
            item.add_marker(pytest.mark.skip(reason=f"the reference differs: {mark.args[0]}"))
        if reference == "direct" and item.get_closest_marker("traffic") is None:
            item.add_marker(pytest.mark.skip(reason="means nothing without a pasta"))


def pytest_generate_tests(metafunc):
    if "reactor" in metafunc.fixturenames:
        reference = os.environ.get("PASTA_REFERENCE")
        metafunc.parametrize("reactor", [reference] if reference else ["ring", "epoll"])
    if "family" in metafunc.fixturenames:
        metafunc.parametrize("family", [4, 6], ids=["v4", "v6"])


@pytest.fixture(scope="session")
def program():
    if os.getuid() != 0:
        pytest.exit("Namespaces need root here: run under sudo, or under unshare --map-root-user --net --mount.", 2)
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    subprocess.run([root / "contrib" / "tun-device"], check=True)
    program = Program()
    yield program
    program.remove()


@pytest.fixture
def make_world(program, reactor):
    """For tests that need a world of their own making, or several."""
    worlds = []

    def make(**options):
        worlds.append(World(program, reactor, **options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(make_world, request):
    mark = request.node.get_closest_marker("world")
    return make_world(**(mark.kwargs if mark else {}))
