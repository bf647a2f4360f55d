"""Speech that a command writes while it is made: to a WAV file, or to standard output."""

import os
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from nemo_voice_serving.audio.encoding import pcm16, wav_header
from nemo_voice_serving.audio.samples import Samples

STANDARD_OUTPUT = Path("-")


class SpeechWriter(Protocol):
    """Takes samples; those that it has taken can be played."""

    def write(self, samples: Samples) -> None:
        """Writes samples."""
        ...


@contextmanager
def speech_file(path: Path, rate_hz: int) -> Iterator[SpeechWriter]:
    """Yields what writes a WAV file of 16-bit mono samples, whose length is stated at its end."""
    with path.open("wb") as target, wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        yield _File(file)


class _File:
    def __init__(self, file: wave.Wave_write) -> None:
        self._file = file

    def write(self, samples: Samples) -> None:
        self._file.writeframes(pcm16(samples))


class SpeechStream:
    """Writes speech into a pipe, each piece at once.

    Args:
        target: Where to.
        rate_hz: The rate of the samples.
        is_raw: Whether without a header.
    """

    def __init__(self, target: BinaryIO, rate_hz: int, *, is_raw: bool) -> None:
        self._target = target
        self._header = b"" if is_raw else wav_header(rate_hz, None)

    def write(self, samples: Samples) -> None:
        """Writes samples, after the header if they are the first."""
        self._target.write(self._header + pcm16(samples))
        self._target.flush()
        self._header = b""


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Yields standard output; what else is written to it meanwhile goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    target = os.fdopen(os.dup(kept), "wb")
    try:
        yield target
    finally:
        try:
            target.close()
        except BrokenPipeError:
            pass
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
