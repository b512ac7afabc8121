#!/usr/bin/env -S /usr/bin/python3 -B
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What it costs to listen on all ports: time to start, memory of the process, memory of the kernel.

usage: sudo perf/listeners.py [PROGRAM...], by default build/pasta and Debian's pasta. Each is started three times by
turns with -t all -u all in a namespace of its own, where all ports from 1024 to 65535 are to be had but one; or with as many
ports as the limit of open files allows.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREPARE = (
    "ip link set lo up; ip link add up0 type veth peer name up1; ip link set up0 up; ip link set up1 up; ip addr add 192.0.2.2/24 dev up0; "
    "ip addr add 2001:db8::2/64 dev up0 nodad; ip route add default via 192.0.2.1; "
    "ip route add default via 2001:db8::1 dev up0; echo '1024 1025' > /proc/sys/net/ipv4/ip_local_port_range; exec \"$@\"")


def slab():
    """Kernel memory that sockets and their files take, in bytes."""
    with open("/proc/meminfo") as values:
        return sum(int(line.split()[1]) << 10 for line in values if line.startswith(("SUnreclaim:", "SReclaimable:")))


def processes_of(program):
    """Those that run the program, or a variant of it for a newer processor."""
    path = os.path.realpath(program)
    for entry in os.listdir("/proc"):
        try:
            if entry.isdigit() and os.readlink(f"/proc/{entry}/exe").startswith(path):
                yield int(entry)
        except OSError:
            continue


def measure(program, options):
    before = slab()
    begin = time.monotonic()
    process = subprocess.Popen(
        ["unshare", "--net", "--", "sh", "-c", PREPARE, "sh", "setpriv", "--reuid=47000", "--regid=47000",
         "--clear-groups", "--inh-caps=-all", "--", program, "-q", *options, "-T", "none", "-U", "none", "--", "sh", "-c", "echo ready; read line"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ready = process.stdout.readline()
    seconds = time.monotonic() - begin
    if ready != "ready\n":
        raise SystemExit(f"{program} did not start: status {process.wait()}")
    resident = sockets = 0
    for pid in processes_of(program):
        with open(f"/proc/{pid}/status") as lines:
            resident += sum(int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS:"))
        sockets = max(sockets, len(os.listdir(f"/proc/{pid}/fd")))
    kernel = slab() - before
    process.communicate("\n")
    time.sleep(1)  # the kernel frees sockets after a grace period
    return seconds, resident / 1e6, kernel / 1e6, sockets


def main():
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Room for four sockets a port: older versions have one for each IP version.
    ports = "all" if limit > 300_000 else f"1024-{1024 + limit // 5}"
    programs = sys.argv[1:] or [str(ROOT / "build" / "pasta"), "/usr/bin/pasta"]
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        for options in (["-t", "none", "-u", "none"], ["-t", ports, "-u", ports]):
            results = {program: [] for program in programs}
            for _ in range(3):
                for program in programs:
                    path = copy(program, directory) if "build" in program else program
                    results[program].append(measure(path, options))
            for program, runs in results.items():
                seconds, resident, kernel, sockets = (statistics.median(values) for values in zip(*runs))
                print(
                    f"{program} {' '.join(options)}: {seconds:.2f} s, {sockets:.0f} descriptors, "
                    f"{resident:.1f} MB resident, {kernel:.1f} MB of kernel slab")


def copy(program, directory):
    """Under the name that decides the mode, where everybody may execute it."""
    target = os.path.join(directory, "pasta")
    if not os.path.exists(target):
        subprocess.run(["cp", "-L", program, target], check=True)
    return target


if __name__ == "__main__":
    main()
