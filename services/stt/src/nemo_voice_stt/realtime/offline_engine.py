"""The live engine over a model that takes whole utterances.

While an utterance is open, it is decoded again and again, as far as the device has room; what two
passes agree on is shown. Its final transcript is that of the whole, recognised as any file is, once
or, where its speaker went on after a silence, once for each silence in which the device had room.
"""

import asyncio
import contextlib
import io
from collections.abc import Callable
from typing import Protocol

from typing_extensions import override

from nemo_voice_serving.audio.levels import is_silent
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.resampling import resample
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_serving.errors import VoiceError
from nemo_voice_stt.realtime.agreement import Agreement
from nemo_voice_stt.realtime.audio_format import BYTES_PER_SAMPLE, as_samples
from nemo_voice_stt.realtime.early_final import EarlyFinal, EarlyFinalObserver
from nemo_voice_stt.realtime.engine import LiveEngine, PartialObserver, Utterance
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.realtime.pacing import PartialPacer
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.silence_splitter import cut_place
from nemo_voice_stt.transcription.transcription import (
    Transcript,
    Transcription,
    TranscriptionInput,
    transcript_of,
)
from nemo_voice_stt.transcription.writing import joined_passages

PARTIAL_URGENCY = 2
"""Behind files, which are behind the final transcripts of live sessions."""
LIVE_RUN_S = 0.5
"""The longest batch while a session is open: a final transcript may have to wait for one."""
_PARTIAL_TIMEOUT_S = 2.0
"""A pass that waited so long would show old words: it is dropped."""
_AHEAD_S = 10.0
"""How much further a long utterance goes before more of it is recognised ahead of its end."""
_POLL_S = 0.05
_LEAST_S = 0.3
"""Shorter audio holds no word."""


class EngineObserver(EarlyFinalObserver, PartialObserver, Protocol):
    """Receives figures about passes over utterances that are not over: the metrics."""


class OfflineEngine(LiveEngine):
    """Transcribes utterances through the ordinary batches."""

    def __init__(
        self,
        transcription: Transcription,
        recognitions: Batcher[Clip, Recognition],
        *,
        sample_rate_hz: int,
        pacer: PartialPacer,
        observer: EngineObserver,
    ) -> None:
        self.transcription = transcription
        self.recognitions = recognitions
        self.sample_rate_hz = sample_rate_hz
        self.pacer = pacer
        self.observer = observer

    @override
    def begin(self, options: LiveOptions, on_partial: Callable[[str], None]) -> "OfflineUtterance":
        return OfflineUtterance(self, options, on_partial)

    @override
    def sessions_changed(self, count: int) -> None:
        self.recognitions.limit_run(LIVE_RUN_S if count else None)


class OfflineUtterance(Utterance):
    """One utterance: its audio, and the tasks that decode it while it is open."""

    def __init__(
        self, engine: OfflineEngine, options: LiveOptions, on_partial: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._options = options
        self._on_partial = on_partial
        self._pcm = bytearray()
        self._tail = 0  # where what is decoded again begins, in bytes
        self._settled = ""  # the text before that
        self._agreement = Agreement()
        self._known: dict[tuple[int, int], Recognition] = {}
        self._ahead: asyncio.Task[None] | None = None
        self._ahead_from_s = engine.transcription.settled_after_s
        self._early: EarlyFinal | None = None
        self._dropped: list[EarlyFinal] = []
        self._added_s = asyncio.get_running_loop().time()
        self._partials = asyncio.create_task(self._follow(), name="partials")

    @override
    def add(self, pcm: bytes) -> None:
        self._drop_early()
        self._pcm += pcm
        self._added_s = asyncio.get_running_loop().time()
        length_s = self._options.audio_format.seconds_of(len(self._pcm))
        if length_s >= self._ahead_from_s and (self._ahead is None or self._ahead.done()):
            self._ahead_from_s = length_s + _AHEAD_S
            self._ahead = asyncio.create_task(self._recognise_ahead(), name="ahead")

    @override
    def may_be_over(self) -> None:
        if self._early is None:
            engine = self._engine
            expected_s = engine.recognitions.speed.expected_s(self._unsettled_s())
            self._early = EarlyFinal(self._whole, expected_s, engine.pacer, engine.observer)

    @override
    async def final(self) -> Transcript:
        await _ended(self._partials)
        early = None if self._early is None else await self._early.take()
        return await self._whole() if early is None else early

    async def _whole(self) -> Transcript:
        """Returns the transcript of what was added so far."""
        if self._ahead is not None:
            await asyncio.wait({self._ahead})
        passages = self._engine.transcription.passages(self._recording())
        return transcript_of([passage async for passage in passages])

    def _unsettled_s(self) -> float:
        """Returns how much of the audio no pass ahead has recognised."""
        known_s = sum(count for _, count in self._known) / self._engine.sample_rate_hz
        return max(0.0, self._options.audio_format.seconds_of(len(self._pcm)) - known_s)

    def _drop_early(self) -> None:
        """Throws away the final transcript that was begun early, for the speaker went on."""
        if self._early is not None:
            self._early.drop()
            ending = [one for one in self._dropped if not one.is_done]
            self._dropped, self._early = [*ending, self._early], None

    @override
    async def close(self) -> None:
        await _ended(self._partials)
        if self._ahead is not None:
            await _ended(self._ahead)
        self._drop_early()
        for early in self._dropped:
            await early.close()

    def _recording(self) -> TranscriptionInput:
        return TranscriptionInput(
            io.BytesIO(self._pcm),
            RawFormat(self._options.audio_format.rate_hz),
            self._options.hotwords,
            language=self._options.language,
            needs_words=self._options.needs_words,
            is_live=True,
            known=self._known,
        )

    async def _recognise_ahead(self) -> None:
        """Recognises what is said for good of a long utterance, so that its end does not wait."""
        with contextlib.suppress(VoiceError):  # the final transcript tries again, and tells
            await self._engine.transcription.recognise_ahead(self._recording())

    async def _follow(self) -> None:
        loop, pacing = asyncio.get_running_loop(), self._engine.pacer.pacing
        decoded, due_s = 0, loop.time() + pacing.interval_s
        while True:
            await asyncio.sleep(max(_POLL_S, due_s - loop.time()))
            if self._early is not None and self._early.has_begun:
                if self._early.text is not None:  # a pass over the same would say the same
                    due_s = loop.time() + pacing.interval_s
                    self._show(self._early.text, self._added_s)
                continue
            tail_s = self._options.audio_format.seconds_of(len(self._pcm) - self._tail)
            if len(self._pcm) == decoded or tail_s < _LEAST_S:
                continue
            if not self._engine.pacer.may_begin(min(tail_s, pacing.max_tail_s)):
                continue
            decoded, due_s = len(self._pcm), loop.time() + pacing.interval_s
            try:
                await self._pass(self._added_s)
            except VoiceError:
                continue  # the next pass, or the final transcript, tells

    async def _pass(self, added_s: float) -> None:
        """Decodes the open part once and shows what may be shown."""
        engine, pacing = self._engine, self._engine.pacer.pacing
        samples = await asyncio.to_thread(self._samples)
        longest = round(pacing.max_tail_s * engine.sample_rate_hz)
        if len(samples) > longest:
            cut = cut_place(samples[:longest], engine.sample_rate_hz)
            self._settle(await self._heard(samples[:cut]), cut)
            return
        self._show(self._joined(await self._heard(samples)), added_s)

    def _show(self, text: str, added_s: float) -> None:
        """Shows what may be shown of the text that a pass over the newest audio gave."""
        shown = self._agreement.follow(text)
        if shown:
            delay_s = asyncio.get_running_loop().time() - added_s
            self._engine.observer.partial_recognised(delay_s)
            self._on_partial(shown)

    def _settle(self, text: str, cut: int) -> None:
        """Takes the text of the samples before a cut for good: they are not decoded again."""
        self._settled = self._joined(text)
        rate_hz = self._options.audio_format.rate_hz
        self._tail += round(cut * rate_hz / self._engine.sample_rate_hz) * BYTES_PER_SAMPLE
        shown = self._agreement.settle(self._settled)
        if shown:
            self._on_partial(shown)

    async def _heard(self, samples: Samples) -> str:
        engine = self._engine
        audio_s = len(samples) / engine.sample_rate_hz
        if is_silent(samples, engine.sample_rate_hz):
            return ""
        with engine.pacer.passing(audio_s):
            served = await engine.recognitions.submit(
                Clip(samples, self._options.hotwords, self._options.language),
                length=audio_s,
                urgency=PARTIAL_URGENCY,
                timeout_s=_PARTIAL_TIMEOUT_S,
            )
        engine.pacer.measured(audio_s, served.run_s / served.batch_items)
        return served.output.text

    def _samples(self) -> Samples:
        live_format = self._options.audio_format
        samples = as_samples(bytes(self._pcm[self._tail :]))
        return resample(samples, live_format.rate_hz, self._engine.sample_rate_hz)

    def _joined(self, text: str) -> str:
        return joined_passages([self._settled, text])


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
