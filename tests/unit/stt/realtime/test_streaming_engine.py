"""Utterances as streams: parts of all sessions in shared steps, texts that only grow, one final."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from typing_extensions import override

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.errors import BackendFailed
from nemo_voice_stt.realtime.audio_format import LiveFormat
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.realtime.streaming_engine import FILE_RUN_S, StreamingEngine
from nemo_voice_stt.transcription.port import Clip, Recognition, Word
from nemo_voice_stt.transcription.streaming_port import (
    AudioStream,
    Heard,
    StreamingRecogniser,
    StreamPart,
)
from support.models.live import speech
from support.models.live_engine import Seen
from support.models.observers import RecordingObserver

RATE_HZ = 16_000
CHUNK = 1_600
OPTIONS = LiveOptions(audio_format=LiveFormat(rate_hz=RATE_HZ), turn_detection=None)


@dataclass(frozen=True)
class Part(StreamPart):
    """A tenth of a second of a stream."""

    stream: "WordStream"
    is_last: bool
    chunks: int = 1


class WordStream(AudioStream):
    """Says one word for each tenth of a second."""

    def __init__(self, language: str | None) -> None:
        self.language = language
        self.words = 0
        self._samples = 0
        self._given = 0
        self._is_ended = self._is_over = False

    @property
    @override
    def audio_s(self) -> float:
        """How much was added."""
        return self._samples / RATE_HZ

    @property
    @override
    def heard_s(self) -> float:
        """How much was given away."""
        return self._given / RATE_HZ

    @override
    def add(self, samples: Samples) -> None:
        """Counts samples."""
        self._samples += len(samples)

    @override
    def end(self) -> None:
        """Remembers it."""
        self._is_ended = True

    @override
    def next_part(self) -> StreamPart | None:
        """Returns a tenth of a second."""
        has_chunk = self._samples - self._given >= CHUNK
        if self._is_over or not (has_chunk or self._is_ended):
            return None
        self._is_over = not has_chunk
        self._given += min(CHUNK, self._samples - self._given)
        return Part(self, self._is_over)


class Counting(StreamingRecogniser):
    """Hears one word in each part; notes its batches and what is closed."""

    sample_rate_hz = RATE_HZ
    chunk_s = CHUNK / RATE_HZ
    sizes = (1,)

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.streams: list[WordStream] = []
        self.closed: list[AudioStream] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.retracts = False

    @override
    def open(self, language: str | None) -> WordStream:
        """Returns a new stream, and keeps it."""
        self.streams.append(WordStream(language))
        return self.streams[-1]

    @override
    def close(self, stream: AudioStream) -> None:
        """Notes it."""
        self.closed.append(stream)

    @override
    def warm_up(self, report: Callable[[str], None]) -> None:
        """Does nothing."""

    @override
    def step(self, batch: Sequence[StreamPart], /) -> Sequence[Heard]:
        """Hears a word in each part."""
        self.gate.wait(30)
        if self.error is not None:
            raise self.error
        self.batches.append(len(batch))
        return [self._heard(part) for part in batch]

    def _heard(self, part: StreamPart) -> Heard:
        assert isinstance(part, Part)
        if part.is_last:
            return Heard("", Recognition(text_of(part.stream.words), (Word("w0", 0.0, 0.1),)))
        part.stream.words += 1
        text = text_of(part.stream.words)
        return Heard("else" if self.retracts and part.stream.words == 3 else text)


def text_of(count: int) -> str:
    return " ".join(f"w{place}" for place in range(count))


@asynccontextmanager
async def engine_of(recogniser: Counting) -> AsyncIterator[StreamingEngine]:
    """Yields the engine over a model."""
    observer, device = RecordingObserver(), DeviceThread()
    steps = Batcher[StreamPart, Heard](
        "live step", recogniser.step, limits=Limits(max_items=64), device=device, observer=observer
    )
    files = Batcher[Clip, Recognition](
        "recognition", lambda _batch: [], limits=Limits(), device=device, observer=observer
    )
    steps.start()
    yield StreamingEngine(recogniser, steps, files, observer=Seen(), timeout_s=30)
    recogniser.gate.set()
    await steps.close()
    device.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def test_words_are_shown_part_by_part_and_the_final_is_what_the_stream_said() -> None:
    shown: list[str] = []
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        for count in range(1, 5):
            utterance.add(speech(0.1, RATE_HZ))
            await until(lambda count=count: len(shown) == count)  # type: ignore[misc]
        utterance.add(speech(0.05, RATE_HZ))
        transcript = await utterance.final()
        assert isinstance(engine.observer, Seen)
        assert len(engine.observer.seen) == 4
    assert shown == ["w0", " w1", " w2", " w3"]
    assert transcript.text == "w0 w1 w2 w3"
    assert transcript.duration_s == pytest.approx(0.45)
    assert [word.text for word in transcript.words] == ["w0"]


async def test_audio_of_another_rate_is_heard_at_the_models() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        options = LiveOptions(audio_format=LiveFormat(rate_hz=48_000), language="es-US")
        utterance = engine.begin(options, lambda _added: None)
        for _ in range(10):
            utterance.add(speech(0.1, 48_000))
        transcript = await utterance.final()
    assert transcript.duration_s == pytest.approx(1.0, abs=0.001)
    assert recogniser.streams[0].language == "es-US"


async def test_streams_that_wait_share_one_step() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        recogniser.gate.clear()
        utterances = [engine.begin(OPTIONS, lambda _added: None) for _ in range(20)]
        for utterance in utterances:
            utterance.add(speech(0.3, RATE_HZ))
        await until(lambda: engine.steps.in_work == 20)
        recogniser.gate.set()
        transcripts = await asyncio.gather(*(utterance.final() for utterance in utterances))
    assert {transcript.text for transcript in transcripts} == {"w0 w1 w2"}
    assert max(recogniser.batches) >= 19
    assert len(recogniser.batches) < 10


async def test_what_was_shown_is_never_taken_back() -> None:
    shown: list[str] = []
    recogniser = Counting()
    recogniser.retracts = True
    async with engine_of(recogniser) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        utterance.add(speech(0.5, RATE_HZ))
        await utterance.final()
    assert "".join(shown) == "w0 w1 w2 w3 w4"


async def test_an_utterance_that_is_over_or_dropped_is_forgotten() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        finished, dropped, running, untouched = (
            engine.begin(OPTIONS, lambda _added: None) for _ in range(4)
        )
        finished.add(speech(0.2, RATE_HZ))
        await finished.final()
        await finished.close()
        recogniser.gate.clear()
        running.add(speech(0.2, RATE_HZ))
        await until(lambda: engine.steps.in_work == 1)
        for utterance in (dropped, running, untouched):
            await utterance.close()
            await utterance.close()
        assert len(recogniser.closed) == 4
        assert set(map(id, recogniser.closed)) == set(map(id, recogniser.streams))
        assert not engine._open


async def test_a_final_whose_session_ends_meanwhile_is_dropped() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        recogniser.gate.clear()
        utterance = engine.begin(OPTIONS, lambda _added: None)
        utterance.add(speech(0.2, RATE_HZ))
        final = asyncio.create_task(utterance.final())
        await until(lambda: engine.steps.in_work == 1)
        final.cancel()
        await asyncio.gather(final, return_exceptions=True)
        await utterance.close()
        assert len(recogniser.closed) == 1


async def test_a_step_that_fails_fails_the_final_and_no_other_utterance() -> None:
    shown: list[str] = []
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        recogniser.error = BackendFailed("broken")
        utterance.add(speech(0.2, RATE_HZ))
        await until(lambda: bool(recogniser.closed))
        recogniser.error = None
        utterance.add(speech(0.2, RATE_HZ))
        with pytest.raises(BackendFailed, match="broken"):
            await utterance.final()
        another = engine.begin(OPTIONS, shown.append)
        another.add(speech(0.2, RATE_HZ))
        assert (await another.final()).text == "w0 w1"
    assert recogniser.streams[0].audio_s < 0.3


async def test_what_waits_of_speech_is_how_far_a_session_is_behind_and_a_files_is_not() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        assert engine.behind_s() == 0
        recogniser.gate.clear()
        speaking = engine.begin(OPTIONS, lambda _added: None)
        speaking.add(speech(2.0, RATE_HZ))
        await until(lambda: engine.steps.in_work == 1)
        assert engine.behind_s() == pytest.approx(1.8)
        of_a_file = engine.begin(OPTIONS, lambda _added: None)
        of_a_file.add(speech(20.0, RATE_HZ))
        assert engine.behind_s() == pytest.approx(1.8)
        recogniser.gate.set()
        await speaking.final()
        await of_a_file.close()
        assert engine.behind_s() == 0


async def test_files_run_for_less_while_a_session_is_open() -> None:
    recogniser = Counting()
    async with engine_of(recogniser) as engine:
        engine.sessions_changed(1)
        assert engine._recognitions.speed.max_run_s == FILE_RUN_S
        engine.sessions_changed(0)
        assert engine._recognitions.speed.max_run_s == float("inf")
