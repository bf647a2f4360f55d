"""A reconciler on a cluster of dictionaries, and the parts that Kubernetes' controllers play."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from nemo_voice_operator.api import API_VERSION, KIND
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.reconcile import Reconciler
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.pod_reports import PodPhase, PodReadiness
from support.operator.fake_cluster import FakeCluster, FakePods

NAMESPACE = "speech"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHA256 = "ab" * 32


class Scene:
    """One cluster with one operator that reconciles when a test calls it."""

    def __init__(self) -> None:
        self.cluster = FakeCluster()
        self.readiness_client = FakePods()
        self.object_cache = ObjectCache()
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.reconciler = Reconciler(
            object_cache=self.object_cache,
            cluster=self.cluster,
            readiness_client=self.readiness_client,
            settings=OperatorSettings(),
            reporter="operator-1",
            now=lambda: self.time,
            clock=lambda: self.time.timestamp(),  # noqa: PLW0108 of the time as it is then
        )

    def apply(self, name: str = "narrator", **spec: Any) -> None:
        """Creates a VoiceService, or replaces fields of its spec; `None` takes one away."""
        if name in self.cluster.names(KIND):
            before = self.cluster.get(KIND, name)["spec"]
            changed = {k: v for k, v in {**before, **spec}.items() if v is not None}
            self.cluster.change(KIND, name, spec=changed)
            return
        metadata = {"name": name, "namespace": NAMESPACE}
        spec = {"task": "stt", "model": {"source": "demo"}, "gpu": {"count": 0}, **spec}
        self.cluster.create(
            {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": spec}
        )

    def create_claim(self, name: str, access_mode: str) -> None:
        """Creates a claim as a user does."""
        metadata = {"name": name, "namespace": NAMESPACE}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
        self.cluster.create({**claim, "spec": {"accessModes": [access_mode]}})

    def reconcile(self, name: str = "narrator") -> float | None:
        """Lets the operator see everything and reconcile once."""
        for thing in list(self.object_cache._objects.values()):
            place = (thing["kind"], NAMESPACE, thing["metadata"]["name"])
            if place not in self.cluster.objects:
                self.object_cache.remove(thing)
        self.cluster.show(self.object_cache)
        return asyncio.run(self.reconciler.reconcile(Key(NAMESPACE, name)))

    def settle(self, name: str = "narrator") -> None:
        """Reconciles until nothing is written any more.

        Raises:
            AssertionError: It never is.
        """
        for _ in range(5):
            self.cluster.calls.clear()
            self.reconcile(name)
            if all(call.startswith("read ") for call in self.cluster.calls):
                return
        raise AssertionError(f"still writing: {self.cluster.calls}")

    def status(self, name: str = "narrator") -> dict[str, Any]:
        """Returns a VoiceService's status."""
        status: dict[str, Any] = self.cluster.get(KIND, name).get("status", {})
        return status

    def condition(self, kind: str, name: str = "narrator") -> tuple[str, str]:
        """Returns status and reason of a condition."""
        found = next(one for one in self.status(name)["conditions"] if one["type"] == kind)
        return found["status"], found["reason"]

    def pass_time(self, seconds: float) -> None:
        """Lets time pass."""
        self.time += timedelta(seconds=seconds)

    def pod(self, name: str, *, ready: bool = False, of: str = "narrator", **status: Any) -> None:
        """Puts a serving pod there."""
        template = self.cluster.get("Deployment", of)["spec"]["template"]
        conditions = [{"type": "Ready", "status": str(ready)}]
        self.cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "namespace": NAMESPACE,
                    "labels": template["metadata"]["labels"],
                    "annotations": template["metadata"].get("annotations", {}),
                },
                "status": {"conditions": conditions, "podIP": "10.0.0.1", **status},
            }
        )
        phase = PodPhase.READY if ready else PodPhase.LOADING
        seconds = {PodPhase.LOADING: 3.0, PodPhase.WARMING: 2.0}
        self.readiness_client.reported[name] = PodReadiness(phase, None, ready, seconds)

    def roll_out(self, of: str = "narrator") -> None:
        """Marks a Deployment as rolled out, with a ready pod for each replica."""
        deployment = self.cluster.get("Deployment", of)
        wanted = deployment["spec"]["replicas"]
        for pod in self.cluster.names("Pod"):
            if pod.startswith(f"{of}-"):
                del self.cluster.objects["Pod", NAMESPACE, pod]
        for number in range(wanted):
            self.pod(f"{of}-{number}", ready=True, of=of)
        counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), wanted)
        generation = deployment["metadata"]["generation"]
        self.cluster.change("Deployment", of, status={**counts, "observedGeneration": generation})

    def serve(self, **spec: Any) -> None:
        """Applies a spec, lets its download succeed and every replica become ready."""
        self.apply(**spec)
        self.settle()
        self.finish_download()
        self.settle()
        self.roll_out()
        self.settle()

    def serve_demo(self, **spec: Any) -> None:
        """Applies a spec of the demo and lets every replica become ready."""
        self.apply(**spec)
        self.settle()
        self.roll_out()
        self.settle()

    def only_job(self) -> str:
        """Returns the name of the one cache Job."""
        (name,) = self.cluster.names("Job")
        return name

    def finish_download(self, revision: str = COMMIT, **change: Any) -> None:
        """Lets the one cache Job succeed, with what `fetch` leaves behind."""
        checkpoint = {
            "role": "model",
            "source": "nvidia/parakeet-tdt-1.1b",
            "revision": revision,
            "sha256": SHA256,
            "bytes": 1000,
            "directory": f"huggingface.co--nvidia--parakeet-tdt-1.1b@{revision}",
            "seconds": 7.5,
            **change,
        }
        self._end_job({"checkpoints": [checkpoint], "seconds": 7.5}, "Complete", code=0)

    def pass_preflight(self) -> None:
        """Lets the one Job, a preflight, succeed."""
        self._end_job({"checkpoints": [], "seconds": 20.0}, "Complete", code=0)

    def fail_preflight(self, last_output: object) -> None:
        """Lets the one Job, a preflight, fail."""
        self._end_job(last_output, "Failed", code=1)

    def fail_download(self, reason: str, message: str) -> None:
        """Lets the one cache Job fail as `fetch` does."""
        self._end_job({"error": {"reason": reason, "message": message}}, "Failed", code=1)

    def _end_job(self, result: object, condition: str, code: int) -> None:
        job = self.only_job()
        moment = self.time.isoformat().replace("+00:00", "Z")
        reported = {"type": condition, "status": "True", "lastTransitionTime": moment}
        self.cluster.change("Job", job, status={"conditions": [reported]})
        terminated = {"exitCode": code, "message": json.dumps(result)}
        self.cluster.create(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": f"{job}-{len(self.cluster.names('Pod'))}",
                    "namespace": NAMESPACE,
                    "labels": {"batch.kubernetes.io/job-name": job},
                },
                "status": {"containerStatuses": [{"state": {"terminated": terminated}}]},
            }
        )
