"""When the words of a phrase are spoken, as its text was written and as it is said.

`synthesis.py` makes them of how long the model holds each token.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from nemo_voice_tts.synthesis.port import NO_WORD
from nemo_voice_tts.text.alignment import aligned
from nemo_voice_tts.text.reading import ReadPhrase

_Time = tuple[float, float]


@dataclass(frozen=True, slots=True)
class WordTime:
    """When a word is spoken, in seconds from the beginning of its phrase's sound."""

    text: str
    """The word as it is said; of a written word, all that is said of it."""
    start_s: float
    end_s: float
    span: tuple[int, int]
    """What it was written as, in characters of the source."""


@dataclass(frozen=True, slots=True)
class SpokenPhrase:
    """A phrase whose sound is made, and when it says what."""

    span: tuple[int, int]
    """What it was written as, in characters of the source."""
    text: str
    """Its words as the voice says them."""
    duration_s: float
    """Of its sound, pauses included."""
    said: tuple[WordTime, ...]
    """The words of `text`."""
    written: tuple[WordTime, ...]
    """The words of the source: `$5` has the time of `five dollars`."""
    token_s: tuple[float, ...]
    """How long each of the model's tokens is."""


def spoken_phrase(
    phrase: ReadPhrase,
    *,
    normalised: str,
    spelled: str,
    token_words: Sequence[int],
    token_s: Sequence[float],
) -> SpokenPhrase:
    """Returns a phrase with its times.

    Args:
        phrase: As it was read.
        normalised: Its words after the grammars.
        spelled: The words that the tokens are of.
        token_words: The word of each token, as `Voice.token_words` returns it.
        token_s: How long each token is.
    """
    written, said, last = phrase.text.split(), normalised.split(), spelled.split()
    times = _times_of(len(last), token_words, token_s, phrase.lead_s)
    said_times = _joined(times, aligned(said, last), len(said))
    spans = phrase.word_spans if len(phrase.word_spans) == len(written) else ()
    words = [
        WordTime(word, *time, _span(spans[first : end + 1]) if spans else phrase.span)
        for word, time, (first, end) in zip(said, said_times, aligned(written, said), strict=True)
    ]
    duration_s = phrase.lead_s + sum(token_s) + phrase.pause_s
    return SpokenPhrase(
        phrase.span, normalised, duration_s, tuple(words), _as_written(words), tuple(token_s)
    )


def _times_of(
    count: int, token_words: Sequence[int], token_s: Sequence[float], lead_s: float
) -> list[_Time]:
    """Returns the times of so many words; one without a sound is where the one before it ends."""
    edges = list(accumulate(token_s, initial=lead_s))
    starts: list[float | None] = [None] * count
    ends = [lead_s] * count
    for word, (start_s, end_s) in zip(token_words, pairwise(edges), strict=False):
        if word != NO_WORD and word < count:
            before_s = starts[word]
            starts[word] = start_s if before_s is None else before_s
            ends[word] = end_s
    times: list[_Time] = []
    at_s = lead_s
    for first_s, end_s in zip(starts, ends, strict=True):
        start_s = at_s if first_s is None else max(at_s, first_s)
        at_s = max(start_s, end_s)
        times.append((start_s, at_s))
    return times


def _joined(times: Sequence[_Time], places: Sequence[tuple[int, int]], count: int) -> list[_Time]:
    """Returns the times of `count` words, of which others are parts."""
    found: list[_Time | None] = [None] * count
    for (start_s, end_s), (first, last) in zip(times, places, strict=True):
        for place in range(first, min(last + 1, count)):
            known = found[place]
            found[place] = (start_s, end_s) if known is None else (known[0], end_s)
    joined: list[_Time] = []
    at_s = times[0][0] if times else 0.0
    for one in found:
        joined.append(one or (at_s, at_s))
        at_s = joined[-1][1]
    return joined


def _span(spans: Iterable[tuple[int, int]]) -> tuple[int, int]:
    starts, ends = zip(*spans, strict=True)
    return min(starts), max(ends)


def _as_written(words: Iterable[WordTime]) -> tuple[WordTime, ...]:
    """Returns the words with those joined that were written as one."""
    written: list[WordTime] = []
    for word in words:
        before = written[-1] if written else None
        if before is None or word.span[0] > before.span[1] or word.span == (0, 0):
            written.append(word)
            continue
        # What is said out of order, such as `$` after its amount, is of one piece.
        span = min(before.span[0], word.span[0]), max(before.span[1], word.span[1])
        text = f"{before.text} {word.text}"
        written[-1] = replace(before, text=text, end_s=word.end_s, span=span)
    return tuple(written)
