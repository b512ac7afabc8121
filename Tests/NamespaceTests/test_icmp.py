# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Echo requests of the guest, answered by the world."""

import pytest

from world import UNREACHABLE, WORLD

pytestmark = pytest.mark.traffic


def test_ping_gets_all_replies(world, family):
    guest = world.pasta()

    output = guest.run("ping", "-n", "-c", "5", "-i", "0.2", "-W", "2", WORLD[family])

    assert " 0% packet loss" in output
    assert "DUP!" not in output


def test_identifiers_are_kept(world, family):
    guest = world.pasta()
    # 300 requests are more than the kernel queues while it asks for the gateway's link-layer address.
    guest.run("ping", "-n", "-c", "1", "-W", "5", WORLD[family])

    assert guest.call("ping_many", address=WORLD[family], identifiers=list(range(1000, 1100))) == []


@pytest.mark.parametrize("size", [4, 1400, 8000])
def test_echo_of_any_size_comes_back_unchanged(world, family, size):
    guest = world.pasta()

    assert guest.call("ping_many", address=WORLD[family], identifiers=[7], size=size) == []


def test_flood_loses_nothing(world, family):
    guest = world.pasta()

    output = guest.run("ping", "-n", "-q", "-c", "1000", "-i", "0.002", "-W", "2", WORLD[family])

    assert " 0% packet loss" in output


def test_nothing_answers_for_an_unreachable_address(world, family):
    guest = world.pasta()

    result = guest.run("ping", "-n", "-c", "1", "-W", "2", UNREACHABLE[family], check=False)

    assert result["status"] == 1
    assert "unreachable" in result["output"].lower()


def test_the_way_can_be_traced(world, family):
    network, router, beyond = {
        4: ("100.64.0.0/24", "192.0.2.99", "100.64.0.1"), 6: ("2001:db8:3::/48", "fe80::99", "2001:db8:3::1")}[family]
    world.batch(world.peer, [f"route add {network} via {router} dev peer0"])
    guest = world.pasta()

    result = guest.run("ping", "-n", "-c", "1", "-W", "2", "-t", "1", beyond, check=False)

    assert "exceeded" in result["output"].lower()
