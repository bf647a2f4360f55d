"""Final transcripts that are begun in a silence, before their utterance is known to be over."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_stt.realtime.offline_engine import OfflineEngine, OfflineUtterance
from nemo_voice_stt.realtime.pacing import PartialPacer, PartialPacing
from nemo_voice_stt.transcription.port import Clip, Recognition
from support.models.live import speech
from support.models.live_engine import OPTIONS, RATE_HZ, Seen, counted, engine_of

NO_PARTIALS = {"max_share": 0.0}


class Stage:
    """Hears one word in each half second, and counts what it hears."""

    def __init__(self) -> None:
        self.lengths: list[float] = []

    def __call__(self, batch: Sequence[Clip]) -> Sequence[Recognition]:
        """Returns the words."""
        self.lengths.extend(len(clip.samples) / RATE_HZ for clip in batch)
        return counted(batch)


def begun(engine: OfflineEngine, on_partial: Callable[[str], None] = print) -> OfflineUtterance:
    """Returns an utterance of two seconds whose speaker is silent."""
    utterance = engine.begin(OPTIONS, on_partial)
    utterance.add(speech(2, RATE_HZ))
    utterance.may_be_over()
    return utterance


async def until(holds: Callable[[], object]) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


def used(engine: OfflineEngine) -> list[bool]:
    """Returns of each early pass whether it was used."""
    assert isinstance(engine.observer, Seen)
    return engine.observer.used


async def test_what_was_begun_in_the_silence_is_the_final_transcript() -> None:
    stage = Stage()
    async with engine_of(stage, **NO_PARTIALS) as engine:
        utterance = begun(engine)
        await until(lambda: stage.lengths)
        utterance.may_be_over()  # each piece of the silence says so
        assert (await utterance.final()).text == "w0 w1 w2 w3"
        assert used(engine) == [True]
    assert stage.lengths == [2.0]


async def test_speech_that_goes_on_throws_it_away() -> None:
    stage = Stage()
    async with engine_of(stage, **NO_PARTIALS) as engine:
        utterance = begun(engine)
        await until(lambda: stage.lengths)
        utterance.add(speech(1, RATE_HZ))
        assert (await utterance.final()).text == "w0 w1 w2 w3 w4 w5"
        assert used(engine) == [False]
    assert stage.lengths == [2.0, 3.0]


async def test_each_silence_has_a_pass_of_its_own() -> None:
    stage = Stage()
    async with engine_of(stage, **NO_PARTIALS) as engine:
        utterance = begun(engine)
        await until(lambda: len(stage.lengths) == 1)
        utterance.add(speech(1, RATE_HZ))
        utterance.may_be_over()
        await until(lambda: len(stage.lengths) == 2)
        utterance.add(speech(1, RATE_HZ))
        utterance.may_be_over()
        await until(lambda: len(stage.lengths) == 3)
        assert len((await utterance.final()).text.split()) == 8
        assert used(engine) == [False, False, True]
    assert stage.lengths == [2.0, 3.0, 4.0]


async def test_nothing_is_begun_early_while_anything_waits_for_the_device() -> None:
    stage = Stage()
    async with engine_of(stage, **NO_PARTIALS) as engine:
        engine.pacer._in_work = lambda: 1
        utterance = begun(engine)
        await asyncio.sleep(0.1)
        assert stage.lengths == []
        assert (await utterance.final()).text == "w0 w1 w2 w3"
        assert used(engine) == []


async def test_audio_that_comes_at_once_is_recognised_once() -> None:
    stage = Stage()
    async with engine_of(stage, **NO_PARTIALS) as engine:
        utterance = begun(engine)
        for _ in range(10):
            await asyncio.sleep(0)
            utterance.add(speech(0.5, RATE_HZ))
            utterance.may_be_over()
        assert len((await utterance.final()).text.split()) == 14
        assert used(engine) == []
    assert stage.lengths == [7.0]


async def test_a_pass_that_fails_leaves_the_transcript_to_the_ordinary_one() -> None:
    stage = Stage()

    def fails_once(batch: Sequence[Clip]) -> Sequence[Recognition]:
        results = stage(batch)
        if len(stage.lengths) == 1:
            raise BackendFailed("a batch")
        return results

    async with engine_of(fails_once, **NO_PARTIALS) as engine:
        utterance = begun(engine)
        await until(lambda: stage.lengths)
        assert (await utterance.final()).text == "w0 w1 w2 w3"
        assert used(engine) == [False]


async def test_the_last_words_are_shown_in_a_long_silence() -> None:
    shown: list[str] = []
    stage = Stage()
    async with engine_of(stage, interval_s=0.05) as engine:
        engine.pacer._saved_s = -1000.0  # no pass for partials alone
        utterance = begun(engine, shown.append)
        await until(lambda: "".join(shown) == "w0 w1 w2 w3")
        assert (await utterance.final()).text == "w0 w1 w2 w3"
    assert stage.lengths == [2.0]


@pytest.mark.parametrize("is_heard", [False, True])
async def test_a_closed_utterance_leaves_no_pass_behind(*, is_heard: bool) -> None:
    stage = Stage()
    async with engine_of(stage) as engine:
        before = asyncio.all_tasks()
        utterance = begun(engine)
        if is_heard:
            await until(lambda: stage.lengths)
        utterance.add(speech(1, RATE_HZ))
        utterance.may_be_over()
        await utterance.close()
        assert asyncio.all_tasks() == before


def test_passes_that_may_be_in_vain_are_as_many_as_a_final_transcript_may_wait_for() -> None:
    waiting = [0]
    pacer = PartialPacer(PartialPacing(max_early_s=0.5), lambda: waiting[0])
    assert pacer.may_finish(0.5)
    assert not pacer.may_finish(0.6)
    with pacer.finishing(0.3):
        waiting[0] = 1  # itself
        assert pacer.may_finish(0.2)
        assert not pacer.may_finish(0.3)
        with pacer.passing(1.0):
            waiting[0] = 2
            assert pacer.may_finish(0.2)
        waiting[0] = 3
        assert not pacer.may_finish(0.1)
    waiting[0] = 0
    assert pacer.may_finish(0.5)
