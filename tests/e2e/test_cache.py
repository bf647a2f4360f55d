"""Models from a hub to pods: refused, interrupted, wrong, changed, and without the hub."""

import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest

from support.http.calling import calling
from support.hub.in_cluster import ClusterHub
from support.hub.program import COMMITS, PRIVATE, PUBLIC
from support.hub.server import TOKEN, Fault
from support.kubernetes.voice_namespace import VoiceNamespace
from support.models.demo_models import DEMO_MODELS
from support.waiting import until

TIMEOUT_S = 240.0
MEGABYTE = 1_000_000
FIRST, SECOND = COMMITS
SECRET = {"name": "hub-token"}
DIGEST = hashlib.sha256((DEMO_MODELS / "fastconformer-tdt.nemo").read_bytes()).hexdigest()

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def speech(speech: VoiceNamespace) -> VoiceNamespace:
    """The namespace with the hub's token in a Secret."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": SECRET}
    speech.apply({**secret, "stringData": {"token": TOKEN}})
    return speech


@pytest.fixture(scope="module")
def private(speech: VoiceNamespace, hub: ClusterHub) -> Iterator[str]:
    """The name of a VoiceService whose model is private, at the hub's first commit, ready."""
    model = {"source": PRIVATE, "revision": FIRST}
    hub_spec = {"endpoint": hub.endpoint, "tokenSecretRef": SECRET}
    speech.create_voice("private", model=model, hub=hub_spec)
    speech.wait_for_phase("private", "Ready")
    yield "private"
    speech.kubectl("delete", "voice", "private")


REFUSED: dict[str, tuple[dict[str, Any], str, str, dict[str, Any]]] = {
    "unauthorized": (
        {"model": {"source": PRIVATE, "revision": FIRST}},
        "HubUnauthorized",
        "hub.tokenSecretRef",
        {"hub": {"tokenSecretRef": SECRET}},
    ),
    "unknown": (
        {"model": {"source": "acme/nothing"}, "hub": {"tokenSecretRef": SECRET}},
        "ModelNotFound",
        "Check model.source",
        {"model": {"source": PUBLIC}},
    ),
    "no-such-commit": (
        {"model": {"source": PUBLIC, "revision": "c" * 40}},
        "RevisionNotFound",
        "has no revision",
        {"model": {"revision": FIRST}},
    ),
    "wrong-digest": (
        {"model": {"source": PUBLIC, "revision": FIRST, "sha256": "0" * 64}},
        "DigestMismatch",
        DIGEST,
        {"model": {"sha256": DIGEST}},
    ),
}
"""The spec, the reason and message that follow, and the corrected spec."""


@pytest.mark.parametrize("name", REFUSED)
def test_the_status_names_why_a_model_fails_and_a_corrected_spec_fetches_it(
    name: str, speech: VoiceNamespace, hub: ClusterHub
) -> None:
    wanted, reason, words, corrected = REFUSED[name]
    hub_spec = {"endpoint": hub.endpoint, **wanted.get("hub", {})}
    speech.create_voice(name, **{**wanted, "hub": hub_spec}, replicas=0)
    assert words in speech.wait_for_reason(name, "ModelCached", reason)
    assert speech.condition(name, "Degraded")["reason"] == reason
    until("its Event", lambda: ("Warning", reason) in speech.events(name), 10)
    speech.change(name, **corrected)
    speech.wait_for_reason(name, "ModelCached", "Cached")
    assert speech.condition(name, "Degraded")["status"] == "False"
    recovered = {("Normal", "ModelCached"), ("Normal", "Recovered")}
    until("their Events", lambda: recovered <= speech.events(name), 10)
    digest = speech.status(name)["model"]["sha256"]
    assert (digest == DIGEST) is (speech.status(name)["model"]["revision"] == FIRST)


def test_a_checkpoint_of_another_kind_is_refused_by_one_pod_alone(
    speech: VoiceNamespace, hub: ClusterHub
) -> None:
    hub.behave()
    model = {"source": PUBLIC, "revision": FIRST}
    speech.create_voice("deaf", task="tts", model=model, hub={"endpoint": hub.endpoint})
    refusal = speech.wait_for_reason("deaf", "ModelCached", "UnsupportedModel")
    assert "not for text to speech" in refusal
    assert speech.condition("deaf", "Degraded")["reason"] == "UnsupportedModel"
    time.sleep(15)  # as long as a Job waits before it tries a failed pod again
    selector = "nemo-voice.dev/voiceservice=deaf"
    jobs = speech.get("jobs", selector=selector)["items"]
    assert [job["status"].get("failed") for job in jobs] in ([1], [])
    assert len(hub.seen()) <= 1
    speech.kubectl("delete", "voice", "deaf")


def test_an_interrupted_download_is_resumed(speech: VoiceNamespace, hub: ClusterHub) -> None:
    hub.behave(Fault(MEGABYTE), Fault(2 * MEGABYTE))
    model = {"source": PUBLIC, "revision": FIRST}
    speech.create_voice("cut", model=model, hub={"endpoint": hub.endpoint}, replicas=0)
    speech.wait_for_reason("cut", "ModelCached", "Cached")
    assert speech.status("cut")["model"]["sha256"] == DIGEST
    ranges = [request["headers"].get("range") for request in hub.seen()]
    assert ranges == [None, "bytes=1000000-", "bytes=3000000-"]


def test_a_changed_revision_reaches_pods_after_its_download(
    private: str, speech: VoiceNamespace, hub: ClusterHub
) -> None:
    before = speech.pod_names(private)
    hub.behave(*[Fault(MEGABYTE, stalls=True)] * 3)
    with calling(speech.address(private)) as calls:
        speech.change(private, model={"revision": SECOND})
        speech.wait_for_reason(private, "ModelCached", "Downloading")
        until("a part", hub.seen)
        assert "phase" in speech.status(private)["progress"]
        assert speech.pod_names(private) == before
        assert speech.status(private)["model"]["revision"] == FIRST
        assert speech.condition(private, "ModelCached")["reason"] == "Downloading"
        assert speech.condition(private, "Ready")["status"] == "True"
        hub.behave()
        speech.wait_until_settled(private)
    assert speech.status(private)["model"]["revision"] == SECOND
    assert not set(before) & set(speech.pod_names(private))
    assert calls.answered
    assert calls.failures == []


def test_a_filled_claim_serves_with_neither_hub_nor_secret(
    private: str, speech: VoiceNamespace, hub: ClusterHub
) -> None:
    speech.kubectl("delete", "secret", SECRET["name"])
    with hub.away():
        speech.kill_pods(private)
        until("unready", lambda: speech.status(private)["phase"] != "Ready", 60)
        speech.wait_for_phase(private, "Ready")
        with calling(speech.address(private)) as calls:
            until("a response", lambda: calls.answered, TIMEOUT_S)
    assert calls.failures == []
    (pod,) = speech.pods(private)
    assert "secretKeyRef" not in str(pod["spec"])
    assert "secretName" not in str(pod["spec"])
