"""What happens to text in pieces, in the order in which a client is told."""

from dataclasses import dataclass

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import VoiceError
from nemo_voice_tts.synthesis.word_times import SpokenPhrase


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause whose sound begins with the next piece of sound."""

    phrase: SpokenPhrase
    """What it says when; its spans count from the first character of the session."""
    source: str
    """The stretch of the text that it was written as."""
    begins_s: float
    """Where in the session's sound it begins."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Some of the speech."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Flushed:
    """All text from before a flush is spoken."""


@dataclass(frozen=True, slots=True)
class Finished:
    """All text is spoken, and no more will come."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The service stops: what was not spoken by now will not be."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A stretch of the text is not spoken; what follows it may be."""

    error: VoiceError


Event = Clause | Sound | Flushed | Finished | Stopped | Failed
