"""Hears noise before there is traffic, as streams would: parts of each size, and their end.

A CPU computes every number of streams the same way. On a GPU as many as may come share each step,
the most first: the memory for them is taken before traffic, and a CUDA graph that was captured
smaller would be captured again.
"""

import logging
from collections.abc import Callable, Sequence

import numpy as np

from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import OutOfMemory
from nemo_voice_stt.transcription.streaming_port import (
    MAX_CHUNKS,
    AudioStream,
    StreamingRecogniser,
)

logger = logging.getLogger(__name__)


def hear_noise(live: StreamingRecogniser, most: int, report: Callable[[str], None]) -> None:
    """Hears noise as so many streams, and as one, reporting each step by name.

    Where the device's memory does not hold so many, it is half as many, and again: files need
    less, and are to be transcribed all the same. Later steps that are too large run in halves.

    Raises:
        OutOfMemory: It does not hold one.
    """
    random = np.random.default_rng(0)
    longest = round((1 + sum(live.sizes)) * live.chunk_s * live.sample_rate_hz)
    noise = (random.standard_normal(longest) * 0.05).astype(np.float32)
    while not _is_held(live, most, noise, report):
        most //= 2
        logger.warning("memory holds fewer live streams in one step", extra={"streams": most})
    if most > 1:
        _hear(live, 1, noise, report)


def _is_held(
    live: StreamingRecogniser, most: int, noise: Samples, report: Callable[[str], None]
) -> bool:
    """Returns whether the memory holds the steps of so many streams; of one it must."""
    try:
        _hear(live, most, noise, report)
    except OutOfMemory:
        if most == 1:
            raise
        return False
    return True


def _hear(
    live: StreamingRecogniser, count: int, noise: Samples, report: Callable[[str], None]
) -> None:
    streams = [live.open(None) for _ in range(count)]
    try:
        place = 0
        for chunks in (1, *reversed(live.sizes)):
            rows = max(1, min(count, MAX_CHUNKS // chunks))
            report(f"live, {rows} x {chunks} x {live.chunk_s:g} s")
            length = round(chunks * live.chunk_s * live.sample_rate_hz)
            for stream in streams[:rows]:
                stream.add(noise[place : place + length])
            _hear_waiting(live, streams[:rows])
            place += length
        for stream in streams:
            stream.end()
        _hear_waiting(live, streams)
    finally:
        for stream in streams:
            live.close(stream)


def _hear_waiting(live: StreamingRecogniser, streams: Sequence[AudioStream]) -> None:
    waiting = [part for stream in streams if (part := stream.next_part()) is not None]
    while waiting:
        for size in live.sizes:
            same = [part for part in waiting if part.chunks == size]
            most = max(1, MAX_CHUNKS // size)
            for first in range(0, len(same), most):
                live.step(same[first : first + most])
        waiting = [part for stream in streams if (part := stream.next_part()) is not None]
