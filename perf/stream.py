#!/usr/bin/python3 -B
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures TCP through passt's stream socket, for this program and Debian's, in alternating rounds.

    guest namespace  <- tap -> pump <- UNIX socket -> passt in the host namespace  <- veth ->  peer namespace
    iperf3 client                                                                              iperf3 server

The pump stands for a hypervisor, so that the guest is the kernel's own stack at full speed; it is the same for both and
is part of the way, which makes the CPU time of passt for each GiB the firmer number. Everything else is as in tap.py.

Needs root, or: unshare --user --map-root-user --mount --net perf/stream.py
"""

import argparse
import os
import pathlib
import subprocess
import sys

import tap
from tap import Competitor, executable
from world import GATEWAY, HOST_ADDRESS, Program, until

HERE = pathlib.Path(__file__).resolve().parent
INTERFACE = "tap0"


class Passt(Competitor):
    """A passt, and a pump in a namespace as its guest."""

    def start(self, world, mtu):
        path, pid_file = world.directory / "guest.socket", world.directory / "daemon"
        result = subprocess.run(
            world.enter_host([
                executable(world, self), *self.options, "--quiet", "--mtu", str(mtu), "--pid", str(pid_file),
                "--socket", str(path),
            ]),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        if result.returncode != 0:
            raise RuntimeError(f"{self.name}: {result.stderr.strip()}")
        guest = world.guest()
        guest.start("run", command=[str(world.program.directory / "pump"), str(path), INTERFACE], timeout=3600)
        until(lambda: INTERFACE in guest.run("ip", "link"), 5, "the pump's interface")
        guest.sysctl(ipv6__conf__tap0__accept_dad=0, ipv6__conf__tap0__accept_ra=0)
        world.batch(guest, [
            f"link set {INTERFACE} mtu {mtu} txqueuelen 10000 up",
            f"addr add {HOST_ADDRESS[4]}/24 dev {INTERFACE}", f"route add default via {GATEWAY[4]}",
            f"addr add {HOST_ADDRESS[6]}/64 dev {INTERFACE} nodad",
            f"route add default via {GATEWAY[6]} dev {INTERFACE}",
        ])
        return guest, int(pid_file.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5, help="length of one run")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is repeated")
    parser.add_argument("--mtus", default="1500,9000,65520")
    parser.add_argument("--families", default="4,6")
    parser.add_argument("--directions", default="up,down")
    parser.add_argument("--pin", default="none", help="none, one, or both")
    parser.add_argument("--congestion", help="congestion control everywhere; default: what namespaces inherit")
    parser.add_argument("--only", help="names of competitors, with commas")
    parser.add_argument("--passt", default=str(HERE.parent / "build" / "passt"), help="our program")
    arguments = parser.parse_args()
    for name, convert in (("mtus", int), ("families", int), ("directions", str), ("pin", str)):
        setattr(arguments, name, [convert(word) for word in getattr(arguments, name).split(",")])
    if os.getuid() != 0:
        sys.exit("Namespaces need root here: run under sudo, or under unshare --map-root-user --net --mount.")
    competitors = [
        Passt("ours ring", arguments.passt, ["--reactor", "ring"]),
        Passt("ours epoll", arguments.passt, ["--reactor", "epoll"]), Passt("Debian passt", "/usr/bin/passt"),
    ]
    competitors = [
        competitor for competitor in competitors
        if competitor.is_there and (not arguments.only or competitor.name in arguments.only.split(","))]

    os.environ["PASTA"] = arguments.passt
    subprocess.run([HERE.parent / "contrib" / "tun-device"], check=True)
    program = Program()
    samples = []

    def record(sample):
        samples.append(sample)
        outcome = sample.get("error")
        if outcome is None:
            outcome = (
                f"{sample['gbit_per_second']:.2f} Gbit/s, {sample['daemon_cpu_seconds_per_gib']:.2f} CPU-s/GiB, "
                f"{sample['retransmits']} retransmitted")
        print(" ".join(str(sample.get(key, "-")) for key in ("competitor", "mtu", "family", "direction", "pin")),
              outcome, file=sys.stderr, flush=True)

    try:
        subprocess.run(
            [os.environ.get("CC", "cc"), "-O2", "-pthread", "-o", program.directory / "pump", HERE / "pump.c"],
            check=True)
        for number in range(arguments.rounds):
            for mtu in arguments.mtus:
                start = number % len(competitors)
                for competitor in competitors[start:] + competitors[:start]:
                    tap.run_competitor(program, competitor, mtu, arguments, record)
    finally:
        program.remove()
    print("Gbit/s at the receiver, CPU seconds of passt per GiB; medians.\n")
    print(tap.table(samples, competitors, arguments))
    sys.exit(1 if not samples or any("error" in sample for sample in samples) else 0)


if __name__ == "__main__":
    main()
