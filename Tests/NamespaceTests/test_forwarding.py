# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections towards the guest (-t, -u) and from its loopback to the host's (-T, -U), with numeric ports."""

import pytest

from world import GATEWAY, HOST_ADDRESS, LOOPBACK, until

MiB = 1 << 20
ANY = {4: "0.0.0.0", 6: "::"}
PEER = {4: "192.0.2.1", 6: "2001:db8:1::1"}


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_peer_reaches_the_guest(world, family):
    guest = world.pasta("-t", "8080:80")
    guest.serve("tcp_witness", address=ANY[family], port=80, greeting="guest")

    source, _, destination, port, name = world.peer.call("tcp_ask", address=HOST_ADDRESS[family], port=8080)

    assert name == "guest"
    assert source == PEER[family]
    assert (destination, port) == (HOST_ADDRESS[family], "80")


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_transfers_from_the_peer_arrive_whole(world, family):
    guest = world.pasta("-t", "8080,8081")
    guest.serve("tcp_sink", address=ANY[family], port=8080)
    guest.serve("tcp_source", address=ANY[family], port=8081, byte_count=32 * MiB)

    up = world.peer.call("tcp_upload", address=HOST_ADDRESS[family], port=8080, byte_count=32 * MiB)
    down = world.peer.call("tcp_download", address=HOST_ADDRESS[family], port=8081)

    assert up["sent"] == up["received"]
    assert down["bytes"] == 32 * MiB


def test_host_loopback_reaches_the_guest(world, family):
    guest = world.pasta("-t", "8080:80")
    guest.serve("tcp_witness", address=ANY[family], port=80, greeting="guest")

    assert world.host.call("tcp_ask", address=LOOPBACK[family], port=8080)[-1] == "guest"


def test_transfers_from_host_loopback_arrive_whole(world, family):
    guest = world.pasta("-t", "8080,8081")
    guest.serve("tcp_sink", address=ANY[family], port=8080)
    source, _ = guest.serve("tcp_source", address=ANY[family], port=8081, byte_count=32 * MiB)

    up = world.host.call("tcp_upload", address=LOOPBACK[family], port=8080, byte_count=32 * MiB)
    down = world.host.call("tcp_download", address=LOOPBACK[family], port=8081)

    assert up["sent"] == up["received"]
    assert down["sha256"] == source.result()["sha256"]


@pytest.mark.differs("that version has no such option")
def test_host_loopback_through_the_tap_comes_from_the_gateway(world, family):
    guest = world.pasta("-t", "8080:80", "--no-splice")
    guest.serve("tcp_witness", address=ANY[family], port=80)

    source, *_ = world.host.call("tcp_ask", address=LOOPBACK[family], port=8080)

    assert source.split("%")[0] == GATEWAY[family]


def test_guest_loopback_reaches_the_host(world, family):
    world.host.serve("tcp_witness", address=LOOPBACK[family], port=7000, greeting="host")
    guest = world.pasta("-T", "7001:7000")

    assert guest.call("tcp_ask", address=LOOPBACK[family], port=7001)[-1] == "host"


def test_transfers_to_the_host_loopback_arrive_whole(world, family):
    world.host.serve("tcp_sink", address=LOOPBACK[family], port=7000)
    world.host.serve("tcp_source", address=LOOPBACK[family], port=7001, byte_count=32 * MiB)
    guest = world.pasta("-T", "7000-7001")

    up = guest.call("tcp_upload", address=LOOPBACK[family], port=7000, byte_count=32 * MiB)
    down = guest.call("tcp_download", address=LOOPBACK[family], port=7001)

    assert up["sent"] == up["received"]
    assert down["bytes"] == 32 * MiB


@pytest.mark.differs("that version loses datagrams of forwarded ports")
def test_datagrams_from_the_peer_reach_the_guest(world, family):
    guest = world.pasta("-u", "5300:53")
    guest.serve("udp_echo", address=ANY[family], port=53, with_source=True)

    answer = world.peer.call("udp_exchange", address=HOST_ADDRESS[family], port=5300, bind_port=4444)

    assert answer["data"].split() == [PEER[family], "4444", "ping"]


@pytest.mark.differs("that version loses datagrams of forwarded ports")
def test_datagrams_from_host_loopback_reach_the_guest(world, family):
    guest = world.pasta("-u", "5300:53")
    guest.serve("udp_echo", address=ANY[family], port=53)

    assert world.host.call("udp_exchange", address=LOOPBACK[family], port=5300)["data"] == "ping"


@pytest.mark.differs("that version loses datagrams of forwarded ports")
def test_datagrams_from_guest_loopback_reach_the_host(world, family):
    world.host.serve("udp_echo", address=LOOPBACK[family], port=5300)
    guest = world.pasta("-U", "5301:5300")

    assert guest.call("udp_exchange", address=LOOPBACK[family], port=5301)["data"] == "ping"


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_ranges_and_shifts(world):
    guest = world.pasta("-t", "20000-20002:30000-30002,20010:30010")
    for port in (30000, 30001, 30002, 30010):
        guest.serve("tcp_witness", address="0.0.0.0", port=port, greeting=str(port))

    for port in (20000, 20001, 20002, 20010):
        assert world.peer.call("tcp_ask", address=HOST_ADDRESS[4], port=port)[-1] == str(port + 10000)


def test_listening_address_is_honoured(world):
    guest = world.pasta("-t", "127.0.0.1/8080:80")
    guest.serve("tcp_witness", address="0.0.0.0", port=80, greeting="guest")

    assert world.host.call("tcp_ask", address="127.0.0.1", port=8080)[-1] == "guest"
    assert world.peer.call("tcp_attempt", address=HOST_ADDRESS[4], port=8080)["outcome"] == "ECONNREFUSED"


def test_none_forwards_nothing(world):
    before = world.host.call("open_sockets")
    guest = world.pasta("-t", "none", "-u", "none", "-T", "none", "-U", "none")
    guest.serve("tcp_witness", address="0.0.0.0", port=8080)

    assert world.peer.call("tcp_attempt", address=HOST_ADDRESS[4], port=8080)["outcome"] == "ECONNREFUSED"
    assert world.host.call("open_sockets")["tcp"] == before["tcp"]


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_connection_to_a_closed_guest_port_is_reset(world, family):
    world.pasta("-t", "8080:80")

    victim = world.peer.start("tcp_provoke_reset", address=HOST_ADDRESS[family], port=8080)

    try:
        assert victim.result(10) == "ECONNRESET"
    except Exception as error:  # the connection itself may already have failed
        assert getattr(error, "errno", 0) in (104, 111), error


@pytest.mark.differs("that version does not complete handshakes towards the guest with this kernel")
def test_200_connections_from_the_peer(world, family):
    guest = world.pasta("-t", "8080")
    guest.serve("tcp_sink", address=ANY[family], port=8080, connections=200)

    results = world.peer.call(
        "tcp_uploads", patience=120, address=HOST_ADDRESS[family], port=8080, count=200, byte_count=65_536)

    assert results == [True] * 200


def test_ports_are_free_again_after_the_end(world):
    guest = world.pasta("-t", "8080")
    world.pastas.remove(guest)
    assert guest.close() == 0

    until(
        lambda: world.peer.call("tcp_attempt", address=HOST_ADDRESS[4], port=8080)["outcome"] == "ECONNREFUSED",
        5, "the port is closed")
    world.host.serve("tcp_witness", address="0.0.0.0", port=8080)
