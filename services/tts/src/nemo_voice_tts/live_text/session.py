"""One session of text in pieces: text in, speech and its words' times out, whatever the protocol.

A task of the session speaks what `cutting.py` hands out. It waits while its client does not read,
and an interruption ends it wherever it is.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from nemo_voice_serving.errors import BackendFailed, VoiceError
from nemo_voice_tts.live_text.cutting import CutPhrase, Need, TextCutter
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
from nemo_voice_tts.live_text.inbox import MOST, Inbox, Mark
from nemo_voice_tts.live_text.options import LiveTextLimits, LiveTextOptions
from nemo_voice_tts.live_text.outbox import Outbox
from nemo_voice_tts.synthesis.pipeline import FIRST, LATER
from nemo_voice_tts.synthesis.synthesis import Synthesis
from nemo_voice_tts.text.reading import Limits, ReadPhrase
from nemo_voice_tts.text.structure.blocks import TextFormat

logger = logging.getLogger(__name__)


class LiveTextObserver(Protocol):
    """Receives what sessions do: the metrics."""

    def first_audio(self, seconds: float) -> None:
        """Receives the time from the end of a clause that was waited for to its first sound."""
        ...

    def interrupted(self) -> None:
        """Receives that a listener interrupted the speech."""
        ...


class LiveText:
    """The text, the speech and the events of one client."""

    def __init__(
        self,
        synthesis: Synthesis,
        observer: LiveTextObserver,
        *,
        options: LiveTextOptions,
        limits: LiveTextLimits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes what speaks, and how; begins to work in the running loop."""
        self._synthesis = synthesis
        self._observer = observer
        self._options = options
        self._limits = limits
        self._clock = clock
        self._cutter = self._new_cutter()
        self._inbox = Inbox()
        self._events = Outbox()
        self._held_s = clock()
        """When the oldest text that is held came, at the earliest."""
        self._heard_until_s = 0.0
        """When a listener who began at once has heard all speech so far."""
        self._audio_s = 0.0
        self._is_refusable = True
        self._is_ended = self._ends_soon = False
        self._is_speaking = False
        self._task = asyncio.create_task(self._run())

    @property
    def is_open(self) -> bool:
        """Whether a clause is being spoken, or a flush or the end was asked for and is not yet."""
        is_asked = self._inbox.has_marks and not self._ends_soon
        return self._is_speaking or is_asked or not self._events.empty()

    @property
    def is_busy(self) -> bool:
        """Whether any text is held or spoken."""
        return self.is_open or len(self._inbox) > 0 or self._cutter.has_words

    @property
    def wants_text(self) -> bool:
        """Whether nothing more is spoken until more text comes, if at all."""
        return self._inbox.is_awaited or self._task.done()

    @property
    def free_chars(self) -> int:
        """How much text may be appended at present."""
        return self._limits.max_held_chars - self._inbox.chars - self._cutter.held_chars

    def append(self, text: str) -> None:
        """Takes the next piece of the text.

        Raises:
            TooMuchText: More waits already than a session may hold.
            TextEnded: The end of the text was sent.
        """
        self._refuse_ended()
        if len(text) > self.free_chars or len(self._inbox) >= MOST:
            most = self._limits.max_held_chars
            held = most - self.free_chars + len(text)
            message = f"{held} characters wait to be spoken, and at most {most} may."
            raise TooMuchText(f"{message} Send text as it is spoken.")
        if text:
            self._inbox.put(text)

    def flush(self) -> None:
        """Has all text spoken that came before, whole clause or not; `Flushed` tells the end.

        Raises:
            TooMuchText: Too many flushes wait.
            TextEnded: The end of the text was sent.
        """
        self._refuse_ended()
        if len(self._inbox) >= MOST:
            raise TooMuchText("Too many flushes wait. Send the next one after some speech.")
        self._inbox.put(Mark.FLUSH)

    def finish(self) -> None:
        """Has all text spoken, after which none follows; `Finished` is the last event."""
        if not self._is_ended:
            self._is_ended = True
            self._inbox.put(Mark.FINISH)

    def wind_up(self) -> None:
        """Ends after the phrase that is being spoken; `Stopped` is the last event."""
        self._is_ended = self._ends_soon = True
        self._inbox.has_news.set()

    async def interrupt(self, *, keeps_flushed: bool = False) -> None:
        """Forgets all text and speech that its listener has not been sent, flushed or not."""
        was_busy = self.is_busy
        await self._stop()
        self._inbox.clear()
        self._cutter = self._new_cutter()
        unheard = self._events.drop(keeps_flushed=keeps_flushed)
        self._audio_s -= unheard / self._synthesis.sample_rate_hz
        self._heard_until_s = 0.0
        self._is_refusable = True
        if was_busy:
            self._observer.interrupted()
        if self._is_ended:
            self._inbox.put(Mark.FINISH)
        self._task = asyncio.create_task(self._run())

    async def keep_flushed(self) -> None:
        """Forgets what came after the last flush, and ends: what was flushed is spoken still."""
        if self._is_ended:
            return
        if not self._inbox.has_marks:
            await self.interrupt(keeps_flushed=True)
        self._inbox.drop_unmarked()
        self.finish()

    async def next_event(self) -> Event:
        """Returns the next event, once there is one."""
        return await self._events.get()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yields the events to the last."""
        event: Event | None = None
        while not isinstance(event, Finished | Stopped):
            event = await self.next_event()
            yield event

    async def close(self) -> None:
        """Stops all work; what is unfinished is lost."""
        await self._stop()

    async def _stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._is_speaking = False

    def _new_cutter(self) -> TextCutter:
        async def read(text: str, limits: Limits) -> list[ReadPhrase]:
            return await self._synthesis.read(text, self._options.reading, limits)

        return TextCutter(
            read,
            phrase_chars=self._limits.phrase_chars,
            first_phrase_chars=self._limits.first_phrase_chars,
            is_ssml=self._options.reading.text_format is TextFormat.SSML,
        )

    def _refuse_ended(self) -> None:
        if self._is_ended:
            raise TextEnded("The end of the text was sent: begin another session.")

    async def _run(self) -> None:
        try:
            await self._work()
        except Exception:  # the last resort: the client is told, and the log has the reason
            logger.exception("text in pieces failed")
            message = "Something went wrong inside the service. Its log has the reason."
            await self._events.put(Failed(BackendFailed(message)))
        await self._events.put(Stopped() if self._ends_soon else Finished())

    async def _work(self) -> None:
        while not self._ends_soon:
            self._take_in()
            mark = self._inbox.mark()
            is_urgent = self._is_urgent()
            need = self._need(mark, is_urgent=is_urgent)
            phrases = await self._cut(need, is_urgent=is_urgent)
            if phrases:
                await self._speak(phrases, is_urgent=is_urgent)
            if mark is not None:
                if mark is Mark.FLUSH:
                    await self._events.put(Flushed())
                self._inbox.done()
                if mark is Mark.FINISH:
                    return
            elif not phrases:
                await self._wait(need, is_urgent=is_urgent)

    def _take_in(self) -> None:
        """Moves the text before the first mark to the cutter."""
        if not self._cutter.held_chars:
            self._held_s = self._clock()
        self._cutter.append(self._inbox.text())

    def _is_urgent(self) -> bool:
        return self._clock() >= self._heard_until_s - self._limits.ahead_s

    def _need(self, mark: Mark | None, *, is_urgent: bool) -> Need:
        if mark is not None:
            return Need.ALL
        if self._cutter.held_chars > 2 * self._limits.phrase_chars:
            return Need.WORDS
        if is_urgent and self._clock() - self._held_s >= self._limits.hold_s:
            return Need.WORDS
        return Need.CLAUSES if is_urgent else Need.SENTENCES

    async def _cut(self, need: Need, *, is_urgent: bool) -> list[CutPhrase]:
        try:
            if need is Need.WORDS and (
                phrases := await self._cutter.take(Need.CLAUSES, is_urgent=is_urgent)
            ):
                return phrases
            return await self._cutter.take(need, is_urgent=is_urgent)
        except VoiceError as error:
            await self._events.put(Failed(error))
            return []

    async def _speak(self, phrases: list[CutPhrase], *, is_urgent: bool) -> None:
        began_s = self._clock()
        self._held_s = began_s
        self._is_speaking = True
        sources = {one.phrase.span: one.source for one in phrases}
        pieces = self._synthesis.phrase_pieces(
            [one.phrase for one in phrases],
            speaker=self._options.speaker,
            pace=self._options.pace,
            chars=sum(len(one.source) for one in phrases),
            urgency=FIRST if is_urgent else LATER,
            is_refusable=self._is_refusable,
        )
        waits, has_begun = is_urgent, False
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    if waits:
                        self._observer.first_audio(self._clock() - began_s)
                        waits = False
                    self._is_refusable = False
                    if piece.phrase is not None:
                        if self._ends_soon and has_begun:
                            return
                        has_begun = True
                        source = sources.get(piece.phrase.span, "")
                        await self._events.put(Clause(piece.phrase, source, self._audio_s))
                        heard_s = max(self._heard_until_s, self._clock())
                        self._heard_until_s = heard_s + piece.phrase.duration_s
                    await self._events.put(Sound(piece.samples))
                    self._audio_s += len(piece.samples) / self._synthesis.sample_rate_hz
        except VoiceError as error:
            await self._events.put(Failed(error))
        finally:
            self._is_speaking = False

    async def _wait(self, need: Need, *, is_urgent: bool) -> None:
        """Waits for text, or until what is held is due."""
        timeout_s = None
        # Where words were due and none was found, it is half a word: more text must come.
        if need is not Need.WORDS and self._cutter.has_words:
            held_s = self._held_s + self._limits.hold_s
            due_s = held_s if is_urgent else self._heard_until_s - self._limits.ahead_s
            timeout_s = max(0.0, due_s - self._clock())
        await self._inbox.news(timeout_s)
