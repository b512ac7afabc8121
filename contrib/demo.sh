#!/bin/sh
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two namespaces without any privilege: a host with a server, and behind it a guest that pasta connects. Shows what the
# guest got, and how fast it is: upload and download through the link with iperf3, for IPv4 and IPv6.
#
# PASTA: the program, if it is not in PATH. SECONDS_EACH: length of each measurement, 5 by default.
set -eu

pasta=${PASTA:-pasta}
seconds=${SECONDS_EACH:-5}
for program in "$pasta" unshare ip ss iperf3; do
    command -v "$program" >/dev/null || {
        echo "demo: there is no $program" >&2
        exit 1
    }
done

# First namespace: the host, on whose addresses the server listens.
if [ "${1:-}" != host ]; then
    exec unshare --user --map-root-user --net --mount --pid --fork --kill-child --mount-proc -- \
        "$0" host
fi
ip link set lo up
ip link add world0 type veth peer name world1
ip link set world1 up
ip link set world0 up
ip address add 192.0.2.2/24 dev world0
ip address add 2001:db8::2/64 dev world0 nodad
ip route add default via 192.0.2.1 dev world0
ip route add default via 2001:db8::1 dev world0

measure() {
    # $1 family, $2 heading, $3 iperf3's option for the direction
    if [ "$1" = 4 ]; then loopback=127.0.0.1 gateway=192.0.2.1; else loopback=::1 gateway=2001:db8::1; fi
    iperf3 --server --one-off --bind $loopback --port 5202 >/dev/null 2>&1 &
    server=$!
    until [ -n "$(ss -Hltn 'sport = :5202')" ]; do sleep 0.1; done
    # Second namespace: the guest. The gateway's address stands for the host's loopback.
    rate=$("$pasta" --quiet --config-net -t none -u none -T none -U none -- \
        iperf3 --client $gateway --port 5202 --time "$seconds" $3 --format g |
        awk '/receiver/ { print $7, $8 }')
    wait $server
    printf 'IPv%s %-8s %s\n' "$1" "$2" "$rate"
}

echo 'What the guest gets from the host:'
"$pasta" --quiet --config-net -- sh -c 'ip -brief address; ip route; ip -6 route show default'
echo
echo 'Throughput through the link:'
for family in 4 6; do
    measure $family upload ''
    measure $family download --reverse
done
