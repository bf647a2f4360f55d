"""The port to a recogniser that hears speech while it is spoken: streams of audio, part by part.

`realtime/streaming_engine.py` calls it, `backends/cache_aware/` implements it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_stt.transcription.port import Recognition

MAX_STREAMS = 128
"""In one step."""
MAX_CHUNKS = 256
"""In one step, of all its streams: those that are behind have several each."""


class StreamPart(Protocol):
    """The next audio of one stream, with what the model needs of that before."""

    @property
    def chunks(self) -> int:
        """How many of the encoder's chunks it has room for, the extent of its row in a batch."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a stream said up to the end of a part."""

    text: str
    """The whole so far, with which all later ones begin."""
    recognition: Recognition | None = None
    """The whole with its words' times, once the last part was heard."""


class AudioStream(Protocol):
    """One utterance's audio, and what the model remembers of it."""

    @property
    def audio_s(self) -> float:
        """How much was added."""
        ...

    @property
    def heard_s(self) -> float:
        """How much of that was given away in parts."""
        ...

    def add(self, samples: Samples) -> None:
        """Takes what was said next, at the model's rate; never waits."""
        ...

    def end(self) -> None:
        """Takes what was added for the whole."""
        ...

    def next_part(self) -> StreamPart | None:
        """Returns the next part to hear; None while too little audio waits.

        A part is asked for once the one before was heard; none follows the last.
        """
        ...


class StreamingRecogniser(Protocol):
    """A loaded model that keeps what it remembers of each stream between parts.

    `open` and `close` may be called on any thread; `step` is called on the device thread.
    """

    sample_rate_hz: int
    """The rate of the samples that it takes."""
    chunk_s: float
    """How much audio it hears at least at once."""
    sizes: tuple[int, ...]
    """How many chunks a part may have, ascending."""

    def open(self, language: str | None) -> AudioStream:
        """Returns a new stream.

        Args:
            language: What is spoken, as `Clip.language`.
        """
        ...

    def warm_up(self, report: Callable[[str], None]) -> None:
        """Hears a stream of noise with parts of every size, reporting each by name."""
        ...

    def step(self, batch: Sequence[StreamPart], /) -> Sequence[Heard]:
        """Hears one part of each of some streams, as it would each alone but for rounding."""
        ...

    def close(self, stream: AudioStream) -> None:
        """Forgets a stream; a part of it that is being heard is of no use any more."""
        ...
