# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later

# Completion of pesto for bash.
_pesto() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

    case $previous in
    -C | --clear) COMPREPLY=($(compgen -W 'HOST SPLICE' -- "$current")) ;;
    -t | --tcp-ports | -u | --udp-ports | -T | --tcp-ns | -U | --udp-ns)
        COMPREPLY=($(compgen -W 'none all auto' -- "$current"))
        ;;
    *)
        case $current in
        -*)
            COMPREPLY=($(compgen -W '--help --version --debug --show --add --delete --clear --tcp-ports --udp-ports
                --tcp-ns --udp-ns' -- "$current"))
            ;;
        *) COMPREPLY=($(compgen -f -- "$current")) ;;
        esac
        ;;
    esac
}
complete -o filenames -F _pesto pesto
