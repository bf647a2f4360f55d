"""Checks what a machine needs before a node can start on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hack.cluster.images import BUSYBOX
from hack.cluster.node import PLUGINS

DEBIAN_PACKAGES = {
    "runc": "runc",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "openssl": "openssl",
    "ip": "iproute2",
    "umount": "mount",
}
"""The Debian package of each program."""


class RequirementsError(Exception):
    """The machine cannot run a node; the message says what to do."""


def check() -> None:
    """Checks that a node can start here.

    Raises:
        RequirementsError: this is not Linux, not root, or Debian packages are missing.
    """
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        raise RequirementsError("a node needs Linux and root: mounts, networks and control groups")
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = {
        package
        for program, package in DEBIAN_PACKAGES.items()
        if shutil.which(program, path=path) is None
    }
    if not (PLUGINS / "bridge").exists():
        missing.add("containernetworking-plugins")
    if not _is_static(BUSYBOX):
        missing.add("busybox-static")
    if missing:
        raise RequirementsError(f"missing here: apt-get install {' '.join(sorted(missing))}")


def _is_static(program: Path) -> bool:
    # Debian's other busybox needs libraries, which an image of one file would not have.
    libraries = subprocess.run(["ldd", program], capture_output=True, check=False)
    return program.exists() and libraries.returncode != 0
