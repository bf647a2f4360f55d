"""What a quota admits, by the page about quotas: the pods that serve and those that download.

No controller counts here what a quota is used for: the test writes the count, which is nothing.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.kube.kinds import POD
from nemo_voice_operator.settings import OperatorSettings
from support.docs.documented import file_in
from support.kubernetes.api_server import ApiServer
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings()
BARE = {"containers": [{"name": "bare", "image": "x"}]}


@pytest.fixture
def limited(api_server: ApiServer, namespace: str) -> Iterator[str]:
    """A namespace with the quota and the limit range of the page."""
    core = f"/api/v1/namespaces/{namespace}"
    quota, limits, _ = documented()
    made = api_server.send("POST", f"{core}/resourcequotas", quota)
    hard = quota["spec"]["hard"]
    counted = {**made, "status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    api_server.send("PUT", f"{core}/resourcequotas/{quota['metadata']['name']}/status", counted)
    api_server.send("POST", f"{core}/limitranges", limits)
    yield namespace
    api_server.send("DELETE", f"{core}/resourcequotas/{quota['metadata']['name']}")


def documented() -> list[dict[str, Any]]:
    """The quota, the limit range and the VoiceService of the page."""
    return list(yaml.safe_load_all(file_in("docs/quotas.md", "quota.yaml")))


def pods_of(voice: dict[str, Any]) -> dict[str, Any]:
    """The spec of the pod that serves and of the one that downloads, by the owner's kind."""
    service = voice_service(**voice["spec"])
    objects: Any = desired_state(service, verified_plan(service, SETTINGS), SETTINGS)
    return {
        one["kind"]: one["spec"]["template"]["spec"]
        for one in objects
        if one["kind"] in {"Deployment", "Job"}
    }


def answer(server: ApiServer, namespace: str, spec: dict[str, Any]) -> str:
    """What the API server says of a pod with this spec; nothing if it is admitted."""
    pod = {"metadata": {"name": "tried"}, "spec": {**spec, "restartPolicy": "Never"}}
    response = server.http.post(POD.path(namespace), json=pod, params={"dryRun": "All"})
    return "" if response.is_success else str(response.json()["message"])


def test_the_documented_quota_admits_the_pods_that_serve_and_that_download(
    api_server: ApiServer, limited: str
) -> None:
    *_, voice = documented()
    pods = pods_of(voice)
    assert set(pods) == {"Deployment", "Job"}
    assert {kind: answer(api_server, limited, spec) for kind, spec in pods.items()} == {
        "Deployment": "",
        "Job": "",
    }


def test_without_the_limit_range_the_quota_refuses_a_pod_that_states_no_limits(
    api_server: ApiServer, limited: str
) -> None:
    assert answer(api_server, limited, BARE) == ""
    api_server.send("DELETE", f"/api/v1/namespaces/{limited}/limitranges/speech")
    assert "must specify limits.cpu" in answer(api_server, limited, BARE)
