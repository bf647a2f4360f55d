"""What belongs to a voice of a published name, however it is referred to."""

import pytest

from nemo_voice_serving.model_kinds.judgement import described, judged, refuse_misfit
from nemo_voice_serving.model_kinds.kinds import Role
from nemo_voice_serving.model_kinds.published_voices import VOCODERS, published_voice
from support.models.look_alikes import PUBLISHED, config_of

NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo"
SHOWN = "https://api.ngc.nvidia.com/v2/models/org/nvidia/team/nemo/x/1.10.0/files?redirect=true"


@pytest.mark.parametrize(
    "source",
    [
        "tts_en_fastpitch_multispeaker",
        "nvidia/tts_en_fastpitch_multispeaker",
        "acme/voices/tts_en_fastpitch_multispeaker.nemo@v1",
        "file:///models/tts_en_fastpitch_multispeaker.nemo",
        f"{NGC}/hifitts/versions/1.10.0/files/tts_en_fastpitch_multispeaker.nemo",
        f"{SHOWN}&path=tts_en_fastpitch_multispeaker.nemo",
    ],
)
def test_a_published_voice_is_known_by_its_name(source: str) -> None:
    found = published_voice(source)
    assert found is not None
    assert found.speakers["john-van-stan"] == 9017
    assert found.vocoder.endswith("tts_en_hifitts_hifigan_ft_fastpitch.nemo")


@pytest.mark.parametrize("source", ["demo", "", "acme/voice", "nvidia/tts_en_fastpitch_multi"])
def test_another_name_says_nothing(source: str) -> None:
    assert published_voice(source) is None


@pytest.mark.parametrize("name", [name for name in PUBLISHED if "_fastpitch" in name])
def test_a_published_voice_fits_its_vocoder(name: str) -> None:
    if "hifigan" in name:
        assert published_voice(name) is None
        return
    found = published_voice(name)
    assert found is not None
    facts = described(config_of(name))
    vocoder = found.vocoder.rsplit("/", 1)[-1].removesuffix(".nemo")
    known = next((one for one in PUBLISHED if one.endswith(vocoder)), None)
    if known is not None:  # Mandarin's is not in the list of look-alikes
        refuse_misfit(facts, judged(config_of(known), Role.VOCODER))
    assert VOCODERS[facts.languages[0], facts.sample_rate_hz or 0]
