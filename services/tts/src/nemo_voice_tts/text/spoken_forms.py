"""What SSML's `say-as` needs to know of a language: `structure/say_as.py` does the rest."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SpokenForms:
    """The words of one language for numbers, dates and signs."""

    cardinal: Callable[[int], str]
    ordinal: Callable[[int], str]
    number: re.Pattern[str]
    """A number's sign, whole part and decimals."""
    ordinal_number: re.Pattern[str]
    """A written ordinal, its digits first."""
    plus: str
    minus: str
    point: str
    """What stands before decimals."""
    extension: str
    bleep: str
    months: tuple[str, ...]
    date: Callable[[str | None, str | None, str | None], str]
    """Returns the text of a date from its day, the name of its month and its year, of which some
    may be absent: its words, or a form that the steps read."""
    fraction: Callable[[int, int, int | None], str]
    """Returns the words of a fraction: what stands above, below and, if anything does, before."""
    duration: Callable[[int | None, int | None], str]
    """Returns the words of minutes and seconds."""
    signs: Mapping[str, str]
    """The names of signs that are read one by one."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """Letters that are written in another way when they stand alone."""
