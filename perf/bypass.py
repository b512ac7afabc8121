#!/usr/bin/python3 -B
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the loopback bypass, for this program, another pasta and no pasta, in alternating rounds.

    client on the host's loopback  ->  daemon  ->  server in the guest namespace      ("in", -t and -u)
    client on the guest's loopback ->  daemon  ->  server on the host's loopback      ("out", -T and -U)

"direct" is the same client and server on one loopback. Each figure is the median of all rounds; a round starts every
competitor anew, in turns. Latency and connections are of one client that waits for each answer.

Needs root, or: unshare --user --map-root-user --mount --net perf/bypass.py
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import tap
from tap import GIB, HERE, ROOT, cpu_seconds

from world import Program, World, until

PORT = 5201


class Direct:
    name = "direct"

    def start(self, world, direction):
        return world.host, world.host, None, "127.0.0.1"


class Pasta:
    def __init__(self, name, path, options=()):
        self.name = name
        self.path = path
        self.options = list(options)

    def start(self, world, direction):
        rules = ["-t", str(PORT), "-u", str(PORT)] if direction == "in" else ["-T", str(PORT), "-U", str(PORT)]
        unused = ["-T", "none", "-U", "none"] if direction == "in" else ["-t", "none", "-u", "none"]
        guest, pid = tap.Pasta(self.name, self.path, [*self.options, *rules, *unused]).start(world, 65520)
        if direction == "in":
            return world.host, guest, pid, "0.0.0.0"
        return guest, world.host, pid, "127.0.0.1"


def bulk(client, server, pid, listening, streams, seconds):
    command = ["iperf3", "--server", "--one-off", "--bind", listening, "--port", str(PORT)]
    task = server.start("run", command=command, timeout=seconds + 20)
    until(lambda: tap.is_listening(server, PORT), 5, "iperf3 listens")
    before = cpu_seconds(pid) if pid else 0
    text = client.run(
        "iperf3", "--client", "127.0.0.1", "--port", str(PORT), "--time", str(seconds), "--parallel",
        str(streams), "--json", timeout=seconds + 20, check=False)
    cost = cpu_seconds(pid) - before if pid else 0
    received = json.loads(text["output"])["end"]["sum_received"]
    task.result(seconds + 30)
    return {
        f"{streams} streams, Gbit/s": received["bits_per_second"] / 1e9,
        f"{streams} streams, CPU s/GiB": cost / received["bytes"] * GIB if pid else None,
    }


def questions(client, server, pid, listening, seconds):
    """Round trips of one byte, and connections with one question each."""
    task, _ = server.serve("tcp_echo_many", address=listening, port=PORT)
    values = {}
    for what in ("round trips", "connections"):
        before = cpu_seconds(pid) if pid else 0
        result = client.call("tcp_questions", address="127.0.0.1", port=PORT, seconds=seconds, anew=what == "connections")
        values[f"{what}, 1/s"] = result["count"] / seconds
        values[f"{what}, p50 us"] = result["median"] * 1e6
        values[f"{what}, daemon CPU us"] = (cpu_seconds(pid) - before) / result["count"] * 1e6 if pid else None
    task.stop().result()
    return values


def datagrams(client, server, pid, listening, seconds, size):
    command = ["iperf3", "--server", "--one-off", "--bind", listening, "--port", str(PORT)]
    task = server.start("run", command=command, timeout=seconds + 20)
    until(lambda: tap.is_listening(server, PORT), 5, "iperf3 listens")
    before = cpu_seconds(pid) if pid else 0
    text = client.run(
        "iperf3", "--client", "127.0.0.1", "--udp", "--bitrate", "100M", "--length", str(size), "--port", str(PORT),
        "--time", str(seconds), "--json", timeout=seconds + 20, check=False)
    cost = cpu_seconds(pid) - before if pid else 0
    total = json.loads(text["output"])["end"]["sum"]
    task.result(seconds + 30)
    return {
        f"UDP {size} at 100 Mbit/s, lost %": total["lost_percent"],
        f"UDP {size}, daemon CPU us each": cost / max(total["packets"], 1) * 1e6 if pid else None,
    }


def run(program, competitor, direction, arguments):
    world = World(program, competitor.name)
    pid = None
    values = {}
    try:
        client, server, pid, listening = competitor.start(world, direction)
        for part in (
                lambda: bulk(client, server, pid, listening, 1, arguments.seconds),
                lambda: bulk(client, server, pid, listening, 4, arguments.seconds),
                lambda: questions(client, server, pid, listening, arguments.seconds),
                lambda: datagrams(client, server, pid, listening, arguments.seconds, 1200) if arguments.udp else {}):
            try:
                values.update(part())
            except Exception as error:  # one figure that lacks is no reason to lose the others
                print(f"{competitor.name}, {direction}: {error!r}"[:300], file=sys.stderr)
    finally:
        if pid and os.path.exists(f"/proc/{pid}"):
            os.kill(pid, 15)
        world.close()
    return values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directions", default="in,out")
    parser.add_argument("--pasta", default=str(ROOT / "build" / "pasta"))
    parser.add_argument("--reference", default="/usr/bin/pasta")
    parser.add_argument("--no-udp", dest="udp", action="store_false")
    arguments = parser.parse_args()
    if os.getuid() != 0:
        sys.exit("Namespaces need root here: run under sudo, or under unshare --map-root-user --net --mount.")
    os.environ["PASTA"] = arguments.pasta
    competitors = [
        Direct(), Pasta("ours epoll", arguments.pasta, ["--reactor", "epoll"]),
        Pasta("ours ring", arguments.pasta, ["--reactor", "ring"]),
    ]
    if os.path.exists(arguments.reference):
        competitors.append(Pasta("Debian pasta", arguments.reference))
    subprocess.run([ROOT / "contrib" / "tun-device"], check=True)
    program = Program()
    samples = {}
    try:
        for number in range(arguments.rounds):
            turn = number % len(competitors)
            for competitor in competitors[turn:] + competitors[:turn]:
                for direction in arguments.directions.split(","):
                    for figure, value in run(program, competitor, direction, arguments).items():
                        if value is not None:
                            samples.setdefault((direction, figure), {}).setdefault(competitor.name, []).append(value)
    finally:
        program.remove()
    names = [competitor.name for competitor in competitors]
    lines = ["| way | figure | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for (direction, figure), values in samples.items():
        cells = [f"{statistics.median(values[name]):.4g}" if name in values else "-" for name in names]
        lines.append(f"| {direction} | {figure} | " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n"
    print(text)
    output = HERE / "results"
    output.mkdir(exist_ok=True)
    (output / f"bypass-{time.strftime('%Y%m%d-%H%M%S')}.md").write_text(text)


if __name__ == "__main__":
    main()
