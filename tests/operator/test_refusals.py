"""What the API server refuses of owned objects, and what the status and Events say of it."""

import contextlib
import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nemo_voice_operator.clients.api_server import KubernetesCluster
from nemo_voice_operator.crd import crd
from nemo_voice_operator.errors import Refused
from nemo_voice_operator.kube.kinds import DEPLOYMENT, EVENT, VOICE_SERVICE
from nemo_voice_operator.kube.objects import Key
from support.kubernetes.api_server import ApiServer
from support.kubernetes.definitions import DEFINITIONS
from support.operator.definition import DEMO, created, voice
from support.operator.operating import (
    SteppedOperator,
    connected,
    create_demo,
    found,
    grant,
    operator_process,
)
from support.waiting import until

DEFINITION = f"{DEFINITIONS}/voiceservices.nemo-voice.dev"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MERGE = {"Content-Type": "application/merge-patch+json"}
EMOJI = "\U0001f600"
SPREAD = {"topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}

STORED: dict[str, tuple[dict[str, Any], str]] = {
    "memory in GB": ({"resources": {"limits": {"memory": "4GB"}}}, "quantities must match"),
    "memory in words": ({"resources": {"limits": {"memory": "lots"}}}, "quantities must match"),
    "negative memory": ({"resources": {"limits": {"memory": "-1Gi"}}}, "greater than or equal"),
    "a request above its limit": (
        {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}},
        "must be less than or equal to cpu limit",
    ),
    "an affinity of words": (
        {"affinity": {"nodeAffinity": "everywhere"}},
        "cannot unmarshal string into Go struct field Affinity",
    ),
    "a wrong type in a spread constraint": (
        {"topologySpreadConstraints": [{**SPREAD, "maxSkew": "one"}]},
        "cannot unmarshal string into Go struct field TopologySpreadConstraint",
    ),
    "a label with a blank": ({"podLabels": {"a": "b c"}}, "a valid label must be"),
}
"""Specs that were accepted by a definition without rules, and what is refused later."""


@contextlib.contextmanager
def without_rules(server: ApiServer) -> Iterator[None]:
    """Makes the definition accept any spec, as one of long ago might have, for a while."""
    relaxed: Any = copy.deepcopy(crd())
    properties = relaxed["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    properties["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    try:
        _define(server, relaxed)
        until("a definition without rules", lambda: _accepts(server, {"anything": 1}))
        yield
    finally:
        _define(server, crd())
        until("the definition", lambda: not _accepts(server, {"anything": 1}))


def _define(server: ApiServer, definition: Mapping[str, Any]) -> None:
    version = server.send("GET", DEFINITION)["metadata"]["resourceVersion"]
    metadata = {**definition["metadata"], "resourceVersion": version}
    server.send("PUT", DEFINITION, {**definition, "metadata": metadata})


def _accepts(server: ApiServer, spec: Mapping[str, Any]) -> bool:
    return created(server, "default", voice(spec), dryRun="All").is_success


def condition_of(server: ApiServer, namespace: str, kind: str) -> dict[str, Any]:
    """Returns a condition of the VoiceService; nothing while it has none."""
    thing = found(server, VOICE_SERVICE, namespace, "narrator") or {}
    conditions = thing.get("status", {}).get("conditions", ())
    return next((one for one in conditions if one["type"] == kind), {})


def notes(server: ApiServer, namespace: str, reason: str) -> list[str]:
    """Returns what the Events of a reason say."""
    events = server.send("GET", EVENT.path(namespace))["items"]
    return [event["note"] for event in events if event["reason"] == reason]


def change(server: ApiServer, namespace: str, spec: Mapping[str, Any]) -> None:
    """Changes the spec, as `kubectl patch` does."""
    path = VOICE_SERVICE.path(namespace, "narrator")
    server.http.patch(path, json={"spec": dict(spec)}, headers=MERGE).raise_for_status()


async def reconciled(server: ApiServer, namespace: str) -> None:
    """Lets a new operator reconcile the VoiceService once."""
    async with connected(server.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.relist()
        await stepped.reconciler.reconcile(Key(namespace, "narrator"))


@pytest.fixture(scope="module")
def relaxed(defined: ApiServer) -> ApiServer:
    """The API server with one VoiceService for each stored spec, under the definition of today."""
    with without_rules(defined):
        for number, (spec, _) in enumerate(STORED.values()):
            name = f"stored-{number}"
            defined.send("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            body = voice({**DEMO, "gpu": {"count": 0}, **spec})
            created(defined, name, body).raise_for_status()
    return defined


@pytest.mark.parametrize("number", range(len(STORED)), ids=list(STORED))
async def test_refusal_of_a_stored_spec_is_in_the_status_and_an_event(
    relaxed: ApiServer, number: int
) -> None:
    namespace, (spec, words) = f"stored-{number}", list(STORED.values())[number]
    with pytest.raises(Refused, match=words):
        await reconciled(relaxed, namespace)
    for kind, status in (("Ready", "False"), ("Degraded", "True")):
        told = condition_of(relaxed, namespace, kind)
        assert (told["status"], told["reason"]) == (status, "ApplyRefused")
        assert words in told["message"]
    assert any(words in note for note in notes(relaxed, namespace, "ApplyRefused"))
    change(relaxed, namespace, {"replicas": 2})  # although the rest is invalid
    change(relaxed, namespace, dict.fromkeys(spec))
    await reconciled(relaxed, namespace)
    assert condition_of(relaxed, namespace, "Degraded")["reason"] == "AsExpected"


async def test_spec_that_the_operator_cannot_read_is_told(
    defined: ApiServer, namespace: str
) -> None:
    with without_rules(defined):
        body = voice({**DEMO, "task": "translate", "suspend": "perhaps"})
        created(defined, namespace, body).raise_for_status()
    async with connected(defined.admin) as client:
        stepped = SteppedOperator(KubernetesCluster(client), namespace)
        await stepped.relist()
        with pytest.raises(Exception, match=r"spec\.task"):
            await stepped.reconciler.reconcile(Key(namespace, "narrator"))
    assert condition_of(defined, namespace, "Degraded")["reason"] == "NotUnderstood"
    (note,) = notes(defined, namespace, "NotUnderstood")
    assert "spec.suspend" in note


async def test_unknown_field_of_a_stored_spec_is_dropped(
    defined: ApiServer, namespace: str
) -> None:
    with without_rules(defined):
        body = voice({**DEMO, "affinity": {"nodeAffinty": {}}})
        created(defined, namespace, body).raise_for_status()
    await reconciled(defined, namespace)
    assert condition_of(defined, namespace, "Degraded")["reason"] == "AsExpected"


def test_mended_spec_goes_on_at_once_after_many_failures(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    with without_rules(defined):
        spec = {**DEMO, "gpu": {"count": 0}, "resources": {"limits": {"memory": "4GB"}}}
        created(defined, namespace, voice(spec)).raise_for_status()
    kubeconfig, log = grant(defined, namespace, cluster_wide=False), tmp_path / "operator.log"
    with operator_process(kubeconfig, log, namespace=namespace, watched=namespace):
        until("the refusal", lambda: condition_of(defined, namespace, "Degraded"))
        until("seven failures", lambda: log.read_text().count("reconcile failed") >= 7)
        change(defined, namespace, {"resources": {"limits": {"memory": "4Gi"}}})
        seconds = until("the Deployment", lambda: found(defined, DEPLOYMENT, namespace, "narrator"))
        assert seconds < 5, "the pause of a failure was 12.8 s"
        until("no refusal", lambda: _is_as_expected(defined, namespace))
    assert "Traceback" not in log.read_text()


def _is_as_expected(server: ApiServer, namespace: str) -> bool:
    return condition_of(server, namespace, "Degraded").get("reason") == "AsExpected"


async def test_characters_beyond_the_basic_plane_reach_the_pod(
    defined: ApiServer, namespace: str
) -> None:
    odd = f'{EMOJI}\x07\x7f\x85\u2028\u2029\ufeff\ufffe\uffff\U0001fffe\\ud83d"'
    create_demo(
        defined,
        namespace,
        task="tts",
        warmup={"texts": [f"Hello {EMOJI}."]},
        env=[{"name": "ODD", "value": odd}],
        podAnnotations={"odd": odd},
        service={"annotations": {"odd": odd}},
    )
    await reconciled(defined, namespace)
    assert condition_of(defined, namespace, "Degraded")["reason"] == "AsExpected"
    deployment = found(defined, DEPLOYMENT, namespace, "narrator")
    assert deployment is not None
    template = deployment["spec"]["template"]
    variables = {one["name"]: one.get("value") for one in template["spec"]["containers"][0]["env"]}
    assert variables["ODD"] == odd
    assert variables["NEMO_VOICE_WARMUP_TEXTS"] == f'["Hello {EMOJI}."]'
    assert template["metadata"]["annotations"]["odd"] == odd


async def test_half_a_character_is_replaced_by_the_api_server(
    defined: ApiServer, namespace: str
) -> None:
    path = VOICE_SERVICE.path(namespace)
    body = (
        '{"apiVersion": "nemo-voice.dev/v1alpha1", "kind": "VoiceService", '
        '"metadata": {"name": "narrator"}, "spec": {"task": "stt", "model": {"source": "demo"}, '
        '"gpu": {"count": 0}, "env": [{"name": "HALF", "value": "a\\ud83db"}]}}'
    )
    headers = {"Content-Type": "application/json"}
    made = defined.http.post(path, content=body, headers=headers).raise_for_status().json()
    assert made["spec"]["env"][0]["value"] == "a\ufffdb"
    await reconciled(defined, namespace)
    assert condition_of(defined, namespace, "Degraded")["reason"] == "AsExpected"


def test_missing_right_of_the_operator_is_told_in_words(
    defined: ApiServer, namespace: str, tmp_path: Path
) -> None:
    kubeconfig, log = grant(defined, namespace, cluster_wide=False), tmp_path / "operator.log"
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles"
    role = defined.send("GET", f"{roles}/operator-{namespace}")
    for rule in role["rules"]:
        if "deployments" in rule["resources"]:
            rule["verbs"] = ["get", "list", "watch"]
    defined.send("PUT", f"{roles}/operator-{namespace}", role)
    create_demo(defined, namespace)
    with operator_process(kubeconfig, log, namespace=namespace, watched=namespace):
        until("the status", lambda: condition_of(defined, namespace, "Degraded"))
        told = condition_of(defined, namespace, "Degraded")
        assert told["reason"] == "ApplyForbidden"
        assert 'cannot patch resource "deployments"' in told["message"]


@pytest.fixture
def broken_webhook(defined: ApiServer, namespace: str) -> Iterator[str]:
    """The name of an admission webhook for the namespace's Deployments that cannot be called."""
    name = f"broken-{namespace}"[:63]
    webhook = {
        "name": "broken.example.org",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [
            {
                "apiGroups": ["apps"],
                "apiVersions": ["v1"],
                "operations": ["*"],
                "resources": ["deployments"],
            }
        ],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    defined.send("POST", WEBHOOKS, {"metadata": {"name": name}, "webhooks": [webhook]})
    yield name
    defined.http.delete(f"{WEBHOOKS}/{name}")


def test_lasting_error_of_the_api_server_is_told_in_words(
    defined: ApiServer, namespace: str, broken_webhook: str, tmp_path: Path
) -> None:
    kubeconfig, log = grant(defined, namespace, cluster_wide=False), tmp_path / "operator.log"
    # The webhook is in force only when the API server has noticed it.
    until("the webhook", lambda: not _takes_deployments(defined, namespace))
    create_demo(defined, namespace)
    with operator_process(kubeconfig, log, namespace=namespace, watched=namespace):
        until("the status", lambda: condition_of(defined, namespace, "Degraded"))
        told = condition_of(defined, namespace, "Degraded")
        assert told["reason"] == "ApplyFailed"
        assert 'failed calling webhook "broken.example.org"' in told["message"]
        defined.send("DELETE", f"{WEBHOOKS}/{broken_webhook}")
        until("no failure", lambda: _is_as_expected(defined, namespace))


def _takes_deployments(server: ApiServer, namespace: str) -> bool:
    labels = {"a": "b"}
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body = {
        "metadata": {"name": "tried"},
        "spec": {"selector": {"matchLabels": labels}, "template": pod},
    }
    path = DEPLOYMENT.path(namespace)
    return server.http.post(path, json=body, params={"dryRun": "All"}).is_success
