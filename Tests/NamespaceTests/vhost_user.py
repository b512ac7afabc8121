# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""A vhost-user front-end that also plays the guest's driver: two split rings in a memfd, one frame at a time."""

import mmap
import os
import select
import socket
import struct
import time

GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE = 1, 2, 3, 5
SET_LOG_BASE, SET_RING_SIZE, SET_RING_ADDRESSES, SET_RING_BASE, GET_RING_BASE = 6, 8, 9, 10, 11
SET_RING_KICK, SET_RING_CALL, SET_RING_ERROR = 12, 13, 14
GET_PROTOCOL_FEATURES, SET_PROTOCOL_FEATURES, GET_QUEUE_COUNT, SET_RING_ENABLED = 15, 16, 17, 18
GET_CONFIGURATION, RESET_DEVICE, GET_SLOT_LIMIT, ADD_REGION, REMOVE_REGION = 24, 34, 36, 37, 38

MERGEABLE, PROTOCOL, VERSION_1 = 1 << 15, 1 << 30, 1 << 32
EVENT_INDEX, INDIRECT = 1 << 29, 1 << 28

GUEST = 0x1000_0000
USER = 0x7F00_0000_0000
SIZE = 4 << 20
RING = 64
RECEIVE, TRANSMIT = 0, 1
BUFFERS = {RECEIVE: 0x10_0000, TRANSMIT: 0x20_0000}
BUFFER = 4096
NEXT, WRITE = 1, 2


class Dropped(Exception):
    """The back-end closed the connection."""


class FrontEnd:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.socket.connect(str(path))
        self.memory_file = os.memfd_create("guest")
        os.ftruncate(self.memory_file, SIZE)
        self.memory = mmap.mmap(self.memory_file, SIZE)
        self.kicks = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(2)]
        self.calls = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(2)]
        self.available = [0, 0]
        self.used = [0, 0]

    def close(self):
        self.socket.close()
        self.memory.close()
        for descriptor in [self.memory_file, *self.kicks, *self.calls]:
            os.close(descriptor)

    # Messages

    def send(self, request, payload=b"", descriptors=(), flags=1, size=None):
        header = struct.pack("=III", request, flags, len(payload) if size is None else size)
        socket.send_fds(self.socket, [header + payload], list(descriptors))

    def receive(self):
        def exactly(count):
            data = b""
            while len(data) < count:
                try:
                    part = self.socket.recv(count - len(data))
                except ConnectionResetError:
                    part = b""
                if not part:
                    raise Dropped
                data += part
            return data

        _, flags, size = struct.unpack("=III", exactly(12))
        assert flags & 7 == 5, hex(flags)
        return exactly(size)

    def ask(self, request, payload=b"", descriptors=()):
        self.send(request, payload, descriptors)
        return self.receive()

    def number(self, request):
        return struct.unpack("=Q", self.ask(request))[0]

    def done(self, request, payload=b"", descriptors=()):
        """Sends a request and waits until it was performed; its outcome, 0 when it is good."""
        self.send(request, payload, descriptors, flags=9)
        return struct.unpack("=Q", self.receive())[0]

    def is_dropped(self):
        """Waits for the end of the connection."""
        try:
            while self.receive() is not None:
                pass
        except Dropped:
            return True
        except TimeoutError:
            return False

    # Set-up

    def negotiate(self, features=MERGEABLE | PROTOCOL | VERSION_1):
        assert self.number(GET_FEATURES) & features == features
        self.send(SET_PROTOCOL_FEATURES, struct.pack("=Q", self.number(GET_PROTOCOL_FEATURES)))
        self.send(SET_OWNER)
        self.send(SET_FEATURES, struct.pack("=Q", features))

    def region(self, size=SIZE):
        return struct.pack("=QQQQ", GUEST, size, USER, 0)

    def share_memory(self, size=SIZE):
        assert self.done(SET_MEM_TABLE, struct.pack("=II", 1, 0) + self.region(size), [self.memory_file]) == 0

    def place(self, ring):
        """Offsets of descriptors, available and used part."""
        start = ring * 0x4000
        return start, start + 0x1000, start + 0x2000

    def addresses(self, ring):
        descriptors, available, used = self.place(ring)
        return struct.pack("=IIQQQQ", ring, 0, USER + descriptors, USER + used, USER + available, GUEST + used)

    def start_ring(self, ring, size=RING):
        self.send(SET_RING_SIZE, struct.pack("=II", ring, size))
        self.send(SET_RING_BASE, struct.pack("=II", ring, 0))
        self.send(SET_RING_ADDRESSES, self.addresses(ring))
        self.send(SET_RING_CALL, struct.pack("=Q", ring), [self.calls[ring]])
        self.send(SET_RING_KICK, struct.pack("=Q", ring), [self.kicks[ring]])
        assert self.done(SET_RING_ENABLED, struct.pack("=II", ring, 1)) == 0

    def start(self, **options):
        self.negotiate(**options)
        self.share_memory()
        for ring in (RECEIVE, TRANSMIT):
            self.start_ring(ring)
        self.offer_receive_buffers(RING)
        return self

    # The driver

    def describe(self, ring, index, address, count, flags=0, following=0):
        struct.pack_into("<QIHH", self.memory, self.place(ring)[0] + index * 16, address, count, flags, following)

    def publish(self, ring, head):
        available = self.place(ring)[1]
        struct.pack_into("<H", self.memory, available + 4 + self.available[ring] % RING * 2, head)
        self.available[ring] = (self.available[ring] + 1) % 65536
        struct.pack_into("<H", self.memory, available + 2, self.available[ring])

    def kick(self, ring):
        os.eventfd_write(self.kicks[ring], 1)

    def offer_receive_buffers(self, count):
        for index in range(count):
            self.describe(RECEIVE, index, GUEST + BUFFERS[RECEIVE] + index * BUFFER, BUFFER, WRITE)
            self.publish(RECEIVE, index)
        self.kick(RECEIVE)

    def transmit(self, frame):
        """Sends a frame in two buffers: header, frame."""
        pair = self.available[TRANSMIT] % (RING // 2) * 2
        start = BUFFERS[TRANSMIT] + pair * BUFFER
        self.memory[start:start + 12] = bytes(12)
        self.memory[start + BUFFER:start + BUFFER + len(frame)] = frame
        self.describe(TRANSMIT, pair, GUEST + start, 12, NEXT, pair + 1)
        self.describe(TRANSMIT, pair + 1, GUEST + start + BUFFER, len(frame))
        self.publish(TRANSMIT, pair)
        self.kick(TRANSMIT)

    def used_elements(self, ring):
        """Those that the device is done with since the last time."""
        used = self.place(ring)[2]
        end = struct.unpack_from("<H", self.memory, used + 2)[0]
        elements = []
        while self.used[ring] != end:
            elements.append(struct.unpack_from("<II", self.memory, used + 4 + self.used[ring] % RING * 8))
            self.used[ring] = (self.used[ring] + 1) % 65536
        return elements

    def frames(self):
        """Frames that arrived, without their headers; their buffers are offered again."""
        frames = []
        left = 0
        for head, count in self.used_elements(RECEIVE):
            start = BUFFERS[RECEIVE] + head * BUFFER
            data = bytes(self.memory[start:start + count])
            if left == 0:
                left = struct.unpack_from("<H", data, 10)[0]
                frames.append(data[12:])
            else:
                frames[-1] += data
            left -= 1
            self.publish(RECEIVE, head)
        assert left == 0
        if frames:
            self.kick(RECEIVE)
        return frames

    def wait_for(self, wanted, seconds=10):
        """The first frame that `wanted` likes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for frame in self.frames():
                if wanted(frame):
                    return frame
            select.select([self.calls[RECEIVE]], [], [], 0.1)
            try:
                os.eventfd_read(self.calls[RECEIVE])
            except BlockingIOError:
                pass
        raise AssertionError("the frame did not arrive")
