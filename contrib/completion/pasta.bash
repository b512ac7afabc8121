# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
# Made from the option table by `make documents`.

_pasta() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    local index
    for ((index = 1; index < COMP_CWORD; index++)); do
        case ${COMP_WORDS[index]} in
            --stats | --log-file | -l | --log-size | --runas | --conf-path | -c | --pcap | -p | --pid | \
            -P | --ready-fd | --exit-fd | --reactor | --mtu | -m | --address | -a | --netmask | -n | \
            --mac-addr | -M | --gateway | -g | --interface | -i | --outbound | -o | --outbound-if4 | \
            --outbound-if6 | --hostname | -H | --fqdn | --dns | -D | --dns-forward | --dns-host | \
            --search | -S | --tcp-ports | -t | --udp-ports | -u | --tcp-ns | -T | --udp-ns | -U | \
            --map-host-loopback | --map-guest-addr | --ns-ifname | -I | --userns | --netns | \
            --ns-mac-addr)
                [[ ${COMP_WORDS[index + 1]} != "=" ]] || ((index++))
                ((index++))
                ;;
            --)
                ((index++))
                break
                ;;
            -*) ;;
            *) break ;;
        esac
    done
    if ((index < COMP_CWORD)) && declare -F _command_offset >/dev/null; then
        _command_offset "$index"
        return
    fi
    # Readline splits at an equals sign: "--name=value" is three words.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $previous in
        --stats | --log-size | --runas | --ready-fd | --exit-fd | --mtu | -m | --address | -a | \
        --netmask | -n | --mac-addr | -M | --gateway | -g | --outbound | -o | --hostname | -H | --fqdn | \
        --dns-forward | --dns-host | --ns-ifname | -I | --ns-mac-addr)
            :
            return
            ;;
        --log-file | -l | --conf-path | -c | --pcap | -p | --pid | -P | --userns)
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
        --tcp-ns | -T | --udp-ns | -U)
            mapfile -t COMPREPLY < <(compgen -W 'auto all none' -- "$current")
            return
            ;;
        --netns)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -W "$(ls /run/netns 2>/dev/null)" -- "$current")
            return
            ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '
            --help --version --print-capabilities --debug --trace --quiet --stats --stats-json
            --foreground --stderr --log-file --log-size --runas --conf-path --pcap --pid --ready-fd
            --exit-fd --chroot-fallback --reactor --no-offload --mtu --address --netmask --mac-addr
            --gateway --interface --outbound --outbound-if4 --outbound-if6 --ipv4-only --ipv6-only
            --hostname --fqdn --dns --dns-forward --dns-host --search --dhcp-dns --dhcp-search
            --no-tcp --no-udp --no-icmp --no-dhcp --no-dhcpv6 --no-ndp --no-ra --tcp-ports
            --udp-ports --tcp-ns --udp-ns --no-map-gw --map-host-loopback --map-guest-addr --freebind
            --host-lo-to-ns-lo --no-splice --splice-only --ns-ifname --userns --netns --netns-only
            --no-netns-quit --config-net --no-copy-routes --no-copy-addrs --ns-mac-addr
        ' -- "$current")
        return
    fi
    mapfile -t COMPREPLY < <(
        compgen -c -- "$current"
        [[ $current != [0-9]* ]] || compgen -W "$(cd /proc && echo [0-9]*)" -- "$current"
    )
}
complete -F _pasta pasta
