"""The times of characters, as clients of `stream-input` expect them beside the audio."""

from collections.abc import Sequence

from nemo_voice_serving.http.live.messages import Json
from nemo_voice_tts.live_text.events import Clause
from nemo_voice_tts.synthesis.word_times import WordTime


def alignments(clause: Clause, *, from_s: float = 0.0) -> Json:
    """Returns both alignments of a clause, the one of its text and the one of what is said.

    Args:
        clause: Its times count from its beginning.
        from_s: What is added to them.
    """
    phrase = clause.phrase
    start = phrase.span[0]
    written = [
        (clause.source[word.span[0] - start : word.span[1] - start], word.span[0] - start, word)
        for word in phrase.written
    ]
    said, at = [], 0
    for word in phrase.said:
        at = phrase.text.find(word.text, at)
        said.append((word.text, at, word))
        at += len(word.text)
    return {
        "alignment": _alignment(clause.source, written, phrase.duration_s, from_s),
        "normalizedAlignment": _alignment(phrase.text, said, phrase.duration_s, from_s),
    }


def _alignment(
    text: str, words: Sequence[tuple[str, int, WordTime]], duration_s: float, from_s: float
) -> Json:
    """Returns the characters of a text with their times; a blank ends it, as its last word does."""
    times: list[tuple[float, float]] = []
    at_s = 0.0
    for written, start, word in words:
        gap = start - len(times)
        times += _spread(gap, at_s, word.start_s)
        times += _spread(len(written), word.start_s, word.end_s)
        at_s = word.end_s
    times += _spread(len(text) + 1 - len(times), at_s, duration_s)
    starts = [round((from_s + start_s) * 1000) for start_s, _ in times]
    ends = [round((from_s + end_s) * 1000) for _, end_s in times]
    return {
        "chars": [*text, " "],
        "charStartTimesMs": starts,
        "charDurationsMs": [end - start for start, end in zip(starts, ends, strict=True)],
    }


def _spread(count: int, start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Returns the times of so many characters, which share the time between evenly."""
    step_s = (end_s - start_s) / count if count > 0 else 0.0
    return [(start_s + place * step_s, start_s + (place + 1) * step_s) for place in range(count)]
