"""Cache Jobs that several VoiceServices share: who shares one, who waits, when it is tried anew."""

from datetime import UTC, datetime
from typing import Any

import pytest

from nemo_voice_operator.api import parse
from nemo_voice_operator.controller.cache_sharing import is_needed, sharers
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.desired.cache import cache_work_name
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.planning.job_results import is_stale
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork
from support.operator.observations import CREATED, SHA256, checkpoint, condition, job, job_pod

SETTINGS = OperatorSettings()
NOW = datetime(2026, 1, 1, 0, 10, tzinfo=UTC)
HUB = {"source": "nvidia/a-model"}


def resource(name: str, *, model: Any = HUB, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "speech", "uid": name, **more.pop("metadata", {})}
    spec = {"task": "stt", "model": model, "cache": {"claimName": "models"}, **more.pop("spec", {})}
    return {"kind": "VoiceService", "metadata": metadata, "spec": spec, **more}


NAME = cache_work_name(parse(resource("narrator")), SETTINGS)
WORK = CacheWork(claim="models", creates_claim=False, job=NAME)
RECORDED = {"source": "nvidia/a-model", "revision": "1", "sha256": SHA256}


def known(*resources: dict[str, Any]) -> ObjectCache:
    object_cache = ObjectCache()
    for one in resources:
        object_cache.put(one)
        object_cache.uses_claim(Key("speech", one["metadata"]["name"]), "models")
    return object_cache


def names(object_cache: ObjectCache) -> list[str]:
    found = sharers(object_cache, Resolver(SETTINGS), "speech", WORK)
    return [one["metadata"]["name"] for one in found]


def owned_by(*owners: str) -> dict[str, Any]:
    references = [{"kind": "VoiceService", "name": one, "uid": one} for one in owners]
    return job(name=NAME, ownerReferences=references)


def test_voice_services_with_the_same_work_share_a_job() -> None:
    object_cache = known(
        resource("narrator"),
        resource("reader"),
        resource("leaving", metadata={"deletionTimestamp": CREATED}),
        resource("other", model={"source": "nvidia/another"}),
        resource("demo", model={"source": "demo"}),
        resource("odd", spec={"task": "no such task"}),
    )
    object_cache.uses_claim(Key("speech", "gone"), "models")
    assert names(object_cache) == ["narrator", "reader"]


@pytest.mark.parametrize(
    ("owner", "needed"),
    [
        (resource("narrator"), True),
        (resource("narrator", spec={"suspend": True}), False),
        (resource("narrator", model={"source": "nvidia/another"}), False),
        (resource("narrator", model={"source": "demo"}), False),
        (resource("narrator", status={"model": RECORDED}), False),
        (resource("narrator", metadata={"uid": "another"}), False),
        (resource("narrator", spec={"task": "no such task"}), True),
    ],
)
def test_job_is_needed_while_an_owner_waits_for_its_result(
    owner: dict[str, Any], needed: bool
) -> None:
    assert is_needed(known(owner), Resolver(SETTINGS), owned_by("narrator")) == needed
    assert not is_needed(known(owner), Resolver(SETTINGS), owned_by())
    both = owned_by("narrator", "reader")
    assert is_needed(known(owner, resource("reader")), Resolver(SETTINGS), both)


@pytest.mark.parametrize(
    ("ended", "stale"),
    [
        (condition("Failed", lastTransitionTime="2026-01-01T00:04:59Z"), True),
        (condition("Failed", lastTransitionTime="2026-01-01T00:05:01Z"), False),
        (condition("Failed", lastTransitionTime="2026-01-01T02:04:59+02:00"), True),
        (condition("Failed", lastTransitionTime="2027-01-01T00:00:00Z"), False),
        (condition("Failed", "False", lastTransitionTime="2025-01-01T00:00:00Z"), False),
        (condition("Complete", lastTransitionTime="2026-01-01T00:04:59Z"), True),
        (condition("Complete", lastTransitionTime="2026-01-01T00:05:01Z"), False),
        (condition("Failed", lastTransitionTime="2026-01-01T00:00:00"), True),
        (condition("Failed", lastTransitionTime="yesterday"), True),
        (condition("Failed", lastTransitionTime=None), True),  # type: ignore[arg-type]
        (condition("Failed"), True),
        (condition("Suspended"), False),
    ],
)
def test_job_without_a_result_is_stale_after_a_while(ended: dict[str, str], stale: bool) -> None:
    assert is_stale(job(ended), (), NOW) == stale


def test_job_with_an_unread_result_is_not_stale() -> None:
    ended = job(condition("Complete", lastTransitionTime="2025-01-01T00:00:00Z"))
    assert not is_stale(ended, [job_pod({"checkpoints": [checkpoint()]})], NOW)
    assert is_stale(ended, [job_pod(message="not a result")], NOW)
    assert not is_stale(job(), (), NOW)
