"""Decodes any recording to mono float32 at the rate that a model wants, in bounded memory.

The calls compute: services make them in worker threads.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nemo_voice_serving.audio.containers import open_recording
from nemo_voice_serving.audio.raw import RawFormat
from nemo_voice_serving.audio.resampling import resample_blocks
from nemo_voice_serving.audio.samples import Gap, MonoBlock, Samples
from nemo_voice_serving.errors import PayloadTooLarge

SAMPLES_PER_S = 192_000
"""Samples of all channels that count as one second at least: those of 96 kHz in stereo. Silence
of eight channels at 384 kHz is a few bytes a second, and takes 150 times as long to decode."""

_UNHEARD_S = 0.1
"""Of a stated duration, as much may be an encoder's padding."""


def decode(
    source: Path | BinaryIO,
    rate_hz: int,
    *,
    block_s: float = 1.0,
    max_audio_s: float | None = None,
    raw_format: RawFormat | None = None,
) -> Iterator[Samples]:
    """Yields mono blocks of `block_s` at `rate_hz`, within [-1, 1]; the last one may be shorter.

    A seekable file object is read from its start and stays open; with `raw_format` it holds samples
    without a header. A truncated file yields what it still holds. Where the file's clock has a gap,
    zeros are yielded: times count from the beginning of the file, of its pictures as of its sound.
    The first block is yielded only once the file is known to hold 0.1 s of audio.

    Raises:
        UnsupportedAudio: The file is not audio, or holds less than 0.1 s; only before the first
            block.
        PayloadTooLarge: The recording is longer than `max_audio_s`, which is raised before the
            first block where the file states its length, and before a gap that leads beyond it; or
            it holds more samples than that much of `SAMPLES_PER_S`, which is raised when the limit
            is passed.
        OSError: The path cannot be opened.
    """
    with ExitStack() as stack:
        file = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
        recording = stack.enter_context(open_recording(file, raw_format))
        if recording.duration_s is not None:
            _refuse_longer(recording.duration_s, max_audio_s, unheard_s=_UNHEARD_S)
        length = 0
        blocks = _within(max_audio_s, recording.blocks)
        resampled = resample_blocks(blocks, rate_hz)
        for block in blocks_of(resampled, round(block_s * rate_hz)):
            length += len(block)
            _refuse_longer(length / rate_hz, max_audio_s)
            yield np.clip(block, -1.0, 1.0)  # resampling a loud sound overshoots


def decode_whole(
    source: Path | BinaryIO, rate_hz: int, *, max_audio_s: float | None = None
) -> Samples:
    """Returns the recording in one piece; raises as `decode` does."""
    return np.concatenate(list(decode(source, rate_hz, block_s=10.0, max_audio_s=max_audio_s)))


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


def _within(
    max_audio_s: float | None, blocks: Iterable[MonoBlock | Gap]
) -> Iterator[MonoBlock | Gap]:
    count, at_s = 0, 0.0
    for block in blocks:
        if isinstance(block, Gap):
            if max_audio_s is not None and at_s + block.duration_s > max_audio_s:
                raise PayloadTooLarge(
                    f"The file's clock leaves {block.duration_s:.1f} s without sound after"
                    f" {at_s:.1f} s; one request may hold {max_audio_s:g} s. If the times in the"
                    " file are wrong, write it anew without them, for example as WAV."
                )
            at_s += block.duration_s
            yield block
            continue
        at_s += len(block.samples) / block.rate_hz
        count += len(block.samples) * block.channels
        if max_audio_s is not None and count > max_audio_s * SAMPLES_PER_S:
            raise PayloadTooLarge(
                f"The audio has {block.channels} channels at {block.rate_hz} Hz and is too long"
                f" for that; one request may hold {max_audio_s:g} s of {SAMPLES_PER_S} samples."
            )
        yield block


def _refuse_longer(duration_s: float, max_audio_s: float | None, *, unheard_s: float = 0.0) -> None:
    if max_audio_s is not None and duration_s > max_audio_s + unheard_s:
        raise PayloadTooLarge(
            f"The audio lasts at least {duration_s:.1f} s; one request may hold {max_audio_s:g} s."
        )
