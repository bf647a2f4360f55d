"""A model hub as a pod of a cluster: the hub's program in the speech-to-text image."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from support.hub.program import CONTROL_PORT, PORT
from support.hub.server import Fault
from support.kubernetes.kubectl import Kubernetes
from support.kubernetes.voice_namespace import VoiceNamespace, voice_namespace

NAME = "hub"
_FILES = ("server.py", "program.py")


@dataclass(frozen=True)
class ClusterHub:
    """The hub in its namespace."""

    namespace: VoiceNamespace

    @property
    def endpoint(self) -> str:
        """Its address for pods."""
        return f"http://{NAME}.{self.namespace.name}.svc:{PORT}"

    def behave(self, *faults: Fault) -> None:
        """Sets the faults of the next bodies, continues stalled ones, forgets recorded requests."""
        httpx.post(self._control(), json=[asdict(fault) for fault in faults]).raise_for_status()

    def seen(self) -> list[dict[str, Any]]:
        """Returns the requests for contents since the last `behave`."""
        found: list[dict[str, Any]] = httpx.get(self._control()).raise_for_status().json()
        return found

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stops the hub for the block."""
        self.namespace.kubectl("scale", f"deployment/{NAME}", "--replicas=0")
        try:
            self.namespace.kubectl("wait", "--for=delete", "pod", "--all", "--timeout=60s")
            yield
        finally:
            self.namespace.kubectl("scale", f"deployment/{NAME}", "--replicas=1")
            self.wait()

    def wait(self) -> None:
        """Waits until the hub is ready."""
        self.namespace.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=120s")

    def _control(self) -> str:
        service = self.namespace.get("service", NAME)
        return f"http://{service['spec']['clusterIP']}:{CONTROL_PORT}"


@contextmanager
def hub_in_cluster(kubernetes: Kubernetes) -> Iterator[ClusterHub]:
    """Yields a hub that pods can reach, and removes it afterwards."""
    with voice_namespace(kubernetes, NAME) as namespace:
        namespace.apply(_program())
        namespace.apply(_service())
        namespace.apply(_deployment(kubernetes.image("stt")))
        hub = ClusterHub(namespace)
        hub.wait()
        yield hub


def _program() -> dict[str, Any]:
    sources = {name: Path(__file__).with_name(name).read_text() for name in _FILES}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": sources}


def _service() -> dict[str, Any]:
    ports = {"hub": PORT, "control": CONTROL_PORT}
    listed = [{"name": name, "port": port} for name, port in ports.items()]
    spec = {"selector": {"app": NAME}, "ports": listed}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": NAME}, "spec": spec}


def _deployment(image: str) -> dict[str, Any]:
    container = {
        "name": NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/opt/nemo-voice/venv/bin/python", "-m", "support.hub.program"],
        "env": [{"name": "PYTHONPATH", "value": "/program"}],
        "readinessProbe": {"tcpSocket": {"port": CONTROL_PORT}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "program", "mountPath": "/program/support/hub"}],
    }
    pod = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 2,
        "volumes": [{"name": "program", "configMap": {"name": NAME}}],
    }
    labels = {"app": NAME}
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
    }
