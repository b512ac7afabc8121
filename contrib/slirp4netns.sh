#!/bin/sh
# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line of slirp4netns(1) in front of pasta(1): the same addresses, the same options, pasta's speed.
#
# The script becomes pasta, so that signals, exit status and descriptors need no go-between. For --api-socket, a small
# server (slirp4netns-api, next to this script, Python) translates requests to calls of pesto(1).
#
# PASTA, PESTO: the programs, if they are not in PATH.
set -eu

usage() {
    cat <<'HELP'
Usage: slirp4netns [OPTION]... PID|PATH TAPNAME
User-mode networking for unprivileged network namespaces, by pasta.

-c, --configure          bring up the interface
-e, --exit-fd=FD         specify the FD for terminating slirp4netns
-r, --ready-fd=FD        specify the FD to write to when the network is configured
-m, --mtu=MTU            specify MTU (default=1500, max=65521)
-6, --enable-ipv6        enable IPv6
-a, --api-socket=PATH    specify API socket path
--cidr=CIDR              specify network address CIDR (default=10.0.2.0/24)
--disable-host-loopback  prohibit connecting to 127.0.0.1:* on the host namespace
--netns-type=TYPE        specify network namespace type ([path|pid], default=pid)
--userns-path=PATH       specify user namespace path
--enable-sandbox         always on
--enable-seccomp         always on
--outbound-addr=IPv4     sets outbound ipv4 address or interface to bind to
--outbound-addr6=IPv6    sets outbound ipv6 address or interface to bind to
--disable-dns            disables 10.0.2.3 (or configured internal ip) to host dns redirect
--macaddress=MAC         specify the MAC address of the TAP (only valid with -c)
--target-type=TYPE       specify the target type (netns only)
-h, --help               show this help and exit
-v, --version            show version and exit
HELP
}

fail() {
    echo "slirp4netns: $*" >&2
    exit 1
}

wrong() {
    echo "slirp4netns: $*" >&2
    usage >&2
    exit 1
}

long_names='configure exit-fd ready-fd mtu enable-ipv6 api-socket cidr disable-host-loopback netns-type userns-path
enable-sandbox enable-seccomp outbound-addr outbound-addr6 disable-dns macaddress target-type help version'

# full_name TEXT: the option that TEXT is, or abbreviates.
full_name() {
    found=
    for name in $long_names; do
        case $name in
            "$1")
                found=$name
                return
                ;;
            "$1"*)
                [ -z "$found" ] || wrong "option '--$1' is ambiguous"
                found=$name
                ;;
        esac
    done
    [ -n "$found" ] || wrong "unrecognized option '--$1'"
}

takes_argument() {
    case $1 in
        exit-fd | ready-fd | mtu | api-socket | cidr | netns-type | userns-path | outbound-addr | outbound-addr6 | \
            macaddress | target-type) return 0 ;;
        *) return 1 ;;
    esac
}

configure= exit_fd= ready_fd= mtu=1500 ipv6= api_socket= cidr=10.0.2.0/24 host_loopback=1 netns_type=pid userns=
outbound4= outbound6= dns=1 mac=

# apply NAME ARGUMENT
apply() {
    case $1 in
        configure) configure=1 ;;
        exit-fd) exit_fd=$2 ;;
        ready-fd) ready_fd=$2 ;;
        mtu) mtu=$2 ;;
        enable-ipv6) ipv6=1 ;;
        api-socket) api_socket=$2 ;;
        cidr) cidr=$2 ;;
        disable-host-loopback) host_loopback= ;;
        netns-type) netns_type=$2 ;;
        userns-path) userns=$2 ;;
        enable-sandbox | enable-seccomp) ;;
        outbound-addr) outbound4=$2 ;;
        outbound-addr6) outbound6=$2 ;;
        disable-dns) dns= ;;
        macaddress) mac=$2 ;;
        target-type) [ "$2" = netns ] || fail "target type '$2' is not supported: only netns is" ;;
        help)
            usage
            exit 0
            ;;
        version)
            # Callers look for this version's features.
            echo 'slirp4netns version 1.2.0'
            echo "by $("${PASTA:-pasta}" --version | head -n 1)"
            exit 0
            ;;
    esac
}

letter_name() {
    case $1 in
        c) found=configure ;;
        e) found=exit-fd ;;
        r) found=ready-fd ;;
        m) found=mtu ;;
        6) found=enable-ipv6 ;;
        a) found=api-socket ;;
        h) found=help ;;
        v) found=version ;;
        *) wrong "invalid option -- '$1'" ;;
    esac
}

# Options may follow operands, as for slirp4netns.
target= tap= operands=0
while [ $# -gt 0 ]; do
    word=$1
    shift
    case $word in
        --)
            while [ $# -gt 0 ]; do
                operands=$((operands + 1))
                [ $operands -ne 1 ] || target=$1
                [ $operands -ne 2 ] || tap=$1
                shift
            done
            ;;
        --*=*)
            text=${word#--}
            full_name "${text%%=*}"
            takes_argument "$found" || wrong "option '--$found' doesn't allow an argument"
            apply "$found" "${text#*=}"
            ;;
        --*)
            full_name "${word#--}"
            if takes_argument "$found"; then
                [ $# -gt 0 ] || wrong "option '--$found' requires an argument"
                apply "$found" "$1"
                shift
            else
                apply "$found" ''
            fi
            ;;
        -?*)
            letters=${word#-}
            while [ -n "$letters" ]; do
                rest=${letters#?}
                letter=${letters%"$rest"}
                letters=$rest
                letter_name "$letter"
                takes_argument "$found" || {
                    apply "$found" ''
                    continue
                }
                if [ -z "$letters" ]; then
                    [ $# -gt 0 ] || wrong "option requires an argument -- '$letter'"
                    letters=$1
                    shift
                fi
                apply "$found" "$letters"
                letters=
            done
            ;;
        *)
            operands=$((operands + 1))
            [ $operands -ne 1 ] || target=$word
            [ $operands -ne 2 ] || tap=$word
            ;;
    esac
done
[ $operands -eq 2 ] || [ $operands -eq 1 ] || wrong 'give a PID or path, and the name of the interface'
tap=${tap:-tap0}

is_number() {
    case $1 in
        '' | *[!0-9]*) return 1 ;;
        *) return 0 ;;
    esac
}
for number in "$exit_fd" "$ready_fd"; do
    [ -z "$number" ] || is_number "$number" || fail "'$number' is not the number of a descriptor"
done
is_number "$mtu" && [ "$mtu" -ge 1 ] && [ "$mtu" -le 65521 ] || fail "MTU '$mtu' is not between 1 and 65521"
[ -z "$mac" ] || [ -n "$configure" ] || fail '--macaddress is only valid with --configure'

# network, prefix: of the CIDR; address_of N: the network's address plus N.
split_cidr() {
    prefix=${cidr#*/} network=0
    is_number "$prefix" && [ "$prefix" -ge 1 ] && [ "$prefix" -le 25 ] && [ "$prefix" != "$cidr" ] ||
        fail "CIDR '$cidr' needs a prefix length of 1 to 25"
    rest=${cidr%%/*}. count=0
    while [ -n "$rest" ]; do
        octet=${rest%%.*}
        rest=${rest#*.}
        is_number "$octet" && [ "${#octet}" -le 3 ] && [ "$octet" -le 255 ] || fail "CIDR '$cidr' is not a network"
        network=$((network * 256 + octet)) count=$((count + 1))
    done
    [ $count -eq 4 ] && [ $((network & ((1 << (32 - prefix)) - 1))) -eq 0 ] || fail "CIDR '$cidr' is not a network"
}
address_of() {
    value=$((network + $1))
    echo "$((value >> 24 & 255)).$((value >> 16 & 255)).$((value >> 8 & 255)).$((value & 255))"
}
split_cidr
address=$(address_of 100) gateway=$(address_of 2) resolver=$(address_of 3)

set -- --quiet --foreground --ns-ifname "$tap" --mtu "$mtu" --address "$address" --netmask "$prefix" \
    --gateway "$gateway" --no-dhcp --no-dhcpv6 --no-ra -t none -u none -T none -U none
[ -z "$configure" ] || set -- "$@" --config-net
[ -n "$host_loopback" ] || set -- "$@" --no-map-gw
[ -z "$mac" ] || set -- "$@" --ns-mac-addr "$mac"
[ -z "$exit_fd" ] || set -- "$@" --exit-fd "$exit_fd"
[ -z "$ready_fd" ] || set -- "$@" --ready-fd "$ready_fd"
if [ -n "$ipv6" ]; then
    # fd00::/64 and an interface identifier by chance.
    identifier=$(od -An -N8 -tx2 /dev/urandom | sed 's/^ *//; s/  */:/g')
    set -- "$@" --address "fd00::$identifier" --gateway fd00::2
else
    set -- "$@" --ipv4-only
fi
if [ -n "$dns" ]; then
    set -- "$@" --dns-forward "$resolver"
    # Where the host has no resolver of IPv6, pasta would warn at every start.
    [ -z "$ipv6" ] || ! grep -qs '^nameserver .*:' /etc/resolv.conf || set -- "$@" --dns-forward fd00::3
else
    set -- "$@" --dns none
fi
case $outbound4 in
    '') ;;
    *[!0-9.]*) set -- "$@" --outbound-if4 "$outbound4" ;;
    *) set -- "$@" --outbound "$outbound4" ;;
esac
case $outbound6 in
    '') ;;
    *:*) set -- "$@" --outbound "$outbound6" ;;
    *) set -- "$@" --outbound-if6 "$outbound6" ;;
esac

case $netns_type in
    pid)
        # A path is accepted, too: what callers of the wrapper of the original pass.
        case $target in
            */*) netns_type=path ;;
            *) is_number "$target" || fail "'$target' is not a PID" ;;
        esac
        ;;
    path) case $target in */*) ;; *) target=./$target ;; esac ;;
    *) fail "'$netns_type' is no type of namespace: give path or pid" ;;
esac
[ -z "$userns" ] || set -- "$@" --userns "$userns"

pasta=${PASTA:-pasta}
command -v "$pasta" >/dev/null || {
    echo "slirp4netns: there is no $pasta: install it, or set PASTA" >&2
    exit 127
}

if [ -n "$api_socket" ]; then
    control=$(mktemp -d "${TMPDIR:-/tmp}/slirp4netns.XXXXXX")
    set -- "$@" --conf-path "$control/control"
    # It returns when the socket is there, and stays until this process, which becomes pasta, has ended.
    "$(dirname "$0")/slirp4netns-api" "$api_socket" "$control" "$address" $$ || {
        rm -rf "$control"
        exit 1
    }
fi

if [ $netns_type = path ]; then
    set -- "$@" --netns "$target"
else
    set -- "$@" -- "$target"
fi

[ -z "$host_loopback" ] || cat >&2 <<WARNING
WARNING: 127.0.0.1:* on the host is accessible as $gateway (set --disable-host-loopback to prohibit connecting to 127.0.0.1:*)
WARNING
cat <<BANNER
Starting slirp
* MTU:             $mtu
* Network:         $(address_of 0)
* Netmask:         $(network=$(((0xffffffff << (32 - prefix)) & 0xffffffff)) && address_of 0)
* Gateway:         $gateway
* DNS:             $resolver
* Recommended IP:  $address
BANNER
[ -z "$api_socket" ] || echo "* API Socket:      $api_socket"
exec "$pasta" "$@"
