# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What users read: manual pages that the tools take without complaint, and completion that completes."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGES = sorted(ROOT.glob("man/*.1"))
COMPLETION = ROOT / "contrib" / "completion"


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"there is no {program}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@needs("mandoc")
def test_mandoc_finds_nothing_to_warn_about(page):
    result = subprocess.run(["mandoc", "-Tlint", "-Wwarning", page], capture_output=True, text=True, timeout=30)
    assert result.stdout + result.stderr == ""
    assert result.returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@needs("man")
def test_man_shows_the_page_without_warnings(page):
    result = subprocess.run(
        ["man", "--warnings", "--encoding=UTF-8", "--local-file", page], capture_output=True, text=True, timeout=30,
        env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    assert result.returncode == 0
    assert result.stderr == ""
    assert "NAME" in result.stdout


def bash(program, *words):
    """What bash offers for the last word."""
    script = f"""
        compopt() {{ :; }}
        source {COMPLETION / program}.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _{program}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return subprocess.run(
        ["bash", "-c", script, "bash", program, *words], capture_output=True, text=True, check=True,
        timeout=30).stdout.split()


def fish(program, line):
    result = subprocess.run(
        ["fish", "--no-config", "-c", f"source {COMPLETION / program}.fish; complete -C '{program} {line}'"],
        capture_output=True, text=True, check=True, timeout=30, env={**os.environ, "HOME": "/tmp"})
    return sorted(offer.split("\t")[0] for offer in result.stdout.splitlines())


def test_bash_completes_options_and_their_arguments():
    assert bash("pasta", "--conf") == ["--conf-path", "--config-net"]
    assert bash("pasta", "--reactor", "") == ["auto", "ring", "epoll"]
    assert bash("pasta", "--reactor", "=", "e") == ["epoll"]
    assert bash("pasta", "--reactor", "=") == ["auto", "ring", "epoll"]
    assert bash("pasta", "-q", "-T", "au") == ["auto"]
    assert "lo" in bash("pasta", "-i", "")
    assert "/etc/resolv.conf" in bash("pasta", "-P", "/etc/resolv.c")
    assert bash("passt", "--vhost") == ["--vhost-user"]
    assert bash("passt", "--config-n") == []


def test_bash_completes_commands_and_processes():
    assert "unshare" in bash("pasta", "--config-net", "unshar")
    assert str(os.getpid()) in bash("pasta", str(os.getpid()))


@needs("fish")
def test_fish_completes_options_and_their_arguments():
    assert fish("pasta", "--conf") == ["--conf-path", "--config-net"]
    assert fish("pasta", "--reactor=e") == ["--reactor=epoll"]
    assert fish("pasta", "--reactor ") == ["auto", "epoll", "ring"]
    assert fish("passt", "--vhost") == ["--vhost-user"]
    assert fish("passt", "--config-n") == []


@pytest.mark.parametrize("program", ["passt", "pasta"])
@needs("zsh")
def test_zsh_completes_options(program, tmp_path):
    # The whole way: an interactive shell on a terminal of its own.
    script = f"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; fpath=({COMPLETION} $fpath); autoload -U compinit; compinit -D -u; echo read''y'
        zpty -r -m shell line '*ready*'
        zpty -n -w shell $'{program} --no-dhcpv\\t\\x01echo \\x05 done\\n'
        zpty -r -m shell line '*no-dhcpv6*done*'
        print -r -- "$line"
        zpty -d shell
    """
    result = subprocess.run(
        ["zsh", "-f", "-c", script], capture_output=True, text=True, timeout=30,
        env={**os.environ, "HOME": str(tmp_path), "TERM": "dumb"})
    assert "--no-dhcpv6" in result.stdout
