"""Invalid values are refused before anything reaches a cluster, with messages that name them."""

from collections.abc import Mapping
from typing import Any

import pytest

from support.kubernetes.chart import Chart, nested

DEMO: Mapping[str, Any] = {"task": "tts", "model": {"source": "demo"}}

REFUSED = {
    "an unknown value": ("replicas", 2, "additional properties 'replicas' not allowed"),
    "a misspelt value": ("operator.replica", 2, "at '/operator': additional properties 'replica'"),
    "a number as text": ("operator.replicas", "two", "'/operator/replicas': got string, want int"),
    "no replicas": ("operator.replicas", 0, "at '/operator/replicas': minimum: got 0, want 1"),
    "too many workers": ("operator.workers", 65, "at '/operator/workers': maximum: got 65"),
    "a switch as text": ("rbac.create", "yes", "at '/rbac/create': got string, want boolean"),
    "no registry": ("images.registry", "", "at '/images/registry': '' does not match pattern"),
    "a registry taken away": ("images.registry", None, "'/images': missing property 'registry'"),
    "a tag with a space": ("images.tag", "1 2", "at '/images/tag': '1 2' does not match"),
    "a digest cut short": ("images.tts.digest", "sha256:1", "at '/images/tts/digest'"),
    "another pull policy": ("images.pullPolicy", "Often", "value must be one of 'Always'"),
    "a bare pull secret": ("images.pullSecrets", ["m"], "'/images/pullSecrets/0': got string"),
    "another time for the definition": ("crds.apply", "daily", "one of 'upgrade', 'always'"),
    "a name with capitals": ("fullnameOverride", "Voice", "at '/fullnameOverride': 'Voice' does"),
    "a namespace with a dot": ("operator.watchNamespaces", ["a.b"], "/operator/watchNamespaces/0"),
    "a namespace twice": ("operator.watchNamespaces", ["a", "a"], "/operator/watchNamespaces"),
    "a budget of nothing": (
        "operator.podDisruptionBudget.maxUnavailable",
        0,
        "maxUnavailable': minimum: got 0, want 1",
    ),
    "a size that is no quantity": ("operator.cacheSize", "big", "at '/operator/cacheSize': 'big'"),
    "an interval without a unit": (
        "monitoring.serviceMonitor",
        {"enabled": True, "interval": "15"},
        "at '/monitoring/serviceMonitor/interval': '15' does not match",
    ),
    "a label that is a number": ("commonLabels", {"a": 1}, "'/commonLabels/a': got number, want"),
    "a label of the chart's": (
        "commonLabels",
        {"helm.sh/chart": "x"},
        "commonLabels: helm.sh/chart: labels under app.kubernetes.io/, helm.sh/ and nemo-voice",
    ),
    "a pod label that selects": (
        "operator.podLabels",
        {"app.kubernetes.io/name": "x"},
        "operator.podLabels: app.kubernetes.io/name: labels under",
    ),
    "a setting as environment": (
        "operator.env",
        [{"name": "NEMO_VOICE_OPERATOR_WORKERS", "value": "1"}],
        "NEMO_VOICE_OPERATOR_WORKERS: the chart sets the operator's settings from its other values",
    ),
    "a monitor without a Service": (
        "monitoring",
        {"serviceMonitor": {"enabled": True}, "metricsService": {"enabled": False}},
        "monitoring.serviceMonitor needs monitoring.metricsService.enabled",
    ),
    "a list of VoiceServices": (
        "voiceServices",
        [DEMO],
        "'/voiceServices': got array, want object",
    ),
    "a VoiceService of nothing": ("voiceServices.a", {}, "'/voiceServices/a': missing properties"),
    "another task": ("voiceServices.a", {**DEMO, "task": "sing"}, "one of 'tts', 'stt'"),
    "a misspelt field": (
        "voiceServices.a",
        {**DEMO, "gpus": 1},
        "at '/voiceServices/a': additional properties 'gpus' not allowed",
    ),
    "a misspelt field inside": (
        "voiceServices.a",
        {**DEMO, "gpu": {"counts": 1}},
        "at '/voiceServices/a/gpu': additional properties 'counts' not allowed",
    ),
    "a VoiceService with capitals": (
        "voiceServices.Narrator",
        DEMO,
        "voiceServices.Narrator: a name has at most 40 lower-case letters, digits and hyphens",
    ),
    "a long name": (f"voiceServices.{'n' * 41}", DEMO, "a name has at most 40 lower-case letters"),
    "a VoiceService's label": (
        "voiceServices.a",
        {**DEMO, "labels": {"nemo-voice.dev/x": "z"}},
        "voiceServices.a.labels: nemo-voice.dev/x: labels under",
    ),
    "a test of silence": ("test.text", "", "at '/test/text': minLength: got 0, want 1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invalid_value_is_refused_with_a_message_that_names_it(chart: Chart, case: str) -> None:
    path, value, words = REFUSED[case]
    assert words in chart.refusal(nested(path, value))


def test_a_voice_service_outside_the_watched_namespaces_is_refused(chart: Chart) -> None:
    values = {"operator": {"watchNamespaces": ["elsewhere"]}, "voiceServices": {"a": DEMO}}
    assert "voiceServices.a: nobody manages it" in chart.refusal(values)


def test_null_removes_a_value_of_another_file(chart: Chart) -> None:
    made = chart.objects({"voiceServices": {"a": None, "b": DEMO}})
    assert [one["metadata"]["name"] for one in made if one["kind"] == "VoiceService"] == ["b"]
