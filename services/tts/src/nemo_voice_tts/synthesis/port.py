"""The port to a voice: tokens to spectrograms to sound, and the values between them.

`synthesis.py` calls it, `backends/` implement it. A spectrogram's frames are opaque to everything
but the backend that made them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.backend import Backend
from nemo_voice_tts.text.insets import Pronunciations
from nemo_voice_tts.text.phonemes import Pronunciation

SLOWEST_PACE, FASTEST_PACE = 0.25, 4.0
NO_WORD = -1
"""The place of a token that says no word: a blank, or a mark of punctuation."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A stretch of text that is spoken in one breath, as the model's tokens."""

    tokens: tuple[int, ...]
    pace: float = 1.0
    """Speaking rate: 2.0 is twice as fast."""
    speaker: int = 0
    """Which of the model's speakers says it; a batch may mix them."""


@dataclass(frozen=True, slots=True)
class Spectrogram:
    """The mel frames of one phrase, wherever the backend keeps them."""

    frames: Any
    frame_count: int
    token_s: tuple[float, ...] = ()
    """How long each token of the phrase is in its sound, in seconds; together, all of it."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a spectrogram that the vocoder turns into sound in one run."""

    spectrogram: Spectrogram
    start: int
    """First mel frame that is read, context included."""
    frame_count: int
    """Mel frames that are read."""
    keep_start: int
    """First mel frame whose sound is kept."""
    keep_end: int
    """Mel frame before which the kept sound ends."""


class Voice(Backend, Protocol):
    """A loaded text-to-speech model pair.

    Only `tokens`, `token_words`, `unread`, `check`, `windows`, `vocoder_items` and the description
    may be used off the device thread.
    """

    @property
    def vocoder_items(self) -> int:
        """Most windows worth running at once: 1 on a CPU, where batching does not pay."""
        ...

    def tokens(self, text: str, pronunciations: Pronunciations = ..., /) -> tuple[int, ...]:
        """Returns the tokens of normalised text; raises `UnspeakableText` when none is sounded.

        The pronunciations stand for the placeholders in it.
        """
        ...

    def token_words(self, text: str, pronunciations: Pronunciations = ..., /) -> tuple[int, ...]:
        """Returns for each of a text's tokens the place of the word that it is of, else `NO_WORD`.

        Words are what stands between the blanks of the text, counted from 0.
        """
        ...

    def unread(self, text: str, /) -> str:
        """Returns the letters and digits of normalised text for which the voice has no symbol.

        They are left out of its tokens.
        """
        ...

    def check(self, pronunciation: Pronunciation, /) -> None:
        """Raises `UnknownPhoneme` when the voice has not every sound of the pronunciation."""
        ...

    def spectrograms(self, batch: Sequence[Phrase], /) -> Sequence[Spectrogram]:
        """Returns each phrase's spectrogram, equal to what it would be alone."""
        ...

    def windows(self, spectrogram: Spectrogram, *, first: bool) -> Sequence[Window]:
        """Returns the vocoder runs of a spectrogram in order; `first` makes the first one short."""
        ...

    def waveforms(self, batch: Sequence[Window], /) -> Sequence[Samples]:
        """Returns the kept sound of each window."""
        ...
