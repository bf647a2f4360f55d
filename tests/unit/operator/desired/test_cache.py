"""The claim and the Job: who shares a Job, where it runs, and what makes it another one."""

import json
from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService
from nemo_voice_operator.api.service_contract import REFUSED
from nemo_voice_operator.desired.cache import (
    cache_claim,
    cache_job,
    cache_work_name,
    mounts_on_one_node,
)
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork, Plan
from support.operator.voice_services import voice_service

SETTINGS = OperatorSettings(image_tts="speaks:1", image_stt="hears:1")
HUB = {"source": "nvidia/tts_en_fastpitch"}
SHARED = {"claimName": "models"}
MODES = {True: ["ReadWriteOnce"], False: ["ReadWriteMany"]}
"""Access modes of a claim that exists, by whether one node only can mount it."""
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def work_of(service: VoiceService, *, single_node: bool = False, wants_job: bool = True) -> Plan:
    """The plan of a VoiceService whose models are not there yet."""
    cache = service.spec.cache
    named = cache.claim_name if cache else None
    work = CacheWork(
        claim=named or "narrator-models",
        creates_claim=named is None,
        job=cache_work_name(service, SETTINGS),
        single_node=mounts_on_one_node(service, MODES[single_node]),
        wants_job=wants_job,
    )
    return Plan(replicas=0, cache=work, serves=False)


def hub_service(name: str = "narrator", **spec: Any) -> VoiceService:
    """A VoiceService that fetches a hub's model into a claim that others use too."""
    return voice_service(name, **{"model": HUB, "cache": SHARED, **spec})


def job_of(service: VoiceService, *, single_node: bool = False) -> dict[str, Any]:
    job = cache_job(service, work_of(service, single_node=single_node), SETTINGS)
    assert job is not None
    return dict(job)


def pod_of(service: VoiceService, *, single_node: bool = False) -> dict[str, Any]:
    return dict(job_of(service, single_node=single_node)["spec"]["template"]["spec"])


def same_work(**spec: Any) -> bool:
    """Whether a VoiceService that differs so shares the Job, which then is equal to the byte."""
    one, other = job_of(hub_service()), job_of(hub_service("listener", **spec))
    names = one["metadata"].pop("name"), other["metadata"].pop("name")
    is_same = bool(names[0] == names[1])
    assert is_same == (json.dumps(one) == json.dumps(other))
    return is_same


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"replicas": 7},
        {"suspend": True},
        {"scaling": {"max": 3}},
        {"engine": {"precision": "bfloat16", "threads": 2}},
        {"resources": {"requests": {"cpu": "4"}, "limits": {"example.com/fpga": 1}}},
        {"disruptionBudget": {"maxUnavailable": 0}},
        {"gpu": {"count": 2}},
        {"warmup": {"timeoutSeconds": 60}, "rollout": {"strategy": "replace"}},
        {"service": {"port": 80}, "networkPolicy": {"enabled": False}},
        {"topologySpreadConstraints": [{"maxSkew": 1}]},
        {"runtimeClassName": "nvidia"},
        {"env": [{"name": "NEMO_VOICE_LOG_LEVEL", "value": "debug"}]},
    ],
    ids=json.dumps,
)
def test_voice_services_that_need_the_same_files_share_one_job(spec: dict[str, Any]) -> None:
    assert same_work(**spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"task": "stt"},
        {"model": {"source": "nvidia/other"}},
        {"model": {**HUB, "revision": "main"}},
        {"model": {**HUB, "sha256": "d" * 64}},
        {"vocoder": {"source": "nvidia/other"}},
        {"cache": {"claimName": "others"}},
        {"hub": {"endpoint": "https://hub.example"}},
        {"hub": {"tokenSecretRef": {"name": "hub"}}},
        {"image": "speaks:2"},
        {"imagePullPolicy": "Always"},
        {"imagePullSecrets": [{"name": "registry"}]},
        {"serviceAccountName": "speech"},
        {"priorityClassName": "high"},
        {"nodeSelector": {"pool": "speech"}},
        {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
        {"affinity": {"podAntiAffinity": {}}},
        {"gpu": {"count": 0}},
        {"gpu": {"resourceName": "example.com/gpu"}},
        {"env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]},
        {"hub": {"caBundle": {"configMapKeyRef": {"name": "ca", "key": "ca.crt"}}}},
        {"objectLabels": {"team": "a"}},
        {"objectAnnotations": {"team": "a"}},
        {"podLabels": {"team": "a"}},
        {"podAnnotations": {"team": "a"}},
        {"resources": {"limits": {"memory": "4Gi"}}},
        {"jobResources": {"requests": {"cpu": "1"}}},
        {"volumes": [{"name": "more", "emptyDir": {}}]},
        {"initContainers": [{"name": "first", "image": "first:1"}]},
        {"sidecars": [{"name": "beside", "image": "beside:1"}]},
    ],
    ids=json.dumps,
)
def test_job_name_depends_on_whatever_the_job_is_made_of(spec: dict[str, Any]) -> None:
    assert not same_work(**spec)


def test_job_name_depends_on_the_refresh_annotation() -> None:
    service = hub_service()
    annotated = service.metadata.model_copy(update={"annotations": {"nemo-voice.dev/refresh": "1"}})
    refreshed = service.model_copy(update={"metadata": annotated})
    assert cache_work_name(refreshed, SETTINGS) != cache_work_name(service, SETTINGS)


def test_job_names_no_voice_service() -> None:
    job = job_of(hub_service("narrator"))
    assert "narrator" not in json.dumps(job)
    assert job["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "nemo-voice-operator"


def test_no_job_once_its_result_is_recorded() -> None:
    service = hub_service()
    assert cache_job(service, work_of(service, wants_job=False), SETTINGS) is None
    assert cache_job(service, Plan(replicas=1), SETTINGS) is None


def test_failed_tries_keep_their_pods_and_are_few() -> None:
    job = job_of(hub_service())["spec"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["backoffLimit"] == 3
    assert "ttlSecondsAfterFinished" not in job


def test_a_pod_that_was_stopped_from_outside_does_not_count_as_a_try() -> None:
    refused, stopped, drained = job_of(hub_service())["spec"]["podFailurePolicy"]["rules"]
    assert refused["action"] == "FailJob"
    assert refused["onExitCodes"]["values"] == [REFUSED]
    assert {stopped["action"], drained["action"]} == {"Ignore"}
    assert stopped["onExitCodes"]["values"] == [143]
    assert drained["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]


def test_download_reports_result_and_progress() -> None:
    [container] = pod_of(hub_service())["containers"]
    assert container["args"] == [
        "fetch", "--result", "/dev/termination-log", "--progress-port", "8082"
    ]  # fmt: skip
    assert container["ports"] == [{"name": "progress", "containerPort": 8082}]


def test_download_mounts_the_claim_writable_and_requests_no_gpu() -> None:
    pod = pod_of(hub_service())
    [container] = pod["containers"]
    mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
    assert not mounts["models"]["readOnly"]
    assert pod["volumes"][1]["persistentVolumeClaim"] == {"claimName": "models"}
    assert "nvidia.com/gpu" not in json.dumps(container["resources"])


def test_download_has_the_placement_of_the_pods() -> None:
    pod = pod_of(
        hub_service(
            nodeSelector={"pool": "speech"},
            tolerations=[{"key": "speech", "operator": "Exists"}],
            affinity={"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": []}}},
        )
    )
    assert pod["nodeSelector"] == {"pool": "speech"}
    assert pod["tolerations"] == [
        {"key": "speech", "operator": "Exists"},
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
    ]
    assert pod["affinity"]["nodeAffinity"][REQUIRED] == {"nodeSelectorTerms": []}
    [preference] = pod["affinity"]["nodeAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]
    assert preference["preference"]["matchExpressions"][0]["key"] == "nvidia.com/gpu.present"


def test_download_prefers_gpu_nodes_only_with_a_gpu() -> None:
    pod = pod_of(hub_service(gpu={"count": 0}))
    assert (pod["tolerations"], pod["affinity"]) == (None, None)


def test_download_is_bound_to_the_node_of_a_single_node_claim() -> None:
    pod = pod_of(hub_service(), single_node=True)
    [term] = pod["affinity"]["podAffinity"][REQUIRED]
    assert term["labelSelector"] == {"matchLabels": {"nemo-voice.dev/claim": "models"}}
    job = job_of(hub_service())["spec"]["template"]["metadata"]["labels"]
    assert job["nemo-voice.dev/claim"] == "models"


@pytest.mark.parametrize(
    ("cache", "expected"),
    [
        (
            None,
            {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": None,
                "resources": {"requests": {"storage": "20Gi"}},
            },
        ),
        (
            {"size": "5Gi", "storageClassName": "fast", "accessModes": ["ReadWriteMany"]},
            {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "5Gi"}},
            },
        ),
    ],
)
def test_created_claim_follows_the_spec(
    cache: dict[str, Any] | None, expected: dict[str, Any]
) -> None:
    service = voice_service(model=HUB, cache=cache)
    claim: Any = cache_claim(service, work_of(service), SETTINGS)
    assert claim["spec"] == expected
    assert claim["metadata"]["name"] == "narrator-models"


@pytest.mark.parametrize(
    ("cache", "retained"),
    [(None, "true"), ({"size": "1Gi", "retain": True}, "true"), ({"retain": False}, "false")],
)
def test_created_claim_is_annotated_with_retain(
    cache: dict[str, Any] | None, retained: str
) -> None:
    service = voice_service(model=HUB, cache=cache)
    claim: Any = cache_claim(service, work_of(service), SETTINGS)
    assert claim["metadata"]["annotations"] == {"nemo-voice.dev/retain": retained}


@pytest.mark.parametrize("plan", [Plan(replicas=1), work_of(hub_service())])
def test_no_claim_is_made_where_none_is_needed_or_one_is_named(plan: Plan) -> None:
    assert cache_claim(hub_service(), plan, SETTINGS) is None


@pytest.mark.parametrize(
    ("cache", "observed", "expected"),
    [
        ({"accessModes": ["ReadWriteOnce"]}, False, True),
        ({"accessModes": ["ReadWriteOnce", "ReadWriteMany"]}, False, False),
        (None, False, True),
        (SHARED, False, False),
        (SHARED, True, True),
    ],
)
def test_access_modes_decide_whether_a_claim_mounts_on_one_node(
    cache: dict[str, Any] | None, observed: bool, expected: bool
) -> None:
    service = voice_service(model=HUB, cache=cache)
    assert mounts_on_one_node(service, MODES[observed]) is expected
