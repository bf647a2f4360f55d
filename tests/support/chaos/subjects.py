"""What the trials hurt: small pods that start and serve on a machine of few cores."""

import contextlib
import subprocess
from collections.abc import Iterator
from typing import Any

from hack.cluster.layout import layout
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

SMALL: dict[str, Any] = {
    "engine": {"threads": 1},
    # A start takes what the serving pods leave: small requests, so that a third pod has a place.
    "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"memory": "3Gi"}},
}
"""The part of a spec by which two pods and a third one fit on two cores."""

READY_PATIENCE_S = 900.0


def wait_until_whole(voices: VoiceNamespace, name: str) -> None:
    """Returns when all pods of a VoiceService are ready, of its newest spec, and it says so."""

    def is_whole() -> bool:
        spec, status = voices.voice(name)["spec"], voices.status(name)
        ready = status.get("phase") == "Ready" and status.get("readyReplicas") == spec["replicas"]
        return ready and len(voices.pods(name)) == spec["replicas"]

    voices.wait_until_settled(name, READY_PATIENCE_S)
    until(f"{name} whole", is_whole, READY_PATIENCE_S)


def restarts(voices: VoiceNamespace, pod: dict[str, Any]) -> int:
    """Returns how often the containers of a pod have been started again."""
    found = voices.get("pod", pod["metadata"]["name"])
    return sum(int(one["restartCount"]) for one in found["status"]["containerStatuses"])


@contextlib.contextmanager
def in_pod(voices: VoiceNamespace, pod: dict[str, Any], *command: str) -> Iterator[None]:
    """Runs a command in a pod's container while the block runs; it may end with the container."""
    kubeconfig = f"--kubeconfig={voices.kubernetes.kubeconfig}"
    where = (kubeconfig, "--namespace", voices.name, "exec", pod["metadata"]["name"])
    program = str(layout().binaries / "kubectl")
    quiet = subprocess.DEVNULL
    with subprocess.Popen([program, *where, "--", *command], stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()
