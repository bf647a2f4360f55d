"""What reading needs to know of a language: its steps from written forms to words."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_tts.text.spoken_forms import SpokenForms
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


def _as_written(phrase: str) -> str:
    return phrase


@dataclass(frozen=True, slots=True)
class Language:
    """A language that texts can be read in."""

    code: str
    """Its BCP 47 primary tag, such as `en`."""
    tag: str
    """The tag under which NVIDIA's clients list its voices, such as `en-US`."""
    name: str
    """Its English name."""
    steps: tuple[Step, ...]
    """In the order in which they run: each sees what the earlier ones left."""
    forms: SpokenForms
    """The words for what SSML's `say-as` reads."""
    spelled: Callable[[str], str] = _as_written
    """Returns a phrase in words with its lone letters by their names, for a voice that reads
    words. An English voice knows its letters by its lexicon: `initials.py`."""
    has_grammars: bool = False
    """Whether the grammars of `normaliser.py`, which are English, read what the steps leave."""
    conjunctions: str = ""
    """Words before which a long sentence may be cut, with `|` between them; absent: English."""
    letters: str = ""
    """Letters of its own, which plain typography would write in another way: `ß`."""
    rises: str = "up"
    """What an arrow upwards before an amount is called."""
    falls: str = "down"
    """What one downwards is."""

    def in_words(self, text: Traced) -> Traced:
        """Returns a text, which is cleaned, after all steps."""
        for step in self.steps:
            text = step(text)
        return text
