"""An operator that is killed during one change or nine, and a change while none runs."""

import json
from collections.abc import Iterator

import pytest

from support.http.calling import calling
from support.hub.in_cluster import ClusterHub
from support.hub.program import PUBLIC
from support.kubernetes.operator_in_cluster import ClusterOperator
from support.kubernetes.voice_namespace import VoiceNamespace
from support.waiting import until

CHANGES = [{"change": "first"}, {"change": "second"}]
CROWD = [f"crowd-{number}" for number in range(9)]
KEPT_FOR_EACH = {"deployments": 1, "services": 2, "persistentvolumeclaims": 1}

pytestmark = [pytest.mark.container, pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def cached(speech: VoiceNamespace, hub: ClusterHub) -> Iterator[str]:
    """The name of a ready VoiceService with a model of the hub in a claim of its own."""
    speech.create_voice("cached", model={"source": PUBLIC}, hub={"endpoint": hub.endpoint})
    speech.wait_for_phase("cached", "Ready")
    yield "cached"
    speech.kubectl("delete", "voice", "cached", "--ignore-not-found")


def test_a_rollout_ends_although_the_operator_is_killed_during_it(
    cached: str, speech: VoiceNamespace, operator: ClusterOperator
) -> None:
    before = speech.pod_names(cached)
    with calling(speech.address(cached)) as calls:
        for annotations in CHANGES:
            speech.change(cached, podAnnotations=annotations)
            operator.kill()
        speech.wait_until_settled(cached)
    (pod,) = speech.pods(cached)
    assert pod["metadata"]["name"] not in before
    assert pod["metadata"]["annotations"] | CHANGES[1] == pod["metadata"]["annotations"]
    assert calls.answered
    assert calls.failures == []


def test_nine_changes_at_once_are_all_seen_once_although_the_operator_is_killed(
    speech: VoiceNamespace, hub: ClusterHub, operator: ClusterOperator
) -> None:
    models = {"model": {"source": PUBLIC}, "hub": {"endpoint": hub.endpoint}}
    wanted = {"task": "stt", "gpu": {"count": 0}, "replicas": 0, **models}
    head = {"apiVersion": "nemo-voice.dev/v1alpha1", "kind": "VoiceService"}
    voices = [{**head, "metadata": {"name": name}, "spec": wanted} for name in CROWD]
    speech.apply({"apiVersion": "v1", "kind": "List", "items": voices})
    operator.kill()
    for name in CROWD:
        speech.wait_for_reason(name, "ModelCached", "Cached", 300)
        assert speech.status(name)["observedGeneration"] == 1
    for kind, number in KEPT_FOR_EACH.items():
        owned = [one for one in speech.names(kind) if one.startswith("crowd-")]
        named_after = sorted({owner for owner in CROWD for one in owned if one.startswith(owner)})
        assert (named_after, len(owned)) == (CROWD, number * len(CROWD)), kind
    until("no Job left", lambda: not speech.names("jobs"), 120)
    speech.kubectl("delete", "voice", *CROWD, "--timeout=60s")
    speech.kubectl("delete", "persistentvolumeclaim", *(f"{name}-models" for name in CROWD))


def test_a_deletion_without_an_operator_removes_all_but_the_models(
    cached: str, speech: VoiceNamespace, operator: ClusterOperator
) -> None:
    assert speech.children(cached)
    with operator.away():
        speech.kubectl("delete", "voice", cached, "--timeout=10s")
        until("nothing left", lambda: not speech.children(cached), 120)
        jobs = speech.get("jobs")["items"]
        assert [job["metadata"]["name"] for job in jobs] == []
    (claim,) = speech.get("persistentvolumeclaims")["items"]
    assert claim["metadata"]["name"] == f"{cached}-models"
    assert claim["status"]["phase"] == "Bound"
    assert json.loads(claim["metadata"]["annotations"]["nemo-voice.dev/retain"]) is True
