"""Shows how far the transcription of an archive is: one line, rewritten on a terminal."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TextIO

from nemo_voice_stt.archive.progress import State

logger = logging.getLogger(__name__)

_CLEAR_LINE = "\r\x1b[2K"
_TERMINAL_S, _LOG_S = 0.5, 30.0


def line_of(state: State) -> str:
    """Returns the state in words: `12 of 300 files, 1 failed, 1.4 h of audio, 48x real time`."""
    parts = [f"{state.done:,} of {state.recordings:,} files"]
    if state.failed:
        parts.append(f"{state.failed:,} failed")
    parts.append(f"{lasting(state.audio_s)} of audio")
    if state.speed:
        parts.append(f"{state.speed:.3g}x real time")
    if state.remaining_s is not None and state.left_s:
        parts.append(f"about {lasting(state.remaining_s)} left")
    return ", ".join(parts)


def lasting(seconds: float) -> str:
    """Returns a length of time as people write it: `45 s`, `3 min 20 s`, `1 h 5 min`, `310 h`."""
    whole = round(seconds)
    minutes, hours = whole // 60, whole // 3600
    if not minutes:
        return f"{whole} s"
    if not hours:
        return f"{minutes} min {whole % 60} s"
    return f"{hours:,} h {minutes % 60} min"


@asynccontextmanager
async def displayed(state: Callable[[], State], stream: TextIO) -> AsyncIterator[None]:
    """Shows the state while the block runs: on a terminal at once, else a log line now and then."""
    is_terminal = stream.isatty()
    task = asyncio.create_task(_draw(state, stream) if is_terminal else _log(state))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if is_terminal:
            stream.write(_CLEAR_LINE)
            stream.flush()


async def _draw(state: Callable[[], State], stream: TextIO) -> None:
    while True:
        width = shutil.get_terminal_size().columns - 1
        stream.write(_CLEAR_LINE + line_of(state())[:width])
        stream.flush()
        await asyncio.sleep(_TERMINAL_S)


async def _log(state: Callable[[], State]) -> None:
    while True:
        await asyncio.sleep(_LOG_S)
        logger.info("archive progress", extra=_facts(state()))


def _facts(state: State) -> dict[str, object]:
    left_s = state.remaining_s
    return {
        "files": state.recordings,
        "done": state.done,
        "failed": state.failed,
        "audio_hours": round(state.audio_s / 3600, 3),
        "speed": round(state.speed, 2),
        "seconds_left": None if left_s is None else round(left_s),
    }
