"""Where the node keeps its files: in one folder, which is removed with it."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from hack.caching import cache_directory


@dataclass(frozen=True)
class Layout:
    """The folder of a running node and that of its programs."""

    run: Path
    binaries: Path

    @property
    def pki(self) -> Path:
        """Certificates, keys and kubeconfigs."""
        return self.run / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.pki / "admin.kubeconfig"

    @property
    def logs(self) -> Path:
        """The daemons' logs, a file for each."""
        return self.run / "logs"

    @property
    def commands(self) -> Path:
        """The daemons' command lines, a file for each."""
        return self.run / "commands"

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.run / "containerd.sock"

    @property
    def volume_plugins(self) -> Path:
        """An empty folder in place of the one that Kubernetes would make in /usr."""
        return self.run / "volume-plugins"

    @property
    def marker(self) -> str:
        """The text that the command line of every daemon of this node contains."""
        return f"{self.run}/"

    def environment(self) -> dict[str, str]:
        """Returns our environment with the node's programs first and kubectl pointed at it."""
        path = f"{self.binaries}:{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
        return {**os.environ, "PATH": path, "KUBECONFIG": str(self.kubeconfig)}

    def exports(self) -> str:
        """Returns the line of shell that points kubectl, Helm and the tests at this node."""
        kubeconfig, binaries = shlex.quote(str(self.kubeconfig)), shlex.quote(str(self.binaries))
        return f'export KUBECONFIG={kubeconfig} PATH={binaries}:"$PATH"'


def layout() -> Layout:
    """Returns the one node's layout, in the cache."""
    return Layout(run=cache_directory() / "cluster", binaries=cache_directory() / "bin")
