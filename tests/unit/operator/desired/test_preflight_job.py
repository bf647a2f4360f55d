"""The preflight Job: its pod is the one that would serve, but without a GPU."""

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
    """The plan in which a preflight is due."""
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
    """What would serve: the same VoiceService's Deployment once the preflight succeeded."""
    service = voice_service(**spec)
    owned: Any = desired_state(service, verified_plan(service, SETTINGS), SETTINGS)
    [pod] = [one["spec"]["template"]["spec"] for one in owned if one["kind"] == "Deployment"]
    return dict(pod)


def test_no_preflight_job_unless_the_plan_has_one() -> None:
    assert preflight_job(voice_service(), Plan(replicas=1), SETTINGS) is None


@pytest.mark.parametrize("spec", [{}, HUB], ids=["demo", "hub"])
def test_preflight_has_the_environment_of_the_serving_container(spec: dict[str, Any]) -> None:
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


def test_preflight_requests_no_gpu_and_tolerates_gpu_nodes() -> None:
    spec: dict[str, Any] = {
        "nodeSelector": {"zone": "a"},
        "runtimeClassName": "nvidia",
        "gpu": {"count": 2},
    }
    pod = pod_of(**HUB, **spec)
    resources = pod["containers"][0]["resources"]
    assert resources == {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": None}
    assert pod["nodeSelector"] == {"zone": "a"}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod[
        "tolerations"
    ]
    assert "runtimeClassName" not in pod


def test_preflight_prefers_the_node_of_a_serving_pod() -> None:
    [preference] = pod_of()["affinity"]["podAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]
    assert preference["podAffinityTerm"]["labelSelector"]["matchLabels"] == selector_of(
        voice_service()
    )


def test_preflight_is_bound_to_the_node_of_a_single_node_claim() -> None:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    [term] = pod_of(single_node=True, **HUB)["affinity"]["podAffinity"][required]
    assert term["labelSelector"]["matchLabels"] == {"nemo-voice.dev/claim": "models"}
    assert required not in pod_of(**HUB)["affinity"]["podAffinity"]
    labels = job_of(**HUB)["spec"]["template"]["metadata"]["labels"]
    assert labels["nemo-voice.dev/claim"] == "models"


def test_preflight_pod_is_not_selected_by_the_service() -> None:
    job = job_of()
    assert (
        not selector_of(voice_service()).items()
        & job["spec"]["template"]["metadata"]["labels"].items()
    )
    assert is_preflight(job)
    assert not is_preflight({"metadata": {}})


def test_stopped_pod_is_no_failure_and_a_failed_pod_fails_the_preflight() -> None:
    spec = job_of()["spec"]
    assert spec["backoffLimit"] == 0
    assert {rule["action"] for rule in spec["podFailurePolicy"]["rules"]} == {"Ignore"}
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_preflight_name_depends_on_image_settings_and_placement() -> None:
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
        manifest
        for manifest in desired_state(service, plan, SETTINGS)
        if manifest["kind"] == "Job" and is_preflight(manifest)
    ]
    assert faults_of(job, version) == []
