"""Runs recordings through the model, several at once, and writes their outputs.

Files are opened and decoded ahead of the model, so many at once that it always finds a full batch;
of similar length one after the other, so that batches hold little padding. What is in memory is
bounded by the limits here, not by the number of recordings.
"""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from nemo_voice_serving.errors import BackendFailed, DeviceLost, NotReady, VoiceError
from nemo_voice_stt.archive.errors import SinkFailed, UnreadableFile
from nemo_voice_stt.archive.options import ArchiveOptions
from nemo_voice_stt.archive.progress import Progress
from nemo_voice_stt.archive.recording import Found, Recording, Refused
from nemo_voice_stt.archive.sink import WriteLine
from nemo_voice_stt.archive.survey import Once, Outputs
from nemo_voice_stt.archive.transcript_files import Heard, json_line, written

logger = logging.getLogger(__name__)

_WINDOW = 4096
"""So many recordings are put in the order of their lengths at a time."""
_WRITERS = 8
"""Outputs that are flushed to the disk at once: each waits, and computes little."""


class Hears(Protocol):
    """Transcribes one recording: `Transcriber`."""

    async def heard(self, recording: Recording, /) -> Heard:
        """Returns what a recording says, or raises `VoiceError` or `UnreadableFile`: why not."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is in work at once."""

    files: int
    """Recordings that are open."""
    ahead_s: float
    """Audio that is decoded, in seconds, about; one recording may exceed it."""
    ahead_of_one_s: float
    """As much of one recording is decoded at once."""


class Engine:
    """Transcribes an archive; of one use."""

    def __init__(
        self,
        transcriber: Hears,
        outputs: Outputs,
        options: ArchiveOptions,
        limits: Limits,
        progress: Progress,
        write_failure: WriteLine,
    ) -> None:
        self._transcriber = transcriber
        self._outputs = outputs
        self._options = options
        self._limits = limits
        self._progress = progress
        self._write_failure = write_failure
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="outputs")
        self._hearing: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ahead_s = 0.0
        self._room = asyncio.Event()
        self._is_stopping = False
        self._fatal: Exception | None = None

    def stop(self) -> None:
        """Ends the run: what is being written is finished, nothing else is begun."""
        self._is_stopping = True
        for task in self._hearing:
            task.cancel()
        self._room.set()

    async def run(self, found: Iterator[Found], once: Once) -> None:
        """Transcribes what has no outputs yet, until all is done or `stop` is called.

        Args:
            found: What there is, read a window ahead.
            once: Leaves out what comes again.

        Raises:
            SinkFailed: No output can be written any more.
            DeviceLost: Nothing can be transcribed any more.
            OSError: What there is cannot be read to its end.
        """
        windows = self._windows(found, once)
        following = asyncio.create_task(asyncio.to_thread(next, windows, None))
        try:
            while (window := await following) and not self._is_stopping:
                following = asyncio.create_task(asyncio.to_thread(next, windows, None))
                for one in window:
                    await self._begin(one)
            while self._tasks:
                await asyncio.wait(self._tasks)
        finally:
            self.stop()
            await asyncio.gather(following, *self._tasks, return_exceptions=True)
            self._writers.shutdown()
        if self._fatal is not None:
            raise self._fatal

    def _windows(self, found: Iterator[Found], once: Once) -> Iterator[list[Found]]:
        """Yields what is to be done, each window from the longest to the shortest."""
        wanted = self._wanted(found, once)
        while window := list(islice(wanted, _WINDOW)):
            yield sorted(window, key=self._length, reverse=True)

    def _wanted(self, found: Iterator[Found], once: Once) -> Iterator[Found]:
        for one in found:
            if self._is_stopping:
                return
            if isinstance(one, Refused) or (once(one) and not self._outputs.are_there(one)):
                yield one

    def _length(self, found: Found) -> float:
        return 0.0 if isinstance(found, Refused) else self._progress.estimate.of(found)

    async def _begin(self, found: Found) -> None:
        """Begins a recording once there is room for it."""
        if isinstance(found, Refused):
            self._fail(None, dict(found.place), found.error)
            return
        takes_s = min(self._length(found), self._limits.ahead_of_one_s)
        while not self._is_stopping and not self._has_room(takes_s):
            self._room.clear()
            await self._room.wait()
        if self._is_stopping:
            return
        self._ahead_s += takes_s
        task = asyncio.create_task(self._transcribe(found, takes_s))
        for tasks in (self._hearing, self._tasks):
            tasks.add(task)
        task.add_done_callback(self._ended)

    def _has_room(self, takes_s: float) -> bool:
        if len(self._tasks) >= self._limits.files + _WRITERS:
            return False  # the disk is what everything waits for
        if not self._hearing:
            return True
        is_full = len(self._hearing) >= self._limits.files
        return not is_full and self._ahead_s + takes_s <= self._limits.ahead_s

    async def _transcribe(self, recording: Recording, takes_s: float) -> None:
        try:
            heard = await self._transcriber.heard(recording)
        except (DeviceLost, NotReady) as error:
            self._end_with(error)
            return
        except (VoiceError, UnreadableFile) as error:
            self._fail(recording, recording.place(), error)
            return
        finally:
            self._heard(takes_s)
        await self._write(recording, heard)

    def _heard(self, takes_s: float) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._hearing.discard(task)
        self._ahead_s -= takes_s
        self._room.set()

    async def _write(self, recording: Recording, heard: Heard) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writers, self._write_all, recording, heard)
        except SinkFailed as error:
            self._end_with(error)
        except VoiceError as error:
            self._fail(recording, recording.place(), error)
        else:
            self._progress.finished(recording, heard.transcript.duration_s)

    def _write_all(self, recording: Recording, heard: Heard) -> None:
        files = [
            (name, written(heard, output, self._options))
            for name, output in zip(
                self._outputs.names(recording), self._outputs.formats, strict=True
            )
        ]
        for name, data in files:
            self._outputs.sink.write(name, data)

    def _fail(
        self,
        recording: Recording | None,
        place: dict[str, object],
        error: VoiceError | UnreadableFile,
    ) -> None:
        self._progress.failed(recording)
        try:
            self._write_failure(json_line({**place, **error.body()}))
        except SinkFailed as failure:
            self._end_with(failure)

    def _end_with(self, error: Exception) -> None:
        self._fatal = self._fatal or error
        self.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._hearing.discard(task)
        self._tasks.discard(task)
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._end_with(error if isinstance(error, Exception) else BackendFailed(str(error)))
