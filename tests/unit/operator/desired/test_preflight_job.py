"""The Job that proves a change: the pod that would serve, but without a GPU, beside the one now."""

from dataclasses import replace
from typing import Any

import pytest

from nemo_voice_operator.desired import desired_state
from nemo_voice_operator.desired.names import selector_of
from nemo_voice_operator.desired.preflight_job import (
    is_preflight,
    preflight_job,
    preflight_work_name,
)
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import Plan
from support.kubernetes.schemas import NEWEST, OLDEST, faults_of
from support.operator.voice_services import verified_plan, voice_service

SETTINGS = OperatorSettings(image_tts="speaks:1", image_stt="hears:1")
HUB: dict[str, Any] = {"model": {"source": "nvidia/a-model"}, "cache": {"claimName": "models"}}


def plan_for(*, single_node: bool = False, **spec: Any) -> Plan:
    """The plan that wants a change proven."""
    service = voice_service(**spec)
    plan = verified_plan(service, SETTINGS, single_node=single_node)
    return replace(plan, serves=False, preflight=preflight_work_name(service, plan, SETTINGS))


def job_of(*, single_node: bool = False, **spec: Any) -> dict[str, Any]:
    job: Any = preflight_job(
        voice_service(**spec), plan_for(single_node=single_node, **spec), SETTINGS
    )
    return dict(job)


def pod_of(*, single_node: bool = False, **spec: Any) -> dict[str, Any]:
    return dict(job_of(single_node=single_node, **spec)["spec"]["template"]["spec"])


def serving_pod_of(**spec: Any) -> dict[str, Any]:
    """What would serve: the same VoiceService's Deployment once the change is proven."""
    service = voice_service(**spec)
    children: Any = desired_state(service, verified_plan(service, SETTINGS), SETTINGS)
    [pod] = [one["spec"]["template"]["spec"] for one in children if one["kind"] == "Deployment"]
    return dict(pod)


def test_nothing_is_proven_unless_the_plan_says_so() -> None:
    assert preflight_job(voice_service(), Plan(replicas=1), SETTINGS) is None


@pytest.mark.parametrize("spec", [{}, HUB], ids=["demo", "hub"])
def test_it_is_told_what_the_serving_container_is_told(spec: dict[str, Any]) -> None:
    extra: dict[str, Any] = {
        "env": [{"name": "NEMO_VOICE_LOG_LEVEL", "value": "debug"}],
        "image": "other:2",
    }
    [check] = pod_of(**spec, **extra)["containers"]
    [serve] = serving_pod_of(**spec, **extra)["containers"]
    for same in ("image", "imagePullPolicy", "env", "securityContext"):
        assert check[same] == serve[same]
    assert check["args"] == ["check", "--result", "/dev/termination-log"]
    mounts = {one["name"]: one.get("readOnly") for one in check["volumeMounts"]}
    assert mounts["models"] is (True if spec else None)


def test_it_asks_for_no_gpu_and_goes_where_those_with_one_may() -> None:
    spec: dict[str, Any] = {
        "nodeSelector": {"zone": "a"},
        "runtimeClassName": "nvidia",
        "gpu": {"count": 2},
    }
    pod = pod_of(**HUB, **spec)
    assert pod["containers"][0]["resources"] == {"requests": {"cpu": "100m", "memory": "512Mi"}}
    assert pod["nodeSelector"] == {"zone": "a"}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod[
        "tolerations"
    ]
    assert "runtimeClassName" not in pod


def test_it_wishes_for_the_node_of_a_pod_that_serves_where_its_image_is_then_wanted() -> None:
    [wish] = pod_of()["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert wish["podAffinityTerm"]["labelSelector"]["matchLabels"] == selector_of(voice_service())


def test_a_claim_of_one_node_binds_it_to_that_node() -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    [term] = pod_of(single_node=True, **HUB)["affinity"]["podAffinity"][required]
    assert term["labelSelector"]["matchLabels"] == {"nemo-voice.dev/claim": "models"}
    assert required not in pod_of(**HUB)["affinity"]["podAffinity"]
    labels = job_of(**HUB)["spec"]["template"]["metadata"]["labels"]
    assert labels["nemo-voice.dev/claim"] == "models"


def test_its_pod_is_none_of_those_that_serve() -> None:
    job = job_of()
    assert (
        not selector_of(voice_service()).items()
        & job["spec"]["template"]["metadata"]["labels"].items()
    )
    assert is_preflight(job)
    assert not is_preflight({"metadata": {}})


def test_a_stopped_pod_is_no_failure_and_a_failed_one_ends_it() -> None:
    spec = job_of()["spec"]
    assert spec["backoffLimit"] == 0
    assert {rule["action"] for rule in spec["podFailurePolicy"]["rules"]} == {"Ignore"}
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_another_image_setting_or_place_is_another_proof() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"image": "other:2"},
        {"env": [{"name": "A", "value": "b"}]},
        {"nodeSelector": {"zone": "b"}},
    ]
    names = [plan_for(**{**HUB, **change}).preflight for change in changes]
    assert len(set(names)) == len(changes)
    assert all(name and name.startswith("narrator-preflight-") for name in names)


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("spec", [{}, HUB], ids=["demo", "hub"])
def test_kubernetes_knows_every_field(spec: dict[str, Any], version: str) -> None:
    service, plan = voice_service(**spec), plan_for(**spec)
    [job] = [
        child
        for child in desired_state(service, plan, SETTINGS)
        if child["kind"] == "Job" and is_preflight(child)
    ]
    assert faults_of(job, version) == []
