"""The limit: the models' own batched calls in a loop, in a process without HTTP or queue.

The models are loaded exactly as the services load them. `remote` runs one of the two workers in a
process of its own, which `suites.py` calls through a pipe.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.inputs import CLIP_RATE_HZ, write_clip
from benchmarks.measures import Round
from nemo_voice_serving.runtime.lifecycle import Phase
from nemo_voice_serving.runtime.memory import freeze_loaded_objects, keep_freed_memory

THREADS = 1
LARGEST_BATCH = 32


class RawRecogniser:
    """The speech-to-text service's recogniser, called directly."""

    def __init__(self, model: str, clips: Sequence[Path]) -> None:
        from nemo_voice_serving.audio.decoding import decode_whole  # noqa: PLC0415 only in its process
        from nemo_voice_serving.settings import BatchingSettings  # noqa: PLC0415
        from nemo_voice_stt.app import fetch_recogniser  # noqa: PLC0415
        from nemo_voice_stt.settings import SttSettings  # noqa: PLC0415
        from nemo_voice_stt.transcription.port import Clip  # noqa: PLC0415

        settings = SttSettings(
            model=model,
            device="cpu",
            threads=THREADS,
            batching=BatchingSettings(max_items=LARGEST_BATCH),
        )
        self._recogniser = fetch_recogniser(settings, _ignore)()
        self._recogniser.warm_up(_ignore)
        self._clips = [Clip(decode_whole(path, CLIP_RATE_HZ)) for path in clips]

    def batched(self, places: Sequence[int], batch: int) -> Round:
        """Returns the round over these clips, sorted by length, in batches of this size."""
        clips = sorted((self._clips[place] for place in places), key=_samples)
        began_s = time.perf_counter()
        for first in range(0, len(clips), batch):
            self._recogniser.recognise(clips[first : first + batch])
        seconds = time.perf_counter() - began_s
        return Round(seconds, len(clips), sum(map(_samples, clips)) / CLIP_RATE_HZ)

    def single(self, places: Sequence[int]) -> list[float]:
        """Returns the seconds that each clip takes alone."""
        return [_seconds(self._recogniser.recognise, [self._clips[place]]) for place in places]


class RawVoice:
    """The text-to-speech service's voice, called directly."""

    def __init__(self, texts: Sequence[str]) -> None:
        from nemo_voice_serving.settings import BatchingSettings  # noqa: PLC0415 only in its process
        from nemo_voice_tts.app import fetch_voice  # noqa: PLC0415
        from nemo_voice_tts.settings import TtsSettings  # noqa: PLC0415
        from nemo_voice_tts.synthesis.port import Phrase  # noqa: PLC0415
        from nemo_voice_tts.text.reading import DEFAULT_OPTIONS, Limits, read  # noqa: PLC0415

        settings = TtsSettings(
            device="cpu", threads=THREADS, batching=BatchingSettings(max_items=LARGEST_BATCH)
        )
        self._voice = fetch_voice(settings, _ignore)()
        self._voice.warm_up(_ignore)

        def phrases(text: str, first_max_chars: int | None) -> list[Any]:
            limits = Limits(settings.phrase_chars, first_max_chars)
            found = read(text, DEFAULT_OPTIONS, limits)
            return [Phrase(self._voice.tokens(phrase.text)) for phrase in found]

        self._whole = [phrases(text, None) for text in texts]
        self._streamed = [phrases(text, settings.first_phrase_chars) for text in texts]

    def batched(self, places: Sequence[int], batch: int) -> Round:
        """Returns the round over these texts, their phrases sorted by length, in such batches."""
        phrases = [phrase for place in places for phrase in self._whole[place]]
        phrases.sort(key=lambda phrase: len(phrase.tokens))
        began_s = time.perf_counter()
        samples = sum(
            self._spoken(phrases[at : at + batch]) for at in range(0, len(phrases), batch)
        )
        seconds = time.perf_counter() - began_s
        return Round(seconds, len(places), samples / self._voice.description.sample_rate_hz)

    def single(self, places: Sequence[int]) -> list[float]:
        """Returns the seconds that each text takes alone, phrase by phrase as it is streamed."""
        return [
            sum(_seconds(self._spoken, [phrase]) for phrase in self._streamed[place])
            for place in places
        ]

    def first(self, places: Sequence[int]) -> list[float]:
        """Returns the seconds that the first phrase of each text takes, as it is streamed."""
        return [_seconds(self._spoken, self._streamed[place][:1]) for place in places]

    def speak(self, texts: Sequence[str], folder: Path) -> int:
        """Writes the texts as clips into a folder and returns their count."""
        from nemo_voice_serving.audio.resampling import resample  # noqa: PLC0415 only in its process
        from nemo_voice_tts.synthesis.port import Phrase  # noqa: PLC0415

        folder.mkdir(parents=True, exist_ok=True)
        for place, text in enumerate(texts):
            path = folder / f"{place:04}.wav"
            if not path.is_file():
                made = self._voice.spectrograms([Phrase(self._voice.tokens(text))])[0]
                sound = self._voice.waveforms(self._voice.windows(made, first=False))[0]
                write_clip(
                    path, resample(sound, self._voice.description.sample_rate_hz, CLIP_RATE_HZ)
                )
        return len(texts)

    def _spoken(self, phrases: Sequence[Any]) -> int:
        voice = self._voice
        made = voice.spectrograms(phrases)
        windows = [window for mel in made for window in voice.windows(mel, first=False)]
        return sum(len(sound) for sound in voice.waveforms(windows))


Call = Callable[..., Any]
"""Calls a method of the worker by its name and returns what it returns."""


@contextmanager
def remote(worker: Callable[..., Any], *arguments: Any, log: Path) -> Iterator[Call]:
    """Yields what calls the worker's methods in a process of its own, which ends with the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, worker, arguments, log), daemon=True)
    process.start()
    theirs.close()

    def call(name: str, *values: Any) -> Any:
        ours.send((name, values))
        outcome = ours.recv()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    try:
        yield call
    finally:
        ours.close()
        process.join(60)


def _serve(
    connection: Connection, worker: Callable[..., Any], arguments: Sequence[Any], log: Path
) -> None:
    with log.open("wb") as file:  # NeMo talks a lot on both streams
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    # As the services do, so that no server can be quicker.
    keep_freed_memory()
    made = worker(*arguments)
    freeze_loaded_objects(Phase.READY)
    while True:
        try:
            name, values = connection.recv()
        except EOFError:
            return
        try:
            connection.send(getattr(made, name)(*values))
        except Exception as error:  # noqa: BLE001 the caller raises it
            connection.send(error)


def _samples(clip: Any) -> int:
    return len(clip.samples)


def _seconds(call: Callable[[Any], object], batch: Any) -> float:
    began_s = time.perf_counter()
    call(batch)
    return time.perf_counter() - began_s


def _ignore(_ignored: object) -> None:
    pass
