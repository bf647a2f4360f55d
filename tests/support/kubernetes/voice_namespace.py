"""VoiceServices in one namespace of a real cluster: applied, changed and read with kubectl."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from support.kubernetes.kubectl import TIMEOUT_S, Kubernetes
from support.waiting import until

_CHILDREN = "deployments,services,poddisruptionbudgets,networkpolicies,controllerrevisions,pods"


@dataclass(frozen=True)
class VoiceNamespace:
    """A namespace and the cluster that it is in."""

    kubernetes: Kubernetes
    name: str

    def kubectl(self, *arguments: str, manifest: Any = None) -> str:
        """Returns the output of kubectl in this namespace."""
        # First: what follows `--` in the arguments is a command of its own.
        return self.kubernetes.kubectl("--namespace", self.name, *arguments, manifest=manifest)

    def get(self, kind: str, name: str = "", selector: str = "") -> Any:
        """Returns an object, or a list of objects."""
        return self.kubernetes.get(kind, name, self.name, selector)

    def names(self, kind: str) -> list[str]:
        """Returns the names of a kind's objects."""
        return sorted(one["metadata"]["name"] for one in self.get(kind)["items"])

    def apply(self, manifest: dict[str, Any]) -> None:
        """Applies an object."""
        self.kubectl("apply", "--filename", "-", manifest=manifest)

    def create_voice(self, name: str, **spec: Any) -> None:
        """Creates a VoiceService on the CPU, of the recogniser unless its spec says otherwise."""
        wanted = {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}, **spec}
        head = {"apiVersion": "nemo-voice.dev/v1alpha1", "kind": "VoiceService"}
        self.apply({**head, "metadata": {"name": name}, "spec": wanted})

    def change(self, name: str, **spec: Any) -> None:
        """Changes these fields of a VoiceService's spec."""
        patch = json.dumps({"spec": spec})
        self.kubectl("patch", "voice", name, "--type=merge", "--patch", patch)

    def voice(self, name: str) -> dict[str, Any]:
        """Returns a VoiceService."""
        found: dict[str, Any] = self.get("voice", name)
        return found

    def status(self, name: str) -> dict[str, Any]:
        """Returns a VoiceService's status, empty before there is one."""
        status: dict[str, Any] = self.voice(name).get("status", {})
        return status

    def condition(self, name: str, kind: str) -> dict[str, str]:
        """Returns a condition of a VoiceService; an empty one if it does not exist yet."""
        conditions = self.status(name).get("conditions", [])
        unknown = {"status": "", "reason": "", "message": ""}
        return next((one for one in conditions if one["type"] == kind), unknown)

    def pods(self, name: str) -> list[dict[str, Any]]:
        """Returns a VoiceService's serving pods that are not being deleted."""
        found = self.get("pods", selector=f"nemo-voice.dev/voiceservice={name}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def pod_names(self, name: str) -> list[str]:
        """Returns the names of these pods."""
        return [pod["metadata"]["name"] for pod in self.pods(name)]

    def kill_pods(self, name: str) -> None:
        """Deletes a VoiceService's pods at once and returns when there are new ones."""
        before = set(self.pod_names(name))
        self.kubectl("delete", "pod", *before, "--grace-period=0", "--force")
        until("other pods", lambda: (now := self.pod_names(name)) and not before & {*now}, 60)

    def address(self, name: str, path: str = "") -> str:
        """Returns the URL of a Service in the cluster's network, which is this machine's."""
        spec = self.get("service", name)["spec"]
        return f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}{path}"

    def events(self, name: str) -> set[tuple[str, str]]:
        """Returns type and reason of each Event of a VoiceService."""
        found = self.get("events.v1.events.k8s.io")["items"]
        return {
            (event["type"], event["reason"])
            for event in found
            if event["regarding"].get("name") == name
        }

    def children(self, name: str) -> list[str]:
        """Returns the objects of a VoiceService without its claim."""
        found = self.get(_CHILDREN, selector=f"nemo-voice.dev/voiceservice={name}")["items"]
        return [f"{one['kind']}/{one['metadata']['name']}" for one in found]

    def run_pod(self, name: str, image: str, *command: str) -> None:
        """Runs a pod until it has succeeded."""
        container = {
            "name": name,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "command": list(command),
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
        spec = {
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        }
        self.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
        self.kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", f"pod/{name}")

    def wait_for_phase(self, name: str, phase: str, patience_s: float = TIMEOUT_S) -> float:
        """Returns the seconds until a VoiceService was in this phase."""
        return self.kubernetes.wait_for_phase(name, phase, self.name, patience_s)

    def wait_for_reason(self, name: str, kind: str, reason: str, patience_s: float = 120) -> str:
        """Returns the message of a VoiceService's condition once its reason is this one."""
        what = f"{name}: {kind} {reason}"
        until(what, lambda: self.condition(name, kind)["reason"] == reason, patience_s)
        return self.condition(name, kind)["message"]

    def wait_until_settled(self, name: str, patience_s: float = TIMEOUT_S) -> None:
        """Returns when every pod is of the newest spec and ready, and the status says so."""

        def is_settled() -> bool:
            generation = self.voice(name)["metadata"]["generation"]
            found = self.condition(name, "Reconciling")
            is_seen = str(found.get("observedGeneration")) == str(generation)
            return is_seen and found["status"] == "False"

        until(f"{name} settled", is_settled, patience_s)


@contextmanager
def voice_namespace(kubernetes: Kubernetes, name: str) -> Iterator[VoiceNamespace]:
    """Yields a namespace that admits only restricted pods, and removes it afterwards."""
    kubernetes.kubectl("create", "namespace", name)
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    kubernetes.kubectl("label", "namespace", name, enforced)
    yield VoiceNamespace(kubernetes, name)
    kubernetes.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=180s")
