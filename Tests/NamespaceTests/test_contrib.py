# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""What contrib offers is understood by the tools that it is for."""

import os
import pathlib
import shutil
import subprocess
import tomllib
import xml.dom.minidom

import pytest

CONTRIB = pathlib.Path(__file__).resolve().parent.parent.parent / "contrib"


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"there is no {program}")


@needs("apparmor_parser")
@pytest.mark.parametrize("name", ["usr.bin.passt", "usr.bin.pasta"])
def test_apparmor_profiles_compile(name):
    subprocess.run(
        ["apparmor_parser", "--skip-kernel-load", "--skip-cache", "--base", "/etc/apparmor.d",
         CONTRIB / "apparmor" / name], check=True, timeout=60)


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ["passt@.service", "pasta@.service"])
def test_units_are_valid_but_for_programs_that_are_not_installed(name):
    result = subprocess.run(
        ["systemd-analyze", "verify", CONTRIB / "systemd" / name], capture_output=True, text=True, timeout=60)
    problems = [line for line in result.stderr.splitlines() if name.split("@")[0] in line]
    assert all("is not executable" in line or "man " in line for line in problems), result.stderr


@needs("rpmspec")
def test_the_rpm_specification_can_be_read():
    result = subprocess.run(
        ["rpmspec", "--query", "--queryformat", "%{name} %{license}\n", CONTRIB / "rpm" / "passt-swift.spec"],
        capture_output=True, text=True, timeout=60)
    assert "passt-swift GPL-2.0-or-later" in result.stdout, result.stderr


def test_configuration_examples_can_be_read():
    tomllib.loads((CONTRIB / "podman" / "containers.conf").read_text())
    xml.dom.minidom.parse(str(CONTRIB / "libvirt" / "interface.xml"))


@needs("iperf3")
def test_the_demonstration_shows_throughput(program, world):
    result = subprocess.run(
        world.enter_host([str(CONTRIB / "demo.sh")], user=False), capture_output=True, text=True, timeout=60,
        env={**os.environ, "PASTA": str(program.path), "PASST_REACTOR": world.reactor, "SECONDS_EACH": "1"})
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("bits/sec") == 4, result.stdout
