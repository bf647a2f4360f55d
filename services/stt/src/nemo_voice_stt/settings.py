"""The settings of the speech-to-text service, beyond those both services share."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from nemo_voice_serving.settings import MAX_S, SelfTestSettings, ServiceSettings, SettingsGroup


class RealtimeSettings(SettingsGroup):
    """Limits of live sessions."""

    max_sessions: int = Field(default=500, ge=1, le=100_000)
    """Live sessions at once; more are refused with 503."""
    slow_final_s: float = Field(default=1.0, ge=0.05, le=60)
    """Seconds from the end of an utterance to its transcript: while most wait longer, no further
    session is admitted."""
    max_utterance_s: float = Field(default=300.0, ge=15, le=3600)
    """Longest utterance, in seconds; a longer one is committed, and the next one begins there."""
    max_session_s: float = Field(default=3600.0, ge=1, le=MAX_S)
    """Longest session, in seconds; its client may connect again."""
    idle_s: float = Field(default=900.0, ge=1, le=MAX_S)
    """Seconds without a message after which a session is closed."""
    early_final_s: float = Field(default=0.2, ge=0, le=60)
    """Silence in seconds from which on the final transcript of an utterance may be begun, where the
    service finds its end: once that is certain, most are ready. An utterance has no more of the
    silence after it. 0: all of it, and its transcript is begun when it is over."""
    lookahead_ms: int | None = Field(default=None, ge=0, le=10_000)
    """Milliseconds by which a checkpoint for live audio looks ahead, one of those it was trained
    with: more is better text, later. Absent: the checkpoint's default."""
    partial_interval_s: float = Field(default=0.5, ge=0.1, le=60)
    """Least time between two passes over an utterance that is still spoken, for its partials."""
    partial_share: float = Field(default=0.5, ge=0, le=1)
    """Share of the device's time that partials may take; 0 is none at all."""


class SttSelfTestSettings(SelfTestSettings):
    """The recurring self-test: the model transcribes a recording of which it knows the text."""

    clip: Path | None = None
    """Recording of at most 30 s that is transcribed: any format that requests may have. Absent: a
    packaged one in a language of the model."""
    text: str | None = Field(default=None, min_length=1, max_length=500)
    """What is said in the clip. Absent: any word will do, as long as it is always the same."""
    max_word_error_rate: float | None = Field(default=None, ge=0, le=1)
    """Share of the words of the text that may be wrong at the first time; later ones are compared
    with the first. Absent: 0.5, and 0.8 for packaged clips that are not English."""

    @model_validator(mode="after")
    def _text_of_the_clip(self) -> Self:
        if self.text is not None and self.clip is None:
            raise ValueError(
                "self_test.text says what is said in self_test.clip: set "
                "NEMO_VOICE_SELF_TEST__CLIP, too"
            )
        if self.text is not None and not any(map(str.isalnum, self.text)):
            raise ValueError("self_test.text has no word in it")
        return self


class SttSettings(ServiceSettings):
    """The settings of the speech-to-text service."""

    port: int = Field(default=5001, ge=0, le=65535)
    """Port to listen on."""
    languages: str = Field(default="en", pattern="^[a-z]{2,3}(,[a-z]{2,3})*$")
    """ISO 639-1 codes of what the model understands, separated by commas: a request for another
    language is refused, and a model that cannot find out what is spoken takes it for the first of
    these. Not set: those of the checkpoint or of its published name; English where neither says."""
    decoder: Literal["auto", "transducer", "ctc"] = "auto"
    """Which decoder of a hybrid checkpoint is used. A transducer errs less, CTC is faster on a CPU;
    `auto` takes the transducer. A checkpoint that lacks the one named here is refused."""
    cuda_graphs: bool = True
    """Decode through CUDA graphs on a GPU; turn it off for drivers that fail to capture them."""
    piece_s: float = Field(default=30.0, ge=5, le=60)
    """Longest stretch of audio the model gets at once; longer audio is cut at silences."""
    pieces_ahead: int = Field(default=8, ge=1, le=64)
    """Pieces of one request that are decoded ahead of their recognition."""
    max_audio_s: float = Field(default=4 * 3600.0, ge=10, le=7 * MAX_S)
    """Longest audio of one request, in seconds."""
    max_queue_audio_s: float = Field(default=1200.0, gt=0, le=10_000_000)
    """Audio seconds that may be waiting or in work before requests are refused with 429."""
    max_batch_audio_s: float = Field(default=240.0, gt=0, le=MAX_S)
    """Most audio in one batch, padding included: longest piece times pieces. On a CPU the default
    is twice `piece_s`: more at once is no faster there, and keeps the service from all else."""

    self_test: SttSelfTestSettings = SttSelfTestSettings()
    """The recurring self-test."""

    realtime: RealtimeSettings = RealtimeSettings()
    """Live sessions."""

    @property
    def names_languages(self) -> bool:
        """Whether the languages were set, and are not the default."""
        return "languages" in self.model_fields_set

    def batch_audio_s_on(self, device: str) -> float:
        """Returns the most audio in one batch on a device, as its description names it."""
        is_default = "max_batch_audio_s" not in self.model_fields_set
        if is_default and device.startswith("cpu"):
            return min(2 * self.piece_s, self.max_batch_audio_s)
        return self.max_batch_audio_s

    @property
    def language_codes(self) -> tuple[str, ...]:
        """The languages, one by one."""
        return tuple(self.languages.split(","))
