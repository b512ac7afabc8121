# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""passt --vhost-user with a front-end that plays the guest, well-behaved and not."""

import contextlib
import ipaddress
import json
import os
import pathlib
import struct
import subprocess
import time

import pytest

from vhost_user import (
    ADD_REGION, GET_QUEUE_COUNT, GET_RING_BASE, GUEST, INDIRECT, MERGEABLE, NEXT, PROTOCOL, RECEIVE, REMOVE_REGION,
    RING, SET_FEATURES, SET_LOG_BASE, SET_MEM_TABLE, SET_PROTOCOL_FEATURES, SET_RING_ADDRESSES, SET_RING_BASE,
    SET_RING_CALL, SET_RING_ENABLED, SET_RING_KICK, SET_RING_SIZE, SIZE, TRANSMIT, USER, VERSION_1, WRITE, Dropped,
    FrontEnd)
from world import GATEWAY, HOST_ADDRESS, until

MAC = bytes.fromhex("020000000001")
BROADCAST = b"\xff" * 6


class Back:
    """A passt that speaks vhost-user, and its log."""

    def __init__(self, world):
        self.world = world
        self.socket = world.directory / "guest.socket"
        self.log = world.directory / "passt.log"
        self.process = world.attach(
            "--vhost-user", "--socket", str(self.socket), "--log-file", str(self.log), name="passt")

    def connect(self):
        return FrontEnd(self.socket)

    def complaints(self):
        return [line for line in self.log.read_text().splitlines() if "vhost-user client dropped" in line]

    def processor_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_running(self):
        return self.process in self.world.program.processes()


@pytest.fixture
def back(world):
    return Back(world)


def arp_request(target):
    return BROADCAST + MAC + bytes.fromhex("0806 0001 0800 0604 0001") + MAC + ipaddress.ip_address(
        HOST_ADDRESS[4]).packed + bytes(6) + ipaddress.ip_address(target).packed


def is_arp_reply(frame):
    return frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[:6] == MAC


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def exchange_arp(front):
    front.transmit(arp_request(GATEWAY[4]))
    return front.wait_for(is_arp_reply)


def check_serves(back):
    """The next client gets what the one before did not."""
    front = back.connect().start()
    exchange_arp(front)
    front.close()


def check_dropped(back, front):
    """The client is gone, with one line in the log; the daemon is not."""
    assert front.is_dropped()
    until(back.complaints, 5, "a line in the log")
    front.close()
    check_serves(back)
    assert len(back.complaints()) == 1, back.log.read_text()
    assert back.is_running()


def test_capabilities_are_told_on_standard_output(program):
    result = subprocess.run([program.directory / "passt", "--print-capabilities"], capture_output=True, text=True)

    assert result.returncode == 0
    assert json.loads(result.stdout) == {"type": "net"}


def test_arp_is_answered_and_buffers_come_back(back):
    front = back.connect().start()

    reply = exchange_arp(front)

    assert reply[28:32] == ipaddress.ip_address(GATEWAY[4]).packed
    until(lambda: front.used_elements(TRANSMIT), 5, "the transmitted chain comes back")
    front.close()


def test_hundreds_of_frames_wrap_the_rings(back):
    front = back.connect().start()

    for _ in range(5 * RING):
        exchange_arp(front)

    front.close()


def test_dhcp_assigns_the_hosts_address(back):
    front = back.connect().start()
    message = struct.pack("!BBBBIHHIIII", 1, 1, 6, 0, 0x1234, 0, 0x8000, 0, 0, 0, 0) + MAC + bytes(10 + 64 + 128)
    message += bytes.fromhex("63825363 350101 ff")
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0) + bytes(4) + b"\xff" * 4
    front.transmit(BROADCAST + MAC + b"\x08\0" + header + datagram)

    offer = front.wait_for(lambda frame: frame[12:14] == b"\x08\0" and frame[23] == 17 and frame[34:36] == b"\0\x43")

    assert offer[14 + 20 + 8 + 16:][:4] == ipaddress.ip_address(HOST_ADDRESS[4]).packed
    front.close()


def test_another_client_comes_after_one_that_left(back):
    for _ in range(3):
        check_serves(back)

    assert back.complaints() == []
    assert back.is_running()


def test_a_ring_stops_where_it_stands_and_goes_on(back):
    front = back.connect().start()
    exchange_arp(front)
    until(lambda: front.used_elements(TRANSMIT), 5, "the transmitted chain comes back")

    base = struct.unpack("=II", front.ask(GET_RING_BASE, struct.pack("=II", TRANSMIT, 0)))

    assert base == (TRANSMIT, 1)
    front.send(SET_RING_BASE, struct.pack("=II", TRANSMIT, 1))
    front.send(SET_RING_ADDRESSES, front.addresses(TRANSMIT))
    front.send(SET_RING_KICK, struct.pack("=Q", TRANSMIT), [front.kicks[TRANSMIT]])
    exchange_arp(front)
    front.close()


# Messages that end the connection


def oversized(front):
    front.send(SET_FEATURES, bytes(8), size=0x7FFF_FFFF)


def wrong_version(front):
    front.send(SET_FEATURES, bytes(8), flags=2)


def unknown_request(front):
    front.send(200)


def short_payload(front):
    front.send(SET_FEATURES, bytes(4))


def legacy_driver(front):
    front.send(SET_FEATURES, struct.pack("=Q", PROTOCOL))


def unoffered_feature(front):
    front.send(SET_FEATURES, struct.pack("=Q", VERSION_1 | 1 << 40))


def unoffered_protocol_feature(front):
    front.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", 1 << 60))


def table_without_descriptors(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 1, 0) + front.region())


def table_with_too_many_descriptors(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 1, 0) + front.region(), [front.memory_file] * 2)


def table_of_many_regions(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 9, 0) + bytes(32 * 8), [front.memory_file] * 8)


def region_beyond_its_file(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 1, 0) + front.region(SIZE + 1), [front.memory_file])


def region_that_wraps(front):
    region = struct.pack("=QQQQ", 2**64 - 4096, 8192, USER, 0)
    front.send(SET_MEM_TABLE, struct.pack("=II", 1, 0) + region, [front.memory_file])


def region_of_no_file(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 1, 0) + front.region(), [front.kicks[0]])


def overlapping_regions(front):
    front.send(SET_MEM_TABLE, struct.pack("=II", 2, 0) + front.region() * 2, [front.memory_file] * 2)


def removal_of_unknown_region(front):
    front.send(REMOVE_REGION, bytes(8) + front.region())


def ring_of_odd_size(front):
    front.send(SET_RING_SIZE, struct.pack("=II", 0, 100))


def ring_of_huge_size(front):
    front.send(SET_RING_SIZE, struct.pack("=II", 0, 65536))


def unknown_ring(front):
    front.send(SET_RING_SIZE, struct.pack("=II", 2, 64))


def ring_outside_of_memory(front):
    front.share_memory()
    front.send(SET_RING_SIZE, struct.pack("=II", 0, 64))
    front.send(SET_RING_ADDRESSES, struct.pack("=IIQQQQ", 0, 0, USER + SIZE - 16, USER, USER, 0))


def ring_before_memory(front):
    front.send(SET_RING_SIZE, struct.pack("=II", 0, 64))
    front.send(SET_RING_ADDRESSES, front.addresses(0))


def kick_without_descriptor(front):
    front.send(SET_RING_KICK, struct.pack("=Q", 0))


def kick_by_polling(front):
    front.send(SET_RING_KICK, struct.pack("=Q", 1 << 8))


def kick_by_file(front):
    front.send(SET_RING_KICK, struct.pack("=Q", 0), [front.memory_file])


def call_with_many_descriptors(front):
    front.send(SET_RING_CALL, struct.pack("=Q", 0), front.calls)


def log_of_no_size(front):
    front.send(SET_LOG_BASE, bytes(16), [front.memory_file])


@pytest.mark.parametrize("message", [
    oversized, wrong_version, unknown_request, short_payload, legacy_driver, unoffered_feature,
    unoffered_protocol_feature, table_without_descriptors, table_with_too_many_descriptors, table_of_many_regions,
    region_beyond_its_file, region_that_wraps, region_of_no_file, overlapping_regions, removal_of_unknown_region,
    ring_of_odd_size, ring_of_huge_size, unknown_ring, ring_outside_of_memory, ring_before_memory,
    kick_without_descriptor, kick_by_polling, kick_by_file, call_with_many_descriptors, log_of_no_size,
], ids=lambda message: message.__name__)
def test_a_client_that_breaks_the_protocol_is_dropped(back, message):
    front = back.connect()
    front.negotiate()

    message(front)

    check_dropped(back, front)


# Rings that end the connection


def available_index_far_ahead(front):
    struct.pack_into("<H", front.memory, front.place(TRANSMIT)[1] + 2, 3 * RING)
    front.kick(TRANSMIT)


def head_outside_of_the_table(front):
    front.publish(TRANSMIT, RING)
    front.kick(TRANSMIT)


def chain_that_loops(front):
    front.describe(TRANSMIT, 0, GUEST, 64, NEXT, 1)
    front.describe(TRANSMIT, 1, GUEST, 64, NEXT, 0)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def chain_that_leaves_its_table(front):
    front.describe(TRANSMIT, 0, GUEST, 64, NEXT, RING)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def buffer_outside_of_memory(front):
    front.describe(TRANSMIT, 0, GUEST + SIZE, 64)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def buffer_that_leaves_memory(front):
    front.describe(TRANSMIT, 0, GUEST + SIZE - 16, 64)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def buffer_of_4_gibibytes(front):
    front.describe(TRANSMIT, 0, GUEST, 2**32 - 1)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def buffer_of_the_wrong_direction(front):
    front.describe(TRANSMIT, 0, GUEST, 64, WRITE)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def indirect_table_that_was_not_negotiated(front):
    front.describe(TRANSMIT, 0, GUEST, 64, 4)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)


def memory_cut_short(front):
    os.ftruncate(front.memory_file, 0)
    front.kick(TRANSMIT)
    front.kick(RECEIVE)


@pytest.mark.parametrize("break_ring", [
    available_index_far_ahead, head_outside_of_the_table, chain_that_loops, chain_that_leaves_its_table,
    buffer_outside_of_memory, buffer_that_leaves_memory, buffer_of_4_gibibytes, buffer_of_the_wrong_direction,
    indirect_table_that_was_not_negotiated, memory_cut_short,
], ids=lambda break_ring: break_ring.__name__)
def test_a_driver_that_breaks_a_ring_costs_its_client(back, break_ring):
    front = back.connect().start()
    exchange_arp(front)

    break_ring(front)

    check_dropped(back, front)


def test_a_receive_buffer_outside_of_memory_costs_its_client(back):
    front = back.connect()
    front.negotiate()
    front.share_memory()
    for index in range(RING):
        front.describe(RECEIVE, index, 0, 4096, WRITE)
        front.publish(RECEIVE, index)
    # The guest is greeted as soon as the ring is there.
    with contextlib.suppress(Dropped, BrokenPipeError):
        front.start_ring(RECEIVE)

    check_dropped(back, front)


def test_indirect_chains_carry_frames(back):
    front = back.connect().start(features=MERGEABLE | PROTOCOL | VERSION_1 | INDIRECT)
    frame = arp_request(GATEWAY[4])
    table, data = 0x30_0000, 0x31_0000
    front.memory[data:data + 12 + len(frame)] = bytes(12) + frame
    struct.pack_into("<QIHH", front.memory, table, GUEST + data, 30, NEXT, 1)
    struct.pack_into("<QIHH", front.memory, table + 16, GUEST + data + 30, 12 + len(frame) - 30, 0, 0)
    front.describe(TRANSMIT, 0, GUEST + table, 32, 4)
    front.publish(TRANSMIT, 0)
    front.kick(TRANSMIT)

    front.wait_for(is_arp_reply)

    front.close()


def test_frames_wait_for_room_in_the_receive_ring(back):
    """Without a buffer nothing is lost and nothing spins; a kick of the receive ring goes on."""
    front = back.connect()
    front.negotiate()
    front.share_memory()
    for ring in (RECEIVE, TRANSMIT):
        front.start_ring(ring)
    front.transmit(arp_request(GATEWAY[4]))
    until(lambda: front.used_elements(TRANSMIT), 5, "the request was taken")
    before = back.processor_seconds()
    time.sleep(0.3)  # What is measured: nothing happens.
    spent = back.processor_seconds() - before

    front.offer_receive_buffers(RING)

    exchange_arp(front)
    assert spent < 0.1
    front.close()


def test_memory_is_added_and_removed_region_by_region(back):
    front = back.connect()
    front.negotiate()
    spare = os.memfd_create("spare")
    os.ftruncate(spare, 8192)
    region = struct.pack("=QQQQ", 0x8000_0000, 4096, 0x1000, 4096)

    assert front.done(ADD_REGION, bytes(8) + region, [spare]) == 0
    assert front.done(REMOVE_REGION, bytes(8) + region) == 0
    assert front.done(ADD_REGION, bytes(8) + front.region(), [front.memory_file]) == 0

    for ring in (RECEIVE, TRANSMIT):
        front.start_ring(ring)
    front.offer_receive_buffers(RING)
    exchange_arp(front)
    os.close(spare)
    front.close()


def test_written_pages_are_logged(back):
    front = back.connect()
    front.negotiate(features=MERGEABLE | PROTOCOL | VERSION_1 | 1 << 26)
    front.share_memory()
    log = os.memfd_create("log")
    os.ftruncate(log, 65536)
    front.send(SET_LOG_BASE, struct.pack("=QQ", 65536, 0), [log])
    front.receive()
    for ring in (RECEIVE, TRANSMIT):
        front.start_ring(ring)
    front.offer_receive_buffers(RING)

    exchange_arp(front)

    pages = os.pread(log, 65536, 0)
    first = (GUEST + 0x10_0000) // 4096
    assert pages[first // 8] >> first % 8 & 1
    os.close(log)
    front.close()


def test_unknown_requests_are_refused_where_a_reply_is_wanted(back):
    front = back.connect()
    front.negotiate()

    assert front.done(200) != 0
    assert front.number(GET_QUEUE_COUNT) == 1
    front.close()


def test_one_off_ends_with_its_client(world):
    socket_path = world.directory / "guest.socket"
    process = world.attach("--vhost-user", "--one-off", "--socket", str(socket_path), name="passt")
    front = FrontEnd(socket_path).start()
    exchange_arp(front)

    front.close()

    until(lambda: process not in world.program.processes(), 5, "passt ends")
