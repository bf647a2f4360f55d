"""Cache Jobs that several VoiceServices share: who shares one, and who waits for it."""

from typing import Any

import pytest

from nemo_voice_operator.api import parse
from nemo_voice_operator.controller.cache_sharing import is_needed, sharers
from nemo_voice_operator.controller.object_cache import ObjectCache
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.desired.cache import cache_work_name
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings
from nemo_voice_operator.state.plan import CacheWork
from support.operator.observations import CREATED, SHA256, job

SETTINGS = OperatorSettings()
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
