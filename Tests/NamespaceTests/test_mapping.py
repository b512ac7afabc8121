# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which addresses stand for the host, and which source the world sees."""

import pytest

from world import GATEWAY, HOST_ADDRESS, LOOPBACK, UPLINK, WORLD

SPECIAL = {4: "192.0.2.99", 6: "2001:db8:1::99"}


def scoped(address):
    """A link-local address needs the interface it is on."""
    return f"{address}%{UPLINK}" if address.startswith("fe80:") else address


@pytest.mark.differs("that version does not map a link-local gateway")
def test_the_gateway_stands_for_the_host(world, family):
    _, port = world.host.serve("tcp_witness", address=LOOPBACK[family], greeting="host")
    guest = world.pasta()

    source, *_, name = guest.call("tcp_ask", address=scoped(GATEWAY[family]), port=port)

    assert name == "host"
    assert source == LOOPBACK[family]


@pytest.mark.differs("that version does not map a link-local gateway")
def test_the_gateway_stands_for_the_host_for_datagrams(world, family):
    _, port = world.host.serve("udp_echo", address=LOOPBACK[family])
    guest = world.pasta()

    assert guest.call("udp_exchange", address=scoped(GATEWAY[family]), port=port).get("data") == "ping"


def test_without_the_mapping_the_gateway_is_itself(world):
    _, port = world.peer.serve("tcp_witness", address=GATEWAY[4], greeting="gateway")
    world.host.serve("tcp_witness", address=LOOPBACK[4], port=port, greeting="host")
    guest = world.pasta("--no-map-gw")

    assert guest.call("tcp_ask", address=GATEWAY[4], port=port)[-1] == "gateway"


@pytest.mark.differs("that version has no such option")
def test_map_host_loopback(world, family):
    _, port = world.host.serve("tcp_witness", address=LOOPBACK[family], greeting="host")
    guest = world.pasta("--map-host-loopback", SPECIAL[family])

    assert guest.call("tcp_ask", address=SPECIAL[family], port=port)[-1] == "host"


@pytest.mark.differs("that version has no such option")
def test_map_host_loopback_none_leaves_the_gateway_alone(world):
    _, port = world.peer.serve("tcp_witness", address=GATEWAY[4], greeting="gateway")
    world.host.serve("tcp_witness", address=LOOPBACK[4], port=port, greeting="host")
    guest = world.pasta("--map-host-loopback", "none")

    assert guest.call("tcp_ask", address=GATEWAY[4], port=port)[-1] == "gateway"


@pytest.mark.differs("that version has no such option")
def test_map_guest_addr(world, family):
    _, port = world.host.serve("tcp_witness", address=HOST_ADDRESS[family], greeting="host")
    guest = world.pasta("--map-guest-addr", SPECIAL[family])

    assert guest.call("tcp_ask", address=SPECIAL[family], port=port)[-1] == "host"


@pytest.mark.differs("that version has no such option")
def test_outbound_address(world, family):
    address = {4: "192.0.2.33", 6: "2001:db8:1::33"}[family]
    nodad = "nodad" if family == 6 else ""
    world.batch(world.host, [f"addr add {address}/{24 if family == 4 else 64} dev {UPLINK} {nodad}"])
    _, port = world.peer.serve("tcp_witness", address=WORLD[family])
    _, udp_port = world.peer.serve("udp_echo", address=WORLD[family], with_source=True)
    guest = world.pasta("--outbound", address)

    assert guest.call("tcp_ask", address=WORLD[family], port=port)[0] == address
    assert guest.call("udp_exchange", address=WORLD[family], port=udp_port)["data"].split()[0] == address


@pytest.mark.differs("that version has no such option")
def test_outbound_interface(world):
    world.batch(world.host, [
        f"link add uplink1 type veth peer name peer1 netns {world.peer.pid}", "link set uplink1 up",
        "addr add 198.18.0.2/24 dev uplink1",
    ])
    world.batch(world.peer, ["link set peer1 up", "addr add 198.18.0.1/24 dev peer1"])
    world.batch(world.host, ["route add default via 198.18.0.1 dev uplink1 metric 500"])
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    guest = world.pasta("--interface", UPLINK, "--outbound-if4", "uplink1")

    assert guest.call("tcp_ask", address=WORLD[4], port=port)[0] == "198.18.0.2"


def test_template_interface(world):
    world.batch(world.host, [
        f"link add uplink1 type veth peer name peer1 netns {world.peer.pid}", "link set uplink1 up",
        "addr add 198.18.0.2/24 dev uplink1",
    ])
    world.batch(world.peer, ["link set peer1 up", "addr add 198.18.0.1/24 dev peer1"])
    world.batch(world.host, ["route add default via 198.18.0.1 dev uplink1 metric 500"])
    guest = world.pasta("-4", "--interface", "uplink1")

    assert "198.18.0.2/24" in guest.run("ip", "addr", "show", "dev", "uplink1")


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp"])
def test_protocols_can_be_switched_off(world, protocol):
    forwarding = {"tcp": ("-t", "none", "-T", "none"), "udp": ("-u", "none", "-U", "none"), "icmp": ()}[protocol]
    _, tcp_port = world.peer.serve("tcp_witness", address=WORLD[4])
    _, udp_port = world.peer.serve("udp_echo", address=WORLD[4])
    guest = world.pasta(f"--no-{protocol}", *forwarding)

    tcp = guest.call("tcp_attempt", address=WORLD[4], port=tcp_port, timeout=2)["outcome"] == "connected"
    udp = "data" in guest.call("udp_exchange", address=WORLD[4], port=udp_port, timeout=2)
    icmp = guest.run("ping", "-n", "-c", "1", "-W", "2", WORLD[4], check=False)["status"] == 0

    assert {"tcp": tcp, "udp": udp, "icmp": icmp} == {
        name: name != protocol for name in ("tcp", "udp", "icmp")}
