"""Judges a Magpie voice and its codec as a pair.

A Magpie voice writes the codes of a codec, which makes their sound. Its configuration names the
codec, and has neither the rate of the sound nor the number of its speakers.
"""

import re
from dataclasses import replace

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_serving.model_kinds.facts import ModelFacts

_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")


def codec_id(voice: ModelFacts) -> str | None:
    """Returns the hub's id of the codec that the voice names; None for a path or none at all."""
    return voice.codec if voice.codec and _ID.fullmatch(voice.codec) else None


def with_codec(voice: ModelFacts, codec: ModelFacts) -> ModelFacts:
    """Returns the facts of a Magpie voice with the rate and the hop of its codec.

    Raises:
        UnsupportedModel: What the voice names is no codec.
    """
    if codec.kind.name != "codec":
        raise UnsupportedModel(
            f"A Magpie voice names its codec, and what it names, {voice.codec}, is "
            f"{codec.kind.description} ({codec.class_name}).",
            "Name a voice whose configuration names an AudioCodecModel.",
        )
    return replace(voice, sample_rate_hz=codec.sample_rate_hz, hop_samples=codec.hop_samples)
