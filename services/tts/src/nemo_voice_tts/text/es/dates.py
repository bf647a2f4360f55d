"""Dates and times in Spanish words: `29/11/2026`, `2026-11-29`, `17:45`, `1 de enero`."""

import re

from nemo_voice_tts.text.es.figures import number
from nemo_voice_tts.text.traced import Traced

MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
    "octubre", "noviembre", "diciembre",
)  # fmt: skip
_ISO = re.compile(
    r"(?<![\w.,/:-])(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[T ](?=\d\d:)"
    r"(?P<h>\d\d):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d))?Z?)?(?![\w]|[-/:]\d)"
)
_NUMERIC = re.compile(
    r"(?<![\w.,/:-])(?P<d>\d{1,2})(?P<sign>[-/.])(?P<m>\d{1,2})(?P=sign)"
    r"(?P<y>\d{4}|\d\d)(?![\w]|[-/:.]\d)"
)
_CLOCK = re.compile(
    r"(?<![\w.,:/-])(?P<h>[01]?\d|2[0-4]):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?"
    r"(?:[ ]?(?:h|hrs?|horas)\b\.?)?(?P<half>[ ]?[aApP]\.?[ ]?[mM]\b\.?)?(?![\w:])"
)
_HOURS = re.compile(r"(?<![\w.,:/-])(?P<h>1[0-2]|[1-9])[ ]?(?P<half>[aApP]\.?[ ]?[mM]\b\.?)")
_ANY = re.compile(r"\d[-/.:]\d|\d[ ]?[aApP]\.?[ ]?[mM]")
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CENTURY = {True: "20", False: "19"}
_PIVOT, _NOON, _EVENING = 50, 12, 20


def dates(text: Traced) -> Traced:
    """Returns the text with its dates in figures, and times of day, in words."""
    if not _ANY.search(text.text):
        return text
    return text.sub(_ISO, _iso).sub(_NUMERIC, _numeric).sub(_CLOCK, _clock).sub(_HOURS, _hour)


def _date(day: int, month: int, year: str) -> str | None:
    if not 1 <= month <= len(MONTHS) or not 1 <= day <= _DAYS_OF[month - 1]:
        return None
    full = year if len(year) > 2 else _CENTURY[int(year) < _PIVOT] + year  # noqa: PLR2004 two digits
    return f"{number(str(day))} de {MONTHS[month - 1]} de {number(full)}"


def _iso(found: re.Match[str]) -> str | None:
    said = _date(int(found["d"]), int(found["m"]), found["y"])
    return f"{said}, {_time(found['h'], found['min'])}" if said and found["h"] else said


def _numeric(found: re.Match[str]) -> str | None:
    is_version = found["sign"] == "." and len(found["y"]) != 4  # noqa: PLR2004 a year's digits
    return None if is_version else _date(int(found["d"]), int(found["m"]), found["y"])


def _time(hour: str, minute: str, second: str | None = None) -> str:
    said = number(str(int(hour)), feminine=True)
    if int(minute):
        said += f" {number(str(int(minute)))}" if minute[0] != "0" else f" cero {number(minute[1])}"
    else:
        said += " en punto"
    return f"{said} y {number(str(int(second)))} segundos" if second and int(second) else said


def _half(written: str | None, hour: int) -> str:
    if not written:
        return ""
    if "a" in written.lower():
        return " de la mañana"
    return " de la noche" if _EVENING - _NOON <= hour < _NOON else " de la tarde"


def _clock(found: re.Match[str]) -> str:
    return _time(found["h"], found["m"], found["s"]) + _half(found["half"], int(found["h"]))


def _hour(found: re.Match[str]) -> str:
    return number(found["h"], feminine=True) + _half(found["half"], int(found["h"]))
