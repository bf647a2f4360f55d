"""Where speech begins and ends, decided over the probabilities of consecutive chunks."""

import math
from dataclasses import dataclass

from nemo_voice_stt.realtime.options import TurnDetection

CHUNK_S = 0.032
"""What one probability is about."""
_HYSTERESIS = 0.15
"""Speech goes on until its probability is so much below the threshold, as Silero has it."""


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """Speech began in the chunk at this time, in seconds of the detector's stream."""

    at_s: float


@dataclass(frozen=True, slots=True)
class TurnStopped:
    """The silence that ends the speech is over at this time."""

    at_s: float
    spoken_until_s: float
    """Where the utterance ends: it has no more of the silence than is kept."""


class Turns:
    """Follows one stream of probabilities, a chunk after the other."""

    def __init__(
        self,
        detection: TurnDetection,
        *,
        begins_at_s: float = 0.0,
        in_speech: bool = False,
        kept_silence_s: float = math.inf,
    ) -> None:
        """Takes how speech is told from silence, and where to begin.

        Args:
            detection: The client's choice.
            begins_at_s: The time of the first chunk.
            in_speech: Whether speech goes on.
            kept_silence_s: How much of the silence after it belongs to an utterance.
        """
        self._detection = detection
        self._kept_silence_s = kept_silence_s
        self._at_s = begins_at_s
        self._in_speech = in_speech
        self._silent_since_s: float | None = None
        self._quiet_since_s: float | None = None  # since the last chunk that may be speech

    @property
    def in_speech(self) -> bool:
        """Whether speech goes on."""
        return self._in_speech

    @property
    def at_s(self) -> float:
        """The end of the last chunk."""
        return self._at_s

    @property
    def may_be_over(self) -> bool:
        """Whether the speech ends where it is now, should the silence go on."""
        return self._quiet_since_s is not None and self._at_s >= self._kept_until_s()

    @property
    def spoken_until_s(self) -> float:
        """Up to where all belongs to the utterance, whether the silence goes on or not."""
        return min(self._at_s, self._kept_until_s())

    def _kept_until_s(self) -> float:
        if self._quiet_since_s is None:
            return math.inf
        return self._quiet_since_s + self._kept_silence_s

    def follow(self, probability: float) -> TurnStarted | TurnStopped | None:
        """Returns what the next chunk begins or ends, if anything."""
        began_s = self._at_s
        self._at_s = began_s + CHUNK_S
        if probability >= self._detection.threshold:
            self._silent_since_s = self._quiet_since_s = None
            if self._in_speech:
                return None
            self._in_speech = True
            return TurnStarted(began_s)
        if not self._in_speech:
            return None
        if probability >= self._detection.threshold - _HYSTERESIS:
            self._quiet_since_s = None  # it may be a word, and last for as long as it likes
            return None
        if self._silent_since_s is None:
            self._silent_since_s = began_s
        if self._quiet_since_s is None:
            self._quiet_since_s = began_s
        if self._at_s - self._silent_since_s < self._detection.silence_s:
            return None
        stopped = TurnStopped(self._at_s, self.spoken_until_s)
        self._in_speech, self._silent_since_s, self._quiet_since_s = False, None, None
        return stopped
