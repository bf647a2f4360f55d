"""A real API server accepts every sample's owned objects and admits their pods.

Its validation goes further than its schemas: what a Job may ignore, how long a probe may wait.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.preflight_job import preflight_work_name
from nemo_voice_operator.kube.kinds import OPTIONAL, POD, kind_of
from nemo_voice_operator.kube.labels import MANAGER
from nemo_voice_operator.settings import OperatorSettings
from support.kubernetes.api_server import ApiServer
from support.operator.voice_services import SAMPLES, services_of, verified_plan, voice_service

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


@pytest.fixture
def limited(api_server: ApiServer, namespace: str) -> str:
    """A namespace whose quota admits only pods with requests and limits for CPU and memory."""
    hard = {
        f"{what}.{kind}": "100Gi" for what in ("requests", "limits") for kind in ("cpu", "memory")
    }
    path = f"/api/v1/namespaces/{namespace}/resourcequotas"
    quota = api_server.send("POST", path, {"metadata": {"name": "all"}, "spec": {"hard": hard}})
    # No controller counts here, and a quota that was never counted admits nothing.
    status = {"hard": hard, "used": dict.fromkeys(hard, "0")}
    api_server.send("PUT", f"{path}/all/status", {**quota, "status": status})
    return namespace


def owned_by_sample(
    sample: str, namespace: str, settings: OperatorSettings = SETTINGS
) -> list[dict[str, Any]]:
    """The owned objects of a sample's VoiceServices, of the kinds that every cluster knows."""
    owned = [
        one for service in services_of(sample) for one in owned_by(service, namespace, settings)
    ]
    return [manifest for manifest in owned if kind_of(manifest) not in OPTIONAL]


def owned_by(
    service: VoiceService, namespace: str, settings: OperatorSettings = SETTINGS
) -> list[dict[str, Any]]:
    """The owned objects of a VoiceService, both Jobs included, in this namespace."""
    plan = verified_plan(service, settings)
    preflight = preflight_work_name(service, plan, settings)
    owned: Any = desired_state(service, replace(plan, preflight=preflight), settings)
    return [
        manifest | {"metadata": manifest["metadata"] | {"namespace": namespace}}
        for manifest in owned
    ]


def pods_of(owned: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pods that Kubernetes' controllers would make of the objects."""
    owners = [manifest for manifest in owned if manifest["kind"] in {"Deployment", "Job"}]
    made = []
    for owner in owners:
        (name, namespace), template = (
            (owner["metadata"][key] for key in ("name", "namespace")),
            owner["spec"]["template"],
        )
        metadata = {**template["metadata"], "name": name, "namespace": namespace}
        made.append(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        )
    return made


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


@pytest.mark.parametrize("fixed_user", [True, False])
def test_a_namespace_of_the_restricted_profile_admits_every_pod(
    api_server: ApiServer, restricted: str, fixed_user: bool
) -> None:
    settings = OperatorSettings(fixed_user=fixed_user)
    owned = [one for sample in SAMPLES for one in owned_by_sample(sample, restricted, settings)]
    pods = pods_of(owned)
    for pod in pods:
        made = apply(api_server, path_of(pod), pod, dryRun="All")
        assert made["kind"] == "Pod"
    assert len(pods) > len(SAMPLES)


def test_containers_of_the_spec_are_admitted_by_the_restricted_profile_without_a_word(
    api_server: ApiServer, restricted: str
) -> None:
    spec: dict[str, Any] = {
        "model": {"source": "nvidia/a-model"},
        "initContainers": [{"name": "first", "image": "first:1"}],
        "sidecars": [{"name": "beside", "image": "beside:1", "securityContext": {"runAsUser": 7}}],
        "volumes": [{"name": "more", "secret": {"secretName": "more"}}],
    }
    pods = pods_of(owned_by(voice_service(**spec), restricted))
    assert len(pods) == 3
    for pod in pods:
        made = apply(api_server, path_of(pod), pod, dryRun="All")
        assert [one.get("restartPolicy") for one in made["spec"]["initContainers"]] == [
            None,
            "Always",
        ]


@pytest.mark.parametrize(
    "spec",
    [
        {"resources": {"limits": {"cpu": "4", "memory": "12Gi"}}},
        {
            "resources": {"limits": {"cpu": "50m", "memory": "256Mi"}},
        },
        {
            "resources": {"limits": {"cpu": "4", "memory": "12Gi"}},
            "jobResources": {"limits": {"cpu": "1", "memory": "2Gi"}},
        },
    ],
    ids=["large", "small", "of-the-jobs"],
)
def test_quota_that_admits_the_serving_pods_admits_those_of_the_jobs(
    api_server: ApiServer, limited: str, spec: dict[str, Any]
) -> None:
    service = voice_service(model={"source": "nvidia/a-model"}, gpu={"count": 0}, **spec)
    pods = pods_of(owned_by(service, limited))
    assert {pod["spec"]["containers"][0]["name"] for pod in pods} == {"serve", "fetch", "check"}
    for pod in pods:
        assert apply(api_server, path_of(pod), pod, dryRun="All")["kind"] == "Pod"


def test_quota_refuses_pods_without_limits(api_server: ApiServer, limited: str) -> None:
    service = voice_service(model={"source": "nvidia/a-model"}, gpu={"count": 0})
    for pod in pods_of(owned_by(service, limited)):
        response = api_server.http.post(POD.path(limited), json=pod, params={"dryRun": "All"})
        assert response.status_code == 403
        assert "must specify limits.cpu" in response.json()["message"]


def test_restricted_profile_refuses_a_pod_that_may_become_root(
    api_server: ApiServer, restricted: str
) -> None:
    container = {"name": "serve", "image": "any"}
    pod = {"metadata": {"name": "root"}, "spec": {"containers": [container]}}
    response = api_server.http.post(POD.path(restricted), json=pod, params={"dryRun": "All"})
    assert response.status_code == 403
    assert "violates PodSecurity" in response.json()["message"]
