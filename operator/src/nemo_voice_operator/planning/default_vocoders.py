"""The vocoder that the text-to-speech service uses where a spec names none."""

import re

from nemo_voice_operator.api.model_source import DEMO

_FITS_MOST = "nvidia/tts_hifigan"
_NGC = "https://api.ngc.nvidia.com/v2/models/nvidia/nemo"
_THORSTEN = f"{_NGC}/tts_de_fastpitchhifigan/versions/1.15.0/files/tts_de_hifigan_thorstens"
_PUBLISHED = {
    "tts_en_fastpitch_multispeaker": f"{_NGC}/tts_en_multispeaker_fastpitchhifigan/versions/1.10.0/"
    "files/tts_en_hifitts_hifigan_ft_fastpitch.nemo",
    "tts_es_fastpitch_multispeaker": f"{_NGC}/tts_es_multispeaker_fastpitchhifigan/versions/1.15.0/"
    "files/tts_es_hifigan_ft_fastpitch_multispeaker.nemo",
    "tts_de_fastpitch_multispeaker_5": f"{_NGC}/tts_de_fastpitch_multispeaker_5/versions/1.11.0/"
    "files/tts_de_hui_hifigan_ft_fastpitch_multispeaker_5.nemo",
    "tts_de_fastpitch_thorstens2102": f"{_THORSTEN}2102.nemo",
    "tts_de_fastpitch_singleSpeaker_thorstenNeutral_2102": f"{_THORSTEN}2102.nemo",
    "tts_de_fastpitch_thorstens2210": f"{_THORSTEN}2210.nemo",
    "tts_de_fastpitch_singleSpeaker_thorstenNeutral_2210": f"{_THORSTEN}2210.nemo",
    "tts_zh_fastpitch_sfspeech": f"{_NGC}/tts_zh_fastpitch_hifigan_sfspeech/versions/1.15.0/files/"
    "tts_zh_hifigan_sfspeech.nemo",
}
"""Those that were published with a voice of another rate or speaker, by the voice's name."""


def default_vocoder(model: str) -> str:
    """Returns the reference of the vocoder that belongs to a model's reference."""
    if model == DEMO:
        return DEMO
    parts = (part.removesuffix(".nemo") for part in reversed(re.split(r"[/@?&=]", model)))
    return next((_PUBLISHED[part] for part in parts if part in _PUBLISHED), _FITS_MOST)
