# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers and clients that the agents run. Each function takes its task first and returns a value fit for JSON.

Servers report the port they got by `task.started(port)` and serve until they have done what was asked, or the task is
stopped. Every wait has a limit: a function ends with an error rather than never.
"""

import errno
import hashlib
import os
import select
import socket
import struct
import threading
import time

PIECE = 1 << 18
PATIENCE = 30  # seconds without any progress
BLOCK = hashlib.shake_256(b"namespace tests").digest(PIECE)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def endpoint_of(address, port):
    """What a socket connects to, with the scope of a link-local address."""
    return socket.getaddrinfo(address, port, flags=socket.AI_NUMERICHOST)[0][4]


def payload(byte_count, seed):
    """Bytes that differ in every piece, so that a swapped or repeated one changes the checksum."""
    sequence = 0
    while byte_count > 0:
        piece = struct.pack("!QQ", seed, sequence) + BLOCK[16:]
        yield piece[:byte_count]
        byte_count -= len(piece)
        sequence += 1


def tcp_listener(address, port, backlog=256):
    listener = socket.socket(family_of(address), socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    listener.listen(backlog)
    return listener


def accepting(task, listener, limit=None):
    """Yields connections until the task is stopped or `limit` came."""
    count = 0
    with listener:
        while not task.stopping.is_set() and (limit is None or count < limit):
            if select.select([listener], [], [], 0.1)[0]:
                connection, source = listener.accept()
                connection.settimeout(PATIENCE)
                count += 1
                yield connection, source


def tcp_connect(address, port, timeout=10, source=None, bind_port=0):
    connection = socket.socket(family_of(address), socket.SOCK_STREAM)
    connection.settimeout(timeout)
    if source or bind_port:
        connection.bind((source or ("::" if ":" in address else "0.0.0.0"), bind_port))
    connection.connect(endpoint_of(address, port))
    connection.settimeout(PATIENCE)
    return connection


def receive_all(connection):
    """Everything until the other side is done: byte count, checksum, longest time without bytes in milliseconds."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(PIECE * 4))
    total = 0
    longest = 0.0
    last = time.monotonic()
    while True:
        count = connection.recv_into(buffer)
        now = time.monotonic()
        longest = max(longest, now - last)
        last = now
        if count == 0:
            return {"bytes": total, "sha256": digest.hexdigest(), "gap": longest * 1000}
        total += count
        digest.update(buffer[:count])


def send_all(connection, byte_count, seed):
    digest = hashlib.sha256()
    for piece in payload(byte_count, seed):
        connection.sendall(piece)
        digest.update(piece)
    return digest.hexdigest()


def receive_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(4096)
        if not piece:
            break
        line += piece
    return line.decode().strip()


# TCP servers


def tcp_sink(task, address, port=0, connections=1):
    """Reads each connection to its end and answers with the checksum of what came."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    results = []
    threads = []

    def serve(connection):
        try:
            with connection:
                result = receive_all(connection)
                connection.sendall((result["sha256"] + "\n").encode())
        except OSError as error:
            result = {"error": str(error)}
        results.append(result)

    for connection, _ in accepting(task, listener, connections):
        thread = threading.Thread(target=serve, args=(connection,), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(PATIENCE)
    return results


def tcp_source(task, address, port=0, byte_count=0, seed=1):
    """Sends to one connection, closes the sending half, and waits for the other side to close."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        with connection:
            digest = send_all(connection, byte_count, seed)
            connection.shutdown(socket.SHUT_WR)
            rest = receive_all(connection)
            return {"sha256": digest, "rest": rest["bytes"]}


def tcp_echo(task, address, port=0):
    """Sends back what comes; ends its half when the other side has ended its own."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])

    def serve(connection):
        with connection:
            while piece := connection.recv(PIECE):
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)

    for connection, _ in accepting(task, listener):
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def tcp_witness(task, address, port=0, greeting=""):
    """Tells each visitor where it seems to come from and where it arrived."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, source in accepting(task, listener):
        with connection:
            destination = connection.getsockname()
            connection.sendall(f"{source[0]} {source[1]} {destination[0]} {destination[1]} {greeting}\n".encode())


def tcp_half_closer(task, address, port=0, byte_count=0, seed=1):
    """Sends first and closes its half at once, then reads to the end."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        with connection:
            digest = send_all(connection, byte_count, seed)
            connection.shutdown(socket.SHUT_WR)
            result = receive_all(connection)
            return {"sent": digest, **result}


def tcp_resetter(task, address, port=0):
    """Reads one byte, then resets the connection."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def tcp_victim(task, address, port=0):
    """Tells how a connection ended: the name of the error, or "end"."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        with connection:
            return ending(connection)


def tcp_reluctant(task, address, port=0, pause=3.0):
    """Accepts, does not read for a while, then reads to the end."""
    listener = tcp_listener(address, port)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        with connection:
            task.stopping.wait(pause)
            return receive_all(connection)


# TCP clients


def ending(connection):
    try:
        while connection.recv(PIECE):
            pass
        return "end"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


def tcp_upload(task, address, port, byte_count=0, seed=1, **options):
    with tcp_connect(address, port, **options) as connection:
        digest = send_all(connection, byte_count, seed)
        connection.shutdown(socket.SHUT_WR)
        return {"sent": digest, "received": receive_line(connection)}


def tcp_uploads(task, address, port, count, byte_count):
    """Uploads over `count` connections at the same time, all open before the first byte flows."""
    connections = [tcp_connect(address, port) for _ in range(count)]
    results = [None] * count

    def upload(index, connection):
        try:
            with connection:
                digest = send_all(connection, byte_count, index)
                connection.shutdown(socket.SHUT_WR)
                results[index] = digest == receive_line(connection)
        except OSError as error:
            results[index] = str(error)

    threads = [
        threading.Thread(target=upload, args=pair, daemon=True) for pair in enumerate(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE * 2)
    return results


def tcp_download(task, address, port, pause=0, **options):
    with tcp_connect(address, port, **options) as connection:
        time.sleep(pause)
        return receive_all(connection)


def tcp_exchange(task, address, port, byte_count=4096, seed=1, **options):
    """Sends to an echo server and compares."""
    with tcp_connect(address, port, **options) as connection:
        sent = b"".join(payload(byte_count, seed))
        sender = threading.Thread(target=lambda: (connection.sendall(sent), connection.shutdown(socket.SHUT_WR)))
        sender.start()
        received = bytearray()
        while piece := connection.recv(PIECE):
            received += piece
        sender.join(PATIENCE)
        return bytes(received) == sent


def tcp_ask(task, address, port, **options):
    """What a witness says."""
    with tcp_connect(address, port, **options) as connection:
        return receive_line(connection).split()


def tcp_converse(task, address, port):
    """Has an echo server send back a word, and another one when the task is stopped."""
    with tcp_connect(address, port) as connection:
        connection.sendall(b"ping\n")
        task.started(receive_line(connection))
        task.stopping.wait(PATIENCE)
        connection.sendall(b"pong\n")
        return receive_line(connection)


def tcp_listen_late(task, address, port, byte_count, seed):
    """Half-closes with data sent, then reads: what the other side sends after our end."""
    with tcp_connect(address, port) as connection:
        digest = send_all(connection, byte_count, seed)
        connection.shutdown(socket.SHUT_WR)
        return {"sent": digest, **receive_all(connection)}


def tcp_speak_late(task, address, port, byte_count, seed):
    """Reads to the other side's end first, then sends."""
    with tcp_connect(address, port) as connection:
        received = receive_all(connection)
        digest = send_all(connection, byte_count, seed)
        connection.shutdown(socket.SHUT_WR)
        return {"sent": digest, **received}


def tcp_reset(task, address, port, byte_count=1000):
    connection = tcp_connect(address, port)
    connection.sendall(b"x" * byte_count)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def tcp_provoke_reset(task, address, port):
    """Sends one byte and tells how the connection ended."""
    with tcp_connect(address, port) as connection:
        connection.sendall(b"x")
        return ending(connection)


def tcp_attempt(task, address, port, timeout=10):
    """The outcome of a connection attempt and how long it took, in seconds."""
    begin = time.monotonic()
    try:
        tcp_connect(address, port, timeout=timeout).close()
        outcome = "connected"
    except TimeoutError:
        outcome = "timeout"
    except OSError as error:
        outcome = errno.errorcode.get(error.errno, str(error))
    return {"outcome": outcome, "seconds": time.monotonic() - begin}


def tcp_progress_sink(task, address, port=0):
    """Reads one connection to its end and keeps when bytes came, without touching them."""
    listener = tcp_listener(address, port)
    task.started(listener.getsockname()[1])
    for connection, _ in accepting(task, listener, 1):
        with connection:
            buffer = memoryview(bytearray(1 << 20))
            total = 0
            gaps = []
            first = last = time.monotonic()
            while count := connection.recv_into(buffer):
                now = time.monotonic()
                if now - last > 0.05:
                    gaps.append({"at": total, "milliseconds": (now - last) * 1000})
                total += count
                last = now
            return {"bytes": total, "seconds": last - first, "gaps": gaps}


def tcp_stream(task, address, port, byte_count):
    """Sends as fast as it goes."""
    with tcp_connect(address, port) as connection:
        left = byte_count
        while left > 0:
            left -= connection.send(BLOCK[:left])
        connection.shutdown(socket.SHUT_WR)
        receive_all(connection)


# UDP


def udp_socket(address, port=0):
    endpoint = socket.socket(family_of(address), socket.SOCK_DGRAM)
    if endpoint.family == socket.AF_INET6:
        endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    endpoint.bind((address, port))
    return endpoint


def udp_echo(task, address, port=0, with_source=False):
    """Sends every datagram back, with its source put in front where asked."""
    endpoint = udp_socket(address, port)
    task.started(endpoint.getsockname()[1])
    count = 0
    with endpoint:
        while not task.stopping.is_set():
            if select.select([endpoint], [], [], 0.1)[0]:
                data, source = endpoint.recvfrom(65536)
                count += 1
                prefix = f"{source[0]} {source[1]} ".encode() if with_source else b""
                endpoint.sendto(prefix + data, source)
    return count


def udp_sizes(task, address, port, sizes, window=8):
    """Sends one datagram of each size to an echo server, a few at a time; returns the sizes that did not come back."""
    missing = []
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as endpoint:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        endpoint.connect(endpoint_of(address, port))
        for begin in range(0, len(sizes), window):
            waiting = {size: BLOCK[size : 2 * size] for size in sizes[begin : begin + window]}
            for data in waiting.values():
                endpoint.send(data)
            deadline = time.monotonic() + 3
            while waiting:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([endpoint], [], [], left)[0]:
                    break
                data = endpoint.recv(65536)
                if waiting.get(len(data)) == data:
                    del waiting[len(data)]
            missing += list(waiting)
    return missing


def udp_exchange(task, address, port, data="ping", timeout=3, bind_port=0):
    """What comes back for one datagram: text, or the name of the error."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as endpoint:
        if bind_port:
            endpoint.bind(("::" if ":" in address else "0.0.0.0", bind_port))
        # Without it, the kernel keeps "unreachable" from connected sockets.
        if endpoint.family == socket.AF_INET6:
            endpoint.setsockopt(socket.IPPROTO_IPV6, 25, 1)  # IPV6_RECVERR
        else:
            endpoint.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        endpoint.settimeout(timeout)
        try:
            endpoint.connect(endpoint_of(address, port))
            endpoint.send(data.encode())
            return {"data": endpoint.recv(65536).decode(), "source": endpoint.getsockname()[1]}
        except TimeoutError:
            return {"error": "timeout"}
        except OSError as error:
            return {"error": errno.errorcode.get(error.errno, str(error))}


# DNS (RFC 1035): just enough to ask and to be asked


def dns_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def dns_responder(task, address, port=53, answer="192.0.2.80"):
    """Answers every query with one A record; tells how many came, over UDP and TCP."""
    endpoint = udp_socket(address, port)
    listener = tcp_listener(address, endpoint.getsockname()[1])
    task.started(endpoint.getsockname()[1])
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(answer)

    def reply(query):
        return query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + query[12:] + record

    counts = {"udp": 0, "tcp": 0}
    with endpoint, listener:
        while not task.stopping.is_set():
            for ready in select.select([endpoint, listener], [], [], 0.1)[0]:
                if ready is endpoint:
                    query, source = endpoint.recvfrom(4096)
                    endpoint.sendto(reply(query), source)
                    counts["udp"] += 1
                else:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(5)
                        query = connection.recv(4096)[2:]
                        data = reply(query)
                        connection.sendall(struct.pack("!H", len(data)) + data)
                        counts["tcp"] += 1
    return counts


def dns_queries(task, address, count, outstanding=64, port=53, socket_each=False):
    """Asks `count` times with at most `outstanding` open questions; returns how many were never answered.

    With `socket_each`, every question comes from a port of its own, as from a resolver that cares about spoofing.
    """
    family = family_of(address)
    epoll = select.epoll()
    shared = None
    if not socket_each:
        shared = socket.socket(family, socket.SOCK_DGRAM)
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        shared.connect((address, port))
        epoll.register(shared, select.EPOLLIN)
    open_questions = {}
    sockets = {shared.fileno(): shared} if shared else {}
    asked = answered = wrong = 0
    deadline = time.monotonic() + 5

    while answered < count:
        while asked < count and len(open_questions) < outstanding:
            endpoint = shared
            if socket_each:
                endpoint = socket.socket(family, socket.SOCK_DGRAM)
                endpoint.connect(endpoint_of(address, port))
                epoll.register(endpoint, select.EPOLLIN)
                sockets[endpoint.fileno()] = endpoint
            identifier = asked & 0xFFFF
            question = dns_name(f"q{asked}.example") + struct.pack("!HH", 1, 1)
            endpoint.send(struct.pack("!HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + question)
            open_questions[identifier] = (question, endpoint)
            asked += 1
        ready = epoll.poll(max(0, deadline - time.monotonic()))
        if not ready:
            break
        for descriptor, _ in ready:
            endpoint = sockets[descriptor]
            data = endpoint.recv(4096)
            entry = open_questions.get(struct.unpack_from("!H", data)[0])
            if entry is None or data[12 : 12 + len(entry[0])] != entry[0] or entry[1] is not endpoint:
                wrong += 1
                continue
            del open_questions[struct.unpack_from("!H", data)[0]]
            answered += 1
            deadline = time.monotonic() + 5
            if socket_each:
                epoll.unregister(descriptor)
                del sockets[descriptor]
                endpoint.close()
    epoll.close()
    for endpoint in sockets.values():
        endpoint.close()
    return {"lost": count - answered, "wrong": wrong}


def dns_query_tcp(task, address, port=53):
    question = dns_name("tcp.example") + struct.pack("!HH", 1, 1)
    query = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + question
    with tcp_connect(address, port) as connection:
        connection.sendall(struct.pack("!H", len(query)) + query)
        data = connection.recv(4096)
        return socket.inet_ntoa(data[-4:])


# ICMP echo through ping sockets


def ping_many(task, address, identifiers, sequences=3, size=56):
    """Sends echoes under each identifier; returns those of which not every reply came back as sent.

    The kernel delivers a reply by its identifier: one that was rewritten on the way never arrives.
    """
    v6 = ":" in address
    protocol = socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP
    sockets = {}
    waiting = {}
    for identifier in identifiers:
        endpoint = socket.socket(family_of(address), socket.SOCK_DGRAM, protocol)
        endpoint.bind(("::" if v6 else "0.0.0.0", identifier))
        endpoint.connect(endpoint_of(address, 0))
        sockets[endpoint] = identifier
        waiting[identifier] = {}
    for sequence in range(1, sequences + 1):
        for endpoint, identifier in sockets.items():
            data = struct.pack("!HH", identifier, sequence) + BLOCK[: size - 4]
            waiting[identifier][sequence] = data
            endpoint.send(struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, identifier, sequence) + data)
    deadline = time.monotonic() + 5
    while any(waiting.values()):
        ready = select.select(list(sockets), [], [], max(0, deadline - time.monotonic()))[0]
        if not ready:
            break
        for endpoint in ready:
            reply = endpoint.recv(65536)
            kind, _, _, identifier, sequence = struct.unpack_from("!BBHHH", reply)
            wanted = waiting[sockets[endpoint]].get(sequence)
            if kind == (129 if v6 else 0) and identifier == sockets[endpoint] and reply[8:] == wanted:
                del waiting[identifier][sequence]
    for endpoint in sockets:
        endpoint.close()
    return [identifier for identifier, rest in waiting.items() if rest]


# The namespace itself


def write_file(task, path, text):
    with open(path, "w") as file:
        file.write(text)


def read_file(task, path):
    with open(path) as file:
        return file.read()


def open_sockets(task):
    """How many sockets listen or are bound in this namespace."""
    counts = {}
    for name in ("tcp", "tcp6", "udp", "udp6", "unix"):
        with open(f"/proc/net/{name}") as table:
            counts[name] = len(table.readlines()) - 1
    return counts


def listening(task, protocol="tcp"):
    """The ports on which sockets of this namespace listen, by the kernel's tables, whatever their address."""
    ports = set()
    for name in (protocol, protocol + "6"):
        with open(f"/proc/net/{name}") as table:
            for line in table.readlines()[1:]:
                fields = line.split()
                if fields[3] == {"tcp": "0A", "udp": "07"}[protocol]:
                    ports.add(int(fields[1].rsplit(":", 1)[1], 16))
    return sorted(ports)


def wait_for_port(task, port, protocol="tcp", present=True, timeout=5):
    """Waits until something listens on the port, or until nothing does; how long that took, in seconds."""
    begin = time.monotonic()
    while (port in listening(task, protocol)) != present:
        if time.monotonic() - begin > timeout:
            raise TimeoutError(f"{protocol} port {port} {'is' if not present else 'is not'} there")
        time.sleep(0.002)
    return time.monotonic() - begin


def identity(task):
    return {"uid": os.getuid(), "gid": os.getgid(), "pid": os.getpid(), "host": socket.gethostname()}


# Loopback bypass


def tcp_dribble(task, address, port, byte_count, piece, pause):
    """Downloads slowly: reads `piece` bytes, waits, and so on for ten pieces, then all the rest."""
    with tcp_connect(address, port) as connection:
        digest = hashlib.sha256()
        total = 0
        while data := connection.recv(piece if total < 10 * piece else PIECE):
            digest.update(data)
            if total < 10 * piece:
                task.stopping.wait(pause)
            total += len(data)
        assert total == byte_count, f"{total} of {byte_count} bytes"
        return digest.hexdigest()


def tcp_hold(task, address, port, count):
    """Keeps `count` connections open until stopped, then asks an echo server over each; how many answered."""
    connections = [tcp_connect(address, port) for _ in range(count)]
    task.started(count)
    task.stopping.wait(PATIENCE * 4)
    answered = 0
    for connection in connections:
        connection.sendall(b"still here")
        answered += connection.recv(64) == b"still here"
    for connection in connections:
        connection.close()
    return answered


def tcp_burst(task, address, port, count):
    """Opens a connection, asks an echo server and closes, `count` times; how many failed."""
    failed = 0
    for _ in range(count):
        try:
            with tcp_connect(address, port) as connection:
                connection.sendall(b"?")
                failed += connection.recv(1) != b"?"
        except OSError:
            failed += 1
    return failed


def tcp_echo_many(task, address, port=0):
    """An echo server for thousands of connections, without a thread for each."""
    listener = tcp_listener(address, port, backlog=4096)
    listener.setblocking(False)
    task.started(listener.getsockname()[1])
    epoll = select.epoll()
    epoll.register(listener, select.EPOLLIN)
    connections = {}
    with listener:
        while not task.stopping.is_set():
            for descriptor, _ in epoll.poll(0.1):
                if descriptor == listener.fileno():
                    connection, _ = listener.accept()
                    connection.setblocking(True)
                    connections[connection.fileno()] = connection
                    epoll.register(connection, select.EPOLLIN)
                    continue
                connection = connections[descriptor]
                try:
                    data = connection.recv(65536)
                    if data:
                        connection.sendall(data)
                        continue
                except OSError:
                    pass
                epoll.unregister(connection)
                del connections[descriptor]
                connection.close()


def tcp_crowd(task, address, port, count):
    """Opens `count` connections to an echo server at once; how each came out, by name, and closes them."""
    outcomes = {}
    connections = []
    for _ in range(count):
        try:
            connection = tcp_connect(address, port, timeout=5)
            connection.settimeout(5)
            connection.sendall(b"?")
            outcome = "served" if connection.recv(1) == b"?" else "end"
            connections.append(connection)
        except OSError as error:
            outcome = errno.errorcode.get(error.errno, "timeout")
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    for connection in connections:
        connection.close()
    return outcomes


def udp_collect(task, address, port, count):
    """Receives numbered datagrams: how many came, and whether each was larger than the one before."""
    endpoint = udp_socket(address, port)
    task.started(port)
    numbers = []
    with endpoint:
        while len(numbers) < count and select.select([endpoint], [], [], 3)[0]:
            numbers.append(struct.unpack("!I", endpoint.recv(65536)[:4])[0])
    return {"count": len(numbers), "ordered": numbers == sorted(set(numbers))}


def udp_number(task, address, port, count, size, window):
    """Sends numbered datagrams, no more than `window` in a millisecond."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as endpoint:
        endpoint.connect(endpoint_of(address, port))
        for number in range(count):
            endpoint.send(struct.pack("!I", number) + BLOCK[: size - 4])
            if number % window == window - 1:
                time.sleep(0.001)


def udp_runs(task, address, port, count, size, segments):
    """Sends `count` runs of equal datagrams as one each (UDP_SEGMENT) to an echo server; how many came back whole."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as endpoint:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        endpoint.setsockopt(socket.IPPROTO_UDP, 103, size)  # UDP_SEGMENT
        endpoint.connect(endpoint_of(address, port))
        endpoint.settimeout(3)
        whole = 0
        for number in range(count):
            pieces = [struct.pack("!II", number, index) + BLOCK[: size - 8] for index in range(segments)]
            endpoint.send(b"".join(pieces))
            whole += [endpoint.recv(65536) for _ in pieces] == pieces
        return whole


def tcp_questions(task, address, port, seconds, anew):
    """Asks an echo server for a byte, again and again, over a connection each or one for all; count and median time."""
    times = []
    connection = None
    end = time.monotonic() + seconds
    while (begin := time.monotonic()) < end:
        if connection is None:
            connection = tcp_connect(address, port)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(b"?")
        assert connection.recv(1) == b"?"
        if anew:
            connection.close()
            connection = None
        times.append(time.monotonic() - begin)
    return {"count": len(times), "median": sorted(times)[len(times) // 2]}
