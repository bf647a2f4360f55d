"""Utterances through the ordinary batches: partials while they are spoken, one final transcript."""

import asyncio
import io
from collections.abc import Sequence

import numpy as np
import pytest

from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.errors import Overloaded
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.transcription import TranscriptionInput
from support.models.live import speech
from support.models.live_engine import OPTIONS, RATE_HZ, Seen, counted, engine_of


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
    assert isinstance(engine.observer, Seen)
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
