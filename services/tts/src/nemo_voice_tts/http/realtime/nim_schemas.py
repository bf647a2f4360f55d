"""The session of NVIDIA's Speech NIM: what its clients get, change and send back."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.http.realtime.formats import LEAST_HZ, MOST_HZ, OutputFormat
from nemo_voice_tts.live_text.options import LiveTextOptions
from nemo_voice_tts.synthesis.delivery import Delivery
from nemo_voice_tts.synthesis.language_check import check_language
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.text.pronunciations import of_dictionary

FAMILY = "nemo-voice"
"""What voices' names are listed under over gRPC, which may precede them here as well."""
MAX_DICTIONARY_CHARS = 64 * 1024
_FORMATS = {
    "LINEAR_PCM": AudioFormat.PCM,
    "OGGOPUS": AudioFormat.OPUS,
    "OGG_OPUS": AudioFormat.OPUS,
    "FLAC": AudioFormat.FLAC,
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="allow")


class TextSynthesis(_Part):
    """Who speaks what language."""

    language_code: str = ""
    """Absent: the voice's."""
    voice_name: str = ""
    """Absent: the default voice."""


class OutputAudio(_Part):
    """What the speech is written in."""

    sample_rate_hz: int = Field(default=22_050, ge=LEAST_HZ, le=MOST_HZ)
    num_channels: int = Field(default=1, ge=1, le=1)
    audio_format: Literal["LINEAR_PCM", "OGGOPUS", "OGG_OPUS", "FLAC"] = "LINEAR_PCM"


class NimSynthesisSession(_Part):
    """A session's settings; those that are not here are kept and have no effect."""

    input_text_synthesis: TextSynthesis = TextSynthesis()
    output_audio_params: OutputAudio = OutputAudio()
    custom_dictionary: str = Field(default="", max_length=MAX_DICTIONARY_CHARS)
    """How words are said: each, two spaces, its phonemes; a comma ends it."""
    zero_shot_config: dict[str, Any] = {}


def nim_synthesis_session(changes: dict[str, Any]) -> NimSynthesisSession:
    """Returns the settings that a client sent.

    Raises:
        InvalidRequest: One of them is wrong.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        return NimSynthesisSession.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        param = ".".join(["session", *(str(part) for part in problem["loc"])])
        raise InvalidRequest(f"{param}: {problem['msg']}", param=param) from None


def output_of(session: NimSynthesisSession) -> OutputFormat:
    """Returns what the speech is written in."""
    params = session.output_audio_params
    return OutputFormat(_FORMATS[params.audio_format], params.sample_rate_hz)


def options_of(
    session: NimSynthesisSession, synthesis: Synthesis, delivery: Delivery
) -> LiveTextOptions:
    """Returns what the settings make of a session.

    Raises:
        InvalidRequest: They name a voice, a language or a sound that is not here, or ask for a copy
            of a voice.
    """
    if session.zero_shot_config.get("audio_prompt_bytes"):
        param = "session.zero_shot_config"
        message = f"{param}: the model copies no voice. Leave the field out."
        raise InvalidRequest(message, param=param)
    given = session.input_text_synthesis
    try:
        if given.language_code:
            check_language(given.language_code, synthesis.language)
        name = given.voice_name.removeprefix(f"{FAMILY}.")
        speaker = synthesis.voices.speaker(name or None)
        words = of_dictionary(session.custom_dictionary, synthesis.check)
    except InvalidRequest as error:
        error.param = f"session.{error.param}" if error.param else "session"
        raise
    return LiveTextOptions(speaker=speaker, reading=delivery.options(None, words, strict=False))
