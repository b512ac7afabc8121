# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""The hypervisor's end of passt's stream socket: a 32-bit big-endian length in front of every Ethernet frame."""

import socket
import struct
import time

GUEST_MAC = bytes.fromhex("525400123456")
OUR_MAC = bytes.fromhex("9a559a559a55")
EVERYONE = b"\xff" * 6


def framed(frame):
    return struct.pack("!I", len(frame)) + frame


def arp_request(wanted="192.0.2.1", sender="192.0.2.2", mac=GUEST_MAC):
    """Asks who has an address; 42 bytes."""
    return EVERYONE + mac + struct.pack(
        "!HHHBBH6s4s6s4s", 0x0806, 1, 0x0800, 6, 4, 1, mac, socket.inet_aton(sender), bytes(6),
        socket.inet_aton(wanted))


def is_arp(frame, operation):
    return frame[12:14] == b"\x08\x06" and frame[20:22] == struct.pack("!H", operation)


class Client:
    """A connection to a passt."""

    def __init__(self, path=None, connection=None):
        if connection is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(10)
            connection.connect(str(path))
        self.socket = connection
        self.socket.settimeout(10)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, *frames):
        self.socket.sendall(b"".join(map(framed, frames)))

    def receive(self):
        """The next frame; None when passt closed the connection."""
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack_from("!I", self.buffer)[0]:
            try:
                piece = self.socket.recv(1 << 20)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.buffer += piece
        length = struct.unpack_from("!I", self.buffer)[0]
        frame = bytes(self.buffer[4:4 + length])
        del self.buffer[:4 + length]
        assert 60 <= length <= 65535, f"a frame of {length} bytes"
        return frame

    def expect(self, matches, seconds=10):
        """The next frame for which `matches` is true; others are passed over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            frame = self.receive()
            assert frame is not None, "passt closed the connection"
            if matches(frame):
                return frame
        raise AssertionError(f"no such frame within {seconds} s")

    def expect_closed(self, seconds=10):
        deadline = time.monotonic() + seconds
        while self.receive() is not None:
            assert time.monotonic() < deadline, f"not closed within {seconds} s"

    def check(self, wanted="192.0.2.1"):
        """Sees that passt serves: asks for a MAC and gets it."""
        self.send(arp_request(wanted))
        reply = self.expect(lambda frame: is_arp(frame, 2) and frame[28:32] == socket.inet_aton(wanted))
        assert reply[:6] == GUEST_MAC and reply[6:12] == OUR_MAC
