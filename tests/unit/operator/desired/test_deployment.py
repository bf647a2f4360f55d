"""The Deployment: which template, how many pods, how they are exchanged and where they go."""

from typing import Any

import pytest

from nemo_voice_operator.desired.deployment import pod_template, serving_deployment
from nemo_voice_operator.kube.manifests import Manifest
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork, Plan
from support.operator.voice_services import voice_service

SETTINGS = OperatorSettings()
KEPT: Manifest = {"metadata": {"labels": {"kept": "yes"}}, "spec": {"containers": []}}
NEAR_CLAIM = {
    "topologyKey": "kubernetes.io/hostname",
    "labelSelector": {"matchLabels": {"nemo-voice.dev/claim": "models"}},
}


def claimed(*, single_node: bool = False) -> Plan:
    work = CacheWork(claim="models", creates_claim=False, job="job", single_node=single_node)
    return Plan(replicas=1, cache=work)


def pod_of(plan: Plan | None = None, **spec: Any) -> dict[str, Any]:
    """The spec of the pods."""
    template: Any = pod_template(voice_service(**spec), plan or Plan(replicas=1), SETTINGS)
    return dict(template["spec"])


def deployment_of(plan: Plan, **spec: Any) -> dict[str, Any]:
    made: Any = serving_deployment(voice_service(**spec), plan, SETTINGS)
    return dict(made["spec"])


def test_no_deployment_before_the_first_verified_model() -> None:
    assert serving_deployment(voice_service(), Plan(replicas=1, serves=False), SETTINGS) is None


def test_kept_template_is_used_while_the_specs_own_may_not_run() -> None:
    made = deployment_of(Plan(replicas=3, serves=False, kept_template=KEPT))
    assert (made["template"], made["replicas"]) == (KEPT, 3)


def test_the_specs_own_template_wins_over_a_kept_one_once_it_may_run() -> None:
    service, plan = voice_service(), Plan(replicas=1, kept_template=KEPT)
    assert deployment_of(plan)["template"] == pod_template(service, plan, SETTINGS)


@pytest.mark.parametrize(("strategy", "surge", "unavailable"), [("surge", 1, 0), ("replace", 0, 1)])
def test_pods_are_replaced_one_by_one(strategy: str, surge: int, unavailable: int) -> None:
    made = deployment_of(Plan(replicas=8), rollout={"strategy": strategy})
    assert made["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
    }


def test_progress_deadline_covers_pull_and_warmup() -> None:
    made = deployment_of(Plan(replicas=1), warmup={"timeoutSeconds": 300})
    assert made["progressDeadlineSeconds"] == 900


def test_selector_is_constant_and_selects_the_template() -> None:
    made = deployment_of(claimed(), podLabels={"team": "a"}, task="stt")
    labels, selected = made["template"]["metadata"]["labels"], made["selector"]["matchLabels"]
    assert selected == {
        "nemo-voice.dev/voiceservice": "narrator",
        "app.kubernetes.io/component": "serving",
    }
    assert labels.items() >= {**selected, "team": "a", "nemo-voice.dev/claim": "models"}.items()


def test_pod_labels_of_the_spec_never_replace_ours() -> None:
    mine = {"app.kubernetes.io/component": "mine"}
    made = deployment_of(Plan(replicas=1), podLabels=mine)
    assert made["template"]["metadata"]["labels"]["app.kubernetes.io/component"] == "serving"


@pytest.mark.parametrize("plan", [Plan(replicas=1), claimed()])
def test_pod_securitys_restricted_profile_admits_the_pods(plan: Plan) -> None:
    pod = pod_of(plan)
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"emptyDir", "persistentVolumeClaim"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)


def test_pod_has_no_service_account_token_and_no_service_links() -> None:
    pod = pod_of(serviceAccountName="speech")
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["serviceAccountName"] == "speech"


def test_demo_is_unpacked_into_an_empty_dir() -> None:
    volumes = {volume["name"]: volume for volume in pod_of()["volumes"]}
    assert volumes["models"] == {"name": "models", "emptyDir": {"sizeLimit": "1Gi"}}


def test_placement_fields_are_passed_through() -> None:
    tolerations = [{"key": "gpu", "operator": "Exists"}, {"key": "x", "value": "y"}]
    spread = [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
    pod = pod_of(
        nodeSelector={"pool": "speech"},
        tolerations=tolerations,
        affinity={"nodeAffinity": {"x": []}},
        topologySpreadConstraints=spread,
        runtimeClassName="nvidia",
        priorityClassName="high",
        imagePullSecrets=[{"name": "registry"}],
    )
    assert pod["nodeSelector"] == {"pool": "speech"}
    assert pod["tolerations"] == [tolerations[0], {"operator": "Equal", **tolerations[1]}]
    assert pod["affinity"] == {"nodeAffinity": {"x": []}}
    assert pod["topologySpreadConstraints"] == spread
    assert (pod["runtimeClassName"], pod["priorityClassName"]) == ("nvidia", "high")
    assert pod["imagePullSecrets"] == [{"name": "registry"}]


def test_pods_prefer_different_nodes_by_default() -> None:
    [constraint] = pod_of()["topologySpreadConstraints"]
    assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
    assert constraint["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize(
    ("affinity", "others"),
    [
        (None, []),
        (
            {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"a": 1}]}},
            [{"a": 1}],
        ),
        ({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": None}}, []),
    ],
)
def test_pods_of_a_single_node_claim_are_bound_to_that_node(
    affinity: dict[str, Any] | None, others: list[Any]
) -> None:
    pod = pod_of(claimed(single_node=True), affinity=affinity)
    terms = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert terms == [*others, NEAR_CLAIM]


def test_pods_of_a_many_node_claim_are_not_bound() -> None:
    assert "affinity" not in pod_of(claimed())
