"""The resolver: one resolution for each version of a VoiceService."""

from typing import Any

import pytest
from pydantic import ValidationError

from nemo_voice_operator.api import REFRESH_ANNOTATION
from nemo_voice_operator.controller.resolver import Resolver
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.settings import OperatorSettings


def resource(version: str = "1", *, uid: str = "1", generation: int = 1, **spec: Any) -> Any:
    metadata = {
        "name": "narrator",
        "namespace": "speech",
        "uid": uid,
        "generation": generation,
        "resourceVersion": version,
    }
    return {
        "metadata": metadata,
        "spec": {"task": "stt", "model": {"source": "nvidia/a-model"}, **spec},
    }


@pytest.fixture
def resolver() -> Resolver:
    """A resolver that knows nothing yet."""
    return Resolver(OperatorSettings())


def test_the_same_version_is_parsed_once(resolver: Resolver) -> None:
    assert resolver.resolve(resource()) is resolver.resolve(resource())


def test_new_status_is_parsed_and_keeps_the_job_name(resolver: Resolver) -> None:
    first = resolver.resolve(resource())
    second = resolver.resolve({**resource("2"), "status": {"replicas": 3}})
    assert (second.service.status.replicas, second.job) == (3, first.job)


def test_new_generation_is_resolved_anew(resolver: Resolver) -> None:
    first = resolver.resolve(resource())
    changed = resource("2", generation=2, model={"source": "nvidia/other"})
    assert resolver.resolve(changed).job != first.job


def test_recreated_voice_service_is_resolved_anew(resolver: Resolver) -> None:
    first = resolver.resolve(resource())
    recreated = resource("2", uid="2", model={"source": "nvidia/other"})
    assert resolver.resolve(recreated).job != first.job


def test_only_the_refresh_annotation_of_the_metadata_changes_the_job(resolver: Resolver) -> None:
    first = resolver.resolve(resource())
    noted = resource("2")
    noted["metadata"] |= {"labels": {"team": "a"}, "annotations": {"note": "b"}}
    assert resolver.resolve(noted).job == first.job
    refreshed = resource("3")
    refreshed["metadata"]["annotations"] = {REFRESH_ANNOTATION: "today"}
    found = resolver.resolve(refreshed)
    assert (found.job != first.job, found.refresh) == (True, "today")


def test_resource_without_a_version_is_parsed_each_time(resolver: Resolver) -> None:
    assert resolver.resolve(resource("")) is not resolver.resolve(resource(""))


def test_invalid_resource_is_an_error_or_none(resolver: Resolver) -> None:
    invalid = resource(task="translate")
    assert resolver.resolve_valid(invalid) is None
    with pytest.raises(ValidationError):
        resolver.resolve(invalid)


def test_forgotten_voice_service_is_resolved_anew(resolver: Resolver) -> None:
    first = resolver.resolve(resource())
    resolver.forget(Key("speech", "narrator"))
    assert resolver.resolve(resource()) is not first
