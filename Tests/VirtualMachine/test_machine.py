# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with a kernel of its own behind passt: what it is told, what it reaches, and what reaches it."""

import os
import signal
import time

import pytest

from machine import INTERFACE, RESOLVERS, SEARCH
from world import GATEWAY, HOST_ADDRESS, LOOPBACK, WORLD, until

MEBIBYTE = 1 << 20
ANY = {4: "0.0.0.0", 6: "::"}
FORWARD = {4: "192.0.2.53", 6: "2001:db8:1::53"}
FORWARDING = [
    "-t", "10001-10004", "-t", "10010:10005", "-u", "10001-10002", "--dns-forward", FORWARD[4], "--dns-forward",
    FORWARD[6],
]
families = pytest.mark.parametrize("family", [4, 6], ids=["v4", "v6"])


@pytest.fixture(scope="module")
def site(make_site):
    """A guest with both families configured, at the default MTU."""
    site = make_site(
        *FORWARDING, "--hostname", "guest", "--fqdn", "guest.example.org", "--map-host-loopback", "192.0.2.77")
    site.start()
    site.leases = site.configure()
    return site


def check_transfers(site, family, byte_count=20 * MEBIBYTE):
    """Bytes up and down over one connection each, with their checksums."""
    peer, machine = site.world.peer, site.machine
    server, port = peer.serve("tcp_sink", address=WORLD[family])
    sent = machine.call("tcp_upload", patience=120, address=WORLD[family], port=port, byte_count=byte_count)
    assert sent["sent"] == sent["received"]
    assert server.result()[0]["bytes"] == byte_count

    server, port = peer.serve("tcp_source", address=WORLD[family], byte_count=byte_count)
    received = machine.call("tcp_download", patience=120, address=WORLD[family], port=port)
    assert received["bytes"] == byte_count
    assert server.result()["sha256"] == received["sha256"]


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_dhcp_tells_everything(site):
    lease = site.leases[4]

    assert lease["ip"] == HOST_ADDRESS[4]
    assert lease["mask"] == "24"
    assert lease["router"] == GATEWAY[4]
    assert lease["serverid"] == GATEWAY[4]
    assert lease["mtu"] == "65520"
    assert lease["hostname"] == "guest"
    assert lease["search"].split() == SEARCH
    assert lease["dns"].split() == [RESOLVERS[4]]
    assert "05guest07example03org" in bytes.fromhex(lease["opt81"][6:]).decode("latin-1").translate(
        {number: f"{number:02}" for number in range(32)})


def test_dhcpv6_tells_everything(site):
    lease = site.leases[6]

    assert lease["new_ip6_address"] == HOST_ADDRESS[6]
    assert lease["new_dhcp6_name_servers"].split() == [RESOLVERS[6]]
    assert [name.strip(".") for name in lease["new_dhcp6_domain_search"].split()] == SEARCH


def test_router_advertisements_give_an_address_and_a_route(site):
    addresses = site.machine.addresses()

    assert any(address.startswith("2001:db8:1:") and address.endswith("/64") for address in addresses)
    assert f"default via {GATEWAY[6]} dev {INTERFACE}" in site.machine.routes(6)
    assert f"default via {GATEWAY[4]} dev {INTERFACE}" in site.machine.routes(4)
    assert site.machine.call("read_file", path=f"/proc/sys/net/ipv6/conf/{INTERFACE}/mtu") == "65520\n"


@families
def test_pings_are_answered(site, family):
    assert site.machine.call("ping_many", address=WORLD[family], identifiers=[1, 2, 70]) == []


@families
def test_20_mebibytes_up_and_down(site, family):
    check_transfers(site, family)


@families
def test_forwarded_tcp_ports_lead_into_the_guest(site, family):
    peer, machine = site.world.peer, site.machine
    for host_port, guest_port in ((10001, 10001), (10010, 10005)):
        server = machine.start("tcp_sink", address=ANY[family], port=guest_port)
        server.started()
        sent = peer.call("tcp_upload", patience=60, address=HOST_ADDRESS[family], port=host_port, byte_count=MEBIBYTE)
        assert sent["sent"] == sent["received"]
        assert server.result()[0]["bytes"] == MEBIBYTE


@families
def test_connections_from_the_host_itself_arrive_too(site, family):
    machine = site.machine
    server = machine.start("tcp_sink", address=ANY[family], port=10002)
    server.started()

    sent = site.world.host.call("tcp_upload", address=LOOPBACK[family], port=10002, byte_count=100_000)

    assert sent["sent"] == sent["received"]
    assert server.result()[0]["bytes"] == 100_000


@families
def test_forwarded_udp_ports_lead_into_the_guest(site, family):
    server = site.machine.start("udp_echo", address=HOST_ADDRESS[family], port=10001)
    server.started()

    answer = site.world.peer.call("udp_exchange", address=HOST_ADDRESS[family], port=10001, data="over there")

    server.stop()
    assert answer["data"] == "over there"
    assert server.result() == 1


@families
def test_datagrams_of_all_sizes_come_back(site, family):
    _, port = site.world.peer.serve("udp_echo", address=WORLD[family])

    assert site.machine.call(
        "udp_sizes", address=WORLD[family], port=port, sizes=[0, 1, 1400, 1472, 1473, 9000, 65000]) == []


@families
def test_names_are_resolved_through_the_host(site, family):
    server, _ = site.world.peer.serve("dns_responder", address=RESOLVERS[family])

    assert site.machine.call("dns_queries", address=FORWARD[family], count=500) == {"lost": 0, "wrong": 0}
    assert site.machine.call("dns_query_tcp", address=FORWARD[family]) == "192.0.2.80"
    assert server.stop().result() == {"udp": 500, "tcp": 1}


def test_the_hosts_loopback_is_reached_under_its_mapped_address(site):
    _, port = site.world.host.serve("tcp_witness", address="127.0.0.1", greeting="loopback")

    assert site.machine.call("tcp_ask", address="192.0.2.77", port=port)[-1] == "loopback"


@families
def test_refused_connections_are_refused(site, family):
    assert site.machine.call("tcp_attempt", address=WORLD[family], port=9)["outcome"] == "ECONNREFUSED"


@families
def test_a_guest_that_stands_still_loses_nothing(site, family):
    peer, machine, byte_count = site.world.peer, site.machine, 40 * MEBIBYTE
    server, port = peer.serve("tcp_source", address=WORLD[family], byte_count=byte_count)
    download = machine.start("tcp_download", address=WORLD[family], port=port)
    until(lambda: machine.bytes_received() > 5 * MEBIBYTE, 30, "the download is under way")

    machine.process.send_signal(signal.SIGSTOP)
    try:
        # The socket is full by now: passt waits for room, and does not spin.
        used, end = processor_seconds(site.passt), time.monotonic() + 2
        until(lambda: time.monotonic() > end, 5, "two seconds have passed")
        assert processor_seconds(site.passt) < used + 0.5
    finally:
        machine.process.send_signal(signal.SIGCONT)

    received = download.result(120)
    assert received["bytes"] == byte_count
    assert server.result()["sha256"] == received["sha256"]


def test_a_guest_that_comes_back_after_losing_power(site):
    site.machine.kill()
    site.start()
    site.configure()

    for family in (4, 6):
        check_transfers(site, family, MEBIBYTE)
    assert site.is_running()


def test_mtu_1500_reboot_and_one_off(make_site):
    site = make_site(*FORWARDING, "--mtu", "1500", "--one-off", "--no-dhcp-search", reactor="epoll")
    machine = site.start()
    leases = site.configure()
    assert leases[4]["mtu"] == "1500"
    assert "search" not in leases[4]
    assert machine.call("read_file", path=f"/sys/class/net/{INTERFACE}/mtu") == "1500\n"
    for family in (4, 6):
        check_transfers(site, family)

    machine.reboot()
    assert machine.addresses() == []
    site.configure()
    for family in (4, 6):
        check_transfers(site, family, MEBIBYTE)
    assert site.is_running()

    machine.kill()
    until(lambda: not site.is_running(), 10, "passt ends with its only client")
