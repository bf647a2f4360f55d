"""The port to a recogniser: pieces of audio to words with times, and the values between them.

`transcription.py` calls it, `backends/` implement it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.backend import Backend

if TYPE_CHECKING:
    from nemo_voice_stt.transcription.streaming_port import StreamingRecogniser


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A piece of audio and the words that are likely in it."""

    samples: Samples
    hotwords: tuple[str, ...] = ()
    """Words and names to prefer to others that sound alike."""
    language: str | None = None
    """What is spoken, one of `Abilities.told_languages`; None leaves it to the model."""
    translate_to: str | None = None
    """The language to write it in, where that is another; None writes what is said."""
    needs_words: bool = False
    """Whether words with times are used; a model that writes them at a cost does it for these."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model can do beyond text; a request for more is refused before it is begun."""

    word_times: bool = True
    """Whether words have times of their own."""
    confidence: bool = True
    """Whether words have a confidence."""
    logprobs: bool = True
    """Whether tokens have probabilities."""
    hotwords: bool = True
    """Whether it can prefer words that a request names."""
    told_languages: tuple[str, ...] = ()
    """Codes of the languages that it can be told are spoken; none where it always finds out."""
    default_language: str | None = None
    """What it takes for spoken where it is not told; None where it finds out."""
    translations: tuple[tuple[str, str], ...] = ()
    """The pairs of spoken and written language that it translates between."""


TRANSDUCER = Abilities()
"""Those of a transducer: all but to be told a language, and to translate."""


@dataclass(frozen=True, slots=True)
class TextToken:
    """One token of the model's vocabulary as it was recognised."""

    number: int
    """Its place in the vocabulary."""
    text: str
    """What it adds to the text, with the space before a word."""
    logprob: float
    """The natural logarithm of its probability, given the audio and the tokens before it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word and when it is spoken, in seconds from the start of its audio."""

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None
    """Between 0 and 1, where the backend computes it."""
    tokens: tuple[TextToken, ...] = ()
    """What the model spelled it with."""
    is_joined: bool = False
    """Whether no space stands before it, as in languages that write without."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """The text and words of one piece of audio; no words where there is no speech, or no times."""

    text: str
    words: tuple[Word, ...]


class Recogniser(Backend, Protocol):
    """A loaded speech-to-text model.

    Only its description and its abilities may be read off the device thread.
    """

    abilities: Abilities = TRANSDUCER
    """What it can do beyond text."""
    streaming: "StreamingRecogniser | None" = None
    """What hears live audio part by part with the same weights; None where it needs the whole."""

    def recognise(self, batch: Sequence[Clip], /) -> Sequence[Recognition]:
        """Returns what is said in each clip, equal to what it would be alone but for rounding."""
        ...
