"""How text in pieces is spoken, and how much of it there may be."""

from dataclasses import dataclass

from nemo_voice_tts.text.reading import DEFAULT_OPTIONS, ReadingOptions


@dataclass(frozen=True, slots=True)
class LiveTextOptions:
    """What a session's client chose."""

    speaker: int | None = None
    """Who speaks, as the service's voices name them; absent: the default voice."""
    pace: float = 1.0
    """Speaking rate: 2.0 is twice as fast."""
    reading: ReadingOptions = DEFAULT_OPTIONS


@dataclass(frozen=True, slots=True)
class LiveTextLimits:
    """The limits of every session."""

    phrase_chars: int = 300
    """Longest stretch that is spoken in one breath."""
    first_phrase_chars: int = 80
    """Longest first one, where somebody waits for it."""
    hold_s: float = 2.0
    """How long text without the end of a clause is held while nothing is being spoken."""
    max_held_chars: int = 20_000
    """Text that may wait to be spoken."""
    ahead_s: float = 0.5
    """While a listener has more speech than this to hear, whole sentences are waited for."""
