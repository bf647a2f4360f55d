"""Groups words into the segments of a verbose transcript by their times."""

from collections.abc import Sequence
from dataclasses import dataclass

from nemo_voice_stt.captions.line_breaks import ends_sentence
from nemo_voice_stt.captions.phrases import Phrases, phrases_of
from nemo_voice_stt.transcription.port import Word
from nemo_voice_stt.transcription.writing import joined

PAUSE_S = 0.8
"""A silence between words that ends a segment."""
LONGEST_S = 30.0
"""A segment ends before it grows longer than this."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech between pauses."""

    text: str
    words: tuple[Word, ...]

    @property
    def start_s(self) -> float:
        """When its first word begins."""
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        """When its last word ends."""
        return self.words[-1].end_s


def segments_of(words: Sequence[Word]) -> list[Segment]:
    """Returns the segments: ended by a pause, by the end of a sentence, or by length."""
    language = phrases_of(word.text for word in words)
    groups: list[list[Word]] = []
    for word in words:
        if groups and not _ends(groups[-1], word, language):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [Segment(joined(group), tuple(group)) for group in groups]


def _ends(group: Sequence[Word], following: Word, language: Phrases) -> bool:
    last = group[-1]
    return (
        following.start_s - last.end_s >= PAUSE_S
        or ends_sentence(last.text, language)
        or following.end_s - group[0].start_s > LONGEST_S
    )
