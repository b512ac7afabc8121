# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports that follow listeners (auto), in all four directions."""

import time

import pytest

from world import HOST_ADDRESS, LOOPBACK, until

ANY = {4: "0.0.0.0", 6: "::"}
SERVER = {"tcp": "tcp_witness", "udp": "udp_echo"}
OPTION = {("tcp", "inbound"): "-t", ("udp", "inbound"): "-u", ("tcp", "outbound"): "-T", ("udp", "outbound"): "-U"}
# The kernel's tables are read every 80 ms; the rest is for a busy machine and the tests' own reading.
PROMPT = 0.35


def without_others(*options):
    """The options, and none for the directions that they do not name."""
    return [*options, *(part for name in "tuTU" if f"-{name}" not in options for part in (f"-{name}", "none"))]


@pytest.mark.differs("that version looks once a second")
@pytest.mark.parametrize("direction", ["inbound", "outbound"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_listener_is_followed_when_it_comes_and_when_it_goes(world, protocol, direction, family):
    guest = world.pasta(*without_others(OPTION[protocol, direction], "auto"))
    near, far = (guest, world.host) if direction == "inbound" else (world.host, guest)

    for _ in range(3):
        server, _ = near.serve(SERVER[protocol], address=ANY[family], port=8080)
        far.call("wait_for_port", port=8080, protocol=protocol)
        server.stop().result()
        far.call("wait_for_port", port=8080, protocol=protocol, present=False)


@pytest.mark.differs("that version looks once a second")
def test_listeners_are_followed_promptly(world):
    guest = world.pasta(*without_others("-t", "auto"))
    delays = []

    for port in range(8000, 8010):
        server, _ = guest.serve("tcp_witness", address="0.0.0.0", port=port)
        begin = time.monotonic()
        world.host.call("wait_for_port", port=port)
        delays.append(time.monotonic() - begin)

    assert sorted(delays)[len(delays) // 2] < PROMPT, delays


def test_listeners_from_before_are_followed_at_once(world):
    world.host.serve("tcp_witness", address="127.0.0.1", port=7000)
    guest = world.guest()
    guest.run("ip", "link", "set", "lo", "up")
    guest.serve("tcp_witness", address="0.0.0.0", port=8080)

    world.attach("--config-net", str(guest.pid))

    if not world.program.is_reference:
        assert 8080 in world.host.call("listening")
        assert 7000 in guest.call("listening")
    world.host.call("wait_for_port", port=8080)
    guest.call("wait_for_port", port=7000)


def test_a_port_is_never_led_back_to_itself(world):
    guest = world.pasta()

    guest.serve("tcp_witness", address="0.0.0.0", port=8080)
    world.host.call("wait_for_port", port=8080)
    world.host.call("wait_for_port", port=8080, protocol="udp")
    world.host.serve("udp_echo", address="127.0.0.1", port=7000)
    guest.call("wait_for_port", port=7000, protocol="udp")

    # Another look at both sides has happened when this one was found.
    world.host.serve("tcp_witness", address="127.0.0.1", port=7001)
    guest.call("wait_for_port", port=7001)
    guest.serve("tcp_witness", address="0.0.0.0", port=8081)
    world.host.call("wait_for_port", port=8081)
    assert 8080 not in guest.call("listening", protocol="udp")
    assert 7000 not in world.host.call("listening")
    assert set(guest.call("listening")) >= {7001, 8080, 8081}


def test_datagrams_follow_tcp_listeners(world):
    guest = world.pasta(*without_others("-u", "auto"))

    server, _ = guest.serve("tcp_witness", address="0.0.0.0", port=5201)

    world.host.call("wait_for_port", port=5201, protocol="udp")
    assert 5201 not in world.host.call("listening")
    server.stop().result()
    world.host.call("wait_for_port", port=5201, protocol="udp", present=False)


def test_only_ports_of_the_range_are_followed(world):
    guest = world.pasta(*without_others("-t", "8000-8010,~8005,auto"))
    for port in (7999, 8000, 8005, 8010, 8011):
        guest.serve("tcp_witness", address="0.0.0.0", port=port)

    world.host.call("wait_for_port", port=8000)
    world.host.call("wait_for_port", port=8010)

    assert set(world.host.call("listening")) & {7999, 8005, 8011} == set()


@pytest.mark.differs("that version looks at the listening port")
def test_shifted_ports_follow_the_target(world):
    guest = world.pasta(*without_others("-t", "8000-8010:9000-9010,auto"))
    guest.serve("tcp_witness", address="0.0.0.0", port=9003)

    world.host.call("wait_for_port", port=8003)

    assert 9003 not in world.host.call("listening")


def test_ephemeral_ports_are_not_followed(world):
    guest = world.pasta(*without_others("-t", "auto"))
    guest.serve("tcp_witness", address="0.0.0.0", port=40000)
    guest.serve("tcp_witness", address="0.0.0.0", port=8080)

    world.host.call("wait_for_port", port=8080)

    assert 40000 not in world.host.call("listening")


def test_a_port_in_use_is_forwarded_when_it_is_free(world):
    occupier, _ = world.host.serve("tcp_witness", address="0.0.0.0", port=8080, greeting="host")
    guest = world.pasta(*without_others("-t", "auto"))
    guest.serve("tcp_witness", address="0.0.0.0", port=8080, greeting="guest")
    guest.serve("tcp_witness", address="0.0.0.0", port=8081)
    world.host.call("wait_for_port", port=8081)

    occupier.stop().result()

    world.host.call("wait_for_port", port=8080)


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_a_connection_outlives_its_listener(world, family):
    guest = world.pasta(*without_others("-t", "auto"))
    server, _ = guest.serve("tcp_echo", address=ANY[family], port=8080)
    world.host.call("wait_for_port", port=8080)
    held = world.peer.start("tcp_converse", address=HOST_ADDRESS[family], port=8080)
    assert held.started() == "ping"

    server.stop().result()
    world.host.call("wait_for_port", port=8080, present=False)

    assert held.stop().result() == "pong"


@pytest.mark.differs("that version looks once a second")
def test_looking_costs_next_to_nothing(world):
    guest = world.pasta()
    begin = processor_seconds(guest.process.pid)
    start = time.monotonic()

    until(lambda: time.monotonic() - start >= 4, 10, "four seconds have passed")

    share = (processor_seconds(guest.process.pid) - begin) / (time.monotonic() - start)
    assert share < 0.02, f"{share:.2%} of one processor"


def processor_seconds(pid):
    with open(f"/proc/{pid}/schedstat") as statistics:
        return int(statistics.read().split()[0]) / 1e9
