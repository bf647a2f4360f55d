"""Fakes behind the ports of live sessions, and sessions over them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import VoiceError
from nemo_voice_serving.runtime.runtime import Runtime
from nemo_voice_stt.realtime.engine import LiveEngine, SpeechDetector, SpeechStream, Utterance
from nemo_voice_stt.realtime.events import Event
from nemo_voice_stt.realtime.options import LiveOptions, SessionLimits
from nemo_voice_stt.realtime.session import LiveSession
from nemo_voice_stt.transcription.transcription import Passage, Transcript
from support.audio.sounds import swell

RATE_HZ = 24_000
_CHUNK = 512


class LoudDetector(SpeechDetector):
    """Takes whatever is loud for speech."""

    sample_rate_hz = 16_000

    @override
    def open(self) -> "LoudStream":
        """Returns a new stream."""
        return LoudStream()


class LoudStream(SpeechStream):
    """Tells which chunks are loud."""

    def __init__(self) -> None:
        self._rest: Samples = np.zeros(0, np.float32)

    @override
    async def follow(self, samples: Samples) -> list[float]:
        """Returns 1 for a loud chunk, 0 for any other."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // _CHUNK * _CHUNK
        self._rest = joined[whole:]
        chunks = joined[:whole].reshape(-1, _CHUNK)
        return [float(np.abs(chunk).max() > 0.02) for chunk in chunks]


async def loud_detector(_runtime: Runtime) -> SpeechDetector:
    """Loads the detector, as an application does it."""
    return LoudDetector()


class FakeUtterance(Utterance):
    """An utterance whose text is its length in milliseconds."""

    def __init__(
        self, options: LiveOptions, on_partial: Callable[[str], None], error: Exception | None
    ) -> None:
        self.options = options
        self.pcm = b""
        self.say = on_partial
        self.is_closed = False
        self._error = error

    @override
    def add(self, pcm: bytes) -> None:
        """Takes samples."""
        self.pcm += pcm

    @override
    async def final(self) -> Transcript:
        """Returns the length as text."""
        self.is_closed = True
        if self._error is not None:
            raise self._error
        seconds = self.options.audio_format.seconds_of(len(self.pcm))
        text = f"{round(seconds * 1000)} ms"
        return Transcript(text, (Passage(text, (), 0.0, seconds),), seconds)

    @override
    async def close(self) -> None:
        """Remembers it."""
        self.is_closed = True


class FakeEngine(LiveEngine):
    """Begins fake utterances, and keeps them."""

    def __init__(self) -> None:
        self.utterances: list[FakeUtterance] = []
        self.error: Exception | None = None

    @override
    def begin(self, options: LiveOptions, on_partial: Callable[[str], None]) -> FakeUtterance:
        """Returns a new one."""
        self.utterances.append(FakeUtterance(options, on_partial, self.error))
        return self.utterances[-1]

    @override
    def sessions_changed(self, count: int) -> None:
        """Shares nothing with anybody."""


class Delays:
    """Keeps the delays of partials."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def partial_recognised(self, delay_s: float) -> None:
        """Keeps one."""
        self.seen.append(delay_s)


@dataclass
class Scene:
    """A session over fakes, and what it told."""

    session: LiveSession
    engine: FakeEngine
    events: list[Event]
    finished: list[tuple[str, float]] = field(default_factory=list)
    spoken: list[bool] = field(default_factory=list)
    """Of each item, whether it came as fast as somebody speaks."""

    def kinds(self) -> list[str]:
        """Returns the names of the events so far."""
        return [type(event).__name__ for event in self.events]


class _Counted:
    def __init__(self, finished: list[tuple[str, float]], spoken: list[bool]) -> None:
        self._finished = finished
        self._spoken = spoken

    def item_finished(
        self, outcome: str, audio_s: float, final_s: float, *, was_spoken: bool
    ) -> None:
        self._finished.append((outcome, round(audio_s, 3)))
        self._spoken.append(was_spoken)


def scene_of(options: LiveOptions | None = None, **limits: float) -> Scene:
    """Returns a session over fakes, with these options and limits."""
    events: list[Event] = []
    finished: list[tuple[str, float]] = []
    paces: list[bool] = []
    engine = FakeEngine()
    session = LiveSession(
        engine,
        LoudDetector(),
        events.append,
        _Counted(finished, paces),
        options=options or LiveOptions(),
        limits=SessionLimits(**limits),  # type: ignore[arg-type] # one of them counts items
    )
    return Scene(session, engine, events, finished, paces)


def tone(seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    """Returns loud samples of 16 bits."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    sound: npt.NDArray[np.float64] = 8_000 * np.sin(2 * np.pi * 220 * times)
    return sound.astype("<i2").tobytes()


def speech(seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    """Returns samples of 16 bits that no recogniser takes for noise."""
    return (swell(seconds, rate_hz) * 32_000).astype("<i2").tobytes()


def silence(seconds: float, rate_hz: int = RATE_HZ) -> bytes:
    """Returns samples of 16 bits that are zero."""
    return bytes(2 * round(seconds * rate_hz))


def failure(code: str) -> VoiceError:
    """Returns an error of a model."""
    return VoiceError(code)
