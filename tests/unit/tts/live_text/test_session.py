"""A session of text in pieces: what is spoken when, held, flushed, interrupted and given up."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from nemo_voice_serving.errors import BackendFailed
from nemo_voice_tts.live_text.errors import TextEnded, TooMuchText
from nemo_voice_tts.live_text.events import (
    Clause,
    Event,
    Failed,
    Finished,
    Flushed,
    Sound,
    Stopped,
)
from nemo_voice_tts.live_text.options import LiveTextLimits, LiveTextOptions
from nemo_voice_tts.live_text.session import LiveText
from nemo_voice_tts.synthesis.synthesis import Synthesis
from support.models.fakes import RATE_HZ, FakeVoice
from support.models.use_cases import synthesis_of

LIMITS = LiveTextLimits(phrase_chars=60, first_phrase_chars=20, hold_s=30)
PATIENCE_S = 20.0


class Counts:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.firsts: list[float] = []
        self.interruptions = 0

    def first_audio(self, seconds: float) -> None:
        self.firsts.append(seconds)

    def interrupted(self) -> None:
        self.interruptions += 1


@asynccontextmanager
async def session_of(
    synthesis: Synthesis, limits: LiveTextLimits = LIMITS, counts: Counts | None = None
) -> AsyncIterator[LiveText]:
    """Yields a session."""
    session = LiveText(synthesis, counts or Counts(), options=LiveTextOptions(), limits=limits)
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield session
    finally:
        await session.close()


@pytest.fixture
async def synthesis() -> AsyncIterator[Synthesis]:
    """A voice that speaks."""
    async with synthesis_of(FakeVoice()) as made:
        yield made


async def until(session: LiveText, kind: type[Event]) -> list[Event]:
    """Returns the events up to the first of a kind."""
    events = [await session.next_event()]
    while not isinstance(events[-1], kind):
        events.append(await session.next_event())
    return events


def sources(events: list[Event]) -> list[str]:
    """Returns the clauses that are spoken."""
    return [event.source for event in events if isinstance(event, Clause)]


async def test_clauses_come_with_their_place_in_the_sound(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        for piece in ("Well, my dear", " friend, this is", " all. And this", " is more."):
            session.append(piece)
        session.finish()
        events = [event async for event in session.events()]
    assert " ".join(sources(events)) == "Well, my dear friend, this is all. And this is more."
    assert isinstance(events[-1], Finished)
    samples, begins = 0, []
    for event in events:
        if isinstance(event, Clause):
            begins.append(event.begins_s)
            assert event.begins_s == pytest.approx(samples / RATE_HZ)
        elif isinstance(event, Sound):
            samples += len(event.samples)
    assert begins[0] == 0
    assert len(begins) >= 2


async def test_a_listener_with_enough_to_hear_gets_whole_sentences(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("This is quite a long first sentence, as these go. Next ")
        first = [*await until(session, Sound)]
        session.append("comes a clause, which the listener will not hear alone, ")
        await asyncio.sleep(0.05)
        session.append("but with its end. And ")
        rest = [*await until(session, Clause)]
        while "end." not in "".join(sources(rest)):
            rest += await until(session, Clause)
    assert sources(first)[0].startswith("This is quite a long first sentence")
    assert sources(rest)[-2:] == [
        "Next comes a clause, which the listener will not hear alone,", "but with its end.",
    ]  # fmt: skip


async def test_a_flush_speaks_what_is_held_and_tells_its_end(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("Half a")
        session.flush()
        session.append(" clause")
        assert sources(await until(session, Flushed)) == ["Half a"]
        session.flush()
        assert sources(await until(session, Flushed)) == ["clause"]
        session.flush()
        assert sources(await until(session, Flushed)) == []


async def test_held_words_are_spoken_after_a_while(synthesis: Synthesis) -> None:
    async with session_of(synthesis, replace(LIMITS, hold_s=0.05)) as session:
        session.append("these words have no en")
        assert sources(await until(session, Clause)) == ["these words have no"]


async def test_many_words_without_a_clause_are_not_held(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("word " * 40)
        events = await until(session, Clause)
        assert len(sources(events)[0]) <= LIMITS.phrase_chars


async def test_an_interruption_stops_the_clause_and_forgets_the_rest() -> None:
    gate = threading.Event()
    voice = FakeVoice(gate=gate)
    counts = Counts()
    async with synthesis_of(voice) as synthesis, session_of(synthesis, counts=counts) as session:
        session.append("This is not heard. Nor is this, of course. And not this. ")
        session.flush()
        while not session.is_open:
            await asyncio.sleep(0.01)
        interrupt = asyncio.create_task(session.interrupt())
        await asyncio.sleep(0.01)
        gate.set()
        await interrupt
        session.append("But this is.")
        session.finish()
        assert sources(await until(session, Finished)) == ["But this is."]
        assert synthesis._admission.work == 0
    assert counts.interruptions == 1
    assert len(voice.phrases) <= 2


async def test_a_stop_finishes_the_phrase_and_nothing_else(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("This is spoken. This is not, since the service stops. Nor this. ")
        first = await until(session, Sound)
        session.flush()
        session.flush()
        session.wind_up()
        with pytest.raises(TextEnded):
            session.append("More.")
        rest = await until(session, Stopped)
        assert not session.is_open
    assert len(sources(first + rest)) < 3


async def test_too_much_text_is_refused_and_what_was_taken_is_spoken(
    synthesis: Synthesis,
) -> None:
    async with session_of(synthesis, replace(LIMITS, max_held_chars=100)) as session:
        session.append("This fits. ")
        with pytest.raises(TooMuchText):
            session.append("x" * 100)
        session.finish()
        assert sources(await until(session, Finished)) == ["This fits."]
        with pytest.raises(TextEnded):
            session.append("No.")


async def test_a_failed_phrase_is_told_and_the_session_goes_on() -> None:
    voice = FakeVoice(error=RuntimeError("boom"))
    async with synthesis_of(voice) as synthesis, session_of(synthesis) as session:
        session.append("This fails.")
        session.flush()
        events = await until(session, Flushed)
        [failed] = [event for event in events if isinstance(event, Failed)]
        assert isinstance(failed.error, BackendFailed)
        voice.error = None
        session.append("This does not.")
        session.finish()
        assert sources(await until(session, Finished)) == ["This does not."]


async def test_a_client_that_reads_nothing_stops_its_own_speech_alone() -> None:
    voice = FakeVoice()
    async with synthesis_of(voice) as synthesis, session_of(synthesis) as slow:
        slow.append("A sentence is here. " * 200)
        slow.flush()
        async with session_of(synthesis) as other:
            other.append("This one is read.")
            other.finish()
            assert sources(await until(other, Finished)) == ["This one is read."]
        assert len(voice.phrases) < 30


async def test_what_becomes_due_while_it_is_read_is_spoken(synthesis: Synthesis) -> None:
    now_s = 0.0

    def clock() -> float:
        nonlocal now_s
        now_s += 0.4  # each look takes so long that the text is due by the time of the wait
        return now_s

    limits = replace(LIMITS, hold_s=1.0)
    session = LiveText(synthesis, Counts(), options=LiveTextOptions(), limits=limits, clock=clock)
    try:
        async with asyncio.timeout(PATIENCE_S):
            session.append("these words have no en")
            assert sources(await until(session, Clause)) == ["these words have no"]
    finally:
        await session.close()


async def until_full(session: LiveText) -> None:
    """Waits until as many events wait as may."""
    while not session._events.full():
        await asyncio.sleep(0.01)


async def test_speech_that_was_interrupted_takes_no_time(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("This is one sentence of several. " * 20)
        session.flush()
        heard = await until(session, Sound)
        await until_full(session)
        await session.interrupt()
        session.append("And this is another.")
        session.finish()
        [begins_s] = [
            one.begins_s for one in await until(session, Finished) if isinstance(one, Clause)
        ]
    samples = sum(len(one.samples) for one in heard if isinstance(one, Sound))
    assert begins_s == pytest.approx(samples / RATE_HZ)


async def test_what_was_flushed_and_not_read_is_kept_at_the_end(synthesis: Synthesis) -> None:
    async with session_of(synthesis) as session:
        session.append("This was flushed.")
        session.flush()
        while session._inbox.has_marks:
            await asyncio.sleep(0.01)
        session.append("This was not, and then more, and more. ")
        await asyncio.sleep(0.05)
        await session.keep_flushed()
        events = await until(session, Finished)
    assert sources(events) == ["This was flushed."]
    assert any(isinstance(one, Sound) for one in events)
    assert any(isinstance(one, Flushed) for one in events)
