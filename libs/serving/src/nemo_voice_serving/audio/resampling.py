"""Sample rate conversion, of a whole recording, of blocks, or of samples that are pushed."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from nemo_voice_serving.audio.samples import MonoBlock, Samples

_QUALITY = "HQ"


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
    return np.concatenate([samples[:0], *resample_blocks([(from_hz, samples)], to_hz)])


def resample_blocks(blocks: Iterable[MonoBlock], to_hz: int) -> Iterator[Samples]:
    """Yields the same sound at one rate, seamless even where the blocks change their rate."""
    current_hz = to_hz
    resampler = Resampler(current_hz, to_hz)
    for block_hz, samples in blocks:
        if block_hz != current_hz:
            yield resampler.finish()
            current_hz = block_hz
            resampler = Resampler(current_hz, to_hz)
        yield resampler.push(samples)
    yield resampler.finish()
