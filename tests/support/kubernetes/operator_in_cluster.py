"""The operator as the chart installs it: its image, its role, its pod, in a real cluster."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.docs.repository import ROOT
from support.kubernetes.kubectl import TAG, Kubernetes
from support.waiting import until

NAME = NAMESPACE = "nemo-voice"
CHART = ROOT / "charts" / "nemo-voice"
_WHERE = ("--namespace", NAMESPACE)
_PATIENCE = "--timeout=180s"
_VALUES = {
    "images.registry": "docker.io/library",
    "images.tag": TAG,
    "operator.scalingIntervalSeconds": "2",
}
_KILL = """
import os, pathlib, signal
for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit():
        arguments = (entry / "cmdline").read_bytes().split(b"\\0")
        if arguments[1:3] == [b"-m", b"nemo_voice_operator"]:
            os.kill(int(entry.name), signal.SIGKILL)
"""


@dataclass(frozen=True)
class ClusterOperator:
    """An operator that runs as a pod."""

    kubernetes: Kubernetes

    def kill(self) -> None:
        """Kills the process by SIGKILL, as the kernel does when memory runs out."""
        before = self._restarts()
        # With the container goes what kubectl runs in it, and that may count as a failure.
        with contextlib.suppress(AssertionError):
            self._kubectl("exec", f"deployment/{NAME}", "--", "python", "-c", _KILL)
        until("a new start", lambda: self._restarts() > before)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Stops the operator for the time of the block."""
        self._kubectl("scale", f"deployment/{NAME}", "--replicas=0")
        try:
            until("no operator", lambda: not self._pods())
            yield
        finally:
            self._kubectl("scale", f"deployment/{NAME}", "--replicas=1")
            self._wait()

    @contextlib.contextmanager
    def two(self) -> Iterator[None]:
        """Runs two operators for the time of the block, of which one leads."""
        self._kubectl("scale", f"deployment/{NAME}", "--replicas=2")
        try:
            self._kubectl("rollout", "status", f"deployment/{NAME}", _PATIENCE)
            yield
        finally:
            self._kubectl("scale", f"deployment/{NAME}", "--replicas=1")
            self._wait()

    def leader(self) -> str:
        """Returns the name of the pod that leads; empty if none does."""
        leases = self.kubernetes.get("leases", "", NAMESPACE)["items"]
        holders = [str(lease["spec"].get("holderIdentity") or "") for lease in leases]
        pods = [pod["metadata"]["name"] for pod in self._pods()]
        return next((pod for pod in pods for holder in holders if pod in holder), "")

    def denied(self) -> list[str]:
        """Returns the log lines about requests that were forbidden."""
        lines = self._kubectl("logs", f"deployment/{NAME}", "--tail=-1").splitlines()
        # A namespace that is being deleted takes nothing new, which is no matter of rights.
        return [line for line in lines if "orbidden" in line and "terminated" not in line]

    def let_kill(self) -> None:
        """Lets other processes of the pod kill the operator, which then is not process 1."""
        patch = '{"spec": {"template": {"spec": {"shareProcessNamespace": true}}}}'
        self._kubectl("patch", f"deployment/{NAME}", "--patch", patch)
        self._wait()

    def _wait(self) -> None:
        self._kubectl("rollout", "status", f"deployment/{NAME}", _PATIENCE)
        # kubectl may choose one that is on its way out.
        until("the other's end", lambda: len(self._pods()) == 1)

    def _restarts(self) -> int:
        states = [state for pod in self._pods() for state in pod["status"]["containerStatuses"]]
        return sum(int(state["restartCount"]) for state in states)

    def _pods(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.kubernetes.get("pods", "", NAMESPACE)["items"]
        return found

    def _kubectl(self, *arguments: str) -> str:
        return self.kubernetes.kubectl(*_WHERE, *arguments)


@contextlib.contextmanager
def operator_in_cluster(kubernetes: Kubernetes) -> Iterator[ClusterOperator]:
    """Yields an operator that the chart installed, and removes it afterwards."""
    values = ",".join(f"{name}={value}" for name, value in _VALUES.items())
    installed = ("install", NAME, str(CHART), *_WHERE, "--create-namespace", "--set", values)
    kubernetes.helm(*installed, "--wait", _PATIENCE)
    operator = ClusterOperator(kubernetes)
    operator.let_kill()
    yield operator
    kubernetes.helm("uninstall", NAME, *_WHERE, "--wait", _PATIENCE)
    kubernetes.kubectl("delete", "namespace", NAMESPACE, _PATIENCE)
