"""Long audio through the recogniser: bounded, in order, stitched by time, given up when left."""

import asyncio
import io
import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from nemo_voice_serving.audio.encoding import AudioFormat, encode_whole
from nemo_voice_stt.transcription.port import Clip, Recognition, Word
from nemo_voice_stt.transcription.transcription import TranscriptionInput, placed
from support.models.use_cases import transcription_of
from support.models.without_http import printed_without_http


def long_clip(seconds: float) -> TranscriptionInput:
    times = np.arange(round(seconds * 16000)) / 16000
    swell = 0.3 * np.sin(2 * np.pi * 220 * times) * np.sin(np.pi * times) ** 2
    data = encode_whole(AudioFormat.WAV, swell.astype(np.float32), 16000)
    return TranscriptionInput(io.BytesIO(data))


class Counting:
    """A stage that says how long each piece was and remembers how many it saw."""

    def __init__(self) -> None:
        self.pieces = 0

    def __call__(self, batch: Sequence[Clip]) -> Sequence[Recognition]:
        self.pieces += len(batch)
        return [
            Recognition(f"{len(it.samples) / 16000:.0f}", (Word("x", 0.5, 1.0),)) for it in batch
        ]


@pytest.mark.parametrize("ahead", [1, 2, 8])
async def test_passages_come_in_order_and_cover_the_audio(ahead: int) -> None:
    async with transcription_of(Counting(), ahead=ahead) as transcription:
        passages = [passage async for passage in transcription.passages(long_clip(47))]
    assert passages[0].start_s == 0
    assert passages[-1].end_s == 47
    for before, after in itertools.pairwise(passages):
        assert before.end_s == pytest.approx(after.start_s)
        assert after.words[0].start_s == after.start_s + 0.5


async def test_closing_the_passages_stops_the_work() -> None:
    stage = Counting()
    async with transcription_of(stage) as transcription:
        passages = transcription.passages(long_clip(120))
        await anext(passages)
        await passages.aclose()
        assert stage.pieces <= 4
        assert transcription._admission.work == 0


@pytest.mark.parametrize(("seconds", "room_s"), [(25, 25), (120, 80)])
async def test_audio_takes_the_room_of_what_is_in_work_of_it(seconds: int, room_s: int) -> None:
    async with transcription_of(Counting(), ahead=8) as transcription:
        passages = transcription.passages(long_clip(seconds))
        await anext(passages)
        assert 0.5 * room_s < transcription._admission.work <= room_s
        await passages.aclose()


async def test_two_transcripts_at_once_do_not_mix() -> None:
    async with transcription_of(Counting()) as transcription:
        first, second = await asyncio.gather(
            transcription.transcribe(long_clip(3)), transcription.transcribe(long_clip(7))
        )
    assert (first.text, second.text) == ("3", "7")
    assert (first.duration_s, second.duration_s) == (3, 7)


def test_a_piece_is_placed_where_it_stands() -> None:
    passage = placed(Recognition("x", (Word("x", 0.5, 1.0, 0.9),)), 20.0, 5.0)
    assert passage.words == (Word("x", 20.5, 21.0, 0.9),)
    assert (passage.start_s, passage.end_s) == (20.0, 25.0)


def test_audio_is_transcribed_without_http() -> None:
    """Drives the use case as a gRPC servicer or a WebSocket session would."""
    printed = printed_without_http(
        """
import asyncio
import io
from nemo_voice_stt.transcription.transcription import TranscriptionInput
from support.audio.sounds import libsndfile_bytes, speech_like
from support.models.fakes import FakeRecogniser
from support.models.use_cases import transcription_of

async def session():
    sound = libsndfile_bytes(speech_like([(0.0, 25.0)], 25.0, 16_000), 16_000, "WAV", "PCM_16")
    async with transcription_of(FakeRecogniser().recognise) as transcription:
        recording = TranscriptionInput(io.BytesIO(sound), hotwords=("etcd",))
        async for passage in transcription.passages(recording):
            print(passage.end_s, passage.text)

asyncio.run(session())
"""
    )
    assert printed.count("good morning how are you today") >= 3
    assert printed.splitlines()[-1].startswith("25.0 ")
