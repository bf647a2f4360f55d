"""English words for the texts of SSML's `say-as`."""

import re

from nemo_voice_tts.text.spellout import ENGLISH
from nemo_voice_tts.text.spoken_forms import SpokenForms

_SIGNS = {
    ".": "dot", ",": "comma", "-": "dash", "_": "underscore", "@": "at", "/": "slash",
    "\\": "backslash", ":": "colon", ";": "semicolon", "#": "hash", "*": "asterisk", "+": "plus",
    "&": "and", "%": "percent", "$": "dollar", "=": "equals", "?": "question mark",
    "!": "exclamation mark", "'": "apostrophe", '"': "quote", "(": "open parenthesis",
    ")": "close parenthesis", "<": "less than", ">": "greater than", "~": "tilde", "|": "bar",
    "^": "caret", "[": "open bracket", "]": "close bracket", "{": "open brace", "}": "close brace",
    "`": "backtick", "\N{POUND SIGN}": "pound", "\N{EURO SIGN}": "euro",
}  # fmt: skip


def _date(day: str | None, month: str | None, year: str | None) -> str:
    said = [part for part in (month, ENGLISH.ordinal(int(day)) if day else None) if part]
    if not year:
        return " ".join(said)
    if day:
        return f"{' '.join(said)}, {_year(year)}"
    return " ".join([*said, _year(year)])


def _year(year: str) -> str:
    if len(year) == 2:  # noqa: PLR2004 as '85 is written
        said = ENGLISH.cardinal(int(year))
        return f"oh {said}" if year.startswith("0") else said
    return ENGLISH.year(int(year))


def _fraction(above: int, below: int, whole: int | None) -> str:
    words = ENGLISH.cardinal
    if below == 1:
        part = f"{words(above)} over one"
    else:
        name = {2: "half", 4: "quarter"}.get(below) or ENGLISH.ordinal(below)
        many = {2: "halves"}.get(below, f"{name}s")
        part = f"{words(above)} {name if above == 1 else many}"
    return part if whole is None else f"{words(whole)} and {part}"


def _duration(minutes: int | None, seconds: int | None) -> str:
    return " ".join(
        f"{ENGLISH.cardinal(number)} {unit}{'' if number == 1 else 's'}"
        for number, unit in ((minutes, "minute"), (seconds, "second"))
        if number is not None
    )


FORMS = SpokenForms(
    cardinal=ENGLISH.cardinal,
    ordinal=ENGLISH.ordinal,
    number=re.compile(r"([-+−]?)(\d{1,3}(?:[, \xa0]\d{3})+|\d+)(?:\.(\d+))?"),
    ordinal_number=re.compile(r"(\d[\d,]*)(?:st|nd|rd|th)?", re.IGNORECASE),
    plus="plus",
    minus="minus",
    point="point",
    extension="extension",
    bleep="bleep",
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    date=_date,
    fraction=_fraction,
    duration=_duration,
    signs=_SIGNS,
    # `a` alone is read as the article.
    letters={"A": "ay"},
)  # fmt: skip
