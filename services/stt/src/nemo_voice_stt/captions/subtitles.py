"""Words with times as subtitles, the way broadcasters make them.

Durations, gaps and lengths are those of Netflix's Timed Text Style Guide (General Requirements,
English and Chinese): 5/6 to 7 seconds, two frames between subtitles, two lines of 42 characters, 20
characters a second; of characters as wide as Chinese ones 16 in a line and 9 a second. Where the
lines break is `line_breaks.py`; the routes call this for `srt` and `vtt`.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nemo_voice_stt.captions.line_breaks import (
    Shape,
    break_cost,
    ends_sentence,
    length_after,
    lines_of,
)
from nemo_voice_stt.captions.phrases import Phrases, phrases_of
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.writing import is_wide, joined

MIN_LINE_CHARS, MAX_LINE_CHARS, MAX_LINES = 16, 100, 3
"""The limits of what a request may set."""

_NARROW, _WIDE = (42, 20.0), (16, 9.0)
"""Characters of a line, and of a second."""
_APART_S = 1.0
"""No subtitle reaches over a longer silence."""
_BRIDGED_S = 0.5
"""A shorter gap is closed to the smallest: a flicker between subtitles is seen as a fault."""
_LEAST_S = 0.1
"""Shown at least so long, however many words fall on one moment."""
_PER_SUBTITLE = 0.5
_INNER_SENTENCE_END = 1.0
_TOO_FAST = 3.0
_RAGGED = 0.3


@dataclass(frozen=True, slots=True)
class SubtitleRules:
    """What every subtitle keeps to."""

    max_line_chars: int | None = None
    """None for 42, or 16 of wide characters."""
    max_lines: int = 2
    min_duration_s: float = 5 / 6
    """Kept wherever the next subtitle leaves the time."""
    max_duration_s: float = 7.0
    max_chars_per_s: float | None = None
    """Reading speed, None for 20, or 9 of wide characters: a subtitle stays longer than its words
    are spoken where there is time."""
    min_gap_s: float = 2 / 24


DEFAULT_RULES = SubtitleRules()


@dataclass(frozen=True, slots=True)
class _Layout:
    """The rules as they apply to one transcript."""

    rules: SubtitleRules
    shape: Shape
    chars_per_s: float
    language: Phrases

    def costs(self, words: Sequence[Word]) -> list[float]:
        """Returns what it costs to break after each word but the last."""
        return [
            break_cost(
                word.text, following.text, following.start_s - word.end_s, language=self.language
            )
            for word, following in pairwise(words)
        ]

    def needed_s(self, chars: int) -> float:
        """Returns how long so much text has to be shown."""
        rules = self.rules
        reading_s = chars / self.chars_per_s
        return min(rules.max_duration_s, max(rules.min_duration_s, reading_s))


def _layout_of(words: Sequence[Word], rules: SubtitleRules) -> _Layout:
    text = "".join(word.text for word in words)
    are_wide = 2 * sum(map(is_wide, text)) > len(text)
    usual_line, usual_speed = _WIDE if are_wide else _NARROW
    return _Layout(
        rules,
        Shape(rules.max_line_chars or usual_line, rules.max_lines),
        rules.max_chars_per_s or usual_speed,
        phrases_of(word.text for word in words),
    )


@dataclass(frozen=True, slots=True)
class Subtitle:
    """A few lines of text and when they are shown."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


def subtitles_of(words: Iterable[Word], rules: SubtitleRules = DEFAULT_RULES) -> list[Subtitle]:
    """Returns the words as subtitles in order, none overlapping another."""
    words = list(words)
    layout = _layout_of(words, rules)
    fitting = [part for word in words for part in _parts(word, layout.shape.max_line_chars)]
    groups = [group for run in _runs(fitting) for group in _groups(run, layout)]
    return list(_timed(groups, layout))


def as_srt(subtitles: Sequence[Subtitle]) -> str:
    """Returns the subtitles as SubRip."""
    return "".join(
        f"{number}\n{_clock(one.start_s, ',')} --> {_clock(one.end_s, ',')}\n"
        + "\n".join(one.lines)
        + "\n\n"
        for number, one in enumerate(subtitles, start=1)
    )


def as_vtt(subtitles: Sequence[Subtitle]) -> str:
    """Returns the subtitles as WebVTT."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(one.start_s, '.')} --> {_clock(one.end_s, '.')}\n"
        + html.escape("\n".join(one.lines), quote=False)
        + "\n\n"
        for one in subtitles
    )


def _clock(time_s: float, point: str) -> str:
    seconds, thousandths = divmod(round(time_s * 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"


def _parts(word: Word, longest: int) -> Iterator[Word]:
    """Yields the word, or pieces of it where it is longer than a line, its time shared evenly."""
    count = -(-len(word.text) // longest)
    step_s = (word.end_s - word.start_s) / max(1, count)
    for place in range(count):
        start_s = word.start_s + place * step_s
        text = word.text[place * longest : (place + 1) * longest]
        is_joined = word.is_joined or place > 0
        yield Word(text, start_s, start_s + step_s, word.confidence, is_joined=is_joined)


def _runs(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yields the stretches between silences over which no subtitle reaches."""
    ends = [
        place
        for place, (word, following) in enumerate(pairwise(words), start=1)
        if following.start_s - word.end_s >= _APART_S
    ]
    for start, end in pairwise((0, *ends, len(words))):
        if start < end:
            yield words[start:end]


def _groups(run: Sequence[Word], layout: _Layout) -> list[Sequence[Word]]:
    """Returns the run cut into the words of each subtitle, at the least cost of all cuttings."""
    costs = layout.costs(run)
    best = [0.0] + [float("inf")] * len(run)
    origin = [0] * (len(run) + 1)
    for start in range(len(run)):
        for end, own in _subtitles_from(start, run, costs, layout):
            if best[start] + own < best[end]:
                best[end], origin[end] = best[start] + own, start
    groups: list[Sequence[Word]] = []
    end = len(run)
    while end:
        groups.append(run[origin[end] : end])
        end = origin[end]
    return groups[::-1]


def _subtitles_from(
    start: int, run: Sequence[Word], costs: Sequence[float], layout: _Layout
) -> Iterator[tuple[int, float]]:
    """Yields where a subtitle that begins with this word may end, and what it would cost."""
    rules, longest = layout.rules, layout.shape.max_line_chars
    line, length, sentences, chars = 1, 0, 0, 0
    for place in range(start, len(run)):
        word = run[place]
        added = length_after(word) if place > start else len(word.text)
        chars += added
        length += added
        if length > longest:
            line, length = line + 1, len(word.text)
        lasts_s = word.end_s - run[start].start_s
        if place > start and (line > rules.max_lines or lasts_s > rules.max_duration_s):
            return
        end = place + 1
        cost = _PER_SUBTITLE + _INNER_SENTENCE_END * sentences
        cost += _RAGGED * (1 - min(1.0, chars / longest)) ** 2
        if end < len(run):
            time_s = run[end].start_s - rules.min_gap_s - run[start].start_s
            needed_s = layout.needed_s(chars)
            cost += costs[place] + _TOO_FAST * max(0.0, 1 - time_s / needed_s)
        yield end, cost
        sentences += ends_sentence(word.text, layout.language)


def _timed(groups: Sequence[Sequence[Word]], layout: _Layout) -> Iterator[Subtitle]:
    rules, earliest_s = layout.rules, 0.0
    for place, group in enumerate(groups):
        start_s = max(group[0].start_s, earliest_s)
        is_last = place + 1 == len(groups)
        until_s = float("inf") if is_last else groups[place + 1][0].start_s - rules.min_gap_s
        latest_s = min(until_s, start_s + rules.max_duration_s)
        needed_s = layout.needed_s(len(joined(group)))
        end_s = min(max(group[-1].end_s, start_s + needed_s), latest_s)
        if until_s - end_s < _BRIDGED_S:
            end_s = latest_s
        end_s = max(end_s, start_s + _LEAST_S)
        yield Subtitle(start_s, end_s, lines_of(group, layout.costs(group), layout.shape))
        earliest_s = end_s + rules.min_gap_s
