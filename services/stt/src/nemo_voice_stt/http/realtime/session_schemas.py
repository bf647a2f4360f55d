"""A transcription session as OpenAI's clients configure it; fields beyond these are ignored."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
)
from pydantic_core import PydanticCustomError

from nemo_voice_stt.realtime.audio_format import MAX_RATE_HZ


def _number(value: Any) -> Any:
    """Refuses what Pydantic would make a number of."""
    if isinstance(value, str | bool):
        raise PydanticCustomError("number_type", "send a number")
    return value


Whole = Annotated[int, BeforeValidator(_number)]
LOGPROBS = "item.input_audio_transcription.logprobs"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Pcm(_Part):
    """16-bit little-endian mono samples."""

    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Whole = Field(default=24_000, ge=8_000, le=MAX_RATE_HZ)
    """Samples a second; OpenAI itself takes 24000 only."""


class MuLaw(_Part):
    """G.711 µ-law at 8 kHz."""

    type: Literal["audio/pcmu"]


class ALaw(_Part):
    """G.711 A-law at 8 kHz."""

    type: Literal["audio/pcma"]


class TranscriptionConfig(_Part):
    """What is known of the speech; the loaded model transcribes whatever the name."""

    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: JsonValue = None


class ServerVad(_Part):
    """Speech ends after a silence."""

    type: Literal["server_vad"] = "server_vad"
    threshold: Annotated[float, BeforeValidator(_number)] = Field(default=0.5, ge=0, le=1)
    prefix_padding_ms: Whole = Field(default=300, ge=0, le=10_000)
    silence_duration_ms: Whole = Field(default=500, ge=0, le=60_000)


class SemanticVad(_Part):
    """Speech ends after a silence whose length follows the eagerness."""

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"


def _format_type(value: Any) -> str:
    return _type_of(value, "audio/pcm")


def _detection_type(value: Any) -> str:
    return _type_of(value, "server_vad")


def _type_of(value: Any, default: str) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return default if kind is None else str(kind)


AudioFormat = Annotated[
    Annotated[Pcm, Tag("audio/pcm")]
    | Annotated[MuLaw, Tag("audio/pcmu")]
    | Annotated[ALaw, Tag("audio/pcma")],
    Discriminator(_format_type),
]
TurnDetectionConfig = Annotated[
    Annotated[ServerVad, Tag("server_vad")] | Annotated[SemanticVad, Tag("semantic_vad")],
    Discriminator(_detection_type),
]


class AudioInput(_Part):
    """How the client sends audio, and what happens to it."""

    format: Annotated[AudioFormat | None, AfterValidator(lambda value: value or Pcm())] = Pcm()
    """`null` is the default, too."""
    transcription: TranscriptionConfig | None = None
    noise_reduction: JsonValue = None
    turn_detection: TurnDetectionConfig | None = ServerVad()


class Audio(_Part):
    """The one direction of a transcription session."""

    input: AudioInput = AudioInput()


class SessionConfig(_Part):
    """What a client may set of a session."""

    audio: Audio = Audio()
    include: list[str] | None = None


class FlatSession(BaseModel):
    """What a client of OpenAI's beta, or of NVIDIA's, may set when it makes a session."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="allow")

    input_audio_format: Literal["pcm16", "g711_ulaw", "g711_alaw"] | None = None
    """Of 24000 samples a second, or of 8000 for G.711."""
    input_audio_transcription: TranscriptionConfig | None = None
    """What is known of the speech."""
    turn_detection: TurnDetectionConfig | None = None
    """How the end of speech is found; `null` leaves it to the client."""
    include: list[str] | None = None
    """As in `session.include`."""
