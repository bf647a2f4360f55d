"""Long audio through the recogniser: bounded, in order, stitched by time, given up when left."""

import asyncio
import io
import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_serving.batching.admission import Admission
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.batching.device_thread import DeviceThread
from nemo_voice_serving.batching.scheduler import Limits
from nemo_voice_stt.transcription.port import Clip, Recognition, Word
from nemo_voice_stt.transcription.transcription import (
    Hearing,
    Transcription,
    TranscriptionOrder,
    placed,
)
from support.models.observers import RecordingObserver


def long_clip(seconds: float) -> TranscriptionOrder:
    times = np.arange(round(seconds * 16000)) / 16000
    swell = 0.3 * np.sin(2 * np.pi * 220 * times) * np.sin(np.pi * times) ** 2
    data = encode_whole(AudioFormat.WAV, swell.astype(np.float32), 16000)
    return TranscriptionOrder(io.BytesIO(data))


class Counting:
    """A stage that says how long each piece was and remembers how many it saw."""

    def __init__(self) -> None:
        self.pieces = 0

    def __call__(self, batch: Sequence[Clip]) -> Sequence[Recognition]:
        self.pieces += len(batch)
        return [
            Recognition(f"{len(it.samples) / 16000:.0f}", (Word("x", 0.5, 1.0),)) for it in batch
        ]


def transcription_of(
    stage: Counting, ahead: int = 2
) -> tuple[Transcription, Batcher[Clip, Recognition]]:
    observer = RecordingObserver()
    batcher = Batcher[Clip, Recognition](
        "recognition", stage, limits=Limits(), device=DeviceThread(), observer=observer
    )
    batcher.start()
    admission = Admission(600, unit="audio seconds", assumed_rate=10, observer=observer)
    hearing = Hearing(piece_s=10, pieces_ahead=ahead, max_audio_s=3600, timeout_s=30)
    return Transcription(
        batcher, sample_rate_hz=16000, admission=admission, hearing=hearing
    ), batcher


@pytest.mark.parametrize("ahead", [1, 2, 8])
async def test_passages_come_in_order_and_cover_the_audio(ahead: int) -> None:
    stage = Counting()
    transcription, batcher = transcription_of(stage, ahead)
    passages = [passage async for passage in transcription.passages(long_clip(47))]
    assert passages[0].start_s == 0
    assert passages[-1].end_s == 47
    for before, after in itertools.pairwise(passages):
        assert before.end_s == pytest.approx(after.start_s)
        assert after.words[0].start_s == after.start_s + 0.5
    await batcher.close()


async def test_a_listener_that_stops_reading_stops_the_work() -> None:
    stage = Counting()
    transcription, batcher = transcription_of(stage)
    passages = transcription.passages(long_clip(120))
    await anext(passages)
    await passages.aclose()
    assert stage.pieces <= 4
    assert transcription._admission.work == 0
    await batcher.close()


@pytest.mark.parametrize(("seconds", "room_s"), [(25, 25), (120, 80)])
async def test_audio_takes_the_room_of_what_is_in_work_of_it(seconds: int, room_s: int) -> None:
    transcription, batcher = transcription_of(Counting(), ahead=8)
    passages = transcription.passages(long_clip(seconds))
    await anext(passages)
    assert 0.5 * room_s < transcription._admission.work <= room_s
    await passages.aclose()
    await batcher.close()


async def test_two_transcripts_at_once_do_not_mix() -> None:
    transcription, batcher = transcription_of(Counting())
    first, second = await asyncio.gather(
        transcription.transcribe(long_clip(3)), transcription.transcribe(long_clip(7))
    )
    assert (first.text, second.text) == ("3", "7")
    assert (first.duration_s, second.duration_s) == (3, 7)
    await batcher.close()


def test_a_piece_is_placed_where_it_stands() -> None:
    passage = placed(Recognition("x", (Word("x", 0.5, 1.0, 0.9),)), 20.0, 5.0)
    assert passage.words == (Word("x", 20.5, 21.0, 0.9),)
    assert (passage.start_s, passage.end_s) == (20.0, 25.0)
