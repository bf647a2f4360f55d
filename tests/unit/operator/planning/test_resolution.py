"""What follows from a spec alone: vocoder, claim, cache Job, and when it is computed anew."""

from typing import Any

import pytest

from nemo_voice_operator.api import VoiceService, parse
from nemo_voice_operator.kube.objects import Key
from nemo_voice_operator.planning.resolution import resolve, vocoder_of
from nemo_voice_operator.settings import OperatorSettings
from support.operator.voice_services import resolved, voice_service

SETTINGS = OperatorSettings()
HUB = {"source": "nvidia/a-model"}
VOCODER = {"source": "nvidia/tts_hifigan"}


def service(generation: int = 1, refresh: str = "1", uid: str = "1", **spec: Any) -> VoiceService:
    metadata = {
        "name": "narrator",
        "namespace": "speech",
        "uid": uid,
        "generation": generation,
        "annotations": {"nemo-voice.dev/refresh": refresh},
    }
    return parse({"metadata": metadata, "spec": {"task": "stt", "model": HUB, **spec}})


@pytest.mark.parametrize(
    ("spec", "vocoder"),
    [
        ({"task": "stt", "model": HUB}, None),
        ({"model": {"source": "demo"}}, "demo"),
        ({"model": HUB}, "nvidia/tts_hifigan"),
        ({"model": HUB, "vocoder": {"source": "demo"}}, "demo"),
        ({"model": {"source": "demo"}, "vocoder": VOCODER}, "nvidia/tts_hifigan"),
    ],
)
def test_tts_has_the_named_or_the_default_vocoder(
    spec: dict[str, Any], vocoder: str | None
) -> None:
    found = vocoder_of(voice_service(**spec))
    assert (found.source if found else None) == vocoder


def test_only_the_demo_needs_no_cache() -> None:
    assert resolved(voice_service()).job is None
    assert resolved(voice_service(task="stt")).job is None
    assert resolved(voice_service(vocoder=VOCODER)).job is not None
    assert resolved(voice_service(task="stt", model=HUB)).job is not None


def test_claim_and_place_follow_from_cache_and_mirror() -> None:
    found = resolved(service(hub={"endpoint": "https://mirror"}))
    assert (found.key, found.claim) == (Key("speech", "narrator"), "narrator-models")
    assert (found.place, found.refresh) == ("narrator-models from https://mirror", "1")
    named = resolved(service(cache={"claimName": "models"}))
    assert (named.claim, named.place) == ("models", "models")


def test_the_same_generation_reuses_the_job_name() -> None:
    first = resolve(service(), SETTINGS)
    # Not a change that the API server allows within a generation: it shows what is computed.
    again = resolve(service(model={"source": "nvidia/other"}), SETTINGS, first)
    assert again.job == first.job
    assert again.service.spec.model.source == "nvidia/other"


@pytest.mark.parametrize("change", [{"generation": 2}, {"refresh": "2"}, {"uid": "2"}])
def test_changed_spec_annotation_or_identity_is_resolved_anew(change: dict[str, Any]) -> None:
    first = resolve(service(), SETTINGS)
    changed = resolve(service(model={"source": "nvidia/other"}, **change), SETTINGS, first)
    assert changed == resolve(changed.service, SETTINGS)
    assert changed.job != first.job
