"""Expands abbreviations that the text-normalisation grammars leave alone or read oddly.

`normaliser.py` expands them before the grammars see a phrase; after them the backend spells
initials that no lexicon holds.
"""

import re
from collections.abc import Container

_NUMBER_FOLLOWS = r"(?=\s?\d)"
_NAME_FOLLOWS = r"(?=\s[A-Z])"
_NO_NAME_FOLLOWS = r"(?=\s+[a-z]|\s*[,;:!?)\]\"'])"
_DAY_FOLLOWS = r"(?=,|\s(?:\d|at |and |to |Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))"

_LONG_FORMS: tuple[tuple[str, str, str], ...] = (
    # written, read as, what must follow
    (r"No\.", "number", _NUMBER_FOLLOWS),
    (r"Nos\.", "numbers", _NUMBER_FOLLOWS),
    (r"[Ff]ig\.", "figure", _NUMBER_FOLLOWS),
    (r"[Vv]ol\.", "volume", _NUMBER_FOLLOWS),
    (r"[Cc]h\.", "chapter", _NUMBER_FOLLOWS),
    (r"pp\.", "pages", _NUMBER_FOLLOWS),
    (r"p\.", "page", _NUMBER_FOLLOWS),
    (r"Prof\.", "Professor", _NAME_FOLLOWS),
    (r"Sen\.", "Senator", _NAME_FOLLOWS),
    (r"Rep\.", "Representative", _NAME_FOLLOWS),
    (r"Pres\.", "President", _NAME_FOLLOWS),
    (r"Mon\.", "Monday", _DAY_FOLLOWS),
    (r"Tues?\.", "Tuesday", _DAY_FOLLOWS),
    (r"Wed\.", "Wednesday", _DAY_FOLLOWS),
    (r"Thu(?:rs?)?\.", "Thursday", _DAY_FOLLOWS),
    (r"Fri\.", "Friday", _DAY_FOLLOWS),
    (r"Sat\.", "Saturday", _DAY_FOLLOWS),
    (r"Sun\.", "Sunday", _DAY_FOLLOWS),
    (r"[Aa]pprox\.", "approximately", r"(?=\s)"),
)
"""Abbreviations that are only such before a number, a name or a date."""

_ANYWHERE: tuple[tuple[str, str], ...] = (
    (r"(?<=\w )Ave\.", "Avenue"),
    (r"(?<=\w )Blvd\.", "Boulevard"),
    (r"(?<=\w )Rd\.", "Road"),
    (r"(?<=\w )Ln\.", "Lane"),
    (r"(?<=\w )Hwy\.", "Highway"),
    (r"Jr\.", "Junior"),
    (r"Sr\.", "Senior"),
    (r"Inc\.", "Incorporated"),
    (r"Corp\.", "Corporation"),
    (r"Ltd\.", "Limited"),
    (r"etc\.", "et cetera"),
)
"""Abbreviations that mean the same everywhere; at a phrase's end their dot also ends it."""

_STREET = re.compile(rf"(?<=\w )St\.(?:{_NO_NAME_FOLLOWS}|$)")
_UNIT_DOT = re.compile(
    r"(\d\s?(?:ft|in|oz|lbs?|mi|yds?|hrs?|mins?|secs?))\.(?=\s+[a-z]|\s*[,;:!?)])"
)
_APPROXIMATELY = re.compile(r"~\s*(?=[\d$£€])")
_CENTS = re.compile(r"(?<=\d)\s?¢")

_BEFORE = tuple((re.compile(rf"\b{form}{after}"), spoken) for form, spoken, after in _LONG_FORMS)
_AT_END = tuple((re.compile(rf"\b{form}$"), f"{spoken}.") for form, spoken in _ANYWHERE)
_INSIDE = tuple((re.compile(rf"\b{form}"), spoken) for form, spoken in _ANYWHERE)

_INITIALS = re.compile(r"\b[A-Z]{2,6}(?=(?:s|'s)?\b)")
_WORD = re.compile(r"[A-Za-z]+")
_LETTER_NAMES = {"A": "ay"}
"""`a` alone is read as the article."""


def expanded(phrase: str) -> str:
    """Returns the phrase with the abbreviations in full that the grammars would leave alone."""
    if "." in phrase:
        phrase = _STREET.sub(_street, _UNIT_DOT.sub(r"\1", phrase))
        for form, spoken in (*_BEFORE, *_AT_END, *_INSIDE):
            phrase = form.sub(spoken, phrase)
    phrase = _APPROXIMATELY.sub("approximately ", phrase)
    return _CENTS.sub(" cents", phrase)


def with_final_stop(spoken: str, written: str) -> str:
    """Returns the spoken form ending as the written one: the grammars take a final `p.m.` whole."""
    final = written.rstrip("\"')]} ")[-1:]
    if final in {".", "?", "!"} and spoken.rstrip("\"')]} ")[-1:] not in {".", "?", "!"}:
        return f"{spoken}{final}"
    return spoken


def spelled(phrase: str, lexicon: Container[str]) -> str:
    """Returns the phrase with its initials as single letters, such as `seven P M`.

    Two capitals are initials, except where everything is in capitals; more of them are when the
    lexicon does not hold them as a word.
    """
    words = _WORD.findall(phrase)
    capitals = sum(len(word) > 1 and word.isupper() for word in words)
    is_shouted = capitals > 1 and 2 * capitals >= len(words)

    def letters(found: re.Match[str]) -> str:
        word = found[0]
        is_pair = len(word) == 2  # noqa: PLR2004 a pair is what it says
        if (is_shouted or not is_pair) and word.lower() in lexicon:
            return word
        return " ".join(_LETTER_NAMES.get(letter, letter) for letter in word)

    return _INITIALS.sub(letters, phrase)


def _street(found: re.Match[str]) -> str:
    return "Street." if found.end() == len(found.string) else "Street"
