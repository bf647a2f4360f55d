"""Each value of the chart does what it says, alone and against the default."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from nemo_voice_operator.settings import OperatorSettings
from support.kubernetes.chart import (
    NAME,
    NAMESPACE,
    Chart,
    Look,
    field,
    merged,
    names,
    nested,
    pod,
    setting,
    settings,
)
from tools.chart.files import leaves
from tools.chart.values import ChartValues
from tools.release.versions import project_version

DIGEST = f"sha256:{'0' * 64}"
DEMO = {"model": {"source": "demo"}, "gpu": {"count": 0}}
PAIR = {"voiceServices": {"a": {"task": "tts", **DEMO}, "b": {"task": "stt", **DEMO}}}
MONITORED = {"monitoring": {"serviceMonitor": {"enabled": True}}}
RULES = {"monitoring": {"rules": {"enabled": True}}}
DASHBOARDS = {"monitoring": {"dashboards": {"enabled": True}}}
DEFAULT_REGISTRY, VERSION = "ghcr.io/nemo-voice", project_version()
OPERATOR = pod("containers", 0, "image")
TOLERATION = {"key": "dedicated", "operator": "Exists"}
SPREAD = {"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
AFFINITY: Mapping[str, Any] = {"podAntiAffinity": {}}


class Case(NamedTuple):
    """A value, what it leads to, and what else has to be set."""

    value: Any
    look: Look
    expected: Any
    besides: Mapping[str, Any] = {}


def image_cases(name: str, repository: str, look: Look) -> dict[str, Case]:
    place = f"{DEFAULT_REGISTRY}/{repository}"
    return {
        f"images.{name}.registry": Case("r.example", look, f"r.example/{repository}:{VERSION}"),
        f"images.{name}.repository": Case("other", look, f"{DEFAULT_REGISTRY}/other:{VERSION}"),
        f"images.{name}.tag": Case("9", look, f"{place}:9", {"images": {"tag": "8"}}),
        f"images.{name}.digest": Case(DIGEST, look, f"{place}@{DIGEST}", {"images": {"tag": "8"}}),
    }


CASES: Mapping[str, Case] = {
    "nameOverride": Case("x", names("Deployment"), ["nv-x"]),
    "fullnameOverride": Case("x", names("Deployment"), ["x"]),
    "commonLabels": Case({"team": "v"}, field("Deployment", "metadata", "labels", "team"), "v"),
    "images.registry": Case("r.example", OPERATOR, f"r.example/nemo-voice-operator:{VERSION}"),
    "images.tag": Case("9", OPERATOR, f"{DEFAULT_REGISTRY}/nemo-voice-operator:9"),
    "images.pullPolicy": Case("Always", setting("IMAGE_PULL_POLICY"), "Always"),
    "images.pullSecrets": Case([{"name": "m"}], pod("imagePullSecrets"), [{"name": "m"}]),
    **image_cases("operator", "nemo-voice-operator", OPERATOR),
    **image_cases("tts", "nemo-voice-tts", setting("IMAGE_TTS")),
    **image_cases("stt", "nemo-voice-stt", setting("IMAGE_STT")),
    "crds.apply": Case("never", names("Job"), []),
    "rbac.create": Case(False, names("Role"), []),
    "rbac.aggregate": Case(
        False,
        names("ClusterRole"),
        [
            f"{NAMESPACE}:{NAME}",
            f"{NAMESPACE}:{NAME}-definition",
            f"{NAMESPACE}:{NAME}-leases",
        ],
    ),
    "rbac.leases": Case(
        False,
        names("ClusterRole"),
        [
            f"{NAMESPACE}:{NAME}",
            f"{NAMESPACE}:{NAME}-definition",
            f"{NAMESPACE}:{NAME}-edit",
            f"{NAMESPACE}:{NAME}-view",
        ],
    ),
    "serviceAccount.create": Case(False, pod("serviceAccountName"), "default"),
    "serviceAccount.name": Case("s", pod("serviceAccountName"), "s"),
    "serviceAccount.annotations": Case(
        {"a": "b"}, field("ServiceAccount", "metadata", "annotations", name=NAME), {"a": "b"}
    ),
    "operator.enabled": Case(False, len, 0),
    "operator.replicas": Case(3, field("Deployment", "spec", "replicas"), 3),
    "operator.watchNamespaces": Case(["one", "two"], setting("WATCHED"), "one,two"),
    "operator.workers": Case(4, setting("WORKERS"), "4"),
    "operator.resyncSeconds": Case(60.5, setting("RESYNC_S"), "60.5"),
    "operator.scalingIntervalSeconds": Case(2, setting("SCALING_INTERVAL_S"), "2"),
    "operator.leaseSeconds": Case(30, setting("LEASE_S"), "30"),
    "operator.cacheSize": Case("1Ti", setting("CACHE_SIZE"), "1Ti"),
    "operator.fixedUser": Case(False, setting("FIXED_USER"), "false"),
    "operator.logging.level": Case("debug", setting("LOG_LEVEL"), "debug"),
    "operator.logging.style": Case("text", setting("LOG_STYLE"), "text"),
    "operator.resources": Case(
        {"limits": {"cpu": "2"}}, pod("containers", 0, "resources", "limits", "cpu"), "2"
    ),
    "operator.nodeSelector": Case({"a": "b"}, pod("nodeSelector"), {"a": "b"}),
    "operator.tolerations": Case([TOLERATION], pod("tolerations"), [TOLERATION]),
    "operator.affinity": Case(AFFINITY, pod("affinity"), AFFINITY),
    "operator.topologySpreadConstraints": Case(
        [SPREAD], pod("topologySpreadConstraints"), [SPREAD]
    ),
    "operator.priorityClassName": Case("high", pod("priorityClassName"), "high"),
    "operator.podLabels": Case(
        {"a": "b"}, field("Deployment", "spec", "template", "metadata", "labels", "a"), "b"
    ),
    "operator.podAnnotations": Case(
        {"a": "b"}, field("Deployment", "spec", "template", "metadata", "annotations"), {"a": "b"}
    ),
    "operator.env": Case([{"name": "TZ", "value": "UTC"}], setting("TZ"), "UTC"),
    "operator.podDisruptionBudget.enabled": Case(False, names("PodDisruptionBudget"), []),
    "operator.podDisruptionBudget.maxUnavailable": Case(
        2, field("PodDisruptionBudget", "spec", "maxUnavailable"), 2
    ),
    "operator.networkPolicy.enabled": Case(False, names("NetworkPolicy"), []),
    "monitoring.namespace": Case("watching", setting("MONITORING_NAMESPACE"), "watching"),
    "monitoring.metricsService.enabled": Case(False, names("Service"), []),
    "monitoring.metricsService.annotations": Case(
        {"a": "b"}, field("Service", "metadata", "annotations"), {"a": "b"}
    ),
    "monitoring.serviceMonitor.enabled": Case(True, names("ServiceMonitor"), [NAME]),
    "monitoring.serviceMonitor.labels": Case(
        {"a": "b"}, field("ServiceMonitor", "metadata", "labels", "a"), "b", MONITORED
    ),
    "monitoring.serviceMonitor.interval": Case(
        "15s", field("ServiceMonitor", "spec", "endpoints", 0, "interval"), "15s", MONITORED
    ),
    "monitoring.rules.enabled": Case(True, names("PrometheusRule"), [NAME]),
    "monitoring.rules.labels": Case(
        {"a": "b"}, field("PrometheusRule", "metadata", "labels", "a"), "b", RULES
    ),
    "monitoring.dashboards.enabled": Case(
        True, names("ConfigMap"), [f"{NAME}-operator", f"{NAME}-services"]
    ),
    "monitoring.dashboards.labels": Case(
        {"a": "b"},
        field("ConfigMap", "metadata", "labels", "a", name=f"{NAME}-operator"),
        "b",
        DASHBOARDS,
    ),
    "monitoring.dashboards.annotations": Case(
        {"a": "b"},
        field("ConfigMap", "metadata", "annotations", name=f"{NAME}-services"),
        {"a": "b"},
        DASHBOARDS,
    ),
    "voiceServices": Case(PAIR["voiceServices"], names("VoiceService"), ["a", "b"]),
    "test.enabled": Case(False, names("Pod"), [], PAIR),
    "test.text": Case("Hi.", field("Pod", "spec", "containers", 0, "args", 2), "Hi.", PAIR),
    "test.timeoutSeconds": Case(30, field("Pod", "spec", "containers", 0, "args", 3), "30", PAIR),
}

SETTINGS = {
    "operator.workers": "workers",
    "operator.resyncSeconds": "resync_s",
    "operator.scalingIntervalSeconds": "scaling_interval_s",
    "operator.leaseSeconds": "lease_s",
    "operator.cacheSize": "cache_size",
    "operator.fixedUser": "fixed_user",
    "operator.logging.level": "log_level",
    "operator.logging.style": "log_style",
    "operator.watchNamespaces": "watched",
    "images.pullPolicy": "image_pull_policy",
    "monitoring.namespace": "monitoring_namespace",
}
"""Values that are a setting of the operator."""
MADE_OF_OTHERS = {"namespace", "deployment", "image_tts", "image_stt", "monitor_labels"}
NOT_SET = {"identity", "metrics_port", "health_port"}
"""The pod's own name is the identity, and the ports are those of the chart's probes."""


def test_every_value_has_a_case() -> None:
    assert {path for path, _, _ in leaves(ChartValues())} == set(CASES)


@pytest.mark.parametrize("path", CASES)
def test_a_value_changes_what_its_case_says(
    chart: Chart, defaults: list[dict[str, Any]], path: str
) -> None:
    case = CASES[path]
    before = chart.objects(case.besides) if case.besides else defaults
    assert case.look(before) != case.expected, "it would be so without the value"
    after = chart.objects(merged(case.besides, nested(path, case.value)))
    assert case.look(after) == case.expected


def test_the_everything_file_sets_every_value(everything: Mapping[str, Any]) -> None:
    assert {path for path, _, _ in leaves(ChartValues()) if not _has(everything, path)} == set()


def test_every_setting_of_the_operator_is_set_or_listed_as_not_set(
    defaults: list[dict[str, Any]],
) -> None:
    covered = {*SETTINGS.values(), *MADE_OF_OTHERS}
    assert set(OperatorSettings.model_fields) == covered | NOT_SET
    assert {name.lower() for name in settings(defaults)} == covered


def test_monitors_of_voice_services_have_the_labels_of_the_operators_monitor(chart: Chart) -> None:
    labels = {"release": "prometheus", "team": "voice"}
    set_labels = settings(chart.objects({"monitoring": {"serviceMonitor": {"labels": labels}}}))
    assert set_labels["MONITOR_LABELS"] == "release=prometheus,team=voice"


def test_by_default_the_operator_gets_its_own_defaults(
    defaults: list[dict[str, Any]],
) -> None:
    given = {f"NEMO_VOICE_OPERATOR_{name}": text for name, text in settings(defaults).items()}
    with pytest.MonkeyPatch.context() as environment:
        for name, text in given.items():
            environment.setenv(name, text)
        read = OperatorSettings()
    assert read == OperatorSettings.model_construct(namespace=NAMESPACE, deployment=NAME)


@pytest.mark.parametrize("path", SETTINGS)
def test_a_value_has_the_bounds_of_the_setting(path: str) -> None:
    (field_,) = (field_ for name, field_, _ in leaves(ChartValues()) if name == path)
    bounds = [repr(rule) for rule in field_.metadata if type(rule).__name__ in {"Ge", "Le"}]
    known = OperatorSettings.model_fields[SETTINGS[path]].metadata
    assert bounds == [repr(rule) for rule in known if type(rule).__name__ in {"Ge", "Le"}]


def _has(values: Any, path: str) -> bool:
    for step in path.split("."):
        if not isinstance(values, Mapping) or step not in values:
            return False
        values = values[step]
    return True
