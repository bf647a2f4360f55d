"""What can be posted to `POST /v1/audio/transcriptions`, field by field."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from nemo_voice_stt.captions.subtitles import (
    DEFAULT_RULES,
    MAX_LINE_CHARS,
    MAX_LINES,
    MIN_LINE_CHARS,
    SubtitleRules,
)


class TranscriptFormat(StrEnum):
    """The shapes a transcript can be had in."""

    JSON = "json"
    TEXT = "text"
    SRT = "srt"
    VTT = "vtt"
    VERBOSE_JSON = "verbose_json"


STREAMED = frozenset({TranscriptFormat.JSON, TranscriptFormat.TEXT})
"""The formats that `stream` has an effect on."""


class Granularity(StrEnum):
    """What a verbose transcript gives times for."""

    WORD = "word"
    SEGMENT = "segment"


def _known_format(value: Any) -> Any:
    if value == "diarized_json":
        raise PydanticCustomError("unsupported", "the model does not tell speakers apart")
    return value


class TranscriptionForm(BaseModel):
    """The form of `POST /v1/audio/transcriptions`, as OpenAI defines it; other fields are ignored.

    OpenAI's own clients write lists with brackets, LiteLLM without.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    file: UploadFile
    """Audio in any usual container, or samples of type `audio/pcm;rate=16000`."""
    model: str = "demo"
    """Accepted for OpenAI's clients; the loaded model transcribes whatever the name."""
    response_format: Annotated[TranscriptFormat, BeforeValidator(_known_format)] = (
        TranscriptFormat.JSON
    )
    """Shape of the response."""
    stream: bool = False
    """Sends `json` or `text` as server-sent events, piece by piece; no effect on other formats."""
    language: str | None = None
    """Language of the audio, such as `en` or `en-US`; refused when the model does not know it."""
    bracketed_languages: list[str] = Field(default=[], alias="languages[]")
    """Languages that the audio may be in; refused when the model knows none of them."""
    languages: list[str] = []
    """The same without brackets."""
    prompt: str | None = None
    """Names separated by commas count as keywords; prose has no effect."""
    bracketed_keywords: list[str] = Field(default=[], alias="keywords[]")
    """Words and names to prefer to others that sound alike."""
    keywords: list[str] = []
    """The same without brackets."""
    temperature: float = Field(default=0.0, ge=0, le=1)
    """Accepted for OpenAI's clients; the model always takes what is likeliest."""
    bracketed_granularities: list[Granularity] = Field(
        default=[], alias="timestamp_granularities[]"
    )
    """For `verbose_json`: times of words, of segments (default), or of both."""
    timestamp_granularities: list[Granularity] = []
    """The same without brackets."""
    bracketed_include: list[Literal["logprobs"]] = Field(default=[], alias="include[]")
    """`logprobs` adds the logarithm of each token's probability to `json`."""
    include: list[Literal["logprobs"]] = []
    """The same without brackets."""
    chunking_strategy: str | None = None
    """Accepted for OpenAI's clients; long audio is always cut at silences."""
    max_line_chars: int | None = Field(default=None, ge=MIN_LINE_CHARS, le=MAX_LINE_CHARS)
    """For `srt` and `vtt`: longest line; absent for 42 characters, 16 as wide as Chinese ones."""
    max_lines: int = Field(default=DEFAULT_RULES.max_lines, ge=1, le=MAX_LINES)
    """For `srt` and `vtt`: most lines of one subtitle."""

    @model_validator(mode="before")
    @classmethod
    def _without_empty_items(cls, fields: Any) -> Any:
        """Takes an empty item of a list for none, as FastAPI takes an empty field for absent."""
        if not isinstance(fields, dict):
            return fields
        return {
            name: [item for item in value if item != ""] if isinstance(value, list) else value
            for name, value in fields.items()
        }

    @property
    def is_streamed(self) -> bool:
        """Whether the response comes as events."""
        return self.stream and self.response_format in STREAMED

    @property
    def has_logprobs(self) -> bool:
        """Whether the response gives probabilities."""
        return bool(self.include or self.bracketed_include)

    @property
    def granularities(self) -> frozenset[Granularity]:
        """What a verbose response gives times for."""
        wanted = {*self.timestamp_granularities, *self.bracketed_granularities}
        return frozenset(wanted or {Granularity.SEGMENT})

    @property
    def subtitle_rules(self) -> SubtitleRules:
        """What subtitles keep to."""
        return SubtitleRules(max_line_chars=self.max_line_chars, max_lines=self.max_lines)
