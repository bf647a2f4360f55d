"""How fast models compute on processor cores, by number format and threads.

Each model in each format is a process of its own, called through a pipe, so that they take turns.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.inputs import CLIP_RATE_HZ, texts
from benchmarks.outcome import Setting
from benchmarks.raw import Call, remote

LARGEST_BATCH = 8
FORMATS = ("float32", "bfloat16", "int8")


@dataclass(frozen=True, slots=True)
class Load:
    """One batch: so many pieces of that many seconds."""

    items: int
    seconds: float

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"{self.items} x {self.seconds:g} s" if self.items > 1 else f"{self.seconds:g} s"


LOADS = (Load(1, 3), Load(8, 3), Load(1, 10), Load(1, 30))
TEXTS = (1, 8)
"""How many texts a batch of the voice has."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Audio seconds per second, by what a batch holds."""

    model: str
    precision: str
    threads: int
    resident_bytes: int
    """What the process holds, with weights that are mapped from the file."""
    audio_per_s: tuple[float, ...]
    rounds: tuple[tuple[float, ...], ...]
    """The same of each round."""


class Recogniser:
    """A recogniser loaded as the service loads it."""

    def __init__(self, model: str, precision: str, clips: Sequence[Path]) -> None:
        import numpy as np  # noqa: PLC0415 only in its process

        from nemo_voice_serving.audio.decoding import decode_whole  # noqa: PLC0415
        from nemo_voice_stt.app import fetch_recogniser  # noqa: PLC0415
        from nemo_voice_stt.settings import SttSettings  # noqa: PLC0415

        settings = SttSettings.model_validate(
            {"model": model, "device": "cpu", "threads": 1, "precision": precision}
        )
        self._recogniser = fetch_recogniser(settings, _ignore)()
        self._speech = np.concatenate([decode_whole(path, CLIP_RATE_HZ) for path in clips])

    def pace(self, threads: int, items: int, seconds: float) -> float:
        """Returns the audio seconds per second over such a batch."""
        import numpy as np  # noqa: PLC0415

        from nemo_voice_stt.transcription.port import Clip  # noqa: PLC0415

        length = round(seconds * CLIP_RATE_HZ)
        begins = range(0, items * length, length)
        clips = [Clip(np.resize(np.roll(self._speech, -at), length)) for at in begins]
        return items * seconds / _seconds(lambda: self._recogniser.recognise(clips), threads)

    def held(self) -> int:
        """Returns the bytes that this process holds."""
        return _resident_bytes()


class Voice:
    """A voice loaded as the service loads it."""

    def __init__(self, precision: str) -> None:
        from nemo_voice_serving.settings import BatchingSettings  # noqa: PLC0415 only in its process
        from nemo_voice_tts.app import fetch_voice  # noqa: PLC0415
        from nemo_voice_tts.settings import TtsSettings  # noqa: PLC0415
        from nemo_voice_tts.synthesis.port import Phrase  # noqa: PLC0415

        settings = TtsSettings.model_validate(
            {
                "device": "cpu",
                "threads": 1,
                "precision": precision,
                "batching": BatchingSettings(max_items=LARGEST_BATCH),
            }
        )
        self._voice = fetch_voice(settings, _ignore)()
        chosen = sorted(texts(max(TEXTS)), key=len)
        self._phrases = [Phrase(self._voice.tokens(text)) for text in chosen]

    def pace(self, threads: int, count: int) -> float:
        """Returns the audio seconds per second over so many texts."""
        made: list[int] = []
        middle = self._phrases[len(self._phrases) // 2 :]
        chosen = self._phrases if count > 1 else middle[:1]
        spent_s = _seconds(lambda: made.append(self._speak(chosen)), threads)
        return made[-1] / self._voice.description.sample_rate_hz / spent_s

    def held(self) -> int:
        """Returns the bytes that this process holds."""
        return _resident_bytes()

    def _speak(self, phrases: Sequence[Any]) -> int:
        voice = self._voice
        mels = voice.spectrograms(phrases)
        windows = [window for mel in mels for window in voice.windows(mel, first=False)]
        return sum(len(sound) for sound in voice.waveforms(windows))


def recogniser_paces(
    name: str, model: str, clips: Sequence[Path], rounds: int, setting: Setting
) -> list[Pace]:
    """Returns how fast a recogniser is in each format, with one thread and with two."""
    loads = LOADS[:1] if setting.is_quick else LOADS
    with ExitStack() as stack:
        workers = {
            precision: stack.enter_context(
                remote(
                    Recogniser,
                    model,
                    precision,
                    clips,
                    log=setting.logs / f"cpu-{name}-{precision}.log",
                )
            )
            for precision in FORMATS
        }
        values = [(load.items, load.seconds) for load in loads]
        return _paces(name, workers, values, rounds, setting)


def voice_paces(name: str, rounds: int, setting: Setting) -> list[Pace]:
    """Returns how fast the demo voice is in float32 and bfloat16, with one thread and with two."""
    counts = TEXTS[:1] if setting.is_quick else TEXTS
    with ExitStack() as stack:
        workers = {
            precision: stack.enter_context(
                remote(Voice, precision, log=setting.logs / f"cpu-{name}-{precision}.log")
            )
            for precision in FORMATS[:2]
        }
        return _paces(name, workers, [(count,) for count in counts], rounds, setting)


def _paces(
    name: str,
    workers: dict[str, Call],
    loads: Sequence[tuple[float, ...]],
    rounds: int,
    setting: Setting,
) -> list[Pace]:
    found: dict[tuple[str, int], list[tuple[float, ...]]] = {}
    for precision, call in workers.items():
        for load in loads:  # the first call maps weights and builds what is kept between calls
            call("pace", 1, *load)
        setting.progress(f"  {name}, {precision}: ready")
    for _ in range(rounds):
        for precision, call in workers.items():
            for threads in (1, 2):
                made = tuple(call("pace", threads, *load) for load in loads)
                found.setdefault((precision, threads), []).append(made)
    paces = []
    for (precision, threads), each in found.items():
        middle = tuple(median(column) for column in zip(*each, strict=True))
        held = workers[precision]("held")
        paces.append(Pace(name, precision, threads, held, middle, tuple(each)))
        shown = ", ".join(f"{value:.1f}" for value in middle)
        setting.progress(f"  {name}, {precision}, {threads} threads: {shown} audio s/s")
    return paces


def _seconds(work: Callable[[], object], threads: int) -> float:
    import time  # noqa: PLC0415 only in its process

    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s


def _resident_bytes() -> int:
    import psutil  # noqa: PLC0415 only in its process

    return int(psutil.Process().memory_info().rss)


def _ignore(_ignored: object) -> None:
    pass
