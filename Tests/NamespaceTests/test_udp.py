# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""UDP between a guest and the world, through the tap."""

import pytest

from world import HOST_ADDRESS, UNREACHABLE, WORLD

pytestmark = pytest.mark.traffic


def test_datagrams_of_1_to_9000_bytes_come_back_unchanged(world, family):
    guest = world.pasta("--mtu", "65520")
    _, port = world.peer.serve("udp_echo", address=WORLD[family])

    missing = guest.call("udp_sizes", patience=120, address=WORLD[family], port=port, sizes=list(range(1, 9001)))

    assert missing == []


@pytest.mark.parametrize("size", [1472, 16_000, 32_767])
def test_runs_of_equal_datagrams_come_back_unchanged(world, family, size):
    guest = world.pasta("--mtu", "65520")
    _, port = world.peer.serve("udp_echo", address=WORLD[family])

    for _ in range(50):
        assert guest.call("udp_sizes", address=WORLD[family], port=port, sizes=[size]) == []


def test_empty_datagram_comes_back(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("udp_echo", address=WORLD[family])

    assert guest.call("udp_exchange", address=WORLD[family], port=port, data="").get("data") == ""


def test_source_port_and_address_are_kept(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("udp_echo", address=WORLD[family], with_source=True)

    answer = guest.call("udp_exchange", address=WORLD[family], port=port, bind_port=4567)

    assert answer["data"].split()[:2] == [HOST_ADDRESS[family], "4567"]


def test_one_socket_talks_to_many_ports(world, family):
    guest = world.pasta()
    ports = [world.peer.serve("udp_echo", address=WORLD[family])[1] for _ in range(10)]

    tasks = [guest.start("udp_exchange", address=WORLD[family], port=port, data=f"to {port}") for port in ports]

    assert [task.result()["data"] for task in tasks] == [f"to {port}" for port in ports]


@pytest.mark.differs("errors of that version do not come back")
def test_closed_port_is_reported(world, family):
    guest = world.pasta()

    assert guest.call("udp_exchange", address=WORLD[family], port=9) == {"error": "ECONNREFUSED"}


@pytest.mark.differs("errors of that version do not come back")
def test_unreachable_destination_is_reported(world, family):
    guest = world.pasta()

    answer = guest.call("udp_exchange", address=UNREACHABLE[family], port=9)

    assert answer["error"] in ("EHOSTUNREACH", "ENETUNREACH", "EACCES")
