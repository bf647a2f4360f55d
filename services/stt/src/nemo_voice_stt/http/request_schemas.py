"""What can be posted to `/v1/audio/transcriptions` and `/v1/audio/translations`, by field."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import override

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

    @property
    def is_subtitles(self) -> bool:
        """Whether it is a file of subtitles, which stand where words are spoken."""
        return self in {TranscriptFormat.SRT, TranscriptFormat.VTT}


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


class RecordingForm(BaseModel):
    """What both forms have; other fields are ignored.

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
    language: str | None = None
    """Language of the audio, such as `en` or `en-US`; refused when the model does not know it."""
    prompt: str | None = None
    """Names separated by commas count as keywords; prose has no effect."""
    temperature: float = Field(default=0.0, ge=0, le=1)
    """Accepted for OpenAI's clients; the model always takes what is likeliest."""
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
    def granularities(self) -> frozenset[Granularity]:
        """What a verbose response gives times for."""
        return frozenset({Granularity.SEGMENT})

    @property
    def has_logprobs(self) -> bool:
        """Whether the response gives probabilities."""
        return False

    @property
    def uses_words(self) -> bool:
        """Whether times of words make the response better, or possible at all."""
        return self.response_format not in STREAMED

    @property
    def field_that_needs_words(self) -> str | None:
        """The field that asks for what is impossible without times of words."""
        if self.response_format.is_subtitles:
            return "response_format"
        is_verbose = self.response_format is TranscriptFormat.VERBOSE_JSON
        needs_words = is_verbose and Granularity.WORD in self.granularities
        return "timestamp_granularities" if needs_words else None

    @property
    def subtitle_rules(self) -> SubtitleRules:
        """What subtitles keep to."""
        return SubtitleRules(max_line_chars=self.max_line_chars, max_lines=self.max_lines)


class TranslationForm(RecordingForm):
    """The form of `POST /v1/audio/translations`, as OpenAI defines it, and languages beside."""

    to_language: str | None = None
    """Language to write in, such as `de`: of vLLM's clients. Absent for English, as OpenAI's."""
    target_language: str | None = None
    """The same by NVIDIA's name."""

    @property
    def target_field(self) -> str:
        """The field that names the language to write in."""
        return "target_language" if self.target_language and not self.to_language else "to_language"

    @property
    def wanted_language(self) -> str | None:
        """The language to write in, by either name; none for English."""
        return self.to_language or self.target_language


class TranscriptionForm(RecordingForm):
    """The form of `POST /v1/audio/transcriptions`, as OpenAI defines it."""

    stream: bool = False
    """Sends `json` or `text` as server-sent events, piece by piece; no effect on other formats."""
    bracketed_languages: list[str] = Field(default=[], alias="languages[]")
    """Languages that the audio may be in; refused when the model knows none of them."""
    languages: list[str] = []
    """The same without brackets."""
    bracketed_keywords: list[str] = Field(default=[], alias="keywords[]")
    """Words and names to prefer to others that sound alike."""
    keywords: list[str] = []
    """The same without brackets."""
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

    @property
    def is_streamed(self) -> bool:
        """Whether the response comes as events."""
        return self.stream and self.response_format in STREAMED

    @property
    @override
    def has_logprobs(self) -> bool:
        return bool(self.include or self.bracketed_include)

    @property
    @override
    def granularities(self) -> frozenset[Granularity]:
        wanted = {*self.timestamp_granularities, *self.bracketed_granularities}
        return frozenset(wanted or {Granularity.SEGMENT})
