#!/usr/bin/python3 -B
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures TCP through a tap device, for this program and others, in alternating rounds.

    guest namespace  <- tap ->  daemon in the host namespace  <- veth ->  peer namespace
    iperf3 client                                                         iperf3 server

"up" is guest to peer. The veth pair and the tap have the same MTU. "veth" is the same without a daemon: the client runs
in the host namespace. Every competitor gets fresh namespaces in every round, the same congestion control, and the same
CPUs: with --pin one, daemon, client and server share CPU 0 (throughput is then one over the CPU time of everybody per
byte, and repeats well); with --pin none, the scheduler decides, as for users.

Needs root, or: unshare --user --map-root-user --mount --net perf/tap.py
"""

import argparse
import hashlib
import itertools
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "Tests" / "NamespaceTests"))

from world import WORLD, Program, World, as_user, until  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
GIB = 1 << 30
PORT = 5201


class Competitor:
    """Something that connects a guest, named and started the same way each round."""

    def __init__(self, name, path=None, options=(), families=(4, 6)):
        self.name = name
        self.path = path
        self.options = list(options)
        self.families = families

    @property
    def is_there(self):
        return self.path is None or os.path.exists(self.path)


class Direct(Competitor):
    """No daemon: the client runs on the host."""

    def start(self, world, mtu):
        return world.host, None


class Pasta(Competitor):
    def start(self, world, mtu):
        guest = world.guest()
        pid_file = world.directory / "daemon"
        result = subprocess.run(
            world.enter_host([
                executable(world, self), *self.options, "--quiet", "--config-net", "--mtu", str(mtu),
                "--pid", str(pid_file), str(guest.pid),
            ]),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20)
        if result.returncode != 0:
            raise RuntimeError(f"{self.name}: {result.stderr.strip()}")
        return guest, int(pid_file.read_text())


class Slirp(Competitor):
    def start(self, world, mtu):
        guest = world.guest()
        readable, writable = os.pipe()
        log = open(world.directory / "slirp", "w")
        process = subprocess.Popen(
            world.enter_host([
                self.path, *self.options, "--configure", f"--mtu={mtu}", f"--ready-fd={writable}", str(guest.pid),
                "tap0",
            ]),
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[writable])
        os.close(writable)
        ready = os.read(readable, 1)
        os.close(readable)
        if ready != b"1":
            raise RuntimeError(f"{self.name}: {(world.directory / 'slirp').read_text().strip()}")
        return guest, process.pid


def executable(world, competitor):
    """The program itself, or a copy where an ordinary user cannot get at it."""
    path = os.path.abspath(competitor.path)
    if subprocess.run([*as_user(), "test", "-x", path]).returncode == 0:
        return path
    copy = world.program.directory / f"{competitor.name.replace(' ', '-')}-pasta"
    if not copy.exists():
        shutil.copyfile(path, copy)
        copy.chmod(0o755)
    return str(copy)


def cpu_seconds(pid):
    """User and system time of a process, all its threads and the children it waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def busy_seconds():
    """Time the whole machine was not idle."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS


def is_listening(agent, port):
    needle = f":{port:04X} "
    return any(
        needle in line.split()[1] + " " and line.split()[3] == "0A"
        for name in ("tcp", "tcp6")
        for line in agent.call("read_file", path=f"/proc/net/{name}").splitlines()[1:])


def measure(world, guest, pid, family, direction, seconds, pin):
    """One run of iperf3."""
    taskset = ["taskset", "--cpu-list", "0"] if pin == "one" else []
    if pid and pin == "one":
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setaffinity(int(thread), {0})
    server = world.peer.start(
        "run", command=[*taskset, "iperf3", "--server", "--one-off", "--port", str(PORT)], timeout=seconds + 25)
    until(lambda: is_listening(world.peer, PORT), 5, "iperf3 listens")
    command = [
        *taskset, "iperf3", "--client", WORLD[family], "--port", str(PORT), "--time", str(seconds), "--json",
        "--connect-timeout", "5000", *(["--reverse"] if direction == "down" else []),
    ]
    daemon, machine = cpu_seconds(pid) if pid else 0, busy_seconds()
    result = guest.run(*command, timeout=seconds + 20, check=False)
    daemon, machine = cpu_seconds(pid) - daemon if pid else 0, busy_seconds() - machine
    try:
        report = json.loads(result["output"])
        if "error" in report:
            raise RuntimeError(report["error"])
        received = report["end"]["sum_received"]
        if received["bytes"] == 0:
            raise RuntimeError("nothing arrived")
    except (ValueError, KeyError) as error:
        raise RuntimeError(f"iperf3: {result['errors'].strip() or result['output'][:200] or error}") from None
    finally:
        server.result(seconds + 30) if result["status"] == 0 else stop_server(world, server)
    return {
        "gbit_per_second": received["bits_per_second"] / 1e9, "bytes": received["bytes"],
        "retransmits": report["end"]["sum_sent"].get("retransmits"),
        "daemon_cpu_seconds_per_gib": daemon / received["bytes"] * GIB if pid else None,
        "machine_cpu_seconds_per_gib": machine / received["bytes"] * GIB,
    }


def stop_server(world, server):
    world.peer.run("pkill", "--exact", "iperf3", "--nslist", "net", "--ns", "self", check=False)


def run_competitor(program, competitor, mtu, arguments, record):
    """One round of one competitor at one MTU."""
    world = World(program, competitor.name, mtu=min(mtu, 65535))
    pid = None
    try:
        if arguments.congestion:
            for agent in (world.host, world.peer):
                agent.sysctl(ipv4__tcp_congestion_control=arguments.congestion)
        guest, pid = competitor.start(world, mtu)
        if arguments.congestion and pid:
            subprocess.run([
                "nsenter", f"--target={guest.process.pid}", "--net", "--", "sh", "-c",
                f"echo {arguments.congestion} > /proc/sys/net/ipv4/tcp_congestion_control"], check=True)
        common = {
            "competitor": competitor.name, "mtu": mtu,
            "binary": os.readlink(f"/proc/{pid}/exe") if pid else None,
            "congestion": guest.call("read_file", path="/proc/sys/net/ipv4/tcp_congestion_control").strip(),
            "congestion_host": world.host.call(
                "read_file", path="/proc/sys/net/ipv4/tcp_congestion_control").strip(),
        }
        for family, direction, pin in itertools.product(arguments.families, arguments.directions, arguments.pin):
            sample = {**common, "family": family, "direction": direction, "pin": pin}
            if family in competitor.families:
                try:
                    sample.update(measure(world, guest, pid, family, direction, arguments.seconds, pin))
                except (RuntimeError, AssertionError) as error:
                    sample["error"] = str(error)
                record(sample)
    except (RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        record({"competitor": competitor.name, "mtu": mtu, "error": str(error)})
    finally:
        if pid and os.path.exists(f"/proc/{pid}"):
            os.kill(pid, signal.SIGTERM)
        try:
            world.close()
        except AssertionError as error:
            record({"competitor": competitor.name, "mtu": mtu, "error": str(error)})


def table(samples, competitors, arguments):
    """Medians as Markdown, one row for each way of going."""
    names = [competitor.name for competitor in competitors]
    lines = [
        "| MTU | family | way | CPUs | " + " | ".join(names) + " |",
        "|---|---|---|---|" + "---|" * len(names),
    ]
    for mtu, family, direction, pin in itertools.product(
            arguments.mtus, arguments.families, arguments.directions, arguments.pin):
        cells = []
        for name in names:
            runs = [
                sample for sample in samples
                if (sample["competitor"], sample["mtu"], sample.get("family"), sample.get("direction"),
                    sample.get("pin")) == (name, mtu, family, direction, pin)]
            good = [run for run in runs if "error" not in run]
            cell = "-"
            if good:
                speed = statistics.median(run["gbit_per_second"] for run in good)
                cell = f"{speed:.2f}"
                baseline = [
                    sample["gbit_per_second"] for sample in samples
                    if "gbit_per_second" in sample and sample["competitor"] == "veth"
                    and (sample["mtu"], sample["family"], sample["direction"], sample["pin"])
                    == (mtu, family, direction, pin)]
                if baseline and name != "veth":
                    cell += f" ({speed / statistics.median(baseline):.2f})"
                cost = [run["daemon_cpu_seconds_per_gib"] for run in good if run["daemon_cpu_seconds_per_gib"]]
                if cost:
                    cell += f", {statistics.median(cost):.2f}"
            if len(good) < len(runs):
                cell += f" [{len(runs) - len(good)} of {len(runs)} failed]"
            cells.append(cell)
        lines.append(f"| {mtu} | IPv{family} | {direction} | {pin} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine():
    model = next(
        (line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"kernel": platform.release(), "cpu": model, "cpus": os.cpu_count(), "arch": platform.machine()}


def checksum(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=5, help="length of one run")
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is repeated")
    parser.add_argument("--mtus", default="1280,1500,9000,65520")
    parser.add_argument("--families", default="4,6")
    parser.add_argument("--directions", default="up,down")
    parser.add_argument("--pin", default="none,one", help="none, one, or both")
    parser.add_argument("--congestion", help="congestion control everywhere; default: what namespaces inherit")
    parser.add_argument("--only", help="names of competitors, with commas")
    parser.add_argument("--pasta", default=str(ROOT / "build" / "pasta"), help="our program")
    parser.add_argument("--output", default=str(HERE / "results"))
    parser.add_argument("--quick", action="store_true", help="a smoke run: seconds, and an error if ours fails")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seconds, arguments.rounds, arguments.mtus, arguments.pin = 1, 1, "1500,65520", "none"
    for name, convert in (("mtus", int), ("families", int), ("directions", str), ("pin", str)):
        setattr(arguments, name, [convert(word) for word in getattr(arguments, name).split(",")])
    if os.getuid() != 0:
        sys.exit("Namespaces need root here: run under sudo, or under unshare --map-root-user --net --mount.")
    os.environ["PASTA"] = arguments.pasta if os.path.exists(arguments.pasta) else "/usr/bin/true"

    ours = [
        Pasta("ours ring", arguments.pasta, ["--reactor", "ring"]),
        Pasta("ours epoll", arguments.pasta, ["--reactor", "epoll"]),
    ]
    competitors = [
        Direct("veth"), *ours, Pasta("Debian pasta", "/usr/bin/pasta"),
        Slirp("slirp4netns", "/usr/bin/slirp4netns", families=(4,)),
    ]
    if arguments.only:
        competitors = [competitor for competitor in competitors if competitor.name in arguments.only.split(",")]
    for competitor in competitors:
        if not competitor.is_there:
            print(f"Without {competitor.name}: there is no {competitor.path}.", file=sys.stderr)
    competitors = [competitor for competitor in competitors if competitor.is_there]

    subprocess.run([ROOT / "contrib" / "tun-device"], check=True)
    program = Program()
    samples = []

    def record(sample):
        samples.append(sample)
        print(" ".join(str(sample.get(key, "-")) for key in ("competitor", "mtu", "family", "direction", "pin")),
              sample.get("error") or f"{sample['gbit_per_second']:.2f} Gbit/s", file=sys.stderr, flush=True)

    try:
        for number in range(arguments.rounds):
            for mtu in arguments.mtus:
                # A different one goes first each round.
                for competitor in competitors[number % len(competitors):] + competitors[: number % len(competitors)]:
                    run_competitor(program, competitor, mtu, arguments, record)
    finally:
        program.remove()

    binaries = sorted({(sample["competitor"], sample["binary"]) for sample in samples if sample.get("binary")})
    about = {
        **machine(), "seconds": arguments.seconds, "rounds": arguments.rounds,
        "congestion": sorted({
            f"{sample['congestion']} in the guest, {sample['congestion_host']} on the host"
            for sample in samples if "congestion" in sample}),
        "binaries": [
            {"competitor": name, "path": path, "sha256": checksum(path) if os.path.exists(path) else None}
            for name, path in binaries],
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
    }
    text = "\n".join([
        "# TCP through a tap", "",
        f"{about['kernel']}, {about['cpus']} x {about['cpu']}, medians of {arguments.rounds} rounds of "
        f"{arguments.seconds} s; congestion control {', '.join(about['congestion'])}.", "",
        "Gbit/s at the receiver (ratio to veth), CPU seconds of the daemon per GiB.", "",
        table(samples, competitors, arguments), "",
        "What carried the bytes:", "",
        *[f"- {entry['competitor']}: `{entry['path']}` {entry['sha256'] or ''}" for entry in about["binaries"]], "",
    ])
    output = pathlib.Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    stem = output / f"tap-{time.strftime('%Y%m%d-%H%M%S')}"
    stem.with_suffix(".json").write_text(json.dumps({"about": about, "samples": samples}, indent=1))
    stem.with_suffix(".md").write_text(text)
    print(text)
    print(f"Written to {stem}.json and .md", file=sys.stderr)

    names = {competitor.name for competitor in ours} & {competitor.name for competitor in competitors}
    failed = [sample for sample in samples if sample["competitor"] in names and "error" in sample]
    sys.exit(1 if failed or not samples else 0)


if __name__ == "__main__":
    main()
