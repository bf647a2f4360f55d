"""A Magpie voice is known, judged with its codec, and refused with the measured reason."""

from typing import Any

import pytest

from nemo_voice_serving.model_kinds.config import read_config
from nemo_voice_serving.model_kinds.errors import UnsafeConfig, UnsupportedModel
from nemo_voice_serving.model_kinds.judgement import described, judged
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_kinds.magpie import codec_id, with_codec
from nemo_voice_serving.model_kinds.safety import refuse_unsafe
from support.models.look_alikes import config_of

VOICE = "nvidia/magpie_tts_multilingual_357m"
CODEC = "nvidia/nemo-nano-codec-22khz-1.89kbps-21.5fps"


def test_its_languages_are_those_of_its_tokenizers_and_its_rate_is_the_codecs() -> None:
    voice = described(config_of(VOICE), VOICE)
    assert voice.languages == ("en", "es", "de", "zh", "ja", "fr", "hi")
    assert (voice.speakers, voice.sample_rate_hz) == (None, None)
    assert codec_id(voice) == CODEC
    pair = with_codec(voice, described(config_of(CODEC), CODEC))
    assert (pair.sample_rate_hz, pair.hop_samples, pair.codec) == (22050, 1024, CODEC)


@pytest.mark.parametrize("name", ["nvidia/tts_hifigan", "nvidia/parakeet-tdt-1.1b", VOICE])
def test_what_is_no_codec_is_refused_as_one(name: str) -> None:
    voice = described(config_of(VOICE, codecmodel_path=name), VOICE)
    with pytest.raises(UnsupportedModel, match=f"names its codec.*{name}, is "):
        with_codec(voice, described(config_of(name), name))


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, None),
        ("", None),
        ("/models/codec.nemo", None),
        ("../codec.nemo", None),
        ("https://evil.example/codec.nemo", None),
        ("nemo:codec.nemo", None),
        ("acme/codec", "acme/codec"),
        (["acme/codec"], None),
    ],
)
def test_only_an_id_of_a_hub_is_looked_up(named: Any, expected: str | None) -> None:
    assert codec_id(described(config_of(VOICE, codecmodel_path=named), VOICE)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "magpietts.MagpieTTSModel",
        "magpietts_preference_optimization.MagpieTTSModelOfflinePO",
        "magpietts_preference_optimization.MagpieTTSModelOfflinePODataGen",
        "easy_magpietts.EasyMagpieTTSModel",
        "easy_magpietts_inference.EasyMagpieTTSInferenceModel",
        "easy_magpietts_preference_optimization.EasyMagpieTTSModelOnlinePO",
        "magpietts_next.MagpieTTSModelOfNextYear",
    ],
)
def test_every_class_of_magpie_is_refused_with_the_reason_and_what_to_take(name: str) -> None:
    target = f"nemo.collections.tts.models.{name}"
    with pytest.raises(UnsupportedModel) as refused:
        judged(config_of(VOICE, target=target), Role.VOICE, VOICE)
    assert refused.value.problem.startswith(f"It is a Magpie voice ({target.rpartition('.')[2]})")
    assert "nine times as long as its speech on a CPU core" in refused.value.problem
    assert "nvidia/tts_en_fastpitch" in refused.value.advice


def test_a_class_that_only_sounds_like_it_is_not_taken_for_one() -> None:
    with pytest.raises(UnsupportedModel, match="of a class that neither service knows"):
        judged(config_of(VOICE, target="nemo.collections.tts.models.x.MagpieASR"), Role.VOICE)


def test_its_hub_tokenizers_would_be_refused_if_it_were_served() -> None:
    with pytest.raises(UnsafeConfig, match="another model that would be loaded"):
        refuse_unsafe(read_config(config_of(VOICE)))
