"""Sample rate conversion, of a whole recording, of blocks, or of samples that are pushed."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from nemo_voice_serving.audio.samples import Gap, MonoBlock, Samples

_QUALITY = "HQ"
_SILENCE_S = 10.0
"""Of a gap, at most so much is made at once."""


class Resampler:
    """Converts one stream of samples from one rate to another; equal rates cost nothing."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._stream = None
        if from_hz != to_hz:
            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality=_QUALITY)

    def push(self, samples: Samples) -> Samples:
        """Returns the samples that can be converted by now, which may be none."""
        return samples if self._stream is None else self._stream.resample_chunk(samples)

    def finish(self) -> Samples:
        """Returns the rest of the stream, which the filter still holds."""
        nothing = np.empty(0, np.float32)
        return nothing if self._stream is None else self._stream.resample_chunk(nothing, last=True)


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Returns the same sound at another rate."""
    blocks = resample_blocks([MonoBlock(from_hz, samples)], to_hz)
    return np.concatenate([samples[:0], *blocks])


def resample_blocks(blocks: Iterable[MonoBlock | Gap], to_hz: int) -> Iterator[Samples]:
    """Yields the same sound at one rate, seamless even where the blocks change their rate.

    A gap becomes zeros, in blocks of bounded size.
    """
    current_hz = to_hz
    resampler = Resampler(current_hz, to_hz)
    for block in blocks:
        if isinstance(block, Gap):
            yield resampler.finish()
            resampler = Resampler(current_hz, to_hz)
            yield from _silence(round(block.duration_s * to_hz), to_hz)
            continue
        if block.rate_hz != current_hz:
            yield resampler.finish()
            current_hz = block.rate_hz
            resampler = Resampler(current_hz, to_hz)
        yield resampler.push(block.samples)
    yield resampler.finish()


def _silence(count: int, rate_hz: int) -> Iterator[Samples]:
    longest = round(_SILENCE_S * rate_hz)
    for start in range(0, count, longest):
        yield np.zeros(min(longest, count - start), np.float32)
