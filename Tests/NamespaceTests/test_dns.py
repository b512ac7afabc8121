# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Name resolution: forwarding to the host's resolver, and what the guest is told about resolvers."""

import pytest

from world import GATEWAY, UPLINK

RESOLVER = {4: "198.51.100.53", 6: "2001:db8:2::53"}
FORWARD = {4: "192.0.2.53", 6: "2001:db8:1::53"}


@pytest.mark.parametrize("socket_each", [False, True], ids=["one-socket", "socket-each"])
def test_20000_queries_are_all_answered(make_world, family, socket_each):
    world = make_world(resolvers=(RESOLVER[family],))
    server, _ = world.peer.serve("dns_responder", address=RESOLVER[family])
    guest = world.pasta("--dns-forward", FORWARD[family])

    result = guest.call(
        "dns_queries", patience=180, address=FORWARD[family], count=20_000, outstanding=64, socket_each=socket_each)

    assert result == {"lost": 0, "wrong": 0}
    assert server.stop().result()["udp"] == 20_000


@pytest.mark.differs("that version forwards UDP only")
def test_queries_over_tcp_are_forwarded_too(make_world, family):
    world = make_world(resolvers=(RESOLVER[family],))
    server, _ = world.peer.serve("dns_responder", address=RESOLVER[family])
    guest = world.pasta("--dns-forward", FORWARD[family])

    assert guest.call("dns_query_tcp", address=FORWARD[family]) == "192.0.2.80"
    assert server.stop().result() == {"udp": 0, "tcp": 1}


@pytest.mark.differs("that version has no such option")
def test_dns_host_chooses_the_resolver(make_world, family):
    world = make_world(resolvers=("203.0.113.9", "2001:db8:dead::9"))
    world.peer.serve("dns_responder", address=RESOLVER[family])
    guest = world.pasta("--dns-forward", FORWARD[family], "--dns-host", RESOLVER[family])

    assert guest.call("dns_queries", address=FORWARD[family], count=10) == {"lost": 0, "wrong": 0}


def test_resolver_on_loopback_is_reached_through_the_gateway(make_world):
    world = make_world(resolvers=("127.0.0.53",))
    world.host.serve("dns_responder", address="127.0.0.53")
    guest = world.pasta()

    assert guest.call("dns_queries", address=GATEWAY[4], count=100) == {"lost": 0, "wrong": 0}


def test_resolver_on_loopback_is_reached_through_the_forwarding_address(make_world):
    world = make_world(resolvers=("127.0.0.53",))
    world.host.serve("dns_responder", address="127.0.0.53")
    guest = world.pasta("--dns-forward", FORWARD[4], "--no-map-gw")

    assert guest.call("dns_queries", address=FORWARD[4], count=100) == {"lost": 0, "wrong": 0}


@pytest.mark.differs("that version hides the resolver")
def test_resolver_on_the_gateway_is_not_hidden_by_the_mapping(make_world):
    world = make_world(resolvers=(GATEWAY[4],))
    world.peer.serve("dns_responder", address=GATEWAY[4])
    _, host_port = world.host.serve("tcp_witness", address="127.0.0.1", greeting="host")
    guest = world.pasta()

    assert guest.call("dns_queries", address=GATEWAY[4], count=100) == {"lost": 0, "wrong": 0}
    assert guest.call("tcp_ask", address=GATEWAY[4], port=host_port)[-1] == "host"


@pytest.mark.parametrize(
    "resolvers, options, told",
    [
        (("198.51.100.53", "198.51.100.54"), (), "198.51.100.53 198.51.100.54"),
        (("127.0.0.53",), (), GATEWAY[4]),
        (("127.0.0.53",), ("--dns-forward", FORWARD[4]), FORWARD[4]),
        (("127.0.0.53",), ("--no-map-gw",), ""),
        (("198.51.100.53",), ("--dns", "192.0.2.77", "--dns", "127.0.0.1"), "192.0.2.77 127.0.0.1"),
        (("198.51.100.53",), ("--dns", "none"), ""),
    ],
    ids=["from file", "loopback", "loopback and forward", "loopback unmapped", "option", "none"])
def test_dhcp_tells_the_resolvers(make_world, resolvers, options, told):
    world = make_world(resolvers=resolvers)
    guest = world.pasta("--dhcp-dns", *options, config=False)

    lease = world.udhcpc(guest, UPLINK)

    assert lease.get("dns", "") == told


def test_without_being_asked_pasta_tells_no_resolver(world):
    guest = world.pasta(config=False)

    assert "dns" not in world.udhcpc(guest, UPLINK)


def test_dhcp_tells_the_search_list(make_world):
    world = make_world()
    world.set_resolvers("198.51.100.53", search="one.example two.example")
    guest = world.pasta("--dhcp-dns", "--dhcp-search", config=False)

    assert world.udhcpc(guest, UPLINK)["search"] == "one.example two.example"
