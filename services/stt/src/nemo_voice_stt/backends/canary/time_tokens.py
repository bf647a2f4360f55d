"""Words and their times out of a transcript in which the model wrote times as tokens."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nemo_voice_stt.transcription.port import Word


@dataclass(frozen=True, slots=True)
class Span:
    """Some of a text, and from when to when it is spoken; None where that was not written."""

    text: str
    start_s: float | None
    end_s: float | None


def spans_of(
    numbers: Iterable[int],
    frame_of: Callable[[int], int | None],
    text_of: Callable[[list[int]], str],
    frame_s: float,
) -> list[Span]:
    """Returns what stands between times: usually one word with the times around it.

    Args:
        numbers: The tokens as they were written.
        frame_of: The frame that a token stands for; None for a token of text.
        text_of: What tokens spell.
        frame_s: How long a frame is.
    """
    spans: list[Span] = []
    start: int | None = None
    written: list[int] = []

    def close(end: int | None) -> None:
        if text := text_of(written).strip():
            first, last = (None if one is None else one * frame_s for one in (start, end))
            spans.append(Span(text, first, last))

    for number in numbers:
        frame = frame_of(number)
        if frame is None:
            written.append(number)
        elif written:
            close(frame)
            start, written = None, []
        else:
            start = frame
    if written:
        close(None)
    return spans


def words_of(spans: Sequence[Span], duration_s: float) -> tuple[Word, ...]:
    """Returns the words in order, within the audio, each with times.

    Where the model left a time out, the neighbours' stands for it; words that share a span share
    its time by their letters.
    """
    words: list[Word] = []
    reached_s = 0.0
    for place, span in enumerate(spans):
        start_s = span.start_s if span.start_s is not None else reached_s
        start_s = min(max(start_s, reached_s), duration_s)
        known_s = span.end_s if span.end_s is not None else _next_start(spans[place + 1 :])
        end_s = duration_s if known_s is None else min(max(known_s, start_s), duration_s)
        words += _shared(span.text.split(), start_s, end_s)
        reached_s = end_s
    return tuple(words)


def _next_start(spans: Sequence[Span]) -> float | None:
    times = (time for span in spans for time in (span.start_s, span.end_s))
    return next((time for time in times if time is not None), None)


def _shared(texts: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    letters = sum(map(len, texts))
    words = []
    for text in texts:
        until_s = start_s + (end_s - start_s) * len(text) / letters
        words.append(Word(text, start_s, until_s))
        letters -= len(text)
        start_s = until_s
    return words
