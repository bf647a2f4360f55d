"""What the cluster itself takes for the same objects, applied by a client that decides nothing.

The bound of what any operator can reach on this machine: it has to write the same.
"""

import time
from typing import Any

from benchmarks.operator.observing import apply, available, processors_s, report_observed
from benchmarks.operator.results import Bare
from nemo_voice_operator.api import parse
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.kube.kinds import VOICE_SERVICE
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.planning.planning import plan_of
from nemo_voice_operator.planning.resolution import resolve
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.observed import Observed
from support.kubernetes.api_server import ApiServer

_POLL_S = 0.5
_API_SERVER = "kube-apiserver"


def applied_bare(server: ApiServer, services: list[dict[str, Any]], patience_s: float) -> Bare:
    """Returns how long the cluster takes for the owned objects and one status of each VoiceService.

    Every one with demo models, so that there is less to do than with the operator: no claims and no
    Jobs.

    Raises:
        TimeoutError: The Deployments did not become available in time.
    """
    owned = [manifest for service in services for manifest in owned_by_demo(service)]
    began_s, before_s = time.monotonic(), processors_s()[_API_SERVER]
    apply(server, owned)
    report_observed(server, services)
    applied_s = time.monotonic() - began_s
    while available(server) < len(services):
        if time.monotonic() - began_s > patience_s:
            raise TimeoutError(f"bare objects: not available after {patience_s:g} s")
        time.sleep(_POLL_S)
    ready_s = time.monotonic() - began_s
    api_server_s = processors_s()[_API_SERVER] - before_s
    return Bare(applied_s, ready_s, api_server_s, requests=len(owned) + len(services))


def owned_by_demo(service: dict[str, Any]) -> tuple[Manifest, ...]:
    """Returns the objects that the operator would make of it with demo models."""
    demo = {**service, "spec": {**service["spec"], "model": {"source": "demo"}}}
    # The API server adds these to what is created.
    metadata = {"uid": "none", "generation": 1, "resourceVersion": "1", **demo["metadata"]}
    known = parse({**demo, "kind": VOICE_SERVICE.name, "metadata": metadata})
    settings = OperatorSettings()
    return desired_state(known, plan_of(resolve(known, settings), Observed(), settings), settings)
