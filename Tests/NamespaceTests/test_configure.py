# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""How the guest's interface gets its addresses: by --config-net, DHCP, DHCPv6 or SLAAC."""

import ipaddress
import json

import pytest

from world import GATEWAY, HOST_ADDRESS, UPLINK, WORLD, until


def interface(guest, name=UPLINK):
    return json.loads(guest.run("ip", "-json", "addr", "show", "dev", name))[0]


def addresses(guest, name=UPLINK):
    """Addresses with prefix length, without link-local ones."""
    found = [f"{entry['local']}/{entry['prefixlen']}" for entry in interface(guest, name)["addr_info"]]
    return sorted(address for address in found if not address.startswith("fe80:"))


def routes(agent, family):
    """Destination, gateway and metric of all routes of the interface, without what the kernel adds by itself."""
    listed = json.loads(agent.run("ip", "-json", f"-{family}", "route", "show", "dev", UPLINK))
    return sorted(
        (route["dst"], route.get("gateway", ""), route.get("metric", 0))
        for route in listed if not route["dst"].startswith("fe80:") and route.get("protocol") != "kernel")


def default_gateway(guest, family):
    listed = json.loads(guest.run("ip", "-json", f"-{family}", "route", "show", "default"))
    return listed[0]["gateway"] if listed else None


def can_reach_the_world(world, guest, family):
    """Whether the peer sees the guest under the address under which it sees the host's own programs."""
    _, port = world.peer.serve("tcp_witness", address=WORLD[family])
    native = world.host.call("tcp_ask", address=WORLD[family], port=port)[0]
    return guest.call("tcp_ask", address=WORLD[family], port=port)[0] == native


@pytest.mark.differs("that version copies one address of each family")
def test_config_net_copies_addresses_routes_and_name(world):
    world.batch(world.host, [
        f"addr add 192.0.2.3/32 dev {UPLINK}", f"addr add 2001:db8:1::3/64 dev {UPLINK} nodad",
        f"route add 10.99.0.0/16 via 192.0.2.1 dev {UPLINK} metric 50",
        f"route add 2001:db8:99::/48 via fe80::1 dev {UPLINK}",
    ])
    guest = world.pasta()

    assert addresses(guest) == ["192.0.2.2/24", "192.0.2.3/32", "2001:db8:1::2/64", "2001:db8:1::3/64"]
    for family in (4, 6):
        assert routes(guest, family) == routes(world.host, family)
        assert can_reach_the_world(world, guest, family)


@pytest.mark.differs("that version lets the kernel check its link-local address")
def test_config_net_leaves_no_tentative_address(world):
    guest = world.pasta()

    assert not [entry for entry in interface(guest)["addr_info"] if entry.get("tentative")]


@pytest.mark.parametrize("mtu", [1280, 1500, 9000, 65520])
def test_config_net_sets_the_mtu(world, mtu):
    assert interface(world.pasta("--mtu", str(mtu)))["mtu"] == mtu


def test_default_mtu(world):
    assert interface(world.pasta())["mtu"] == 65520


def test_interface_name_and_mac_follow_the_options(world):
    guest = world.pasta("--ns-ifname", "blue0", "--ns-mac-addr", "02:00:00:00:00:07")

    found = interface(guest, "blue0")

    assert found["address"] == "02:00:00:00:00:07"
    assert "UP" in found["flags"]


def test_our_mac_follows_the_option(world):
    guest = world.pasta("--mac-addr", "02:00:00:00:00:08")

    guest.run("ping", "-n", "-c", "1", "-W", "2", WORLD[4])

    neighbours = json.loads(guest.run("ip", "-json", "neigh", "show", "dev", UPLINK))
    assert {entry["dst"]: entry.get("lladdr") for entry in neighbours}[GATEWAY[4]] == "02:00:00:00:00:08"


def test_addresses_and_gateways_follow_the_options(world):
    guest = world.pasta(
        "--address", "192.0.2.77", "--netmask", "255.255.255.0", "--gateway", "192.0.2.78",
        "--address", "2001:db8:1::77", "--gateway", "fe80::78")

    assert addresses(guest) == ["192.0.2.77/24", "2001:db8:1::77/64"]
    assert default_gateway(guest, 4) == "192.0.2.78"
    assert default_gateway(guest, 6) == "fe80::78"
    assert can_reach_the_world(world, guest, 4) and can_reach_the_world(world, guest, 6)


@pytest.mark.differs("that version has no prefix length in --address")
def test_address_with_a_prefix_length(world):
    assert "192.0.2.77/26" in addresses(world.pasta("--address", "192.0.2.77/26"))


def test_without_config_net_the_interface_is_down(world):
    found = interface(world.pasta(config=False))

    assert found["addr_info"] == []
    assert "UP" not in found["flags"]


def test_loopback_is_up(world):
    assert "UP" in interface(world.pasta(config=False), "lo")["flags"]


@pytest.mark.parametrize("version", [4, 6])
def test_one_version_only(world, version):
    guest = world.pasta(f"-{version}")
    other = 10 - version

    assert addresses(guest) == [f"{HOST_ADDRESS[version]}/{24 if version == 4 else 64}"]
    assert can_reach_the_world(world, guest, version)
    assert guest.call("tcp_attempt", address=WORLD[other], port=9)["outcome"] == "ENETUNREACH"


@pytest.mark.parametrize("families", [(4,), (6,)], ids=["v4", "v6"])
def test_host_with_one_version(make_world, families):
    world = make_world(families=families)
    guest = world.pasta()

    assert can_reach_the_world(world, guest, families[0])


def test_udhcpc_configures_the_interface(world):
    guest = world.pasta(config=False)

    lease = world.udhcpc(guest, UPLINK)

    assert lease["ip"] == HOST_ADDRESS[4] and lease["mask"] == "24" and lease["router"] == GATEWAY[4]
    assert lease["mtu"] == "65520"
    assert can_reach_the_world(world, guest, 4)


def test_dhclient_configures_the_interface(world):
    guest = world.pasta(config=False)

    world.dhclient(guest, UPLINK, 4)

    assert addresses(guest) == ["192.0.2.2/24"]
    assert default_gateway(guest, 4) == GATEWAY[4]
    assert can_reach_the_world(world, guest, 4)


def test_dhclient_6_configures_the_interface(world):
    guest = world.pasta(config=False)
    guest.sysctl(**{f"ipv6__conf__{UPLINK}__autoconf": 0})
    guest.run("ip", "link", "set", UPLINK, "up")
    until(lambda: default_gateway(guest, 6), 10, "a router advertisement")

    world.dhclient(guest, UPLINK, 6)

    assert f"{HOST_ADDRESS[6]}/128" in addresses(guest) or f"{HOST_ADDRESS[6]}/64" in addresses(guest)
    assert can_reach_the_world(world, guest, 6)


def test_slaac_configures_the_interface(world):
    guest = world.pasta("--mtu", "9000", config=False)

    guest.run("ip", "link", "set", UPLINK, "mtu", "9000", "up")

    prefix = ipaddress.ip_network("2001:db8:1::/64")
    until(lambda: [
        entry for entry in interface(guest)["addr_info"]
        if ipaddress.ip_address(entry["local"]) in prefix and not entry.get("tentative")], 10, "an address")
    assert default_gateway(guest, 6).startswith("fe80:")
    assert guest.call("read_file", path=f"/proc/sys/net/ipv6/conf/{UPLINK}/mtu").strip() == "9000"
    assert can_reach_the_world(world, guest, 6)


@pytest.mark.parametrize(
    "option, service", [("--no-dhcp", "udhcpc"), ("--no-ra", "ra"), ("--no-ndp", "ra"), ("--no-dhcpv6", "dhcpv6")])
def test_services_can_be_switched_off(world, option, service):
    if world.program.is_reference and option == "--no-ndp":
        pytest.skip("the reference differs: needs no neighbours")
    guest = world.pasta(option, config=False)
    guest.run("ip", "link", "set", UPLINK, "up")

    if service == "udhcpc":
        assert world.udhcpc(guest, UPLINK, expect=False) is None
    elif service == "dhcpv6":
        until(lambda: default_gateway(guest, 6), 10, "a router advertisement")
        assert not world.dhclient(guest, UPLINK, 6, expect=False)
    else:
        with pytest.raises(AssertionError):
            until(lambda: default_gateway(guest, 6), 3, "a router advertisement")


def test_host_name_is_told_by_dhcp(world):
    if world.program.is_reference:
        pytest.skip("the reference differs: it has no such option")
    guest = world.pasta("--hostname", "blue", "--fqdn", "blue.example", config=False)

    assert world.udhcpc(guest, UPLINK)["hostname"] == "blue"
    assert guest.call("identity")["host"] == "blue"


@pytest.mark.world(families=())
@pytest.mark.differs("that version has no local mode")
def test_host_without_a_network_gets_a_link_local_one(world):
    guest = world.pasta()

    assert addresses(guest, "tap0") == ["169.254.2.1/16"]
    assert default_gateway(guest, 4) == "169.254.2.2"
    _, port = world.host.serve("tcp_witness", address="127.0.0.1", greeting="host")
    assert guest.call("tcp_ask", address="169.254.2.2", port=port)[-1] == "host"
