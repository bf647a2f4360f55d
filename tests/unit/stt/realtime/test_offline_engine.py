"""Utterances through the ordinary batches: partials while they are spoken, one final transcript."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import numpy as np
import pytest

from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_serving.errors import Overloaded
from nemo_voice_stt.realtime.audio_format import LiveFormat
from nemo_voice_stt.realtime.offline_engine import OfflineEngine
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.realtime.pacing import PartialPacer, PartialPacing
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.transcription import Pacing, Transcription, TranscriptionInput
from support.models.live import Delays, speech
from support.models.observers import RecordingObserver

RATE_HZ = 16_000
OPTIONS = LiveOptions(audio_format=LiveFormat(rate_hz=RATE_HZ), turn_detection=None)
Stage = Callable[[Sequence[Clip]], Sequence[Recognition]]


def counted(batch: Sequence[Clip]) -> Sequence[Recognition]:
    """Hears one word in each half second: `w0 w1 …`."""
    counts = [round(len(clip.samples) / RATE_HZ * 2) for clip in batch]
    return [Recognition(" ".join(f"w{place}" for place in range(count)), ()) for count in counts]


@asynccontextmanager
async def engine_of(
    stage: Stage = counted, *, max_work: float = 600, **pacing: float
) -> AsyncIterator[OfflineEngine]:
    """Yields the engine over a recogniser's stage."""
    observer, device = RecordingObserver(), DeviceThread()
    batcher = Batcher[Clip, Recognition](
        "recognition", stage, limits=Limits(), device=device, observer=observer
    )
    batcher.start()
    transcription = Transcription(
        batcher,
        sample_rate_hz=RATE_HZ,
        admission=Admission(max_work, unit="audio seconds", assumed_rate=10, observer=observer),
        pacing=Pacing(piece_s=10, pieces_ahead=2, max_audio_s=3600, timeout_s=30),
    )
    yield OfflineEngine(
        transcription,
        batcher,
        sample_rate_hz=RATE_HZ,
        pacer=PartialPacer(PartialPacing(**pacing), lambda: batcher.in_work),
        observer=Delays(),
    )
    await batcher.close()
    device.close()


async def test_words_are_shown_while_an_utterance_is_open_and_the_final_is_of_the_whole() -> None:
    shown: list[str] = []
    async with engine_of(interval_s=0.1) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        for _ in range(8):
            utterance.add(speech(0.5, RATE_HZ))
            await asyncio.sleep(0.12)
        transcript = await utterance.final()
    assert transcript.text == " ".join(f"w{place}" for place in range(8))
    joined = "".join(shown)
    assert joined
    assert transcript.text.startswith(joined)
    assert isinstance(engine.observer, Delays)
    assert engine.observer.seen


async def test_nothing_is_decoded_again_when_nothing_was_said() -> None:
    lengths: list[int] = []

    def noted(batch: Sequence[Clip]) -> Sequence[Recognition]:
        lengths.extend(len(clip.samples) for clip in batch)
        return counted(batch)

    async with engine_of(noted, interval_s=0.05) as engine:
        utterance = engine.begin(OPTIONS, lambda _added: None)
        utterance.add(speech(1, RATE_HZ))
        await asyncio.sleep(0.5)
        await utterance.close()
    assert lengths == [RATE_HZ]


async def test_what_is_decoded_again_is_never_long() -> None:
    lengths: list[float] = []

    def noted(batch: Sequence[Clip]) -> Sequence[Recognition]:
        lengths.extend(len(clip.samples) / RATE_HZ for clip in batch)
        return counted(batch)

    shown: list[str] = []
    async with engine_of(noted, interval_s=0.05, max_tail_s=3.0) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        for _ in range(12):  # a piece of 10 s is recognised ahead later
            utterance.add(speech(1, RATE_HZ))
            await asyncio.sleep(0.12)
        assert max(lengths) <= 3.0
        assert len("".join(shown).split()) > 12
        await utterance.close()


async def test_text_without_spaces_gets_none_where_what_is_decoded_again_begins() -> None:
    shown: list[str] = []

    def japanese(batch: Sequence[Clip]) -> Sequence[Recognition]:
        return [Recognition("あ" * round(len(clip.samples) / RATE_HZ), ()) for clip in batch]

    async with engine_of(japanese, interval_s=0.05, max_tail_s=3.0) as engine:
        utterance = engine.begin(OPTIONS, shown.append)
        for _ in range(8):
            utterance.add(speech(1, RATE_HZ))
            await asyncio.sleep(0.12)
        await utterance.close()
    assert len("".join(shown)) > 3
    assert set("".join(shown)) == {"あ"}


async def test_partials_are_left_out_while_anything_else_waits() -> None:
    shown: list[str] = []
    async with engine_of(interval_s=0.05) as engine:
        engine.pacer._in_work = lambda: 1
        utterance = engine.begin(OPTIONS, shown.append)
        for _ in range(4):
            utterance.add(speech(0.5, RATE_HZ))
            await asyncio.sleep(0.1)
        assert (await utterance.final()).text == "w0 w1 w2 w3"
    assert shown == []


async def test_a_full_queue_refuses_files_and_never_a_final_transcript() -> None:
    async with engine_of(max_work=1) as engine:
        utterance = engine.begin(OPTIONS, lambda _added: None)
        utterance.add(speech(2, RATE_HZ))
        with engine.transcription._admission.admit(5):
            with pytest.raises(Overloaded):
                await engine.transcription.transcribe(TranscriptionInput(io.BytesIO(b"")))
            assert (await utterance.final()).text == "w0 w1 w2 w3"


async def test_of_a_long_utterance_only_the_end_is_left_to_its_end() -> None:
    lengths: list[float] = []

    def noted(batch: Sequence[Clip]) -> Sequence[Recognition]:
        lengths.extend(len(clip.samples) / RATE_HZ for clip in batch)
        return counted(batch)

    pcm = speech(65, RATE_HZ)
    async with engine_of(noted, max_share=0.0) as engine:
        utterance = engine.begin(OPTIONS, lambda _added: None)
        for place in range(0, len(pcm), 2 * RATE_HZ):
            utterance.add(pcm[place : place + 2 * RATE_HZ])
            await asyncio.sleep(0.02)
        before = len(lengths)
        assert before >= 4
        text = (await utterance.final()).text
        assert sum(lengths[before:]) < 25
        assert sum(lengths) == pytest.approx(65)
        raw = RawFormat(RATE_HZ)
        whole = await engine.transcription.transcribe(TranscriptionInput(io.BytesIO(pcm), raw))
    assert text == whole.text


async def test_an_utterance_without_sound_has_no_text() -> None:
    async with engine_of() as engine:
        utterance = engine.begin(OPTIONS, lambda _added: None)
        utterance.add(np.zeros(RATE_HZ, "<i2").tobytes())
        assert (await utterance.final()).text == ""


async def test_a_closed_utterance_leaves_no_task_behind() -> None:
    async with engine_of() as engine:
        before = asyncio.all_tasks()
        utterance = engine.begin(OPTIONS, lambda _added: None)
        await utterance.close()
        await utterance.close()
        assert asyncio.all_tasks() == before
