"""Where long audio is cut for a recogniser of short pieces, and which pieces hold no speech.

It works on decoded samples; stitching the pieces' words together is the caller's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nemo_voice_serving.audio.samples import Samples

SILENCE_DBFS = -60.0
"""Below this is silence: the noise of a quiet room recorded by a good microphone."""

_FRAME_S = 0.03  # a few periods of the deepest voice, shorter than any pause between words
_MIN_PAUSE_S = 0.2
_GOOD_PAUSE_S = 0.6  # the pause between sentences: a longer one is no better
_EARLIEST_CUT = 0.5  # of a piece; shorter ones would waste the recogniser's batches
_SMOOTH_FRAMES = 5
_PAUSE_DEPTH = 0.3  # how far a pause may rise from the noise towards the voice, in decibels
_LOUD_FRAMES = 4  # 0.12 s: the shortest word
_STEADY_S = 1.0
_STEADY_RANGE_DB = 4.0  # steady noise stays within 1 to 3, speech at 0 dB of noise exceeds 6
_LOWEST_DBFS = -100.0

Levels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of a recording."""

    start_s: float
    """Where in the recording it begins."""
    samples: Samples
    """Its sound, a copy."""
    is_silent: bool
    """Nothing louder than silence in it, or only a steady noise: not to be recognised."""


def cut_at_silences(
    blocks: Iterable[Samples], rate_hz: int, *, max_piece_s: float = 30.0
) -> Iterator[Piece]:
    """Yields the recording in order as pieces of at most `max_piece_s`, each sample in exactly one.

    A cut lies in the middle of a pause of the second half of a piece, the later and longer the
    better; without one, in the quietest place. What fits one piece is not cut. Where the cuts lie
    does not depend on the size of the blocks. Holds a few pieces in memory.
    """
    if max_piece_s < 1:
        raise ValueError(f"pieces of {max_piece_s} s are too short to cut at pauses")
    longest = round(max_piece_s * rate_hz)
    start, count = 0, 0
    held: list[Samples] = []
    for part in _parts(blocks, longest):
        held.append(part)
        count += len(part)
        while count > longest:
            joined = np.concatenate(held)
            cut = cut_place(joined[:longest], rate_hz)
            yield _piece(start, joined[:cut], rate_hz)
            held, count, start = [joined[cut:]], count - cut, start + cut
    if count:
        yield _piece(start, np.concatenate(held), rate_hz)


def cut_place(samples: Samples, rate_hz: int) -> int:
    """Returns the sample before which to cut, in the second half of what is given."""
    levels = frame_levels_dbfs(samples, rate_hz)
    earliest = int(len(levels) * _EARLIEST_CUT)
    pauses = _pauses(levels, earliest)
    if pauses:
        first, end = max(pauses, key=lambda pause: _worth(pause, earliest, len(levels)))
    else:
        first = earliest + _quietest(levels[earliest:])
        end = first + 1
    return (first + end) * round(_FRAME_S * rate_hz) // 2


def is_silent(samples: Samples, rate_hz: int) -> bool:
    """Returns whether there is no speech in it: no 0.12 s above -60 dBFS, or only steady noise."""
    levels = np.sort(frame_levels_dbfs(samples, rate_hz))
    loudest = levels[-min(_LOUD_FRAMES, len(levels))]
    if loudest < SILENCE_DBFS:
        return True
    is_steady = loudest - levels[len(levels) // 5] < _STEADY_RANGE_DB
    return bool(is_steady and len(samples) >= _STEADY_S * rate_hz)


def frame_levels_dbfs(samples: Samples, rate_hz: int) -> Levels:
    """Returns the level of each whole 30 ms; a constant offset is no sound."""
    size = min(round(_FRAME_S * rate_hz), len(samples))
    count = len(samples) // size
    frames = samples[: count * size].reshape(count, size)
    offset = frames.mean(axis=1, dtype=np.float64)
    # numpy's var says the same in thirty times the time, and copies everything twice.
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / size - offset**2
    levels: Levels = 10 * np.log10(np.maximum(power, 10 ** (_LOWEST_DBFS / 10)))
    return levels


def _piece(start: int, samples: Samples, rate_hz: int) -> Piece:
    return Piece(start / rate_hz, samples.copy(), is_silent(samples, rate_hz))


def _parts(blocks: Iterable[Samples], longest: int) -> Iterator[Samples]:
    for block in blocks:
        for start in range(0, len(block), longest):
            yield block[start : start + longest]


def _pauses(levels: Levels, earliest: int) -> list[tuple[int, int]]:
    """Returns the runs of quiet frames from `earliest` on that last long enough: [first, end)."""
    noise, voice = np.percentile(levels, [10, 90])
    is_quiet = levels[earliest:] < max(SILENCE_DBFS, noise + _PAUSE_DEPTH * (voice - noise))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_quiet, [False])))) + earliest
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(first, end) for first, end in runs if (end - first) * _FRAME_S >= _MIN_PAUSE_S]


def _worth(pause: tuple[int, int], earliest: int, count: int) -> float:
    first, end = pause
    length_s = min((end - first) * _FRAME_S, _GOOD_PAUSE_S)
    lateness = ((first + end) / 2 - earliest) / (count - earliest)
    return length_s / _GOOD_PAUSE_S + lateness


def _quietest(levels: Levels) -> int:
    """Returns the middle of the quietest 0.15 s, the last one of equals."""
    width = min(_SMOOTH_FRAMES, len(levels))
    smooth = np.convolve(levels, np.full(width, 1 / width), mode="valid")
    return len(smooth) - 1 - int(np.argmin(smooth[::-1])) + width // 2
