"""Takes the node down: ends its pods, then its processes, mounts, network and rules."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from hack.cluster.layout import Layout
from hack.cluster.node import BRIDGE
from hack.cluster.processes import POLL_S, running, stop

CONTROLLERS = ("kube-scheduler", "kube-controller-manager")
NODE_DAEMONS = ("kubelet", "kube-proxy")
OTHERS = ("containerd-shim-runc-v2", "containerd", "kube-apiserver", "etcd")
PODS_TIMEOUT_S = 30
GROUPS_TIMEOUT_S = 10
_DEVICE_PLUGINS = Path("/var/lib/kubelet/device-plugins")
_FOLDERS = (
    *(_DEVICE_PLUGINS, _DEVICE_PLUGINS.parent),
    *(Path("/var/lib/cni/results"), Path("/var/lib/cni"), Path("/var/log/containers")),
)
_OUR_RULES = re.compile(r"\b(?:KUBE|CNI)-")


class TeardownError(Exception):
    """A part of the node could not be removed; the message says which."""


def down(layout: Layout) -> None:
    """Stops the node and removes everything that it left on the machine.

    Raises:
        TeardownError: mounts are left; the files below them were not removed.
    """
    if not layout.run.exists():
        return
    # While the controllers live they replace every pod that is deleted.
    _stop(layout, CONTROLLERS)
    _end_pods(layout)
    _stop(layout, NODE_DAEMONS)
    _kill_containers()
    _stop(layout, OTHERS)
    _unmount(layout)
    _run("ip", "link", "delete", BRIDGE)
    for family in ("iptables", "ip6tables"):
        _remove_rules(family)
    _remove_control_groups()
    _remove_traces(layout)
    shutil.rmtree(layout.run)


def _stop(layout: Layout, names: tuple[str, ...]) -> None:
    stop(running(layout.marker, names))


def _end_pods(layout: Layout) -> None:
    """Has the kubelet end the pods, which also removes their networks and volumes."""
    if not running(layout.marker, ("kubelet",)) or not running(layout.marker, ("kube-apiserver",)):
        return
    _run(
        *(str(layout.binaries / "kubectl"), f"--kubeconfig={layout.kubeconfig}"),
        *("delete", "pods", "--all", "--all-namespaces", "--grace-period=1"),
        f"--timeout={PODS_TIMEOUT_S}s",
        timeout_s=PODS_TIMEOUT_S + 10,
    )


def _control_groups() -> list[Path]:
    """The kubelet's folder in each hierarchy of control groups: all pods are below it."""
    groups = Path("/sys/fs/cgroup")
    return [*groups.glob("kubepods"), *groups.glob("*/kubepods")]


def _kill_containers() -> None:
    """Kills the containers that a killed kubelet left running."""
    lists = [path for top in _control_groups() for path in top.rglob("cgroup.procs")]
    ids = {int(number) for path in lists for number in path.read_text().split()}
    # The kernel writes 0 for a process that this namespace cannot see.
    stop(ids - {0}, grace_s=2)


def _unmount(layout: Layout) -> None:
    for folder in sorted(_mounts(layout), reverse=True):
        _run("umount", "--lazy", folder)
    if left := list(_mounts(layout)):
        raise TeardownError(f"still mounted: {', '.join(left)}")


def _mounts(layout: Layout) -> Iterator[str]:
    for line in Path("/proc/mounts").read_text().splitlines():
        # The kernel writes a space in a path as \040.
        folder = line.split()[1].replace(r"\040", " ")
        if folder.startswith(layout.marker):
            yield folder


def _remove_rules(family: str) -> None:
    """Removes the packet filter's chains that kube-proxy, the kubelet and the plugins made."""
    rules = _run(f"{family}-save").splitlines(keepends=True)
    kept = [rule for rule in rules if not _OUR_RULES.search(rule)]
    if kept != rules:
        _run(f"{family}-restore", given="".join(kept))


def _remove_control_groups() -> None:
    deadline = time.monotonic() + GROUPS_TIMEOUT_S
    # A group is busy until its last process has been waited for, which is up to the machine's init.
    while (tops := _control_groups()) and time.monotonic() < deadline:
        for folder in (folder for top in tops for folder, _, _ in os.walk(top, topdown=False)):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        time.sleep(POLL_S)


def _remove_traces(layout: Layout) -> None:
    """Removes files in folders that no setting can change."""
    for link in Path("/var/log/containers").glob("*.log"):
        if link.is_symlink() and str(link.readlink()).startswith(layout.marker):
            link.unlink()
    for result in Path("/var/lib/cni/results").glob("*"):
        if result.is_file() and layout.marker in result.read_text(errors="replace"):
            result.unlink()
    for state in Path("/run/containerd/runc/k8s.io").glob("*/state.json"):
        if layout.marker in state.read_text(errors="replace"):
            shutil.rmtree(state.parent)
    (_DEVICE_PLUGINS / "kubelet.sock").unlink(missing_ok=True)
    for folder in _FOLDERS:
        # A folder that also has files of other programs stays.
        with contextlib.suppress(OSError):
            folder.rmdir()


def _run(*command: str, given: str | None = None, timeout_s: float = 60) -> str:
    """Returns what the command printed; a failure is ignored, as what it removes may be gone."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    with contextlib.suppress(FileNotFoundError, subprocess.TimeoutExpired):
        return subprocess.run(
            command,
            input=given,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        ).stdout
    return ""
