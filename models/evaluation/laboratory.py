"""What every measurement needs: the teacher, the models, the speech already made, the limit.

The measurements in `recognition.py` and `voicing.py` take a `Laboratory` and return figures.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from evaluation.measures import Hearing
from evaluation.models import VOICE_RATE_HZ, Recogniser, Voice, quieten
from evaluation.speech import Clip, Samples, resampled
from recipe.phonetics.espeak import Espeak

_Item = TypeVar("_Item")


@dataclass
class Laboratory:
    """The models under test and the teacher, each made at its first use."""

    folder: Path
    """Where the checkpoints are."""
    limit: int | None = None
    """At most so many texts of each set, for a quick look."""
    _said: dict[str, Samples] = field(default_factory=dict)

    def some(self, items: Sequence[_Item]) -> Sequence[_Item]:
        """Returns the items to measure: all, or evenly spread ones up to the limit."""
        if self.limit is None or len(items) <= self.limit:
            return items
        step = len(items) / self.limit
        return [items[int(index * step)] for index in range(self.limit)]

    @cached_property
    def espeak(self) -> Espeak:
        """The teacher."""
        return Espeak()

    @cached_property
    def recogniser(self) -> Recogniser:
        """The recogniser under test."""
        quieten()
        return Recogniser(self.folder)

    @cached_property
    def voice(self) -> Voice:
        """The voice under test."""
        quieten()
        return Voice(self.folder)

    def said(self, text: str) -> Samples:
        """Returns the voice's speech for a text as typed, at the recogniser's rate."""
        if text not in self._said:
            speech = self.voice.say(self.voice.reading(text))
            self._said[text] = resampled(speech, VOICE_RATE_HZ)
        return self._said[text]

    def heard(self, clips: Sequence[Clip]) -> list[Hearing]:
        """Returns what the recogniser hears in each clip."""
        transcripts = self.recogniser.transcripts([clip.samples for clip in clips])
        return [
            Hearing(clip.text, transcript.text)
            for clip, transcript in zip(clips, transcripts, strict=True)
        ]


def report_progress(message: str) -> None:
    """Writes one line of progress to stderr."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()
