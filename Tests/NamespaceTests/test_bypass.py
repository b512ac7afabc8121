# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections and datagrams that pass by the tap: between the loopback addresses of host and guest, both ways.

BYPASS_MIB sets the size of the large transfers, in MiB; with 1024 they take minutes.
"""

import os

import pytest

from world import LOOPBACK, until

MiB = 1 << 20
LARGE = int(os.environ.get("BYPASS_MIB", "256")) * MiB
ANY = {4: "0.0.0.0", 6: "::"}
PORT = 7000


class Path:
    """One way of a bypass: who asks, who serves, and where."""

    def __init__(self, world, direction, *options, **more):
        self.guest = world.pasta("-t" if direction == "inbound" else "-T", str(PORT), *options, **more)
        self.pid = self.guest.process.pid
        ends = (world.host, self.guest) if direction == "inbound" else (self.guest, world.host)
        self.client, self.server = ends
        # Inbound connections come to the guest's own address, outbound ones to the host's loopback.
        self.listening = ANY if direction == "inbound" else LOOPBACK


def descriptors(path):
    return len(os.listdir(f"/proc/{path.pid}/fd"))


@pytest.fixture(params=["inbound", "outbound"])
def path(world, request):
    return Path(world, request.param)


def test_uploads_arrive_whole(path, family):
    path.server.serve("tcp_sink", address=path.listening[family], port=PORT)

    up = path.client.call("tcp_upload", patience=300, address=LOOPBACK[family], port=PORT, byte_count=LARGE)

    assert up["sent"] == up["received"]


def test_downloads_arrive_whole(path, family):
    source, _ = path.server.serve("tcp_source", address=path.listening[family], port=PORT, byte_count=LARGE)

    down = path.client.call("tcp_download", patience=300, address=LOOPBACK[family], port=PORT)

    assert down["bytes"] == LARGE
    assert down["sha256"] == source.result()["sha256"]


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3 * MiB])
def test_echoes_of_all_sizes_come_back(path, size):
    path.server.serve("tcp_echo", address=path.listening[4], port=PORT)

    for _ in range(3):
        assert path.client.call("tcp_exchange", address=LOOPBACK[4], port=PORT, byte_count=size)


def test_server_ends_its_half_first(path, family):
    source, _ = path.server.serve(
        "tcp_half_closer", address=path.listening[family], port=PORT, byte_count=2 * MiB, seed=5)

    late = path.client.call(
        "tcp_speak_late", address=LOOPBACK[family], port=PORT, byte_count=3 * MiB, seed=6)
    served = source.result()

    assert (late["bytes"], served["bytes"]) == (2 * MiB, 3 * MiB)
    assert (late["sha256"], late["sent"]) == (served["sent"], served["sha256"])


def test_client_ends_its_half_first(path, family):
    path.server.serve("tcp_sink", address=path.listening[family], port=PORT)

    up = path.client.call("tcp_upload", address=LOOPBACK[family], port=PORT, byte_count=100_000)

    assert up["sent"] == up["received"]


def test_reset_of_the_server_reaches_the_client(path, family):
    path.server.serve("tcp_resetter", address=path.listening[family], port=PORT)

    assert path.client.call("tcp_provoke_reset", address=LOOPBACK[family], port=PORT) == "ECONNRESET"


def test_reset_of_the_client_reaches_the_server(path, family):
    victim, _ = path.server.serve("tcp_victim", address=path.listening[family], port=PORT)

    path.client.call("tcp_reset", address=LOOPBACK[family], port=PORT)

    assert victim.result() == "ECONNRESET"


def test_closed_port_is_a_reset(path, family):
    victim = path.client.start("tcp_provoke_reset", address=LOOPBACK[family], port=PORT)

    try:
        assert victim.result(10) == "ECONNRESET"
    except Exception as error:  # sending may already have failed
        assert getattr(error, "errno", 0) in (32, 104), error


def test_slow_reader_gets_everything(path, family):
    source, _ = path.server.serve("tcp_source", address=path.listening[family], port=PORT, byte_count=32 * MiB)

    digest = path.client.call(
        "tcp_dribble", address=LOOPBACK[family], port=PORT, byte_count=32 * MiB, piece=1000, pause=0.05)

    assert digest == source.result()["sha256"]


def test_peer_killed_in_the_middle_ends_the_other_side(path):
    before = descriptors(path)
    victim, _ = path.server.serve("tcp_sink", address=path.listening[4], port=PORT)
    script = (
        "import socket; c = socket.create_connection(('127.0.0.1', 7000))\n"
        "while True: c.send(b'x' * 65536)")
    client = path.client.start("run", command=["/usr/bin/python3", "-c", script], timeout=60)
    pid = client.started()

    until(lambda: descriptors(path) > before, 10, "the connection is there")
    path.client.run("kill", "-KILL", str(pid))

    assert victim.result()[0]
    until(lambda: descriptors(path) <= before + 2, 10, "its descriptors are closed")


def test_1000_idle_and_50_busy_connections(path):
    path.server.serve("tcp_echo_many", address=path.listening[4], port=PORT)
    path.client.call("tcp_burst", address=LOOPBACK[4], port=PORT, count=1)
    before = descriptors(path)
    idle = path.client.start("tcp_hold", address=LOOPBACK[4], port=PORT, count=500)
    more = path.client.start("tcp_hold", address=LOOPBACK[4], port=PORT, count=500)
    idle.started(60), more.started(60)

    busy = [
        path.client.start("tcp_exchange", address=LOOPBACK[4], port=PORT, byte_count=MiB, seed=seed)
        for seed in range(50)]

    assert all(task.result(120) for task in busy)
    assert idle.stop().result(60) + more.stop().result(60) == 1000
    until(lambda: descriptors(path) <= before + 8, 10, "every descriptor came back")


def test_thousands_of_connections_leave_nothing(path):
    path.server.serve("tcp_echo_many", address=path.listening[4], port=PORT)
    path.client.call("tcp_burst", address=LOOPBACK[4], port=PORT, count=10)
    before = descriptors(path)

    tasks = [path.client.start("tcp_burst", address=LOOPBACK[4], port=PORT, count=1000) for _ in range(4)]

    assert [task.result(120) for task in tasks] == [0] * 4
    until(lambda: abs(descriptors(path) - before) <= 40, 10, "the pools are as they were")


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_short_descriptors_shed_load_and_recover(world, direction):
    limit = 220
    log = world.directory / "log"
    path = Path(
        world, direction, "--log-file", str(log), prefix=["prlimit", f"--nofile={limit}:{limit}"])
    path.server.serve("tcp_echo_many", address=path.listening[4], port=PORT)
    assert path.client.call("tcp_burst", address=LOOPBACK[4], port=PORT, count=5) == 0

    outcomes = path.client.call("tcp_crowd", patience=120, address=LOOPBACK[4], port=PORT, count=150)

    assert outcomes["served"] >= 40
    assert outcomes.get("timeout", 0) == 0, outcomes
    assert outcomes["served"] < sum(outcomes.values()) == 150
    assert log.read_text().count("Too few descriptors") == 1
    until(lambda: descriptors(path) < limit - 20, 10, "descriptors are free again")
    assert path.client.call("tcp_burst", address=LOOPBACK[4], port=PORT, count=50) == 0


# Datagrams


@pytest.fixture(params=["inbound", "outbound"])
def datagrams(world, request):
    inbound = request.param == "inbound"
    path = Path.__new__(Path)
    path.guest = world.pasta("-u" if inbound else "-U", str(PORT))
    path.client, path.server = (world.host, path.guest) if inbound else (path.guest, world.host)
    path.listening = ANY if inbound else LOOPBACK
    return path


def test_datagrams_of_all_sizes_come_back(datagrams, family):
    datagrams.server.serve("udp_echo", address=datagrams.listening[family], port=PORT)
    sizes = [0, 1, 2, 100, 511, 512, 1471, 1472, 1473, 9000, 16_383, 32_768, 65_000, 65_506, 65_507]

    missing = datagrams.client.call("udp_sizes", address=LOOPBACK[family], port=PORT, sizes=sizes)

    assert missing == []


def test_source_port_is_kept(datagrams, family):
    datagrams.server.serve("udp_echo", address=datagrams.listening[family], port=PORT, with_source=True)

    answer = datagrams.client.call("udp_exchange", address=LOOPBACK[family], port=PORT, bind_port=4321)

    assert answer["data"].split()[1:] == ["4321", "ping"]


def test_datagrams_keep_their_order_and_none_is_lost(datagrams, family):
    collector, _ = datagrams.server.serve(
        "udp_collect", address=datagrams.listening[family], port=PORT, count=20_000)

    datagrams.client.call("udp_number", address=LOOPBACK[family], port=PORT, count=20_000, size=200, window=20)

    assert collector.result() == {"count": 20_000, "ordered": True}


def test_runs_of_datagrams_stay_datagrams(datagrams, family):
    datagrams.server.serve("udp_echo", address=datagrams.listening[family], port=PORT)

    whole = datagrams.client.call(
        "udp_runs", address=LOOPBACK[family], port=PORT, count=50, size=1000, segments=20)

    assert whole == 50


def test_many_sockets_talk_at_once(datagrams):
    datagrams.server.serve("udp_echo", address=datagrams.listening[4], port=PORT)

    tasks = [
        datagrams.client.start("udp_exchange", address=LOOPBACK[4], port=PORT, data=f"from {number}")
        for number in range(100)]

    assert [task.result()["data"] for task in tasks] == [f"from {number}" for number in range(100)]


def test_datagram_to_a_closed_port_does_no_harm(datagrams, family):
    assert "data" not in datagrams.client.call("udp_exchange", address=LOOPBACK[family], port=PORT, timeout=0.5)
    datagrams.server.serve("udp_echo", address=datagrams.listening[family], port=PORT)

    assert datagrams.client.call("udp_exchange", address=LOOPBACK[family], port=PORT)["data"] == "ping"


# Options


def test_loopback_stays_loopback_where_asked(world, family):
    guest = world.pasta("-t", f"{PORT}", "--host-lo-to-ns-lo")
    guest.serve("tcp_witness", address=LOOPBACK[family], port=PORT, greeting="lo")

    source, _, destination, _, greeting = world.host.call("tcp_ask", address=LOOPBACK[family], port=PORT)

    assert (source, destination, greeting) == (LOOPBACK[family], LOOPBACK[family], "lo")


def test_services_of_the_guests_loopback_are_not_reached_otherwise(world, family):
    guest = world.pasta("-t", f"{PORT}")
    guest.serve("tcp_witness", address=LOOPBACK[family], port=PORT)

    victim = world.host.start("tcp_provoke_reset", address=LOOPBACK[family], port=PORT)
    try:
        assert victim.result(10) == "ECONNRESET"
    except Exception as error:
        assert getattr(error, "errno", 0) in (32, 104), error


def test_outbound_rules_serve_loopback_only(world):
    """What the guest shows to its own network is not the host's loopback."""
    world.host.serve("tcp_witness", address="127.0.0.1", port=PORT, greeting="host")
    guest = world.pasta("-T", f"{PORT}", "-t", "7001:7000")

    assert guest.call("tcp_ask", address="127.0.0.1", port=PORT)[-1] == "host"
    victim = world.peer.start("tcp_provoke_reset", address="192.0.2.2", port=7001)
    try:
        assert victim.result(10) == "ECONNRESET"
    except Exception as error:
        assert getattr(error, "errno", 0) in (32, 104), error


def test_last_words_of_a_command_arrive(world):
    script = (
        "import socket; c = socket.create_connection(('127.0.0.1', 7000));"
        "c.sendall(b'x' * 3_000_000)")
    for _ in range(5):
        collector, port = world.host.serve("tcp_sink", address="127.0.0.1", port=PORT)
        result = world.run_pasta("--config-net", "-T", f"{PORT}", "--", "/usr/bin/python3", "-c", script)
        assert result.returncode == 0, result.stderr
        assert collector.result()[0].get("bytes") == 3_000_000


def test_splice_only_needs_no_tap(world):
    guest = world.pasta("--splice-only", "-t", f"{PORT}", "--host-lo-to-ns-lo", "-T", "7001", config=False)
    guest.serve("tcp_witness", address="127.0.0.1", port=PORT, greeting="guest")
    world.host.serve("tcp_witness", address="127.0.0.1", port=7001, greeting="host")

    assert world.host.call("tcp_ask", address="127.0.0.1", port=PORT)[-1] == "guest"
    assert guest.call("tcp_ask", address="127.0.0.1", port=7001)[-1] == "host"
