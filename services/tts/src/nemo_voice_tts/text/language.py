"""What reading needs to know of a language: its steps from written forms to words."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_tts.text.traced import Traced

Step = Callable[[Traced], Traced]
"""Returns a block's text with one kind of written forms in words; leaves the rest as it is."""


def where(pattern: re.Pattern[str], *steps: Step) -> Step:
    """Returns the steps as one that leaves a text alone in which the pattern is not found."""

    def step(text: Traced) -> Traced:
        if not pattern.search(text.text):
            return text
        for one in steps:
            text = one(text)
        return text

    return step


@dataclass(frozen=True, slots=True)
class Language:
    """A language that texts can be read in."""

    code: str
    """Its BCP 47 primary tag, such as `en`."""
    name: str
    """Its English name."""
    steps: tuple[Step, ...]
    """In the order in which they run: each sees what the earlier ones left."""
    has_grammars: bool = True
    """Whether the grammars of `normaliser.py`, which are English, read what the steps leave."""
