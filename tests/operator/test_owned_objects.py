"""A real API server accepts every sample's owned objects and admits their pods.

Its validation goes further than its schemas: what a Job may ignore, how long a probe may wait.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.preflight_job import preflight_work_name
from nemo_voice_operator.kube.kinds import POD, kind_of
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.settings import OperatorSettings
from support.kubernetes.api_server import ApiServer
from support.operator.voice_services import SAMPLES, services_of, verified_plan

SETTINGS = OperatorSettings()
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
RUNTIME_CLASS = "/apis/node.k8s.io/v1/runtimeclasses"


@pytest.fixture
def restricted(api_server: ApiServer, namespace: str) -> Iterator[str]:
    """A namespace that admits only pods of the restricted profile, and a runtime class."""
    api_server.send("POST", RUNTIME_CLASS, {"metadata": {"name": "nvidia"}, "handler": "nvidia"})
    apply(api_server, f"/api/v1/namespaces/{namespace}", {
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"labels": RESTRICTED}
    })  # fmt: skip
    yield namespace
    api_server.send("DELETE", f"{RUNTIME_CLASS}/nvidia")


def owned_by_sample(sample: str, namespace: str) -> list[dict[str, Any]]:
    """The owned objects of a sample's VoiceServices, of the kinds that every cluster knows."""
    owned: list[Any] = []
    for service in services_of(sample):
        plan = verified_plan(service, SETTINGS)
        preflight = preflight_work_name(service, plan, SETTINGS)
        owned += desired_state(service, replace(plan, preflight=preflight), SETTINGS)
    placed = [
        manifest | {"metadata": manifest["metadata"] | {"namespace": namespace}}
        for manifest in owned
    ]
    return [manifest for manifest in placed if manifest["kind"] != "ServiceMonitor"]


def apply(server: ApiServer, path: str, manifest: dict[str, Any], **more: str) -> Any:
    """What the API server made of it by server-side apply, no misspelt field overlooked."""
    query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict", **more}
    response = server.http.patch(
        path,
        params=query,
        content=json.dumps(manifest),
        headers={"Content-Type": "application/apply-patch+yaml"},
    )
    assert response.is_success, response.text
    return response.json()


def path_of(manifest: dict[str, Any]) -> str:
    metadata = manifest["metadata"]
    return kind_of(manifest).path(metadata["namespace"], metadata["name"])


def version_of(thing: Any) -> str:
    return str(thing["metadata"]["resourceVersion"])


def test_api_server_accepts_every_owned_object_and_a_second_apply_changes_nothing(
    api_server: ApiServer, namespace: str
) -> None:
    owned = [manifest for sample in SAMPLES for manifest in owned_by_sample(sample, namespace)]
    for manifest in owned:
        apply(api_server, path_of(manifest), manifest)
    # A first apply stores a claim without the phase of the response; the second one adds it.
    settled = [version_of(apply(api_server, path_of(manifest), manifest)) for manifest in owned]
    again = [version_of(apply(api_server, path_of(manifest), manifest)) for manifest in owned]
    assert settled == again


def test_a_namespace_of_the_restricted_profile_admits_every_pod(
    api_server: ApiServer, restricted: str
) -> None:
    owned = [manifest for sample in SAMPLES for manifest in owned_by_sample(sample, restricted)]
    owners = [manifest for manifest in owned if manifest["kind"] in {"Deployment", "Job"}]
    for owner in owners:
        name, template = owner["metadata"]["name"], owner["spec"]["template"]
        metadata = {**template["metadata"], "name": name, "namespace": restricted}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        made = apply(api_server, POD.path(restricted, name), pod, dryRun="All")
        assert made["kind"] == "Pod"
    assert len(owners) > len(SAMPLES)


def test_restricted_profile_refuses_a_pod_that_may_become_root(
    api_server: ApiServer, restricted: str
) -> None:
    container = {"name": "serve", "image": "any"}
    pod = {"metadata": {"name": "root"}, "spec": {"containers": [container]}}
    response = api_server.http.post(POD.path(restricted), json=pod, params={"dryRun": "All"})
    assert response.status_code == 403
    assert "violates PodSecurity" in response.json()["message"]
