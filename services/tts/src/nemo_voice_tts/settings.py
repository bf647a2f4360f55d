"""The settings of the text-to-speech service, beyond those both services share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, Json, field_validator
from pydantic_settings import NoDecode

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_serving.model_kinds.published_voices import ENGLISH_VOCODER, published_voice
from nemo_voice_serving.settings import MAX_S, SelfTestSettings, ServiceSettings, SettingsGroup
from nemo_voice_tts.synthesis.voices import VoiceChoice, checked_speakers, speakers_of
from nemo_voice_tts.text.languages import LANGUAGES, language_of
from nemo_voice_tts.text.reading import read
from nemo_voice_tts.text.structure.blocks import TextFormat

MAX_WARMUP_TEXTS, MAX_WARMUP_TEXT_CHARS = 16, 500
"""Enough for the phrases of one application, spoken in seconds."""


class TtsSelfTestSettings(SelfTestSettings):
    """The recurring self-test: the model speaks a sentence."""

    text: str | None = Field(default=None, min_length=1, max_length=MAX_WARMUP_TEXT_CHARS)
    """What is spoken, at most 500 characters. Absent: a sentence in the voice's language."""

    @field_validator("text")
    @classmethod
    def _is_speakable(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                read(text)
            except InvalidRequest as error:
                raise ValueError(error.message) from None
        return text


class LiveTextSettings(SettingsGroup):
    """Limits of connections that send text in pieces."""

    max_sessions: int = Field(default=500, ge=1, le=100_000)
    """Connections at once; more are refused with 503."""
    max_session_s: float = Field(default=3600.0, ge=1, le=MAX_S)
    """Longest connection, in seconds; its client may connect again."""
    idle_s: float = Field(default=300.0, ge=1, le=MAX_S)
    """Seconds without a message after which a connection is closed."""
    hold_s: float = Field(default=2.0, ge=0.05, le=MAX_S)
    """Seconds for which words without the end of a clause are held while nothing is being spoken;
    then they are spoken."""
    max_held_chars: int = Field(default=20_000, ge=1000)
    """Characters of one session that may wait to be spoken; more text is refused."""


class TtsSettings(ServiceSettings):
    """The settings of the text-to-speech service."""

    port: int = Field(default=5000, ge=0, le=65535)
    """Port to listen on."""
    max_upload_bytes: int = Field(default=2 * 1024 * 1024, ge=1024)
    """Largest request body: a text as long as `max_long_text_chars`, in JSON's longest writing."""
    vocoder: str | None = None
    """The vocoder, named like `model`; absent: `demo` for `demo`, the one that NVIDIA published
    with a voice of that name, else `nvidia/tts_hifigan`."""
    vocoder_revision: str | None = None
    """Commit, tag or branch of a Hugging Face vocoder."""
    vocoder_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """Digest that the vocoder's .nemo file must have."""
    speakers: Annotated[Mapping[str, int], NoDecode] = Field(default={})
    """Names of the voices of a model with several speakers, as a JSON object of names and speakers'
    numbers: `{"helen": 92, "alloy": 92}`. OpenAI's names can be among them. Absent: the published
    names of the model's speakers, else their numbers."""
    default_voice: str | None = None
    """Voice of requests that name none, one of the names or numbers. Absent: a model with several
    speakers refuses such requests."""
    language: str | None = None
    """Language that the voice speaks, where its checkpoint does not say it: `de`, `en` or `es`."""
    grammars: Path | None = None
    """Folder of the compiled text-normalisation grammars; absent: the user's cache."""
    pronunciations: Path | None = None
    """File of how words are said, or a folder of such files, such as a mounted ConfigMap. It is
    read again whenever it changes."""
    normaliser_workers: int = Field(default=1, ge=1, le=32)
    """Processes that turn digits and abbreviations into words."""
    text_format: TextFormat = TextFormat.AUTO
    """What texts are written in whose requests do not say it."""
    max_text_chars: int = Field(default=4096, ge=1)
    """Longest text of one OpenAI request, in characters."""
    max_long_text_chars: int = Field(default=100_000, ge=1)
    """Longest text of one request to our own route and the NIM's, in characters."""
    max_queue_chars: int = Field(default=20_000, ge=1)
    """Characters that may be waiting or in work before requests are refused with 429."""
    phrase_chars: int = Field(default=300, ge=20)
    """Longest stretch of text that is synthesised in one piece, in characters."""
    first_phrase_chars: int = Field(default=80, ge=10)
    """Longest first piece of a streamed response: shorter means earlier audio."""
    phrases_ahead: int = Field(default=3, ge=1, le=64)
    """Pieces of one request that are worked on ahead of what its client has been sent."""
    warmup_texts: Json[tuple[str, ...]] = Field(default="[]")  # type: ignore[arg-type] # as given
    """Texts that are spoken before the service is ready, as a JSON list: at most 16, each at most
    500 characters. One that fails, or is no sound, fails the start."""

    live_text: LiveTextSettings = LiveTextSettings()
    """Text in pieces."""
    self_test: TtsSelfTestSettings = TtsSelfTestSettings()
    """The recurring self-test."""

    @field_validator("speakers", mode="before")
    @classmethod
    def _are_speakers(cls, given: object) -> object:
        if isinstance(given, str):
            return speakers_of(given)
        return checked_speakers(list(given.items())) if isinstance(given, Mapping) else given

    @field_validator("precision")
    @classmethod
    def _is_for_voices(cls, precision: str) -> str:
        if precision == "int8":
            raise ValueError(
                "int8 is for recognisers: a voice's heavy layers are convolutions. "
                "Set NEMO_VOICE_PRECISION=auto"
            )
        return precision

    @field_validator("language")
    @classmethod
    def _is_read(cls, tag: str | None) -> str | None:
        if tag is not None and language_of(tag) is None:
            raise ValueError(f"no texts are read in {tag}; one of {', '.join(LANGUAGES)}")
        return tag

    @field_validator("warmup_texts")
    @classmethod
    def _are_speakable(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if len(texts) > MAX_WARMUP_TEXTS:
            raise ValueError(f"at most {MAX_WARMUP_TEXTS} texts, not {len(texts)}")
        for place, text in enumerate(texts, 1):
            if len(text) > MAX_WARMUP_TEXT_CHARS:
                message = f"at most {MAX_WARMUP_TEXT_CHARS} characters, not {len(text)}"
                raise ValueError(f"text {place}: {message}")
            try:
                read(text)
            except InvalidRequest as error:
                raise ValueError(f"text {place}: {error.message}") from None
        return texts

    @property
    def voice_choice(self) -> VoiceChoice:
        """What the settings say of the voices."""
        return VoiceChoice(self.speakers, self.default_voice)

    @property
    def vocoder_source(self) -> str:
        """The vocoder that is used."""
        if self.vocoder is not None:
            return self.vocoder
        if self.model == "demo":
            return "demo"
        published = published_voice(self.model)
        return ENGLISH_VOCODER if published is None else published.vocoder
