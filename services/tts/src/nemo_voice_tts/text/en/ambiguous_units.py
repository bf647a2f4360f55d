"""Whether letters after a number are a unit where they stand: `5 m`, but `5 in London`, `gate 2C`.

`measures.py` asks for each quantity that it finds.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nemo_voice_tts.text.en.spelling import alternation

_NEVER = frozenset({"to", "or", "at", "as", "am", "pm", "mon", "vol", "bit", "bits", "d", "D"})
_NOT_HYPHENED = frozenset(
    {
        "in", "cal", "mo", "pts", "bp", "pp", "kn", "ct", "cd", "deg", "lm", "mol", "ms", "ns",
        "ly", "kt",
    }
)  # fmt: skip
"""Units that are words or parts of names as well, so that a hyphen makes them one."""
_LETTERS = frozenset("mgshlLtVWANJFBCKΩÅ")
_INCHES_FOLLOW = re.compile(
    r"\.?(?:$|[,;)\]]|[ -](?:x|by|tall|long|wide|high|deep|thick|in diameter|across"
    r"|diameter|pipe|screen|display|monitor"
    r"|tv|TV|pizza|nails?|of (?:rain|snow|water)|square|and|less|more|screws?|bolts?"
    r"|blade|skillet|pan|board|lens|laptop)\b)"
)
_IN_PHRASE = re.compile(r"[ ](?:the|an?|this|that|his|her|its|my|our|their|[A-Z][a-z]+|\d{4})\b")
"""What the word `in` stands before."""
_FEET_BEFORE = re.compile(r"(?:ft|feet|foot)\.?,? ?$")
_HEAT = re.compile(
    r"(?:temperatures?|oven|heat(?:ed)?|preheat|degrees|highs?|lows?|at|to|of|from"
    r"|around|about|near|below|above|is|was|and"
    r"|reach(?:es|ed)?|hit) (?:of |to |near |about |around |at )?$",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:section|part|row|seat|form|gate|flight|room|apt|unit|schedule|figure|table"
    r"|chapter|route|exit|terminal|line|class|grade"
    r"|iphone|galaxy|model|article|rule|type|size|vitamin|group|block|building|suite"
    r"|platform|level|zone|bus|title|appendix|exhibit)"
    r"s?[ #]*$",
    re.IGNORECASE,
)
_DECADE = re.compile(
    r"(?:^|[ -])(?:the|his|her|their|my|your|our|mid|late|early|in|low|high|of|to|and)[ -]$",
    re.IGNORECASE,
)
_BRACKETS = frozenset({"16", "18", "25", "35", "45", "55"})
"""The ages at which the groups of statistics begin."""
_ROUND = frozenset({"10", "100", "1000", "10000", "100000"})
"""Of which there are several: `100s of people`."""
_LEVEL = re.compile(r"\b(?:the|low|mid|high|upper)[ -]$", re.IGNORECASE)
_AIRCRAFT = re.compile(r"7\d7")
_PEOPLE = re.compile(
    r"\b(?:the|among|amongst|most|all|many|young|targets?|targeting)[ ]$", re.IGNORECASE
)
"""Before ages: `the 18-24s`."""
_RUN = re.compile(r"[ ](?:run|race|walk|steps?|video|tv|display|resolution|monitor)", re.IGNORECASE)
_CURRENT = re.compile(
    r"[ ](?:fuse|current|circuit|breaker|charger|adapter|of force|supply)\b", re.IGNORECASE
)
_JOINED = re.compile(r"[-&'’]\w|/[A-Za-z]|\+")
_NAME = re.compile(r"[ ](?:[A-Z][a-z]|\d+(?:st|nd|rd|th)\b)")
_LASTS = re.compile(
    r"(?:took|takes?|in|after|for|of|every|within|lasts?|than|about|around|roughly|timeouts?"
    r"|is|was|[:=<>~])[ ]?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"[ ](?:{alternation('counted in millions')})\b")
_REACH = 28
_CENTURIES = frozenset(map(str, range(11, 22)))
_LONG_DIGITS = 3
_DECADE_DIGITS, _YEAR_DIGITS, _OVEN_DIGITS = 2, 4, 3


@dataclass(frozen=True, slots=True)
class _Place:
    """A quantity where it stands."""

    found: re.Match[str]
    before: str
    after: str

    @property
    def low(self) -> str:
        return str(self.found["low"])

    @property
    def is_close(self) -> bool:
        """Whether no blank stands between number and unit."""
        return self.found["gap"] == ""


def is_unit(found: re.Match[str]) -> bool:
    """Returns whether the letters of a match of `measures.py` are a unit.

    Args:
        found: With the groups `low`, `high`, `minus`, `gap`, `unit` and `dot`.
    """
    unit, text = found["unit"], found.string
    is_letter = len(unit) == 1
    if unit in _NEVER or (is_letter and unit not in _LETTERS):
        return False
    if found["gap"] == "-" and (unit in _NOT_HYPHENED or (is_letter and unit != "m")):
        return False
    before = text[max(0, found.start() - _REACH) : found.start()]
    after = text[found.end() : found.end() + _REACH]
    is_label = (unit.isupper() or unit == "s") and _LABEL.search(before)
    if is_letter and (is_label or _JOINED.match(after)):
        return False
    if is_letter and unit.isupper() and _NAME.match(after):
        return False
    check = _CHECKS.get(unit)
    return check is None or check(_Place(found, before, after))


def _is_temperature(place: _Place) -> bool:
    low = place.low
    if not low.isdecimal() or len(low) not in {_OVEN_DIGITS - 1, _OVEN_DIGITS}:
        return False
    is_oven = place.found["unit"] == "F" and len(low) == _OVEN_DIGITS
    is_signed = bool(place.found["minus"] or place.found["high"])
    return place.is_close or is_oven or is_signed or bool(_HEAT.search(place.before))


def _is_kelvin(place: _Place) -> bool:
    return not place.is_close and len(place.low) > 1 and not _RUN.match(place.after)


def _is_exact(place: _Place) -> bool:
    return "." in place.low or bool(_CURRENT.match(place.after))


def _is_second(place: _Place) -> bool:
    low = place.low
    if _AIRCRAFT.fullmatch(low) or (place.is_close and low.isdecimal() and _is_several(place)):
        return False
    is_bracket = low in _BRACKETS and not place.before
    if place.found["high"] and place.is_close and (is_bracket or _PEOPLE.search(place.before)):
        return False
    if place.is_close and low in _ROUND and place.after.startswith(" of "):
        return False
    if not (low.endswith("0") and low.isdecimal() and place.is_close):
        return True
    is_age = len(low) == _DECADE_DIGITS and _DECADE.search(place.before)
    is_decade = len(low) == _YEAR_DIGITS and low[:2] in _CENTURIES
    is_level = len(low) == _LONG_DIGITS and _LEVEL.search(place.before)
    return not (is_decade or is_age or is_level)


def _is_several(place: _Place) -> bool:
    """Returns whether the `s` makes several of a number: `under-5s`, `529 plans and 1099s`."""
    is_long = len(place.low) >= _LONG_DIGITS and place.low[-1] != "0"
    return place.before.endswith("-") or (is_long and not _LASTS.search(place.before))


def _is_meter(place: _Place) -> bool:
    return not (place.is_close and _COUNTED.match(place.after))


def _is_inch(place: _Place) -> bool:
    is_exact = "/" in place.low or "." in place.low or place.is_close or place.found["dot"]
    if _IN_PHRASE.match(place.after):
        return False
    is_said = _INCHES_FOLLOW.match(place.after) or _FEET_BEFORE.search(place.before)
    return bool(is_exact or is_said)


_CHECKS: dict[str, Callable[[_Place], bool]] = {
    "m": _is_meter,
    "C": _is_temperature,
    "F": _is_temperature,
    "K": _is_kelvin,
    "A": _is_exact,
    "N": _is_exact,
    "J": _is_exact,
    "B": _is_exact,
    "s": _is_second,
    "in": _is_inch,
}
