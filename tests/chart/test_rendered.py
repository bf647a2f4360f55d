"""The chart's objects: valid for Kubernetes, confined, with exactly the operator's rights."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from nemo_voice_operator.controller.health import LIVE_PATH, READY_PATH
from nemo_voice_operator.kube.kinds import VOICE_SERVICE
from nemo_voice_operator.kube.rbac import definition_rules, other_rules, own_rules, rules
from nemo_voice_operator.settings import OperatorSettings
from support.docs.repository import ROOT
from support.kubernetes.chart import CHART, EVERYTHING, NAME, NAMESPACE, Chart, field, named, pod
from support.kubernetes.kubeconform import MINORS, kubeconform, write_schemas

MONITORING = ROOT / "monitoring"
PAIR = {
    "voiceServices": {
        "narrator": {"task": "tts", "model": {"source": "demo"}, "service": {"port": 80}},
        "another": {"task": "tts", "model": {"source": "demo"}, "suspend": True},
        "guarded": {
            "task": "tts",
            "model": {"source": "demo"},
            "auth": {"keysSecretRef": {"name": "keys"}},
        },
        "listener": {"task": "stt", "model": {"source": "demo"}},
    }
}


@pytest.mark.parametrize("values", [None, EVERYTHING], ids=["defaults", "everything"])
def test_helm_lint_has_no_findings(chart: Chart, values: Path | None) -> None:
    given = ["--values", str(values)] if values else []
    printed = chart.helm("lint", "--strict", str(CHART), "--namespace", NAMESPACE, *given)
    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed


@pytest.mark.parametrize("minor", MINORS)
def test_kubeconform_accepts_every_field(
    chart: Chart,
    defaults: list[dict[str, Any]],
    everything: Mapping[str, Any],
    tmp_path: Path,
    minor: str,
) -> None:
    made = [*defaults, *chart.objects(everything, "--include-crds")]
    write_schemas(tmp_path, minor, made)
    # The kind is Prometheus' operator's, and no schema of it is here.
    assert kubeconform(chart.binaries, made, tmp_path, "ServiceMonitor", "PrometheusRule") == ""


def test_kubeconform_finds_a_misspelt_field(
    chart: Chart, defaults: list[dict[str, Any]], tmp_path: Path
) -> None:
    wrong = named(defaults, "Deployment")
    wrong = {**wrong, "spec": {**wrong["spec"], "replica": 1}}
    write_schemas(tmp_path, MINORS[-1], [wrong])
    assert "replica" in kubeconform(chart.binaries, [wrong], tmp_path)


def test_rules_and_dashboards_are_copied_unchanged(
    everything: Mapping[str, Any], chart: Chart
) -> None:
    made = chart.objects(everything)
    rules = yaml.safe_load((MONITORING / "rules" / "nemo-voice.yaml").read_text())
    assert named(made, "PrometheusRule")["spec"] == rules
    shown = [o["data"] for o in made if o["kind"] == "ConfigMap"]
    written = {path.name: path.read_text() for path in (MONITORING / "dashboards").iterdir()}
    assert {name: text for data in shown for name, text in data.items()} == written


def test_the_operator_gets_its_rights_and_no_others(defaults: list[dict[str, Any]]) -> None:
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    assert _all_granted(defaults, account) == {
        ("ClusterRole", None): [*other_rules(), *rules()],
        ("Role", NAMESPACE): own_rules(NAME),
    }


def test_with_watched_namespaces_the_rights_are_limited_to_them(chart: Chart) -> None:
    made = chart.objects({"operator": {"watchNamespaces": ["one", "two"]}})
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
    granted: dict[tuple[str, Any], list[Any]] = {
        ("Role", "one"): rules(),
        ("Role", "two"): rules(),
        ("Role", NAMESPACE): own_rules(NAME),
    }
    assert _all_granted(made, account) == {**granted, ("ClusterRole", None): other_rules()}
    values = {"operator": {"watchNamespaces": ["one", "two"]}, "rbac": {"leases": False}}
    assert _all_granted(chart.objects(values), account) == granted


def test_no_pod_of_the_chart_names_a_user_where_the_cluster_chooses_it(chart: Chart) -> None:
    values = {
        "operator": {"fixedUser": False},
        **PAIR,
        "crds": {"apply": "always"},
    }
    pods = [
        one["spec"]["template"]["spec"] if "template" in one["spec"] else one["spec"]
        for one in chart.objects(values)
        if one["kind"] in {"Deployment", "Job", "Pod"}
    ]
    assert len(pods) == 3
    for one in pods:
        assert one["securityContext"] == {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        }


def test_the_definitions_job_gets_its_rights_and_no_others(defaults: list[dict[str, Any]]) -> None:
    name = f"{NAME}-definition"
    account = {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}
    assert dict(_granted(defaults, account)) == {("ClusterRole", None): definition_rules()}
    job = named(defaults, "Job")["spec"]["template"]["spec"]
    assert (job["serviceAccountName"], job["containers"][0]["args"]) == (
        name,
        ["crd", "apply", "--field-manager", "helm"],
    )


def test_users_see_and_change_voice_services_but_no_status(defaults: list[dict[str, Any]]) -> None:
    view, edit = (
        named(defaults, "ClusterRole", f"{NAMESPACE}:{NAME}-{one}") for one in ("view", "edit")
    )
    verbs = {verb for rule in view["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
    written = {resource for rule in edit["rules"] for resource in rule["resources"]}
    assert written == {"voiceservices", "voiceservices/scale"}
    groups = {group for rule in (*view["rules"], *edit["rules"]) for group in rule["apiGroups"]}
    assert groups == {VOICE_SERVICE.group}
    assert _aggregated(view) == {"view", "edit", "admin"}
    assert _aggregated(edit) == {"edit", "admin"}


def test_ports_and_probes_are_the_operators(defaults: list[dict[str, Any]]) -> None:
    known = OperatorSettings.model_construct()
    ports = {one["name"]: one["containerPort"] for one in pod("containers", 0, "ports")(defaults)}
    assert ports == {"metrics": known.metrics_port, "health": known.health_port}
    for probe, path in (("livenessProbe", LIVE_PATH), ("readinessProbe", READY_PATH)):
        wanted = pod("containers", 0, probe, "httpGet")(defaults)
        assert wanted == {"path": path, "port": "health"}


def test_the_operator_knows_its_own_deployment(defaults: list[dict[str, Any]]) -> None:
    environment = {one["name"]: one["value"] for one in pod("containers", 0, "env")(defaults)}
    assert (
        environment["NEMO_VOICE_OPERATOR_DEPLOYMENT"]
        == named(defaults, "Deployment")["metadata"]["name"]
    )


def test_every_pod_is_confined_and_gets_no_service_variables(
    chart: Chart, everything: Mapping[str, Any]
) -> None:
    specs = list(_pods(chart.objects(everything)))
    assert len(specs) == 3
    for spec in specs:
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"]
        (container,) = spec["containers"]
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_every_image_comes_from_the_registry_that_is_named(chart: Chart) -> None:
    made = chart.objects({"images": {"registry": "mirror.example/x"}, **PAIR})
    assert not re.search(r"ghcr\.io", str(made))


def test_a_definition_is_applied_before_an_installation_only_if_asked(chart: Chart) -> None:
    hook = field("Job", "metadata", "annotations", "helm.sh/hook")
    assert hook(chart.objects()) == "pre-upgrade"
    assert hook(chart.objects({"crds": {"apply": "always"}})) == "pre-install,pre-upgrade"


def test_a_voice_service_is_passed_on_as_it_is(chart: Chart, everything: Mapping[str, Any]) -> None:
    made = named(chart.objects(everything), "VoiceService", "narrator")
    wanted = everything["voiceServices"]["narrator"]
    assert made["metadata"]["annotations"] == wanted["annotations"]
    assert wanted["labels"].items() <= made["metadata"]["labels"].items()
    spec = {key: value for key, value in wanted.items() if key not in {"labels", "annotations"}}
    assert made["spec"] == {**spec, "imagePullSecrets": everything["images"]["pullSecrets"]}


def test_the_helm_test_calls_the_first_running_service_of_each_task_without_keys(
    chart: Chart,
) -> None:
    arguments = field("Pod", "spec", "containers", 0, "args")(chart.objects(PAIR))
    assert arguments[:2] == ["http://narrator:80", "http://listener:5001"]


def test_there_is_no_helm_test_without_both_tasks(chart: Chart) -> None:
    alone = {"voiceServices": {"a": {"task": "tts", "model": {"source": "demo"}}}}
    assert named(chart.objects(alone), "Pod") is None


def test_a_release_without_an_operator_is_its_voice_services(chart: Chart) -> None:
    made = chart.objects({"operator": {"enabled": False}, "test": {"enabled": False}, **PAIR})
    assert {one["kind"] for one in made} == {"VoiceService"}


def test_every_object_has_its_namespace_in_its_metadata_or_name(
    chart: Chart, everything: Mapping[str, Any]
) -> None:
    for one in chart.objects(everything):
        metadata = one["metadata"]
        if one["kind"].startswith("Cluster"):
            assert metadata["name"].startswith(f"{NAMESPACE}:"), "two releases must not collide"
        else:
            assert metadata["namespace"] in {NAMESPACE, "elsewhere"}


def _granted(objects: Any, account: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
    """Yields each role that is bound to the account: kind and namespace, then its rules."""
    for binding in objects:
        if account in binding.get("subjects", ()):
            reference = binding["roleRef"]
            place = binding["metadata"].get("namespace")
            (role,) = (
                one
                for one in objects
                if (one["kind"], one["metadata"]["name"]) == (reference["kind"], reference["name"])
                and one["metadata"].get("namespace") == place
            )
            yield (role["kind"], place), role["rules"]


def _all_granted(objects: Any, account: Any) -> dict[tuple[str, Any], list[Any]]:
    """Returns the rules in each place, of all roles there together, ordered by resource."""
    found: dict[tuple[str, Any], list[Any]] = {}
    for place, granted in _granted(objects, account):
        found[place] = sorted([*granted, *found.get(place, [])], key=_ORDER.index)
    return found


_ORDER: list[Any] = [*other_rules(), *own_rules(NAME), *rules()]


def _aggregated(role: Any) -> set[str]:
    prefix = "rbac.authorization.k8s.io/aggregate-to-"
    return {key.removeprefix(prefix) for key in role["metadata"]["labels"] if prefix in key}


def _pods(objects: Any) -> Iterator[Any]:
    for one in objects:
        if one["kind"] in {"Deployment", "Job"}:
            yield one["spec"]["template"]["spec"]
        elif one["kind"] == "Pod":
            yield one["spec"]
