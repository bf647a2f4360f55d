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
    r"(?P<hours>[ ]?(?:h|hrs?|horas)\b\.?)?(?P<half>[ ]?[aApP]\.?[ ]?[mM]\b\.?)?(?![\w:])"
)
_DAY_AND_MONTH = re.compile(
    r"(?<![\w.,/:-])(?:(?=\d{1,2}/0|0\d/|(?!16/9\b|24/7\b)(?:1[3-9]|2\d|3[01])/)"
    r"|(?<=\b[Ee]l )|(?<=\b[Dd]el )|(?<=\b[Aa]l )"
    r"|(?<=[áa]bado )|(?<=mingo )|(?<=[unri]es )|(?<=coles )|(?<=[Ff]echa: )|(?<=\b[Dd]ía ))"
    r"(?P<d>\d{1,2})/(?P<m>\d{1,2})(?![\w/%]|[.,]\d|[ ]de[ ])"
)
"""As fractions are not written: behind an article or a day of the week, with a zero, or
larger than one."""
_WEEKDAYS = {
    "lun": "lunes", "mar": "martes", "mié": "miércoles", "mie": "miércoles", "jue": "jueves",
    "vie": "viernes", "sáb": "sábado", "sab": "sábado", "dom": "domingo",
}  # fmt: skip
_DAY = "|".join(_WEEKDAYS)
_WEEKDAY = re.compile(
    rf"(?<![\w.])(?P<d>{_DAY})\.?(?=,?[ ]\d|[ ]?[-a/y][ ]?(?:{_DAY})\b)"
    rf"|(?:(?<=\b(?:{_DAY})\. [ay] )|(?<=\b(?:{_DAY})-)|(?<=\b(?:{_DAY})\.-))(?P<e>{_DAY})\b\.?",
    re.IGNORECASE,
)
_WORKDAYS = re.compile(r"(?<!\w)L[ ]?(?:-|a)[ ]?(?P<last>[VSD])(?!\w)")
_LAST_DAYS = {"V": "viernes", "S": "sábado", "D": "domingo"}
_DAYS_JOINED = re.compile(
    r"(?<=s|o)[ ]?-[ ]?(?=(?:[mM]artes|[mM]iércoles|[jJ]ueves|[vV]iernes|[sS]ábado|[dD]omingo)\b)"
)
_POINT = re.compile(
    r"(?<![\w.,:/-])(?P<h>[01]?\d|2[0-4])(?:\.(?P<m>[0-5]\d)(?=[ ]?(?:h|hrs?|horas)\b)"
    r"|h(?P<minutes>[0-5]\d)(?!\w|[.,]\d))"
)
_CLOCKS = re.compile(r"(?<=\d:\d\d)(?:[ ]?(?:h|hrs?|horas)\b\.?)?[ ]?-[ ]?(?=\d{1,2}:\d\d)")
_HOURS_RANGE = re.compile(
    r"(?<![\w.,:/-])(?P<a>1?\d|2[0-4])[ ]?(?:-|a|y)[ ]?(?P<b>1?\d|2[0-4])[ ]?(?:h|hrs?"
    r"|horas)\b\.?(?!\w)"
)
_FIRST = re.compile(rf"(?<![\w.,])1[ ]?(?:\.?[ºo°]|er|ero)[ ](?=de[ ](?:{'|'.join(MONTHS)})\b)")
_SHORT_MONTHS = re.compile(
    r"(?<![\w.,/])(?P<d>\d{1,2})(?P<sign>[-/ ])(?P<m>ene|feb|mar|abr|may|jun|jul|ago|sept?"
    r"|oct|nov|dic)"
    r"\.?(?P=sign)(?P<y>\d{4}|\d\d)(?!\w)",
    re.IGNORECASE,
)
_HOURS = re.compile(r"(?<![\w.,:/-])(?P<h>1[0-2]|[1-9])[ ]?(?P<half>[aApP]\.?[ ]?[mM]\b\.?)")
_ANY = re.compile(r"\d[-/.:]|\d[ ]?(?:[aApP]\.?[ ]?[mM]|[hoº°e]|a |y \d|[A-Za-z]{3})")
_SHORT_MONTH = r"(?:ene|feb|abr|ago|sept?|oct|nov|dic)\.?|(?:mar|may|jun|jul)\."
_MONTH = re.compile(
    rf"(?<![\w.,/])(?P<d>\d{{1,2}}[ ](?:de[ ])?)?(?P<m>{_SHORT_MONTH})"
    r"(?:(?P<of>[ ](?:de[ ]|del[ ])?)(?P<y>(?:19|20)\d\d)(?!\w)|(?<=\.)(?=[ ,;)-]|$))",
    re.IGNORECASE,
)
"""A short form of a month beside a day or a year."""
_DECADE = re.compile(r"(?:(?<=\b[Aa]ños[ ])|(?<=\b[Ll]os[ ]))'?(?P<n>\d0)(?:'?s)?(?![\w%]|[.,]\d)")
_NOT_SHARP = re.compile(
    r"[ ](?:a|y|hasta)[ ](?:las?[ ])?\d{1,2}:\d|[ ]del?[ ](?:la[ ])?"
    r"(?:mañana|mediodía|tarde|noche|madrugada)\b"
)
_SECOND_HOUR = re.compile(r"\d(?:[ ]?h)?[ ](?:a|y|hasta)[ ](?:las?[ ])?$")
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_CENTURY = {True: "20", False: "19"}
_PIVOT, _NOON, _EVENING = 50, 12, 20


def dates(text: Traced) -> Traced:
    """Returns the text with its dates in figures, and times of day, in words."""
    text = text.sub(_WEEKDAY, _weekday).sub(_WORKDAYS, _workdays).sub(_DAYS_JOINED, " a ")
    text = text.sub(_MONTH, _month).sub(_DECADE, lambda found: number(found["n"]))
    if not _ANY.search(text.text):
        return text
    text = text.sub(_FIRST, "primero ").sub(_SHORT_MONTHS, _short_month)
    text = text.sub(_POINT, lambda found: f"{found['h']}:{found['m'] or found['minutes']}")
    text = text.sub(_CLOCKS, " a ").sub(_HOURS_RANGE, _hours_range)
    text = text.sub(_ISO, _iso).sub(_NUMERIC, _numeric).sub(_DAY_AND_MONTH, _day_and_month)
    return text.sub(_CLOCK, _clock).sub(_HOURS, _hour)


def _month(found: re.Match[str]) -> str | None:
    day, of_year = found["d"] or "", found["y"]
    if not day and not of_year:
        return None
    short = found["m"].lower()[:3]
    name = next(month for month in MONTHS if month.startswith(short))
    said = f"{day.split(' ')[0]} de {name}" if day else name
    return f"{said} de {number(of_year)}" if of_year else said


def _day_and_month(found: re.Match[str]) -> str | None:
    day, month = int(found["d"]), int(found["m"])
    if not 1 <= month <= len(MONTHS) or not 1 <= day <= _DAYS_OF[month - 1]:
        return None
    return f"{number(str(day))} de {MONTHS[month - 1]}"


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


def _time(hour: str, minute: str, second: str | None = None, full_hour: str = " en punto") -> str:
    said = number(str(int(hour)), feminine=True)
    if int(minute):
        said += f" {number(str(int(minute)))}" if minute[0] != "0" else f" cero {number(minute[1])}"
    else:
        said += full_hour
    return f"{said} y {number(str(int(second)))} segundos" if second and int(second) else said


def _weekday(found: re.Match[str]) -> str:
    written = found["d"] or found["e"]
    said = _WEEKDAYS[written.lower()]
    return said.capitalize() if written[0].isupper() else said


def _workdays(found: re.Match[str]) -> str:
    return f"lunes a {_LAST_DAYS[found['last']]}"


def _short_month(found: re.Match[str]) -> str | None:
    lowered = found["m"].lower()
    month = next(at for at, name in enumerate(MONTHS, 1) if name.startswith(lowered[:3]))
    return _date(int(found["d"]), month, found["y"])


def _hours_range(found: re.Match[str]) -> str:
    first, last = (number(found[end], feminine=True) for end in "ab")
    joint = " y " if re.search(r"\d[ ]?y", found[0]) else " a "
    return f"{first}{joint}{last} horas"


def _half(written: str | None, hour: int) -> str:
    if not written:
        return ""
    if "a" in written.lower():
        return " de la mañana"
    return " de la noche" if _EVENING - _NOON <= hour < _NOON else " de la tarde"


def _clock(found: re.Match[str]) -> str:
    full_hour = " en punto"
    if found["hours"]:
        full_hour = " horas"
    elif (
        found["half"]
        or _NOT_SHARP.match(found.string, found.end())
        or _SECOND_HOUR.search(found.string[max(0, found.start() - 16) : found.start()])
    ):
        full_hour = ""
    return _time(found["h"], found["m"], found["s"], full_hour) + _half(
        found["half"], int(found["h"])
    )


def _hour(found: re.Match[str]) -> str:
    return number(found["h"], feminine=True) + _half(found["half"], int(found["h"]))
