"""What NVIDIA published with its FastPitch voices: the vocoder of each, and its readers by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ENGLISH_VOCODER = "nvidia/tts_hifigan"
_NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo"
_HIFI_TTS_VOCODER = (
    f"{_NGC}/tts_en_multispeaker_fastpitchhifigan/versions/1.10.0/files/"
    "tts_en_hifitts_hifigan_ft_fastpitch.nemo"
)
_SPANISH_VOCODER = (
    f"{_NGC}/tts_es_multispeaker_fastpitchhifigan/versions/1.15.0/files/"
    "tts_es_hifigan_ft_fastpitch_multispeaker.nemo"
)
_HUI_VOCODER = (
    f"{_NGC}/tts_de_fastpitch_multispeaker_5/versions/1.11.0/files/"
    "tts_de_hui_hifigan_ft_fastpitch_multispeaker_5.nemo"
)
_THORSTEN = f"{_NGC}/tts_de_fastpitchhifigan/versions/1.15.0/files"
_THORSTEN_2102, _THORSTEN_2210 = (
    f"{_THORSTEN}/tts_de_hifigan_thorstens2102.nemo",
    f"{_THORSTEN}/tts_de_hifigan_thorstens2210.nemo",
)
_MANDARIN_VOCODER = (
    f"{_NGC}/tts_zh_fastpitch_hifigan_sfspeech/versions/1.15.0/files/tts_zh_hifigan_sfspeech.nemo"
)
VOCODERS: Mapping[tuple[str, int], str] = MappingProxyType(
    {
        ("en", 22050): ENGLISH_VOCODER,
        ("en", 44100): _HIFI_TTS_VOCODER,
        ("es", 44100): _SPANISH_VOCODER,
        ("de", 22050): _THORSTEN_2210,
        ("de", 44100): _HUI_VOCODER,
        ("zh", 22050): _MANDARIN_VOCODER,
    }
)
"""NVIDIA's vocoders by language and sample rate."""

_HIFI_TTS_READERS = MappingProxyType(
    {
        "cori-samuel": 92,
        "phil-benson": 6097,
        "mike-pelton": 6670,
        "tony-oliva": 6671,
        "maria-kasper": 8051,
        "john-van-stan": 9017,
        "helen-taylor": 9136,
        "sylviamb": 11614,
        "celine-major": 11697,
        "likemanywaters": 12787,
    }
)
"""The readers of the corpus HiFi-TTS by their LibriVox names. The voice's other numbers were never
trained."""


@dataclass(frozen=True, slots=True)
class PublishedVoice:
    """What belongs to a published voice."""

    vocoder: str
    """The vocoder that was published with it."""
    speakers: Mapping[str, int] = field(default_factory=dict)
    """The numbers of its speakers by name; none where nobody published them."""


PUBLISHED_VOICES: Mapping[str, PublishedVoice] = MappingProxyType(
    {
        "tts_en_fastpitch": PublishedVoice(ENGLISH_VOCODER),
        "tts_en_fastpitch_align": PublishedVoice(ENGLISH_VOCODER),
        "tts_en_fastpitch_ipa": PublishedVoice(ENGLISH_VOCODER),
        "tts_en_fastpitch_align_ipa": PublishedVoice(ENGLISH_VOCODER),
        "tts_en_fastpitch_multispeaker": PublishedVoice(_HIFI_TTS_VOCODER, _HIFI_TTS_READERS),
        "tts_es_fastpitch_multispeaker": PublishedVoice(_SPANISH_VOCODER),
        "tts_de_fastpitch_multispeaker_5": PublishedVoice(_HUI_VOCODER),
        "tts_de_fastpitch_thorstens2102": PublishedVoice(_THORSTEN_2102),
        "tts_de_fastpitch_singleSpeaker_thorstenNeutral_2102": PublishedVoice(_THORSTEN_2102),
        "tts_de_fastpitch_thorstens2210": PublishedVoice(_THORSTEN_2210),
        "tts_de_fastpitch_singleSpeaker_thorstenNeutral_2210": PublishedVoice(_THORSTEN_2210),
        "tts_zh_fastpitch_sfspeech": PublishedVoice(_MANDARIN_VOCODER),
    }
)
"""By the names of the models and of their files."""


def published_voice(source: str) -> PublishedVoice | None:
    """Returns what belongs to the voice of a published name; None where the name says nothing.

    Args:
        source: The reference: an id such as `nvidia/tts_en_fastpitch`, or an address or path of a
            file.
    """
    parts = (part.removesuffix(".nemo") for part in reversed(re.split(r"[/@?&=]", source)))
    return next((PUBLISHED_VOICES[part] for part in parts if part in PUBLISHED_VOICES), None)
