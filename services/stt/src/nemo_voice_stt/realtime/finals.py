"""The final transcripts of a session's items: begun at each commit, given in the items' order."""

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nemo_voice_serving.errors import BackendFailed, VoiceError
from nemo_voice_stt.realtime.engine import Utterance
from nemo_voice_stt.realtime.events import Event, Failed, Final

logger = logging.getLogger(__name__)

_MOST_AHEAD_S = 5.0
"""That the audio of somebody who speaks comes before it can have been spoken."""


class SessionObserver(Protocol):
    """Receives figures about items: the metrics."""

    def item_finished(
        self, outcome: str, audio_s: float, final_s: float, *, was_spoken: bool
    ) -> None:
        """Receives how an item ended.

        Args:
            outcome: `ok` or an error's code.
            audio_s: How long it is.
            final_s: The time from its end to its text.
            was_spoken: Whether its audio came as fast as somebody speaks, unlike that of a file.
        """
        ...


@dataclass(frozen=True, slots=True)
class EndedItem:
    """An item whose audio is complete."""

    item_id: str
    utterance: Utterance
    begins_at_s: float
    """Where in the session's audio."""
    audio_s: float
    shown: list[str]
    """Its partials."""
    heard_s: float
    """In how many seconds its audio came."""


class Finals:
    """The items of one session that are committed and have no transcript yet."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        observer: SessionObserver,
        *,
        most: int,
        most_s: float = math.inf,
    ) -> None:
        """Takes where events go, and how much may be unfinished before `begin` waits.

        Args:
            emit: Where events go.
            observer: Receives figures about items.
            most: How many items.
            most_s: How many seconds of audio, all together.
        """
        self._emit = emit
        self._observer = observer
        self._most = most
        self._most_s = most_s
        self._unfinished: dict[asyncio.Task[None], EndedItem] = {}
        self._newest: asyncio.Task[None] | None = None

    async def begin(self, ended: EndedItem) -> None:
        """Begins the transcript of an item, and waits while too many are unfinished."""
        work = self._finish(ended, self._newest)
        self._newest = task = asyncio.create_task(work, name="final")
        self._unfinished[task] = ended
        task.add_done_callback(self._unfinished.pop)
        while self._is_full():
            await asyncio.wait(self._unfinished, return_when=asyncio.FIRST_COMPLETED)

    def _is_full(self) -> bool:
        waiting_s = sum(ended.audio_s for ended in self._unfinished.values())
        return len(self._unfinished) >= self._most or waiting_s >= self._most_s

    async def settle(self) -> None:
        """Waits until every item has its transcript."""
        await asyncio.gather(*self._unfinished, return_exceptions=True)

    async def close(self) -> None:
        """Stops all work; what is unfinished is lost."""
        unfinished = dict(self._unfinished)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for ended in unfinished.values():
            await ended.utterance.close()  # a task that had not begun did not

    async def _finish(self, ended: EndedItem, before: "asyncio.Task[None] | None") -> None:
        loop = asyncio.get_running_loop()
        ended_s = loop.time()
        event, outcome = await _outcome_of(ended)
        finished_s = loop.time()
        if before is not None:
            await asyncio.wait({before})
        was_spoken = ended.audio_s - ended.heard_s < _MOST_AHEAD_S
        self._observer.item_finished(
            outcome, ended.audio_s, finished_s - ended_s, was_spoken=was_spoken
        )
        self._emit(event)


async def _outcome_of(ended: EndedItem) -> tuple[Event, str]:
    try:
        transcript = await ended.utterance.final()
    except VoiceError as error:
        return Failed(ended.item_id, error), error.code
    except Exception:  # an item fails by itself, whatever the reason
        logger.exception("item failed")
        failure = BackendFailed("The audio could not be transcribed. The log has the reason.")
        return Failed(ended.item_id, failure), failure.code
    shown = "".join(ended.shown)
    rest = transcript.text[len(shown) :] if transcript.text.startswith(shown) else None
    return Final(ended.item_id, transcript, rest, ended.begins_at_s), "ok"
