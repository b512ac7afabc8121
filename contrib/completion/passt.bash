# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# Made from the option table by `make documents`.

_passt() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()

    # Readline splits at an equals sign: "--name=value" is three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $previous in
        --stats | --log-size | --runas | --ready-fd | --exit-fd | --mtu | -m | --address | -a | \
        --netmask | -n | --mac-addr | -M | --gateway | -g | --outbound | -o | --hostname | -H | --fqdn | \
        --dns-forward | --dns-host | --fd | -F)
            :
            return
            ;;
        --log-file | -l | --conf-path | -c | --pcap | -p | --pid | -P | --socket | --socket-path | -s | \
        --repair-path)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
            ;;
        --reactor)
            mapfile -t COMPREPLY < <(compgen -W 'auto ring epoll' -- "$current")
            return
            ;;
        --interface | -i | --outbound-if4 | --outbound-if6)
            mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net)" -- "$current")
            return
            ;;
        --dns | -D | --search | -S | --map-host-loopback | --map-guest-addr)
            mapfile -t COMPREPLY < <(compgen -W 'none' -- "$current")
            return
            ;;
        --tcp-ports | -t | --udp-ports | -u)
            mapfile -t COMPREPLY < <(compgen -W 'all none' -- "$current")
            return
            ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '
            --help --version --print-capabilities --debug --trace --quiet --stats --stats-json
            --foreground --stderr --log-file --log-size --runas --conf-path --pcap --pid --ready-fd
            --exit-fd --chroot-fallback --reactor --no-offload --mtu --address --netmask --mac-addr
            --gateway --interface --outbound --outbound-if4 --outbound-if6 --ipv4-only --ipv6-only
            --hostname --fqdn --dns --dns-forward --dns-host --search --no-dhcp-dns --no-dhcp-search
            --no-tcp --no-udp --no-icmp --no-dhcp --no-dhcpv6 --no-ndp --no-ra --tcp-ports
            --udp-ports --no-map-gw --map-host-loopback --map-guest-addr --freebind --no-splice
            --socket --socket-path --fd --one-off --vhost-user --repair-path --migrate-exit
            --migrate-no-linger
        ' -- "$current")
        return
    fi
}
complete -F _passt passt
