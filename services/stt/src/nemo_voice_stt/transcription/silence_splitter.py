"""Where long audio is cut for a recogniser of short pieces, and which pieces hold no speech.

It works on decoded samples; stitching the pieces' words together is the caller's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from nemo_voice_serving.audio.levels import (
    FRAME_S,
    SILENCE_DBFS,
    Levels,
    frame_levels_dbfs,
    is_silent,
)
from nemo_voice_serving.audio.samples import Samples

_MIN_PAUSE_S = 0.2
_GOOD_PAUSE_S = 0.6  # the pause between sentences: a longer one is no better
_EARLIEST_CUT = 0.5  # of a piece; shorter ones would waste the recogniser's batches
_SMOOTH_FRAMES = 5
_PAUSE_DEPTH = 0.3  # how far a pause may rise from the noise towards the voice, in decibels
_GAP_S = 2.0  # of zeros: no microphone and hardly a pause between sentences
_GAP_MARGIN_S = 0.3  # is left on either side of a gap, as around any word


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
    better; without one, in the quietest place. What fits one piece is not cut, but for two seconds
    and more of zeros, where the file has a gap or was muted: these are pieces of their own, which
    cost no recognition. Where the cuts lie does not depend on the size of the blocks. Holds a few
    pieces in memory.
    """
    if max_piece_s < 1:
        raise ValueError(f"pieces of {max_piece_s} s are too short to cut at pauses")
    longest = round(max_piece_s * rate_hz)
    start = 0
    held: list[Samples] = []
    count = 0
    for part, begins_anew in _runs(blocks, rate_hz, longest):
        if begins_anew and count:
            yield _piece(start, np.concatenate(held), rate_hz)
            held, count, start = [], 0, start + count
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
    return (first + end) * round(FRAME_S * rate_hz) // 2


def _piece(start: int, samples: Samples, rate_hz: int) -> Piece:
    return Piece(start / rate_hz, samples.copy(), is_silent(samples, rate_hz))


def _runs(blocks: Iterable[Samples], rate_hz: int, longest: int) -> Iterator[tuple[Samples, bool]]:
    """Yields the same samples, and whether a gap, or the sound after one, begins with them."""
    gap, margin = round(_GAP_S * rate_hz), round(_GAP_MARGIN_S * rate_hz)
    zeros, in_gap, lead = 0, False, 0  # zeros that are not yielded yet; the margin after a sound
    for part in _parts(blocks, longest):
        end = 0
        for first, following in _sounds(part, gap):
            zeros += first - end
            if in_gap or zeros >= gap:
                yield from _opened_gap(lead, zeros, margin, in_gap=in_gap)
                yield _zeros(margin), True
            elif zeros:
                yield _zeros(zeros), False
            yield part[first:following], False
            zeros, in_gap, lead, end = 0, False, margin, following
        zeros += len(part) - end
        if zeros >= gap or (in_gap and zeros > margin):
            yield from _opened_gap(lead, zeros, margin, in_gap=in_gap)
            zeros, in_gap = margin, True
    if zeros:
        yield _zeros(zeros), False


def _opened_gap(
    lead: int, zeros: int, margin: int, *, in_gap: bool
) -> Iterator[tuple[Samples, bool]]:
    """Yields so many zeros but the margin before the next sound."""
    if in_gap:
        yield _zeros(zeros - margin), False
        return
    yield _zeros(lead), False
    yield _zeros(zeros - lead - margin), True


def _sounds(part: Samples, gap: int) -> list[tuple[int, int]]:
    """Returns the stretches between runs of so many zeros: [first, end)."""
    # Only where sound begins and ends is looked at: each sample's place takes ten times the time.
    is_sound = np.concatenate(([False], part != 0, [False]))
    edges = np.flatnonzero(is_sound[1:] != is_sound[:-1])
    if not len(edges):
        return []
    firsts, ends = edges[::2], edges[1::2]
    is_gap = firsts[1:] - ends[:-1] >= gap
    firsts = firsts[np.concatenate(([True], is_gap))]
    ends = ends[np.concatenate((is_gap, [True]))]
    return list(zip(firsts.tolist(), ends.tolist(), strict=True))


def _zeros(count: int) -> Samples:
    return np.zeros(count, np.float32)


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
    return [(first, end) for first, end in runs if (end - first) * FRAME_S >= _MIN_PAUSE_S]


def _worth(pause: tuple[int, int], earliest: int, count: int) -> float:
    first, end = pause
    length_s = min((end - first) * FRAME_S, _GOOD_PAUSE_S)
    lateness = ((first + end) / 2 - earliest) / (count - earliest)
    return length_s / _GOOD_PAUSE_S + lateness


def _quietest(levels: Levels) -> int:
    """Returns the middle of the quietest 0.15 s, the last one of equals."""
    width = min(_SMOOTH_FRAMES, len(levels))
    smooth = np.convolve(levels, np.full(width, 1 / width), mode="valid")
    return len(smooth) - 1 - int(np.argmin(smooth[::-1])) + width // 2
