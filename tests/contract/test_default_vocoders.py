"""The operator and the service mean the same vocoder where nothing names one."""

import pytest

from nemo_voice_operator.planning.default_vocoders import default_vocoder
from nemo_voice_serving.model_kinds.published_voices import PUBLISHED_VOICES
from nemo_voice_tts.settings import TtsSettings

WRITTEN = (
    "{}",
    "nvidia/{}",
    "acme/voices/{}.nemo@v1",
    "https://acme.example/files/{}.nemo",
    "file:///models/{}.nemo",
)


@pytest.mark.parametrize("name", [*PUBLISHED_VOICES, "tts_of_somebody", "demo"])
def test_operator_and_service_use_the_same_vocoder(name: str) -> None:
    for reference in (name, *(form.format(name) for form in WRITTEN)):
        assert default_vocoder(reference) == TtsSettings(model=reference).vocoder_source


def test_a_pair_is_a_pair() -> None:
    assert default_vocoder("demo") == "demo"
    assert default_vocoder("nvidia/tts_en_fastpitch") == "nvidia/tts_hifigan"
    spanish = default_vocoder("nvidia/tts_es_fastpitch_multispeaker")
    assert spanish.endswith("/tts_es_hifigan_ft_fastpitch_multispeaker.nemo")
