"""Where the sound of a file stands on the file's own clock, and where it has gaps.

Decoders return one stretch of sound after the other; the clock says that some begin later than the
one before them ends: sound that begins after the picture, packets that were lost or never sent.
Pure: `ffmpeg_reader.py` reads the clock.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Generic, TypeVar

from nemo_voice_serving.audio.samples import Gap

TOLERANCE_S = 0.1
"""A clock may be so far from the sound: of decoders' delays, milliseconds as unit, and jitter."""
FIRST_TOLERANCE_S = 0.01
"""The same for the first sound, which nothing jitters against."""
SET_BACK_S = 1.0
"""A clock that goes back so far counts anew, as where two recordings were joined to one file."""
LEAP_S = 10.0
"""Where a clock may count anew with any number, a longer gap is doubted; FFmpeg has this, too."""
_AHEAD_S = 0.5
"""How far ahead to look whether a strange time is one packet's mistake, or what follows agrees."""
_MOST_AHEAD = 50
"""In stretches: a file may have thousands of them in that time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch(Generic[T]):
    """Sound that a decoder returned at once."""

    start_s: float | None
    """When it is to be heard, by the file's clock, where that is known."""
    duration_s: float
    content: T


def with_gaps(
    stretches: Iterable[Stretch[T]],
    zero_s: float | None,
    is_gap: Callable[[float, float], bool] = lambda _start_s, _end_s: True,
) -> Iterator[T | Gap]:
    """Yields the contents in order, with a gap wherever the clock has one.

    Nothing is dropped: sound that overlaps what is before it by the clock follows that.

    Args:
        stretches: What was decoded.
        zero_s: When the file begins, by its clock; None: with the sound.
        is_gap: Whether a leap of the clock over more than `LEAP_S`, from one time to another, is a
            gap. Else the clock counts anew there.
    """
    place = _Place(zero_s, is_gap)
    ahead: deque[Stretch[T]] = deque()
    ahead_s = 0.0
    for stretch in stretches:
        ahead.append(stretch)
        ahead_s += stretch.duration_s
        while (ahead_s > _AHEAD_S and len(ahead) > 1) or len(ahead) > _MOST_AHEAD:
            ahead_s -= ahead[0].duration_s
            yield from place.next(ahead)
    while ahead:
        yield from place.next(ahead)


class _Place:
    """How far the sound has come, by the file's clock."""

    def __init__(self, zero_s: float | None, is_gap: Callable[[float, float], bool]) -> None:
        self._at_s = zero_s
        self._is_gap = is_gap
        self._is_first = True

    def next(self, ahead: deque[Stretch[T]]) -> Iterator[T | Gap]:
        """Yields the first stretch, which is removed, after the gap before it."""
        start_s = ahead[0].start_s
        if start_s is not None:
            self._at_s = start_s if self._at_s is None else self._at_s
            late_s = start_s - self._at_s
            if self._is_first or not -SET_BACK_S < late_s < self._least_s:
                agreed_s = self._agreed_s(ahead)
                # Of one packet's lie nothing comes; of jitter, what is true of most.
                is_jitter = abs(agreed_s - late_s) < 2 * TOLERANCE_S
                gap_s = agreed_s if is_jitter else min(late_s, agreed_s)
                if gap_s > self._least_s:
                    yield from self._leapt(gap_s)
                elif max(late_s, agreed_s) <= -SET_BACK_S:
                    self._at_s = start_s
        first = ahead.popleft()
        self._at_s = None if self._at_s is None else self._at_s + first.duration_s
        self._is_first = False
        yield first.content

    @property
    def _least_s(self) -> float:
        return FIRST_TOLERANCE_S if self._is_first else TOLERANCE_S

    def _leapt(self, gap_s: float) -> Iterator[Gap]:
        from_s = self._at_s or 0.0
        self._at_s = from_s + gap_s
        if gap_s <= LEAP_S or self._is_gap(from_s, self._at_s):
            yield Gap(gap_s)

    def _agreed_s(self, ahead: Iterable[Stretch[T]]) -> float:
        """Returns how late most of the stretches are, each after the ones before it."""
        at_s, late = self._at_s or 0.0, []
        for stretch in ahead:
            if stretch.start_s is not None:
                late.append(stretch.start_s - at_s)
            at_s += stretch.duration_s
        return median(late)
