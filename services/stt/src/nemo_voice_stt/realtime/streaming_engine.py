"""The live engine over a model that hears speech while it is spoken.

Each utterance is a stream of the model. All streams with enough new audio share one step; what a
step finds is shown at once and never taken back. The final transcript is what the stream said, once
its end was heard.
"""

import asyncio
import statistics
from collections.abc import Callable

from typing_extensions import override

from nemo_voice_serving.audio.resampling import Resampler
from nemo_voice_serving.batching.batcher import Batcher
from nemo_voice_stt.realtime.audio_format import as_samples
from nemo_voice_stt.realtime.engine import LiveEngine, PartialObserver, Utterance
from nemo_voice_stt.realtime.options import LiveOptions
from nemo_voice_stt.transcription.port import Clip, Recognition
from nemo_voice_stt.transcription.streaming_port import Heard, StreamingRecogniser, StreamPart
from nemo_voice_stt.transcription.transcription import Transcript, placed, transcript_of

FILE_RUN_S = 0.2
"""The longest batch of files while a session is open: each step may have to wait for one."""
_FINAL_URGENCY, _PARTIAL_URGENCY = 0, 1
_MOST_AHEAD_S = 5.0
"""Audio that comes earlier than it can be spoken is a file's: nobody waits for its partials."""


class StreamingEngine(LiveEngine):
    """Hears utterances part by part, in steps that all sessions share."""

    def __init__(
        self,
        recogniser: StreamingRecogniser,
        steps: Batcher[StreamPart, Heard],
        recognitions: Batcher[Clip, Recognition],
        *,
        observer: PartialObserver,
        timeout_s: float,
    ) -> None:
        """Takes the model and its batches.

        Args:
            recogniser: The model.
            steps: The batches of its steps.
            recognitions: Those of files, which use the same device.
            observer: Receives the delays of partials.
            timeout_s: How long a step may wait to begin.
        """
        self.recogniser = recogniser
        self.steps = steps
        self.observer = observer
        self.timeout_s = timeout_s
        self._recognitions = recognitions
        self._open: set[StreamingUtterance] = set()

    @override
    def begin(
        self, options: LiveOptions, on_partial: Callable[[str], None]
    ) -> "StreamingUtterance":
        utterance = StreamingUtterance(self, options, on_partial)
        self._open.add(utterance)
        return utterance

    @override
    def sessions_changed(self, count: int) -> None:
        self._recognitions.limit_run(FILE_RUN_S if count else None)

    @override
    def behind_s(self) -> float:
        """Returns by how much the middle one of the open utterances is behind its speaker."""
        behind = [one.behind_s for one in self._open if one.is_spoken]
        return statistics.median(behind) if behind else 0.0

    def ended(self, utterance: "StreamingUtterance") -> None:
        """Forgets an utterance that is over."""
        self._open.discard(utterance)


class StreamingUtterance(Utterance):
    """One utterance: a stream of the model, and the task that has its parts heard."""

    def __init__(
        self, engine: StreamingEngine, options: LiveOptions, on_partial: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._on_partial = on_partial
        self._stream = engine.recogniser.open(options.language)
        self._resampler = Resampler(options.audio_format.rate_hz, engine.recogniser.sample_rate_hz)
        self._shown = ""
        self._is_ended = False
        self._arrival = asyncio.Event()
        self._began_s = self._added_s = asyncio.get_running_loop().time()
        self._hearing = asyncio.create_task(self._hear(), name="stream")
        self._hearing.add_done_callback(lambda _task: self._free())

    @property
    def behind_s(self) -> float:
        """How much audio waits beyond what makes one part."""
        waiting_s = self._stream.audio_s - self._stream.heard_s
        return max(0.0, waiting_s - self._engine.recogniser.chunk_s)

    @property
    def is_spoken(self) -> bool:
        """Whether its audio came no faster than somebody speaks."""
        passed_s = asyncio.get_running_loop().time() - self._began_s
        return self._stream.audio_s - passed_s < _MOST_AHEAD_S

    @override
    def add(self, pcm: bytes) -> None:
        if self._is_ended or self._hearing.done():  # it failed: the final transcript tells
            return
        self._stream.add(self._resampler.push(as_samples(pcm)))
        self._added_s = asyncio.get_running_loop().time()
        self._arrival.set()

    @override
    def may_be_over(self) -> None:
        """Begins nothing early: all but the last moment is heard by now."""

    @override
    async def final(self) -> Transcript:
        if not self._is_ended:
            self._is_ended = True
            self._stream.add(self._resampler.finish())
            self._stream.end()
            self._arrival.set()
        recognition = await self._hearing
        duration_s = self._stream.audio_s
        return transcript_of([placed(recognition, 0.0, duration_s)])

    @override
    async def close(self) -> None:
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)

    def _free(self) -> None:
        self._engine.recogniser.close(self._stream)
        self._engine.ended(self)

    async def _hear(self) -> Recognition:
        """Has one part after the other heard, and returns what was said in all."""
        while True:
            part = self._stream.next_part()
            if part is None:
                self._arrival.clear()
                await self._arrival.wait()
                continue
            added_s = self._added_s
            heard = await self._step(part)
            if heard.recognition is not None:
                return heard.recognition
            self._show(heard.text, added_s)

    async def _step(self, part: StreamPart) -> Heard:
        served = await self._engine.steps.submit(
            part,
            length=part.chunks,
            urgency=_FINAL_URGENCY if self._is_ended else _PARTIAL_URGENCY,
            timeout_s=self._engine.timeout_s,
            is_patient=True,
        )
        return served.output

    def _show(self, text: str, added_s: float) -> None:
        if len(text) > len(self._shown) and text.startswith(self._shown):
            added, self._shown = text[len(self._shown) :], text
            self._engine.observer.partial_recognised(asyncio.get_running_loop().time() - added_s)
            self._on_partial(added)
