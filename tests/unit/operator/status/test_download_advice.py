"""What to change in a VoiceService when a model cannot be had."""

import re
from functools import cache
from typing import Any

import pytest

from nemo_voice_operator.api.service_contract import REFUSALS
from nemo_voice_operator.crd import crd
from nemo_voice_operator.planning.job_results import JobFailure
from nemo_voice_operator.status.download_advice import advice_for, advised
from nemo_voice_serving.model_store.errors import FailureReason
from support.operator.voice_services import voice_service

TOKEN = {"hub": {"tokenSecretRef": {"name": "hf", "key": "read"}}}
NAMED = {"cache": {"claimName": "models"}}
ADDRESS = {"model": {"source": "https://files.example/voice.nemo"}}
HUB: dict[str, Any] = {"model": {"source": "acme/voice"}}
NO_FIELD = {FailureReason.UNEXPECTED_ERROR}
"""Reasons for which no field of a VoiceService is to blame."""


def advice(reason: str, role: str = "model", **spec: Any) -> str:
    service = voice_service(**{**HUB, **spec})
    return advice_for(JobFailure(reason, "", role), service.spec)


@pytest.mark.parametrize(
    ("reason", "spec", "words"),
    [
        ("HubUnauthorized", {}, "name in hub.tokenSecretRef a Secret with a token"),
        ("HubUnauthorized", TOKEN, "key read of Secret hf (hub.tokenSecretRef) must hold a token"),
        ("HubUnauthorized", ADDRESS, "check model.source: a signed address"),
        ("HubForbidden", {}, "accept the model's terms on its page; name in hub.tokenSecretRef"),
        ("HubUntrusted", {}, "in hub.caBundle"),
        ("HubUnreachable", {}, "tried again every 5 minutes; check hub.endpoint"),
        ("HubTimeout", ADDRESS, "tried again every 5 minutes; check model.source"),
        ("RevisionNotFound", {}, "correct model.revision"),
        ("DigestMismatch", {}, "correct model.sha256"),
        ("NoSpace", {}, "raise cache.size"),
        ("NoSpace", NAMED, "enlarge the claim models"),
        ("CacheForbidden", {}, "cache.storageClassName"),
        ("CacheForbidden", NAMED, "cache.claimName"),
        ("CacheDamaged", {}, "the annotation nemo-voice.dev/refresh"),
    ],
)
def test_advice_names_the_field(reason: str, spec: dict[str, Any], words: str) -> None:
    assert words in advice(reason, **spec)


def test_advice_is_about_the_checkpoint_that_failed() -> None:
    vocoder: dict[str, Any] = {"vocoder": {"source": "https://files.example/vocoder.nemo"}}
    assert "check vocoder.source" in advice("HubTimeout", "vocoder", **vocoder)
    assert advice("RevisionNotFound", "vocoder") == "correct vocoder.revision"


@pytest.mark.parametrize("reason", sorted(REFUSALS))
def test_refused_checkpoint_says_that_it_is_not_tried_again(reason: str) -> None:
    found = advice(reason, "vocoder")
    assert "vocoder.source; it is not tried again by itself" in found
    assert "change the annotation nemo-voice.dev/refresh" in found


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        ("It speaks de, and NEMO_VOICE_LANGUAGE says es.", "correct languages, or name another"),
        ("NEMO_VOICE_SPEAKERS names speaker 9 'x', and", "correct speakers, or name another"),
        ("NEMO_VOICE_DEFAULT_VOICE is 'x', which is", "correct defaultVoice, or name another"),
        ("It has no CTC decoder, NEMO_VOICE_DECODER", "correct engine.decoder, or name another"),
        ("It is a codec.", "name another model in model.source"),
    ],
)
def test_setting_that_a_checkpoint_is_refused_for_has_its_field(problem: str, words: str) -> None:
    failure = JobFailure("UnsupportedModel", problem, "model")
    found = advice_for(failure, voice_service(**HUB).spec)
    assert found.startswith(words)
    assert "NEMO_VOICE" not in found


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_of_the_services_has_advice_that_a_manifest_can_follow(reason: str) -> None:
    for spec in ({}, TOKEN, NAMED, ADDRESS):
        found = advice(reason, **spec)
        assert bool(found) is (reason not in NO_FIELD)
        assert re.search("HF_TOKEN|HF_ENDPOINT|NEMO_VOICE_", found) is None
        for field in re.findall(r"\b(?:model|vocoder|hub|cache)\.\w+", found):
            part, name = field.split(".")
            assert name in spec_schema()[part]["properties"], field


@cache
def spec_schema() -> dict[str, Any]:
    definition: Any = crd()
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: dict[str, Any] = schema["properties"]["spec"]["properties"]
    return found


def test_message_is_followed_by_the_advice() -> None:
    spec = voice_service(**HUB).spec
    failure = JobFailure("RevisionNotFound", "acme/voice has no revision 'x'.", "model")
    assert advised(failure, spec) == "acme/voice has no revision 'x'. Correct model.revision."
    assert advised(JobFailure("JobFailed", "four times"), spec) == "four times"
    assert advised(JobFailure("NoSpace", ""), spec) == "Raise cache.size."
