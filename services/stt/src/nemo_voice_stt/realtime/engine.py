"""The ports of a live session: to what makes text of an utterance, and to what finds speech.

`session.py` calls them. `offline_engine.py` implements the first for models that take whole
utterances, and `streaming_engine.py` for those that hear part by part; `backends/` implement the
second.
"""

from collections.abc import Callable
from typing import Protocol

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.transcription.transcription import Transcript


class Utterance(Protocol):
    """One utterance on its way through a model."""

    def add(self, pcm: bytes) -> None:
        """Takes what was said next, as 16-bit samples at the client's rate; never waits."""
        ...

    def may_be_over(self) -> None:
        """Receives that what was added may be all: the speaker is silent.

        What is added all the same takes it back. Never waits; an engine that begins nothing early
        ignores it.
        """
        ...

    async def final(self) -> Transcript:
        """Returns the transcript of the whole; nothing may be added any more.

        Raises:
            VoiceError: It cannot be transcribed.
        """
        ...

    async def close(self) -> None:
        """Stops all work on it; may be called at any time, also repeatedly."""
        ...


class PartialObserver(Protocol):
    """Receives figures about partials: the metrics."""

    def partial_recognised(self, delay_s: float) -> None:
        """Receives the time from the newest audio of a partial to its text."""
        ...


class LiveEngine(Protocol):
    """Makes text of utterances while they are spoken."""

    def begin(self, options: LiveOptions, on_partial: Callable[[str], None]) -> Utterance:
        """Returns a new utterance.

        Args:
            options: What the client chose.
            on_partial: Called with what is to be added to the text that was shown before.
        """
        ...

    def sessions_changed(self, count: int) -> None:
        """Receives how many sessions are open, whose speakers wait."""
        ...

    def behind_s(self) -> float:
        """Returns by how many seconds most open utterances are heard later than they are spoken.

        0 for an engine that leaves out what it has no time for.
        """
        return 0.0


class SpeechStream(Protocol):
    """One session's audio on its way through a detector of speech."""

    async def follow(self, samples: Samples) -> list[float]:
        """Returns the probability of speech of each chunk of 32 ms that is complete by now."""
        ...


class SpeechDetector(Protocol):
    """Tells speech from other sound, for many sessions at once."""

    sample_rate_hz: int
    """The rate of the samples that it takes."""

    def open(self) -> SpeechStream:
        """Returns a new stream."""
        ...
