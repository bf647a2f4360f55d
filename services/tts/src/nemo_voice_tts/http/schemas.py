"""What can be posted to the text-to-speech service, field by field."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import override

from nemo_voice_serving.audio.encoding import AudioFormat
from nemo_voice_tts.synthesis.voices import DEFAULT_VOICE
from nemo_voice_tts.text.pronunciations import MAX_REQUEST_ENTRIES
from nemo_voice_tts.text.structure.blocks import TextFormat

_NULL = {"type": "null"}
_ANNOTATIONS = ("title", "description", "default", "examples")
MAX_INSTRUCTIONS_CHARS = 4096
"""OpenAI's limit."""
MAX_DICTIONARY_CHARS = 64 * 1024
"""Room for `MAX_REQUEST_ENTRIES` of the longest."""


class _Body(BaseModel):
    """Fields that are not here are ignored: clients send those of other servers along.

    Null is the same as absent: clients write out the fields that nobody set.
    """

    model_config = ConfigDict(use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}

    @classmethod
    @override
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        described = handler.resolve_ref_schema(schema)
        for name, field in described["properties"].items():
            if name not in described.get("required", ()):
                described["properties"][name] = _nullable(field)
        return schema


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    """Returns a field's schema with null as one more kind."""
    about = {name: field[name] for name in _ANNOTATIONS if name in field}
    kind = {name: value for name, value in field.items() if name not in about}
    kinds = kind.get("anyOf", [kind])
    return {"anyOf": [*(one for one in kinds if one != _NULL), _NULL], **about}


Pronunciations = Annotated[
    dict[str, str],
    Field(
        max_length=MAX_REQUEST_ENTRIES,
        examples=[{"Nginx": "engine x", "tomato": "/təmeɪtoʊ/", "GIF": "{JH IH1 F}"}],  # noqa: RUF001 IPA
    ),
]
"""How words are said: in words, or in phonemes of the IPA between slashes or of ARPAbet in
braces."""


class VoiceReference(_Body):
    """A voice by its id, OpenAI's second spelling."""

    id: str


def _name_of(voice: Any) -> Any:
    return voice.get("id") if isinstance(voice, dict) else voice


VoiceName = Annotated[str, BeforeValidator(_name_of, json_schema_input_type=str | VoiceReference)]
"""A voice's name, in either of OpenAI's spellings."""


class SynthesizeRequest(_Body):
    """The body of `POST /synthesize`."""

    text: str = Field(examples=["This is a test of the text to speech service."])
    """What to say."""
    text_format: TextFormat | None = None
    """What the text is written in; absent: the service's setting, which is `auto`."""
    stream: StrictBool = True
    """False waits for the end of the speech, so that the WAV states its true length."""
    pronunciations: Pronunciations | None = None
    """How words are said: in words, `/IPA/` or `{ARPAbet}`. They win over the service's own."""
    strict: StrictBool = False
    """True refuses a text with characters that would be left out of the speech."""
    voice: VoiceName = DEFAULT_VOICE
    """One of those that `GET /v1/audio/voices` lists; absent: the default one."""


class StreamFormat(StrEnum):
    """How a streamed response is framed."""

    AUDIO = "audio"
    SSE = "sse"


class SpeechRequest(_Body):
    """The body of `POST /v1/audio/speech`, as OpenAI defines it."""

    input: str = Field(examples=["Hello, this is a demo voice."])
    """What to say."""
    model: str = "demo"
    """Accepted for OpenAI's clients; the loaded model speaks whatever the name."""
    voice: VoiceName = Field(default=DEFAULT_VOICE, examples=["alloy"])
    """One of those that `GET /v1/audio/voices` lists. A model with one voice answers to `default`,
    to its own name and to OpenAI's thirteen as well."""
    response_format: AudioFormat = AudioFormat.MP3
    """Container and codec of the response."""
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    """Speaking rate; the pace of the model changes, not the pitch."""
    stream_format: StreamFormat = StreamFormat.AUDIO
    """Framing of the streamed response: its bytes, or events that carry them."""
    instructions: str | None = Field(default=None, max_length=MAX_INSTRUCTIONS_CHARS)
    """Accepted for OpenAI's clients; the model takes no instructions."""
    text_format: TextFormat | None = None
    """Not OpenAI's: what the text is written in; absent: the service's setting, `auto`."""
    pronunciations: Pronunciations | None = None
    """How words are said: in words, `/IPA/` or `{ARPAbet}`. They win over the service's own. Not a
    field of OpenAI's: clients send it as an extra one."""
    strict: StrictBool = False
    """True refuses an input with characters that would be left out of the speech. Not a field of
    OpenAI's: clients send it as an extra one."""


class VoiceList(BaseModel):
    """The voices of one language, as NVIDIA's NIM lists them."""

    voices: list[str]


class NimSpeechRequest(_Body):
    """The form of `POST /v1/audio/synthesize` and `synthesize_online`, as NVIDIA's NIM takes it."""

    text: str = Field(examples=["Hello, this is a demo voice."])
    """What to say."""
    language: str | None = None
    """The text's language, such as `en-US`; absent: the voice's. Another one is refused."""
    voice: str = DEFAULT_VOICE
    """A name that `GET /v1/audio/list_voices` gives, or one that `POST /v1/audio/speech` takes."""
    sample_rate_hz: int | None = Field(default=None, ge=8000, le=48000)
    """Rate of the response; absent: the model's."""
    encoding: Literal["LINEAR_PCM"] = "LINEAR_PCM"
    """16-bit samples, the one encoding there is."""
    text_format: TextFormat | None = None
    """Not the NIM's: what the text is written in; absent: the service's setting, `auto`."""
    custom_dictionary: str = Field(
        default="",
        max_length=MAX_DICTIONARY_CHARS,
        examples=["tomato  təmeɪtoʊ,GIF  dʒɪf"],  # noqa: RUF001 IPA
    )
    """How words are said: each, two spaces, its phonemes in the IPA; a line or a comma ends it."""
    strict: bool = False
    """True refuses a text with characters that would be left out of the speech."""


class ReadingRequest(_Body):
    """The body of `POST /v1/audio/reading`."""

    text: str = Field(examples=["Dr Smith paid for HTTP/2."])
    """The text that would be spoken."""
    text_format: TextFormat | None = None
    """What the text is written in; absent: the service's setting, which is `auto`."""
    strict: StrictBool = False
    """True refuses a text with characters that would be left out of the speech."""
    pronunciations: Pronunciations | None = None
    """How words are said: in words, `/IPA/` or `{ARPAbet}`. They win over the service's own."""


class PhraseReading(BaseModel):
    """A stretch of the text that is spoken in one breath."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    text: str = Field(examples=["Doctor Smith paid for H T T P two."])
    """What the voice says, phonemes between slashes."""
    start: int
    """Where it begins in the request's text, in characters."""
    end: int
    """Where it ends."""
    lead_seconds: float
    """Silence before it; only the first phrase has any."""
    pause_seconds: float
    """Silence after it, beyond the short one that a voice leaves after each phrase."""
    pace: float
    """Speaking rate, relative to the request's."""


class Reading(BaseModel):
    """What a text is read as."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    phrases: list[PhraseReading]
    """The phrases in their order."""
