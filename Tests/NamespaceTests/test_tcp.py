# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""TCP between a guest and the world, through the tap."""

import pytest

from world import HOST_ADDRESS, UNREACHABLE, WORLD

MiB = 1 << 20

pytestmark = pytest.mark.traffic


@pytest.mark.parametrize("mtu", [1280, 1500, 9000, 65520])
def test_bulk_transfers_arrive_whole(world, family, mtu):
    guest = world.pasta("--mtu", str(mtu))
    sink, sink_port = world.peer.serve("tcp_sink", address=WORLD[family])
    source, source_port = world.peer.serve("tcp_source", address=WORLD[family], byte_count=64 * MiB, seed=2)

    up = guest.call("tcp_upload", patience=120, address=WORLD[family], port=sink_port, byte_count=64 * MiB)
    down = guest.call("tcp_download", patience=120, address=WORLD[family], port=source_port)

    assert up["sent"] == up["received"] == sink.result()[0]["sha256"]
    assert down["sha256"] == source.result()["sha256"]
    assert down["bytes"] == 64 * MiB


@pytest.mark.differs("that version stalls")
def test_both_directions_at_once(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("tcp_echo", address=WORLD[family])

    tasks = [
        guest.start("tcp_exchange", address=WORLD[family], port=port, byte_count=16 * MiB, seed=seed)
        for seed in range(4)
    ]

    assert all(task.result(120) for task in tasks)


def test_200_parallel_connections(world, family):
    guest = world.pasta()
    sink, port = world.peer.serve("tcp_sink", address=WORLD[family], connections=200)

    results = guest.call(
        "tcp_uploads", patience=120, address=WORLD[family], port=port, count=200, byte_count=256 * 1024)

    assert results == [True] * 200
    assert len(sink.result()) == 200


@pytest.mark.differs("that version stalls when the guest closes first")
def test_many_short_connections(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("tcp_echo", address=WORLD[family])

    for seed in range(300):
        assert guest.call("tcp_exchange", address=WORLD[family], port=port, byte_count=100, seed=seed)


@pytest.mark.differs("that version stalls")
def test_guest_half_closes_and_still_receives(world, family):
    guest = world.pasta()
    # The echo ends its half only after it has sent everything back, long after the guest has ended its own.
    server, port = world.peer.serve("tcp_half_closer", address=WORLD[family], byte_count=8 * MiB, seed=3)

    result = guest.call("tcp_listen_late", address=WORLD[family], port=port, byte_count=100_000, seed=4)

    served = server.result()
    assert served["sha256"] == result["sent"] and served["bytes"] == 100_000
    assert result["sha256"] == served["sent"] and result["bytes"] == 8 * MiB


def test_peer_half_closes_and_still_receives(world, family):
    guest = world.pasta()
    server, port = world.peer.serve("tcp_half_closer", address=WORLD[family], byte_count=100_000, seed=5)

    result = guest.call("tcp_speak_late", address=WORLD[family], port=port, byte_count=8 * MiB, seed=6)

    served = server.result()
    assert result["sha256"] == served["sent"] and result["bytes"] == 100_000
    assert served["sha256"] == result["sent"] and served["bytes"] == 8 * MiB


@pytest.mark.differs("that version closes the connection in order")
def test_reset_by_the_guest_reaches_the_peer(world, family):
    guest = world.pasta()
    victim, port = world.peer.serve("tcp_victim", address=WORLD[family])

    guest.call("tcp_reset", address=WORLD[family], port=port)

    assert victim.result(10) == "ECONNRESET"


def test_reset_by_the_peer_reaches_the_guest(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("tcp_resetter", address=WORLD[family])

    assert guest.call("tcp_provoke_reset", patience=10, address=WORLD[family], port=port) == "ECONNRESET"


@pytest.mark.differs("that version resets without an acknowledgement")
def test_closed_port_is_refused_at_once(world, family):
    guest = world.pasta()

    attempt = guest.call("tcp_attempt", address=WORLD[family], port=9)

    assert attempt["outcome"] == "ECONNREFUSED"
    assert attempt["seconds"] < 1


@pytest.mark.differs("that version resets without an acknowledgement")
def test_unreachable_destination_fails_soon(world, family):
    guest = world.pasta()

    attempt = guest.call("tcp_attempt", address=UNREACHABLE[family], port=80)

    native = world.host.call("tcp_attempt", address=UNREACHABLE[family], port=80)
    assert attempt["outcome"] == native["outcome"]
    assert attempt["seconds"] < 5


def test_slow_reader_on_the_peer_gets_everything(world, family):
    guest = world.pasta()
    server, port = world.peer.serve("tcp_reluctant", address=WORLD[family], pause=3.0)

    guest.start("tcp_stream", address=WORLD[family], port=port, byte_count=32 * MiB)

    assert server.result(60)["bytes"] == 32 * MiB


def test_slow_reader_in_the_guest_gets_everything(world, family):
    guest = world.pasta()
    source, port = world.peer.serve("tcp_source", address=WORLD[family], byte_count=32 * MiB)

    result = guest.call("tcp_download", address=WORLD[family], port=port, pause=3)

    assert result["sha256"] == source.result()["sha256"]


def test_host_address_is_the_source_on_the_wire(world, family):
    guest = world.pasta()
    _, port = world.peer.serve("tcp_witness", address=WORLD[family])

    source, _, destination, seen_port = guest.call("tcp_ask", address=WORLD[family], port=port)

    assert source == HOST_ADDRESS[family]
    assert (destination, int(seen_port)) == (WORLD[family], port)


@pytest.mark.parametrize("write_memory", ["4096 16384 65536", "4096 4096 8192"], ids=["64k", "8k"])
def test_tiny_send_buffers_lose_nothing(world, family, write_memory):
    world.host.sysctl(ipv4__tcp_wmem=write_memory)
    guest = world.pasta()
    sink, port = world.peer.serve("tcp_sink", address=WORLD[family])

    up = guest.call("tcp_upload", patience=120, address=WORLD[family], port=port, byte_count=4 * MiB)

    assert up["sent"] == up["received"]
    assert sink.result()[0]["bytes"] == 4 * MiB


