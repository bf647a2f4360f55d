"""Quantities with units in words: `20 km/h`, `5'10"`, `40-60°C`, `0.5‰`."""

import re

from nemo_voice_tts.text.en.ambiguous_units import is_unit
from nemo_voice_tts.text.en.figures import (
    END,
    FIGURE,
    MINUS,
    NUMBER,
    START,
    figure,
    is_singular,
    number,
    ordinal,
)
from nemo_voice_tts.text.en.nouns import stands_before_noun
from nemo_voice_tts.text.en.units import per_unit, unit_name
from nemo_voice_tts.text.traced import Traced

_LETTERS = "A-Za-zµμΩ\N{OHM SIGN}Å"
_UNIT = (
    rf"(?:(?:(?:sq\.?|cu|fl\.?|mm(?=[ ]Hg\b))[ ])?"
    rf"[{_LETTERS}]{{1,5}}(?:[·-](?:lbs?|m)\b)?(?:\^?[23](?!\d))?"
    rf"(?:[ ]?/[ ]?(?:100[ ]?)?[{_LETTERS}]{{1,4}}(?:\^?[23](?!\d))?(?:/[a-z]{{1,4}})?)?"
    rf"(?![{_LETTERS}\d^])"
    rf"|°(?:[ ]?[CFK](?![A-Za-z]))?|[%‰‱](?:[ ]?/[ ]?(?:years?|yr|months?|mo|days?"
    rf"|weeks?|hours?|hr)\b)?)"
)
_MEASURE = re.compile(
    rf"{MINUS}(?<![A-Za-z]-){START}(?P<low>{FIGURE}){END}"
    rf"(?:(?:[ ]?(?P<low_unit>{_UNIT}))?[ ]?-[ ]?(?P<high>-?{FIGURE}){END})?"
    rf"(?P<tail>\+)?(?P<gap>[ -]?)(?P<unit>{_UNIT})(?P<dot>\.(?=\s+[a-z]"
    rf"|\s+\d+(?:\.\d+)?[ ]?(?:in|oz)\b|\s*[,;:!?)]))?"
)
_FEET = re.compile(
    rf"{START}(?P<feet>\d{{1,3}})(?:'|′)[ -]?(?P<inches>{FIGURE})[ ]?(?:\"|″|''|′′)?(?![\w'])"
    rf"|{START}(?P<only>{FIGURE})(?:″|''|(?P<quote>\")|′|'(?=[ ](?:tall|long|wide|high"
    rf"|deep|x|ceilings?|walls?|room|boards?|ladder|table|fence|clearance)\b|$|[,;)]|\.(?!\d)))(?!\w)"
)
_SCIENTIFIC = re.compile(rf"(?P<power>\b10\^-?\d{{1,3}})[ ](?P<unit>{_UNIT})")
_RATE = re.compile(r"(?<=[\dkKMB] )[A-Za-z]{1,5}/(?:s|sec|min|h|hr|day)(?![\w/])")
"""What is counted in thousands or millions: `1.2M req/s`."""
_COORDINATE = re.compile(
    rf"{START}(?P<degrees>{NUMBER})[ ]?°[ ]?(?:(?P<minutes>{NUMBER})['′][ ]?(?:"
    rf"(?P<seconds>{NUMBER})(?:[\"″]|'')[ ]?)?)?"
    r"(?P<side>[NSEW])(?!\w)"
)
_COMMA = re.compile(
    r"(?<=\d)(?<!\d{4}),(?=\d{1,2}[ ]?(?:[kcmd]?m|[km]?g|[mcd]?l|[kMG]Hz|[kM]Wh?"
    r"|[GMTk]B|°C|%)(?!\w))"
)
"""A decimal comma, which the amounts of some countries have."""
_ANY = re.compile(rf"\d\+?[ -]?[{_LETTERS}°%‰‱\"'′″]|\d[ ](?:sq|cu|fl)")
_DIRECTIONS = {"N": "north", "S": "south", "E": "east", "W": "west"}
_PARTS = {"%": "percent", "‰": "per mille", "‱": "basis points"}

_TWO_VALUES = re.compile(r"\d{2,4}/(?!(?:10|12|16|32|64|100)$)\d{2,4}")
"""Two values of one unit, such as `28/36 mpg`; more is no part of an inch or a pound."""
_PRESSURES = frozenset({"mmHg", "mm Hg"})
"""Units of blood's two pressures, the one over the other."""
_TYPE = re.compile(r"[ ](?:font|type|text|size|Arial|Times|Helvetica|bold|spacing)")


def measures(text: Traced) -> Traced:
    """Returns the text with its percentages and quantities with units in words."""
    if not _ANY.search(text.text):
        return text
    text = _lengths(text.sub(_COMMA, ".").sub(_COORDINATE, _coordinate))
    return text.sub(_MEASURE, _measure).sub(_RATE, _rate).sub(_SCIENTIFIC, _scientific)


def _scientific(found: re.Match[str]) -> str | None:
    name = unit_name(found["unit"], is_one=False)
    return f"{found['power']} {name}" if name else None


def _rate(found: re.Match[str]) -> str | None:
    return unit_name(found[0], is_one=False)


def _measure(found: re.Match[str]) -> str | None:
    low, high, gap = found["low"], found["high"], found["gap"]
    if _TWO_VALUES.fullmatch(low):
        name = _unit(found, is_one=False)
        joint = " over " if found["unit"] in _PRESSURES else ", "
        return f"{joint.join(map(number, low.split('/')))} {name}" if name else None
    is_adjective = gap == "-" or stands_before_noun(found.string, found.start(), found.end())
    if high is None and low.startswith("1/") and found["unit"] in {"s", "sec"}:
        return f"{figure(low) if low == '1/2' else f'one {ordinal(low[2:])}'} of a second"
    is_one = is_adjective or (high is None and is_singular(low) and not found["tail"])
    name = _unit(found, is_one=is_one)
    if name is None:
        return None
    said = _signed(found["minus"], low)
    if high is not None:
        between = _low_unit(found, low)
        said = f"{said}{between} to {_signed('-' if high[0] == '-' else None, high.lstrip('-'))}"
    said += " plus" if found["tail"] else ""
    following = found.string[found.end() : found.end() + 1]
    if following == "-" and is_adjective:
        return f"{said} {name}"
    return f"{said} {name}" + (" " if following.isalnum() else "")


def _signed(minus: str | None, figures: str) -> str:
    return f"minus {figure(figures)}" if minus else figure(figures)


def _low_unit(found: re.Match[str], low: str) -> str:
    unit = found["low_unit"]
    if not unit or unit.replace(" ", "") == found["unit"].replace(" ", ""):
        return ""
    name = _PARTS.get(unit) or unit_name(unit, is_one=is_singular(low))
    return f" {name}" if name else f" {unit}"


def _unit(found: re.Match[str], *, is_one: bool) -> str | None:
    """Returns the name of the unit, or None where its letters are no unit here."""
    unit = found["unit"]
    if unit[0] in _PARTS:
        per = unit[1:].strip(" /")
        return _PARTS[unit[0]] + (f" per {per_unit(per)}" if per else "")
    if unit[0] == "°":
        return unit_name(unit.replace(" ", ""), is_one=is_one)
    if not is_unit(found):
        return None
    if unit in {"C", "F"}:
        return unit_name(f"°{unit}", is_one=False)
    is_close = found["gap"] == ""
    if unit == "pt" and (is_close or _TYPE.match(found.string, found.end())):
        return "point" if is_one or is_close else "points"
    return unit_name(unit.replace(" /", "/").replace("/ ", "/"), is_one=is_one)


def _lengths(text: Traced) -> Traced:
    """Returns the text with its feet and inches in words; a closing quotation mark is none."""
    source = text.text
    counted, at = 0, 0

    def length(found: re.Match[str]) -> str | None:
        nonlocal counted, at
        if found["feet"]:
            inches = figure(found["inches"])
            if stands_before_noun(source, found.start(), found.end()):
                return f"{number(found['feet'])} foot {inches}"
            unit = "inch" if found["inches"] == "1" else "inches"
            return f"{number(found['feet'])} feet {inches} {unit}"
        only = found["only"]
        if found["quote"]:
            counted += source.count('"', at, found.end() - 1)
            at = found.end() - 1
            if counted % 2:
                return None
            at += 1  # an inch sign opens no quotation
        is_foot = found[0][-1] in "'′" and not found[0].endswith("''")
        is_one = is_singular(only) or stands_before_noun(source, found.start(), found.end())
        if (
            found[0].endswith("'")
            and not found[0].endswith("''")
            and " '" in f" {source[max(0, found.start() - 60) : found.start()]}"
        ):
            return None
        names = ("foot", "feet") if is_foot else ("inch", "inches")
        return f"{figure(only)} {names[not is_one]}"

    return text.sub(_FEET, length)


def _coordinate(found: re.Match[str]) -> str:
    parts = [part for part in ("degrees", "minutes", "seconds") if found[part]]
    said = [f"{number(found[p])} {p.rstrip('s') if found[p] == '1' else p}" for p in parts]
    return " ".join([*said, _DIRECTIONS[found["side"]]])
