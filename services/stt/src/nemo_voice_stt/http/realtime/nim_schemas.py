"""The session of NVIDIA's Speech NIM: what its clients get, change and send back."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.realtime.audio_format import (
    MAX_CHANNELS,
    MAX_RATE_HZ,
    MIN_RATE_HZ,
    Encoding,
    LiveFormat,
)
from nemo_voice_stt.realtime.options import LiveOptions, TurnDetection
from nemo_voice_stt.transcription.hotwords import hotwords_of
from nemo_voice_stt.transcription.languages import Understanding

_ENCODINGS = {
    "none": Encoding.PCM16,
    "pcm16": Encoding.PCM16,
    "g711_ulaw": Encoding.MU_LAW,
    "g711_alaw": Encoding.A_LAW,
}
_MARKS = frozenset({"input_audio_params", "recognition_config", "word_boosting"})
_SILENCE_S = 0.8


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="allow")


class AudioParams(_Part):
    """The samples of a file without a header, or of a microphone."""

    sample_rate_hz: int = Field(default=16_000, ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    num_channels: int = Field(default=1, ge=1, le=MAX_CHANNELS)


class Boosted(_Part):
    """Phrases to prefer; how much, the model decides."""

    phrases: list[str] = []


class WordBoosting(_Part):
    """What is likely to be said."""

    enable_word_boosting: bool = False
    word_boosting_list: list[Boosted] = []


class Endpointing(_Part):
    """When an utterance is over."""

    stop_history: int | None = Field(default=None, ge=0, le=60_000)
    """Milliseconds of silence."""


class Named(_Part):
    """What is known of the speech; the loaded model transcribes whatever the name."""

    language: str | None = None
    model: str | None = None
    prompt: str | None = None


class NimSession(_Part):
    """A session's settings; those that are not here are kept and have no effect."""

    modalities: list[str] = ["text"]
    input_audio_format: str = "pcm16"
    """`pcm16`, `g711_ulaw`, `g711_alaw`; `none` for a file, whose header then counts."""
    input_audio_transcription: Named = Named()
    input_audio_params: AudioParams = AudioParams()
    recognition_config: dict[str, JsonValue] = {
        "max_alternatives": 1,
        "enable_automatic_punctuation": False,
        "enable_word_time_offsets": False,
        "enable_profanity_filter": False,
        "enable_verbatim_transcripts": False,
    }
    speaker_diarization: dict[str, JsonValue] = {"enable_speaker_diarization": False}
    word_boosting: WordBoosting = WordBoosting()
    endpointing_config: Endpointing = Endpointing()

    @property
    def wants_words(self) -> bool:
        """Whether the client asked for words with times."""
        return self.recognition_config.get("enable_word_time_offsets") is True


def is_nim(changes: dict[str, Any]) -> bool:
    """Returns whether an update is of a client of NVIDIA's, whose messages have OpenAI's names."""
    return bool(_MARKS & changes.keys()) or changes.get("input_audio_format") == "none"


def nim_session(changes: dict[str, Any]) -> NimSession:
    """Returns the settings that a client sent.

    Raises:
        InvalidRequest: One of them is wrong.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    try:
        session = NimSession.model_validate(given)
    except ValidationError as error:
        problem = error.errors()[0]
        param = ".".join(["session", *(str(part) for part in problem["loc"])])
        raise InvalidRequest(f"{param}: {problem['msg']}", param=param) from None
    if session.input_audio_format not in _ENCODINGS:
        param = "session.input_audio_format"
        message = f"{param}: send one of {', '.join(_ENCODINGS)}."
        raise InvalidRequest(message, param=param)
    return session


def nim_options(session: NimSession, understanding: Understanding) -> LiveOptions:
    """Returns what the settings make of a session with a model that understands so much.

    Raises:
        InvalidRequest: The model does not understand the language; there are too many phrases, or
            one is too long.
    """
    field = "session.input_audio_transcription.language"
    try:
        language = understanding.told(session.input_audio_transcription.language)
    except InvalidRequest as error:
        raise InvalidRequest(error.message, param=field) from None
    boosting, params = session.word_boosting, session.input_audio_params
    boosted = boosting.word_boosting_list if boosting.enable_word_boosting else []
    hotwords = hotwords_of(None, [phrase for part in boosted for phrase in part.phrases])
    stop_ms = session.endpointing_config.stop_history
    return LiveOptions(
        audio_format=LiveFormat(
            _ENCODINGS[session.input_audio_format], params.sample_rate_hz, params.num_channels
        ),
        turn_detection=TurnDetection(silence_s=stop_ms / 1000 if stop_ms else _SILENCE_S),
        hotwords=hotwords if understanding.abilities.hotwords else (),
        language=language,
        needs_words=session.wants_words,
    )
