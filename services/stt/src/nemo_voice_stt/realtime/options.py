"""What a client may choose in a live session, and the limits that all sessions keep to."""

from dataclasses import dataclass, field

from nemo_voice_stt.realtime.audio_format import LiveFormat


@dataclass(frozen=True, slots=True)
class TurnDetection:
    """How the service finds speech where the client leaves that to it."""

    threshold: float = 0.5
    """Probability from which a moment is speech."""
    padding_s: float = 0.3
    """What is kept of the sound before speech."""
    silence_s: float = 0.5
    """The silence that ends an utterance."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """What a client chose."""

    audio_format: LiveFormat = field(default_factory=LiveFormat)
    turn_detection: TurnDetection | None = field(default_factory=TurnDetection)
    """None where the client commits itself: no speech is looked for then."""
    hotwords: tuple[str, ...] = ()
    """Words and names to prefer to others that sound alike."""
    language: str | None = None
    """What is spoken, as `Clip.language`."""
    needs_words: bool = False
    """Whether the final transcript's words are used, as `Clip.needs_words`."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one session."""

    early_final_s: float = 0.2
    """The silence from which on a final transcript may be begun, and which is kept after speech; 0
    is never, and all of it."""
    max_utterance_s: float = 300.0
    """Longest item; a longer one is committed, and the next one begins."""
    max_unfinished: int = 4
    """Items whose final transcripts are not there yet; then no more audio is read. Nor is it while
    they last twice as long as one may: what a session holds is bounded by that."""
    max_events: int = 1024
    """Events that wait for the client to read them; then the session ends."""
