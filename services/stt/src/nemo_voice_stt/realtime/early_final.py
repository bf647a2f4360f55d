"""A final transcript that is begun in the silence that may end an utterance, before it has."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from nemo_voice_stt.realtime.pacing import PartialPacer
from nemo_voice_stt.transcription.transcription import Transcript

_POLL_S = 0.02
"""Between two looks for room on the device; audio that comes faster leaves no such silence."""


class EarlyFinalObserver(Protocol):
    """Receives how early final passes ended: the metrics."""

    def early_final_ended(self, *, was_used: bool) -> None:
        """Receives whether a pass was the final one, or in vain: the speaker went on."""
        ...


class EarlyFinal:
    """One pass over an utterance as it is, which begins once the device has room."""

    def __init__(
        self,
        transcribe: Callable[[], Coroutine[Any, Any, Transcript]],
        expected_s: float,
        pacer: PartialPacer,
        observer: EarlyFinalObserver,
    ) -> None:
        """Takes what makes the transcript, and the device time that it is expected to take."""
        self._transcribe = transcribe
        self._expected_s = expected_s
        self._pacer = pacer
        self._observer = observer
        self.has_begun = False
        """Whether the device had room for it."""
        self._is_counted = False
        self._task = asyncio.create_task(self._run(), name="early final")
        self._task.add_done_callback(_retrieve)

    @property
    def is_done(self) -> bool:
        """Whether no work on it goes on."""
        return self._task.done()

    @property
    def text(self) -> str | None:
        """What was said; None while that is not known."""
        transcript = self._result()
        return None if transcript is None else transcript.text

    async def take(self) -> Transcript | None:
        """Returns the transcript, for the utterance is over; None where there is none to wait for.

        A pass that failed is none: the ordinary one tries again, and tells.
        """
        if not self.has_begun:
            self._task.cancel()
            return None
        await asyncio.wait({self._task})
        transcript = self._result()
        self._count(was_used=transcript is not None)
        return transcript

    def drop(self) -> None:
        """Throws the pass away, for the speaker went on."""
        self._task.cancel()
        self._count(was_used=False)

    async def close(self) -> None:
        """Stops the work, and waits for that."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def _count(self, *, was_used: bool) -> None:
        if self.has_begun and not self._is_counted:
            self._is_counted = True
            self._observer.early_final_ended(was_used=was_used)

    def _result(self) -> Transcript | None:
        task = self._task
        if not task.done() or task.cancelled() or task.exception() is not None:
            return None
        return task.result()

    async def _run(self) -> Transcript:
        while True:
            await asyncio.sleep(_POLL_S)
            if self._pacer.may_finish(self._expected_s):
                break
        self.has_begun = True
        with self._pacer.finishing(self._expected_s):
            return await self._transcribe()


def _retrieve(task: "asyncio.Task[Transcript]") -> None:
    """Reads an error that nobody else may read: asyncio would log it."""
    if not task.cancelled():
        task.exception()
