"""How far a run is: files, seconds of audio, speed against real time, time left.

How long a file is that no manifest describes is learnt from those of the same suffix that were
transcribed: seconds for each byte.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.archive.survey import Survey

_BYTES_PER_S = {
    **dict.fromkeys((".wav", ".aif", ".aiff", ".au", ".snd", ".caf"), 32_000.0),
    **dict.fromkeys((".flac", ".wv"), 20_000.0),
    **dict.fromkeys((".opus", ".ogg", ".oga", ".amr", ".3gp"), 5_000.0),
    **dict.fromkeys((".mp4", ".mkv", ".mov", ".avi", ".webm", ".ts", ".mpg"), 250_000.0),
}
"""What is assumed until a file of the kind is done: speech as it is mostly kept."""
_COMPRESSED = 12_000.0
_TRUST_S = 60.0
"""The assumption counts as much as so much audio that was measured."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a run is."""

    recordings: int
    done: int
    """Those that were done before included."""
    before: int
    failed: int
    audio_s: float
    """What this run transcribed."""
    left_s: float
    """What is left, about."""
    elapsed_s: float

    @property
    def speed(self) -> float:
        """Seconds of audio in a second."""
        return self.audio_s / self.elapsed_s if self.elapsed_s else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds until it is over; None while nothing tells."""
        return self.left_s / self.speed if self.speed else None


class LengthEstimate:
    """How long a recording is, before it is decoded."""

    def __init__(self) -> None:
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._bytes: defaultdict[str, float] = defaultdict(float)

    def of(self, recording: Recording) -> float:
        """Returns how long it is, in seconds, about."""
        if recording.stated_s is not None:
            return recording.stated_s
        return self.of_bytes(recording.suffix, recording.size_bytes)

    def of_bytes(self, suffix: str, size: int) -> float:
        """Returns how long so many bytes of such files are."""
        assumed = _BYTES_PER_S.get(suffix, _COMPRESSED)
        seconds = self._seconds[suffix] + _TRUST_S
        return size * seconds / (self._bytes[suffix] + _TRUST_S * assumed)

    def learn(self, recording: Recording, seconds: float) -> None:
        """Receives how long a recording was."""
        if recording.stated_s is None and recording.size_bytes:
            self._seconds[recording.suffix] += seconds
            self._bytes[recording.suffix] += recording.size_bytes


class Progress:
    """Counts what a run has done; used on the event loop alone."""

    def __init__(self, survey: Survey, clock: Callable[[], float] = time.monotonic) -> None:
        """Takes what there is to do."""
        self.estimate = LengthEstimate()
        self._survey = survey
        self._clock = clock
        self._began_s = clock()
        self._done = 0
        self._failed = 0
        self._audio_s = 0.0
        self._left_s = survey.left_s
        self._left_bytes = Counter(survey.left_bytes)

    def finished(self, recording: Recording, audio_s: float) -> None:
        """Counts a recording whose outputs are there."""
        self._done += 1
        self._audio_s += audio_s
        self.estimate.learn(recording, audio_s)
        self._leave(recording)

    def failed(self, recording: Recording | None) -> None:
        """Counts a recording, or a line of a manifest, that has no outputs."""
        self._failed += 1
        if recording is not None:
            self._leave(recording)

    def state(self) -> State:
        """Returns how far the run is."""
        sizes = self._left_bytes.items()
        left_s = self._left_s + sum(self.estimate.of_bytes(*one) for one in sizes)
        return State(
            recordings=self._survey.recordings + self._survey.refused,
            done=self._survey.done + self._done,
            before=self._survey.done,
            failed=self._failed,
            audio_s=self._audio_s,
            left_s=max(0.0, left_s),
            elapsed_s=self._clock() - self._began_s,
        )

    def _leave(self, recording: Recording) -> None:
        if recording.stated_s is not None:
            self._left_s -= recording.stated_s
        else:
            self._left_bytes[recording.suffix] -= recording.size_bytes
