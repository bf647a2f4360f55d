"""What the benchmark reads of the cluster from outside, with requests that cost little."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families
from typing_extensions import override

from benchmarks.operator.population import is_cached, place_of, volumes
from nemo_voice_operator.kube.kinds import DEPLOYMENT, VOICE_SERVICE, Kind, kind_of
from nemo_voice_operator.kube.manifests import Manifest, name_of, namespace_of
from support.kubernetes.api_server import ApiServer

ANNOTATION = "example.com/change"
"""On the pods: what the benchmark changes."""
Place = tuple[str, str]
_AT_ONCE = 8
_NAMES = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_COLUMNS = "application/json;as=Table;g=meta.k8s.io;v=v1"


def create(server: ApiServer, services: list[dict[str, Any]]) -> None:
    """Creates the VoiceServices, and a volume for every claim that they will need."""
    wanted = volumes(sum(map(is_cached, services)))
    calls = [("/api/v1/persistentvolumes", volume) for volume in wanted]
    calls += [(VOICE_SERVICE.path(place_of(one)[0]), one) for one in services]
    _at_once(server, "POST", calls)


def change(server: ApiServer, places: Iterable[Place], spec: dict[str, Any]) -> None:
    """Merges the same into the spec of each of these VoiceServices."""
    _at_once(server, "PATCH", [(VOICE_SERVICE.path(*place), {"spec": spec}) for place in places])


def apply(server: ApiServer, manifests: Iterable[Manifest]) -> None:
    """Applies objects as the operator does, under another name."""
    query = "?fieldManager=benchmark&force=true"
    calls = [
        (kind_of(one).path(namespace_of(one), name_of(one)) + query, dict(one)) for one in manifests
    ]
    _at_once(server, "PATCH", calls, media_type="application/apply-patch+yaml")


def report_observed(server: ApiServer, services: list[dict[str, Any]]) -> None:
    """Writes one status for each VoiceService."""
    status = {"status": {"observedGeneration": 1}}
    calls = [(VOICE_SERVICE.path(*place_of(one)) + "/status", status) for one in services]
    _at_once(server, "PATCH", calls)


def available(server: ApiServer) -> int:
    """Returns how many Deployments have a pod that is available."""
    return sum(cell not in {"", "0"} for cell in _column(server, DEPLOYMENT, "Available"))


def _at_once(
    server: ApiServer,
    method: str,
    calls: list[tuple[str, dict[str, Any]]],
    media_type: str = "application/merge-patch+json",
) -> None:
    headers = {"Content-Type": media_type} if method == "PATCH" else {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sent = [
            pool.submit(server.http.request, method, path, json=body, headers=headers)
            for path, body in calls
        ]
        for one in sent:
            one.result().raise_for_status()


def count(server: ApiServer, kind: Kind) -> int:
    """Returns how many objects of a kind there are, without reading them."""
    response = server.http.get(kind.path(), params={"limit": "1"}).raise_for_status().json()
    return len(response["items"]) + int(response["metadata"].get("remainingItemCount", 0))


def places(server: ApiServer, kind: Kind) -> set[Place]:
    """Returns the namespace and name of every object of a kind."""
    response = server.http.get(kind.path(), headers={"Accept": _NAMES}).raise_for_status()
    return {place_of(item) for item in response.json()["items"]}


def unobserved(server: ApiServer) -> int:
    """Returns of how many VoiceServices the status is not about the newest spec."""
    items = server.http.get(VOICE_SERVICE.path()).raise_for_status().json()["items"]
    return sum(
        item.get("status", {}).get("observedGeneration") != item["metadata"]["generation"]
        for item in items
    )


def phases(server: ApiServer) -> Counter[str]:
    """Returns how many VoiceServices are in each phase."""
    return Counter(_column(server, VOICE_SERVICE, "Phase"))


def _column(server: ApiServer, kind: Kind, name: str) -> list[str]:
    """Returns what `kubectl get` shows in a column, for every object of a kind."""
    params = {"includeObject": "None"}
    response = server.http.get(kind.path(), params=params, headers={"Accept": _COLUMNS})
    table = response.raise_for_status().json()
    column = [one["name"] for one in table["columnDefinitions"]].index(name)
    return [str(row["cells"][column]) for row in table["rows"]]


def reconciles(port: int) -> int:
    """Returns how many reconciles the operator has made so far, by its metrics."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    return sum(
        int(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "nemo_voice_operator_reconciles_total"
    )


def processor_s(process: psutil.Process) -> float:
    """Returns the seconds that a process has computed so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


def processors_s(operator: int | None = None) -> dict[str, float]:
    """Returns the seconds that every process of the run has computed so far, by name."""
    this = psutil.Process()
    family = {"the benchmark itself": this}
    for child in this.children():
        family["operator" if child.pid == operator else child.name()] = child
    return {name: processor_s(process) for name, process in family.items()}


class Arrivals(threading.Thread):
    """Follows the Deployments and notes when each changed annotation of the pods was seen there."""

    def __init__(self, server: ApiServer, *, seconds: float) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._seconds = round(seconds)
        self._version = _version(server)
        self.seen_s: dict[tuple[Place, str], float] = {}
        self.start()

    @override
    def run(self) -> None:
        """Follows until the time is over."""
        params = {
            "watch": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(self._seconds),
        }
        path, patience = DEPLOYMENT.path(), httpx.Timeout(30, read=None)
        with self._server.http.stream("GET", path, params=params, timeout=patience) as response:
            for line in response.iter_lines():
                at_s = time.monotonic()
                thing = json.loads(line)["object"]
                annotations = thing["spec"]["template"]["metadata"].get("annotations") or {}
                if ANNOTATION in annotations:
                    self.seen_s.setdefault((place_of(thing), annotations[ANNOTATION]), at_s)


def _version(server: ApiServer) -> str:
    """Returns the version of the Deployments from which a watch may go on."""
    response = server.http.get(DEPLOYMENT.path(), params={"limit": "1"}).raise_for_status()
    return str(response.json()["metadata"]["resourceVersion"])
