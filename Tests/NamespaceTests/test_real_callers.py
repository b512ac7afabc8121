# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs of this machine that start slirp4netns, with our wrapper in its place."""

import os
import shutil
import subprocess

import pytest

from test_slirp4netns import script  # noqa: F401 (a fixture)
from world import HOST_ADDRESS, WORLD, can_switch_user

pytestmark = pytest.mark.differs("the wrapper uses options of our own")


@pytest.mark.skipif(
    not (shutil.which("rootlesskit") and shutil.which("newuidmap")), reason="there is no rootlesskit or newuidmap")
@pytest.mark.skipif(not os.path.exists("/etc/subuid"), reason="there is no /etc/subuid")
@pytest.mark.skipif(not can_switch_user(), reason="there is only one user in this user namespace")
def test_rootlesskit_gets_its_network_from_the_wrapper(world, script):
    _, port = world.peer.serve("tcp_witness", address=WORLD[4])
    state = world.directory / "state"
    (world.directory / "subordinate").write_text("root:100000:65536\n")
    prepare = ('mount --bind "$1" /etc/subuid && mount --bind "$1" /etc/subgid && shift && exec "$@"')
    command = [
        "unshare", "--mount", "--", "sh", "-c", prepare, "sh", str(world.directory / "subordinate"), "rootlesskit",
        f"--state-dir={state}", "--net=slirp4netns", f"--slirp4netns-binary={script}", "--disable-host-loopback",
        "--mtu=65520", "bash", "-c",
        f"ip -brief address show tap0; exec 3<>/dev/tcp/{WORLD[4]}/{port}; cat <&3",
    ]
    result = subprocess.run(
        world.enter_host(command, user=False), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PASTA": str(world.program.path), "PASST_REACTOR": world.reactor,
             "XDG_RUNTIME_DIR": str(world.directory), "HOME": str(world.directory)})
    assert result.returncode == 0, result.stderr
    assert "10.0.2.100/24" in result.stdout and HOST_ADDRESS[4] in result.stdout
