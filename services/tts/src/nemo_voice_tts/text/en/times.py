"""Times and durations in words: `9:30PM`, `17:45`, `1:23:45`, `2h30m`, `UTC+2`."""

import re

from nemo_voice_tts.text.en.figures import number
from nemo_voice_tts.text.traced import Traced

_HALF = r"(?:[ ]?(?:[aApP]\.[ ]?[mM]\.?|[aApP][mM](?!\w)))"
_HOUR = r"(?:[01]?\d|2[0-4])"
_FIRST = r"(?<![\w.,:-])(?<!\d/)"
_RANGE = re.compile(
    rf"{_FIRST}(?P<a>{_HOUR})(?::(?P<am>[0-5]\d))?(?P<ahalf>{_HALF})?[ ]?-[ ]?"
    rf"(?P<b>{_HOUR})(?::(?P<bm>[0-5]\d))?(?P<bhalf>{_HALF})?(?![\w:]|[.,]\d)"
)
_TO_NOON = re.compile(r"(?<=[aApP][mM])[ ]?-[ ]?(?=(?:noon|midnight)\b)")
_TIME = re.compile(
    rf"{_FIRST}(?P<h>{_HOUR})(?:[:.](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\."
    rf"(?P<part>\d{{1,6}}))?)?)?(?P<half>{_HALF})(?![\w:]|\.?\d)"
    rf"|{_FIRST}(?P<h2>{_HOUR}):(?P<m2>[0-5]\d)(?::(?P<s2>[0-5]\d)(?:[.,]"
    rf"(?P<part2>\d{{1,6}}))?)?(?![\w:]|[.,-]?\d)"
    rf"|{_FIRST}(?P<h3>{_HOUR})h(?P<m3>[0-5]\d)(?!\w)"
    rf"|{_FIRST}(?P<h4>[01]\d|2[0-4])(?P<m4>[0-5]\d)(?=[ ]?(?:hours|hrs?"
    rf"|h)\b)(?:[ ]?(?:hours|hrs?|h))"
)
_LONG = re.compile(r"(?<![\w.,:/-])(?P<h>\d{1,3}):(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?![\w:]|[.,]\d)")
_AT = re.compile(
    r"\b(?:at|until|till|from|since|before|after|by|around|about|to|between|and|@|on) ?$",
    re.IGNORECASE,
)
_RATIO = re.compile(r"\b(?:ratio|aspect|scale|odds|proportions?)\b", re.IGNORECASE)
_DURATION = re.compile(
    r"(?<![\w.,])(?=\d{1,4}[ ]?[dhm])(?:(?P<d>\d{1,4})[ ]?d(?:ays?)?[ ]?)?(?:"
    r"(?P<h>\d{1,4})[ ]?h(?:r|rs)?[ ]?)?(?:(?P<m>\d{1,4})[ ]?m(?:in"
    r"|ins)?[ ]?)?(?:(?P<s>\d{1,4}(?:\.\d{1,6})?)[ ]?s(?:ec|ecs)?)?(?!\w)"
)
_MINUTES = re.compile(r"(?<![\w.,:/-])(?P<m>\d{1,3}):(?P<s>[0-5]\d)[ ]?min(?:ute)?s?\b")
_LAP = re.compile(
    r"(?<![\w.,:/-])(?P<m>\d{1,2}):(?P<s>[0-5]\d\.\d{1,3})(?:[ ]?s(?:ec)?\b)?"
    r"(?![\w:]|\.?\d|[ ]?[ap]\.?m)"
)
"""Minutes and seconds with a fraction, as races are timed."""
_SCORING = re.compile(r"(?P<m>\d{1,3})(?:\+(?P<added>\d{1,2}))?'")
_SCORED = re.compile(
    r"\((?:\d{1,3}(?:\+\d{1,2})?'(?:, ?)?)+\)|\b\d{2,3}\+\d{1,2}'(?!\w)"
    r"|(?<=[a-z] )\d{1,2}'(?! (?:tall|long|wide|high|deep|x|by)\b)(?![\w'\"])"
)
"""Minutes of a match: `(23', 45+2')`."""
_SCORER = re.compile(r"[A-Z][\w'-]* $")
_SCORE = re.compile(
    r"(?<![\w.,-])\d{1,2}-\d{1,2}(?![\w-]|[.,]\d)|\b(?:goals?|scored?|penalty|match)\b"
)
_ZONE = re.compile(
    r"(?<!\w)(?P<zone>UTC|GMT)[ ]?(?P<sign>[+-])[ ]?(?P<h>\d{1,2})(?::?(?P<m>[0-5]\d))?(?![\w:])"
)
_ANY = re.compile(r"\d(?:'|[:.]\d|[ ]?[aApP]\.?[ ]?[mM]|[ ]?[dhm])|[CT][ ]?[+-][ ]?\d|\d\d[ ]?h")
_NAMES = {"d": "day", "h": "hour", "m": "minute", "s": "second"}
_NOON, _REACH, _FAR = 12, 20, 60


def times(text: Traced) -> Traced:
    """Returns the text with its times of day and durations in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_MINUTES, lambda found: _counted([(found["m"], "m"), (found["s"], "s")]))
    text = text.sub(_SCORED, _minutes_of_match)
    text = text.sub(_LAP, lambda found: _counted([(found["m"], "m"), (found["s"], "s")]))
    text = text.sub(_ZONE, _zone).sub(_RANGE, _range).sub(_TO_NOON, " to ").sub(_LONG, _long)
    return text.sub(_TIME, _time).sub(_DURATION, _duration)


def _minutes_of_match(found: re.Match[str]) -> str | None:
    text, start, end = found.string, found.start(), found.end()
    is_added = "+" in found[0]
    if not is_added and not _SCORER.search(text, max(0, start - _REACH), start):
        return None  # lengths in feet
    is_alone = not is_added and found[0][0] != "("
    if is_alone and not _SCORE.search(text, max(0, start - _FAR), min(len(text), end + _FAR)):
        return None
    return _SCORING.sub(_minute_of_match, found[0])


def _minute_of_match(found: re.Match[str]) -> str:
    added = f" plus {number(found['added'])}" if found["added"] else ""
    return f"minute {number(found['m'])}{added}"


def clock(hour: str, minute: str | None, second: str | None = None, part: str | None = None) -> str:
    """Returns a time of day in words.

    Args:
        hour: Its digits.
        minute: Likewise; None where only the hour is written.
        second: Likewise.
        part: The digits of a fraction of a second.
    """
    said = number(str(int(hour)))
    if minute is None:
        return said
    if int(minute):
        said += f" oh {number(minute[1])}" if minute[0] == "0" else f" {number(minute)}"
    elif second is None:
        said = _full_hour(int(hour))
    if second is None:
        return said
    if not int(minute):
        said = f"{said} hundred" if int(hour) > _NOON else f"{said} o'clock"
    seconds = str(int(second))
    unit = "second" if seconds == "1" and part is None else "seconds"
    return f"{said} and {number(f'{seconds}.{part}' if part else seconds)} {unit}"


def _full_hour(hour: int) -> str:
    if hour in {0, 24}:
        return "midnight"
    return f"{number(str(hour))} hundred" if hour > _NOON else f"{number(str(hour))} o'clock"


def _half_day(written: str | None, found: re.Match[str]) -> str:
    if not written:
        return ""
    half = f" {written.strip()[0].upper()}M"
    following = found.string[found.end() : found.end() + 4]
    ends = written.endswith(".") and re.match(r"$|\s+[A-Z](?![A-Z])|[\"')\]]", following)
    return f"{half}." if ends else half


def _with_half(hour: str, minute: str | None) -> str:
    if minute is not None and not int(minute):
        return number(str(int(hour)))
    return clock(hour, minute)


def _time(found: re.Match[str]) -> str | None:
    if found["half"]:
        has_seconds = found["s"] is not None
        said = clock(found["h"], found["m"], found["s"], found["part"]) if has_seconds else None
        return (said or _with_half(found["h"], found["m"])) + _half_day(found["half"], found)
    if found["h2"]:
        return _without_half(found)
    if found["h3"]:
        return clock(found["h3"], found["m3"])
    hour, minute = found["h4"], found["m4"]
    said = f"oh {number(hour[1])}" if hour[0] == "0" else number(hour)
    return f"{said} {'hundred' if minute == '00' else number(minute)} hours"


def _without_half(found: re.Match[str]) -> str | None:
    around = found.string[max(0, found.start() - 20) : found.end() + 14]
    is_ratio = _RATIO.search(around) or found[0] == "16:10"
    return None if is_ratio else clock(found["h2"], found["m2"], found["s2"], found["part2"])


def _long(found: re.Match[str]) -> str | None:
    """Returns hours, minutes and seconds as a duration, unless they are a time of day."""
    before = found.string[max(0, found.start() - 12) : found.start()]
    is_clock = len(found["h"]) == 2 and int(found["h"]) <= 24  # noqa: PLR2004 two digits of a day
    if (
        is_clock
        or _AT.search(before)
        or re.match(_HALF, found.string[found.end() : found.end() + 5])
    ):
        return None
    return _counted([(found["h"], "h"), (found["m"], "m"), (found["s"], "s")])


def _counted(parts: list[tuple[str, str]]) -> str:
    said = []
    for figures, unit in parts:
        plain = figures.lstrip("0") or "0"
        plain = f"0{plain}" if plain[0] == "." else plain
        if plain != "0":
            said.append(f"{number(plain)} {_NAMES[unit]}{'s' * (plain != '1')}")
    return " ".join(said) or "zero seconds"


def _range(found: re.Match[str]) -> str | None:
    if not (found["ahalf"] or found["bhalf"] or (found["am"] and found["bm"])):
        return None
    ends = []
    for hour, minute, half in (("a", "am", "ahalf"), ("b", "bm", "bhalf")):
        has_half = found["ahalf"] or found["bhalf"]
        said = (
            _with_half(found[hour], found[minute])
            if has_half
            else clock(found[hour], found[minute])
        )
        ends.append(said + _half_day(found[half], found))
    return f"{ends[0].rstrip('.')} to {ends[1]}"


def _duration(found: re.Match[str]) -> str | None:
    parts = [(found[unit], unit) for unit in "dhms" if found[unit]]
    if len(parts) < 2:  # noqa: PLR2004 one alone is a quantity
        return None
    trailing = " " * (len(found[0]) - len(found[0].rstrip()))
    return _counted(parts) + trailing


def _zone(found: re.Match[str]) -> str:
    sign = "plus" if found["sign"] == "+" else "minus"
    minutes = f" {number(found['m'])}" if found["m"] and int(found["m"]) else ""
    return f"{found['zone']} {sign} {number(str(int(found['h'])))}{minutes}"
