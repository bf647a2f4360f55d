"""Any recording as float32 mono at the rate a model wants, in bounded memory.

Containers are opened by `containers.py`; cutting long audio is `silence.py`, encoding is
`codecs.py`. The transcription routes and command line call `decode`, in a worker thread.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr

from nemo_voice_serving.audio.containers import MonoBlock, open_recording
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.samples import Samples
from nemo_voice_serving.errors import PayloadTooLarge

_QUALITY = "HQ"


def decode(
    source: Path | BinaryIO,
    rate_hz: int,
    *,
    block_s: float = 1.0,
    max_audio_s: float | None = None,
    raw_format: RawFormat | None = None,
) -> Iterator[Samples]:
    """Yields mono blocks of `block_s` at `rate_hz`, within [-1, 1]; the last one may be shorter.

    A seekable file object is read from its start and stays open; with `raw_format` it holds nothing
    but samples. What a cut file still holds is yielded without complaint. Nothing is yielded before
    the first block is known to be sound.

    Raises:
        UnsupportedAudio: Not audio, or less than 0.1 s of it; always before the first block.
        PayloadTooLarge: More than `max_audio_s`; before the first block where the file states its
            length, and else when the limit is passed.
        OSError: The path cannot be opened.
    """
    with ExitStack() as stack:
        file = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
        recording = stack.enter_context(open_recording(file, raw_format))
        if recording.duration_s is not None:
            _refuse_longer(recording.duration_s, max_audio_s)
        length = 0
        for block in blocks_of(resampled(recording.blocks, rate_hz), round(block_s * rate_hz)):
            length += len(block)
            _refuse_longer(length / rate_hz, max_audio_s)
            yield np.clip(block, -1.0, 1.0)  # resampling a loud sound overshoots


def decode_whole(
    source: Path | BinaryIO, rate_hz: int, *, max_audio_s: float | None = None
) -> Samples:
    """Returns the recording in one piece; raises as `decode` does."""
    return np.concatenate(list(decode(source, rate_hz, block_s=10.0, max_audio_s=max_audio_s)))


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Returns the same sound at another rate."""
    return np.concatenate([samples[:0], *resampled([(from_hz, samples)], to_hz)])


def resampled(blocks: Iterable[MonoBlock], rate_hz: int) -> Iterator[Samples]:
    """Yields the same sound at `rate_hz`, seamless even where the blocks change their rate."""
    stream: soxr.ResampleStream | None = None
    current_hz = rate_hz
    for block_hz, samples in blocks:
        if block_hz != current_hz:
            yield from _tail(stream)
            current_hz = block_hz
            stream = resampler(block_hz, rate_hz)
        yield samples if stream is None else stream.resample_chunk(samples)
    yield from _tail(stream)


def blocks_of(chunks: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Yields the same samples in blocks of `length`, the last one shorter; never an empty one."""
    held: list[Samples] = []
    count = 0
    for chunk in chunks:
        held.append(chunk)
        count += len(chunk)
        if count >= length:
            joined = np.concatenate(held)
            whole = count - count % length
            yield from np.split(joined[:whole], range(length, whole, length))
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.concatenate(held)


def resampler(from_hz: int, to_hz: int) -> soxr.ResampleStream | None:
    """Returns what changes the rate of pushed samples; None where the rates are the same."""
    if from_hz == to_hz:
        return None
    return soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=_QUALITY)


def _tail(stream: soxr.ResampleStream | None) -> Iterator[Samples]:
    if stream is not None:
        yield stream.resample_chunk(np.empty(0, np.float32), last=True)


def _refuse_longer(duration_s: float, max_audio_s: float | None) -> None:
    if max_audio_s is not None and duration_s > max_audio_s:
        raise PayloadTooLarge(
            f"The audio lasts at least {duration_s:.1f} s; one request may hold {max_audio_s:g} s."
        )
