"""Spoken audio as a microphone gives it, and files of what was heard: the standard library alone.

Programs in environments of their own import it, whatever packages those have.
"""

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

PIECE_S = 0.02
QUIET_S = 1.5
"""Silence that follows the speech, so that its end is found."""


def rate_of(path: Path) -> int:
    """Returns the samples a second of a WAV file of 16-bit mono samples."""
    with wave.open(str(path)) as file:
        assert (file.getsampwidth(), file.getnchannels()) == (2, 1)
        rate: int = file.getframerate()
        return rate


def samples_of(path: Path) -> bytes:
    """Returns the 16-bit samples of a WAV file."""
    with wave.open(str(path)) as file:
        samples: bytes = file.readframes(file.getnframes())
        return samples


def write_wav(path: Path, samples: bytes, rate: int) -> None:
    """Writes 16-bit mono samples."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)


async def spoken(path: Path, quiet_s: float = QUIET_S) -> AsyncIterator[bytes]:
    """Yields the file and then silence in pieces of 20 ms, as fast as somebody speaks."""
    rate = rate_of(path)
    sound = samples_of(path) + bytes(2 * round(quiet_s * rate))
    step = 2 * round(PIECE_S * rate)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    for number, place in enumerate(range(0, len(sound), step), start=1):
        await asyncio.sleep(began_s + number * PIECE_S - loop.time())
        yield sound[place : place + step]
