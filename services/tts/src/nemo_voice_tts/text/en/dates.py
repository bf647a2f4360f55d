"""Dates in words: `2026-11-29`, `11/29/2026`, `Nov 29`, `Q3 2024`, `Mon-Fri`."""

import re

from nemo_voice_tts.text.en.figures import is_year, number, ordinal, pairs, year
from nemo_voice_tts.text.en.times import clock
from nemo_voice_tts.text.traced import Traced

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS} | {"Sept": "September"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_DAYS = {day[:3]: day for day in _DAYS} | {
    "Tues": "Tuesday",
    "Thur": "Thursday",
    "Thurs": "Thursday",
}

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_SUFFIX = r"(?:st|nd|rd|th)"
_YEAR = r"(?:1[0-9]|20|21)\d\d"
_FIRST, _END = r"(?<![\w.,/:-])(?<!\d )", r"(?![\w]|[-/:]\d|[.,]\d)"

_ISO = re.compile(
    rf"(?<![\w.,/:-])(?P<y>{_YEAR})(?P<s>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=s)(?P<d>{_DAY})"
    r"(?:(?:T|[ ](?=\d\d:))(?P<h>[01]\d|2[0-4]):(?P<min>[0-5]\d)(?::(?P<sec>[0-5]\d"
    r"|60)(?:[.,](?P<part>\d{1,9}))?)?"
    r"[ ]?(?P<zone>Z|[+-](?P<zh>[01]\d):?(?P<zm>[0-5]\d)?)?)?(?![\w]|[-/:]\d|\.\d)"
)
_NUMERIC = re.compile(
    rf"{_FIRST}(?P<a>\d{{1,2}})(?P<s>[-/.])(?P<b>\d{{1,2}})(?P=s)(?P<y>{_YEAR}|\d\d){_END}"
)
_MONTH_DAY = re.compile(
    rf"(?<!\w)(?P<month>{_MONTH})\.?[ ](?P<d>{_DAY}){_SUFFIX}?(?:[ ]?-[ ]?(?:"
    rf"(?P<month2>{_MONTH})\.?[ ])?(?P<d2>{_DAY}){_SUFFIX}?)?"
    rf"(?:(?P<comma>,?)[ ](?P<y>{_YEAR}))?(?![\w]|[-/:%]\d?|[.,]\d|[ ](?:%|percent|km"
    rf"|am|pm|people)\b)"
)
_DAY_MONTH = re.compile(
    rf"(?P<the>\b[Tt]he[ ])?(?<![\w.,/:$£€-])(?P<d>{_DAY})(?P<th>{_SUFFIX})?"
    rf"(?:[ ]?-[ ]?(?P<d2>{_DAY}){_SUFFIX}?)?[ -]"
    rf"(?P<of>of[ ])?(?P<month>{_MONTH})(?!\w)(?:\.(?=[ ]\d|[ ][a-z]"
    rf"|,))?(?:(?P<comma>,?)[ -](?P<y>{_YEAR}))?(?![\w]|[-/:]\d|[.,]\d)"
)
_MONTH_YEAR = re.compile(
    rf"(?<!\w)(?P<month>{_MONTH})\.?(?P<comma>,?)[ -](?P<y>{_YEAR}|'(?P<short>\d\d)){_END}"
)
_YEAR_OF = re.compile(
    r"(?<![\w])(?:(?P<part>Q[1-4]|H[12])[ ]?(?:(?P<fy>FY)[ ]?)?(?:/|-"
    r"|of[ ])?[ ]?'?(?P<y>(?:19|20)\d\d|\d\d(?=\b))|FY[ ]?'?(?P<fiscal>(?:19|20)?\d\d)"
    r"(?:[/-](?P<fiscal2>\d\d))?)(?![\w]|[.,/:-]\d)"
)
_MONTHS_TO = re.compile(rf"(?<!\w)(?P<a>{_MONTH})\.?[ ]?[-/][ ]?(?P<b>{_MONTH})(?!\w)")
_WEEKDAYS_TO = re.compile(
    r"(?<!\w)(?P<a>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?:day|nesday"
    r"|urday)?\.?[ ]?[-–][ ]?(?P<b>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?:day|nesday"
    r"|urday)?(?!\w)"
)
_WEEKDAY = re.compile(
    rf"(?<!\w)(?P<a>Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)(?:\.(?=[ ,])|(?=,?[ ](?:\d"
    rf"|{_MONTH}\b)|,?[ ](?:at|to|and)[ ](?:\d|noon)))"
)
_SHORT_DATE = re.compile(
    rf"(?:(?<=\bon )|(?<=\buntil )|(?<=\bsince )|(?<=\bdue )|(?<=\bdated )|(?<=day )"
    rf"|(?<=day, )|(?<=\bbefore )|(?<=\bafter ))"
    rf"(?:(?P<m>0?[1-9]|1[0-2])/(?P<d>{_DAY})|(?P<d3>1[3-9]|2\d|3[01])/(?P<m3>0?[1-9]"
    rf"|1[0-2]))(?![\w]|[-/:.,]\d)|{_FIRST}(?P<m2>0?[1-9]|1[0-2])/(?P<d2>1[379]|2[1-9]"
    rf"|3[01])(?![\w]|[-/:.,]\d)"
)
_NUMERIC_MONTH = re.compile(rf"{_FIRST}(?P<m>0[1-9]|[2-9]|1[0-2])/(?P<y>(?:19|20)\d\d){_END}")
_SHORT_RANGE = re.compile(
    rf"{_FIRST}(?P<m>0?[1-9]|1[0-2])/(?P<d>{_DAY})"
    rf"(?:[ ]?-[ ]?|[ ](?:to|through|until)[ ])(?P<m2>0?[1-9]|1[0-2])/(?P<d2>{_DAY}){_END}"
)
_ERA = re.compile(
    r"(?<![\w.,])(?P<y>\d{1,5}|\d{1,3},\d{3})[ ]?(?P<era>BCE?|CE|AD|B\.C\.(?:E\.)?"
    r"|A\.D\.|C\.E\.)(?![\w])|(?<!\w)(?P<ad>AD|A\.D\.)[ ]?(?P<y2>\d{1,4})(?![\w]|[.,]\d)"
)
_DECADE = re.compile(
    r"(?<![\w.,])(?P<century>1[1-9]|20)(?P<tens>\d0)'?s(?!\w)|(?<!\w)'(?P<short>[1-9]0)'?s(?!\w)"
    r"|(?<![\w.,$£€'-])(?P<plain>[2-9]0)'s(?!\w)"
    r"|(?i:(?:(?<=\bthe )|(?<=\bhis )|(?<=\bher )|(?<=\btheir )|(?<=\bmy )"
    r"|(?<=\byour )|(?<=\bour )|(?<=\bmid[ -])|(?<=\blate[ -])"
    r"|(?<=\bearly[ -])|(?<=\blow )|(?<=\bhigh )|(?<=\bupper )))(?P<age>[1-9]0)'?s(?!\w)"
)
_DECADES = re.compile(
    r"(?<![\w.,])'?(?P<age>[1-9]0)'?s(?=(?:,|,? and|,? or|[ ]?&|/| to|-)[ ]?(?:the )?[1-9]0'?s\b"
    r"|[ ](?:music|songs?|hits?|tunes?|playlist|fashion|styles?|rock|pop|punk|soul|jazz|funk|synth"
    r"|hip[ -]hop|rap|R&B|grunge|disco|dance|party|parties|films?|movies?|sitcoms?|shows?|TV|era"
    r"|kids?|child|children|babies|baby|girls?|boys?|teens?|stars?|icons?|bands?|vibes?|look|hair"
    r"|jeans|clothes|outfits?|aesthetic|d[eé]cor|throwbacks?|cartoons?|comics|nostalgia|classics?"
    r"|cars?|toys?|slang|culture|cinema|Hollywood)\b)"
)
_YEAR_TO = re.compile(rf"(?<=\d{{4}})[ ]?-[ ]?(?={_MONTH}\.?[ ](?:{_DAY},?[ ])?\d{{4}})")
_DATES_TO = re.compile(
    rf"\b(?P<from>[Bb]etween)[ ](?P<m>0?[1-9]|1[0-2])/(?P<d>{_DAY})"
    rf"[ ](?P<to>and)[ ](?P<m2>0?[1-9]|1[0-2])/(?P<d2>{_DAY})(?![\w/]|[.,]\d)"
)
_SINCE_YEAR = re.compile(r"(?<![\w'])'(?P<y>\d\d)(?![\w'])")
_ANY = re.compile(r"\d")
_ANY_DAY = re.compile(r"[A-Z][a-z]{2,8}\.?[ ]?[-–/][ ]?[A-Z][a-z]{2}")
_PARTS = frozenset({2, 3, 4, 5, 6, 8})
"""Below the line of the fractions that people write."""
_LAST_MONTH = 12
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def dates(text: Traced) -> Traced:
    """Returns the text with its dates, and ranges of days and months, in words."""
    if _ANY_DAY.search(text.text):
        text = text.sub(_WEEKDAYS_TO, _weekdays).sub(_MONTHS_TO, _months)
    if not _ANY.search(text.text):
        return text
    text = text.sub(_WEEKDAY, lambda found: _SHORT_DAYS[found["a"]])
    text = text.sub(_YEAR_TO, " to ").sub(_DATES_TO, _dates_to)
    text = text.sub(_DECADES, lambda found: _plural(number(found["age"]))).sub(_DECADE, _decade)
    text = text.sub(_ISO, _iso).sub(_NUMERIC, _numeric)
    text = (
        text.sub(_MONTH_DAY, _month_day).sub(_DAY_MONTH, _day_month).sub(_MONTH_YEAR, _month_year)
    )
    return (
        text.sub(_YEAR_OF, _year_of)
        .sub(_SHORT_RANGE, _short_range)
        .sub(_NUMERIC_MONTH, lambda found: f"{_MONTHS[int(found['m']) - 1]} {_year(found['y'])}")
        .sub(_SHORT_DATE, _short_date)
        .sub(_ERA, _era)
        .sub(_SINCE_YEAR, _short_year)
    )


def _decade(found: re.Match[str]) -> str:
    short = found["short"] or found["age"] or found["plain"]
    century, tens = found["century"], found["tens"]
    if short:
        return _plural(number(short))
    if tens != "00":
        return f"{number(century)} {_plural(number(tens))}"
    return "two thousands" if century == "20" else f"{number(century)} hundreds"


def _plural(tens: str) -> str:
    return f"{tens[:-1]}ies" if tens.endswith("y") else f"{tens}s"


def _short_year(found: re.Match[str]) -> str:
    return f"oh {number(found['y'][1])}" if found["y"][0] == "0" else number(found["y"])


def _date(month: int, day: int, written_year: str | None) -> str | None:
    if not 1 <= month <= _LAST_MONTH or not 1 <= day <= _DAYS_OF[month - 1]:
        return None
    said = f"{_MONTHS[month - 1]} {ordinal(str(day))}"
    return f"{said}, {_year(written_year)}" if written_year else said


def _year(written: str) -> str:
    if len(written) == 2:  # noqa: PLR2004 of this century, or of the last one
        return year(("20" if int(written) < 50 else "19") + written)  # noqa: PLR2004 the middle
    return year(written)


def _iso(found: re.Match[str]) -> str | None:
    said = _date(int(found["m"]), int(found["d"]), found["y"])
    if said is None or not found["h"]:
        return said
    part = found["part"]
    second = None if found["sec"] == "00" and not part else found["sec"]
    said = f"{said}, {clock(found['h'], found['min'], second, part)}"
    if found["zone"] == "Z":
        return f"{said} UTC"
    if found["zone"]:
        minutes = f" {number(found['zm'])}" if found["zm"] and found["zm"] != "00" else ""
        sign = "plus" if found["zone"][0] == "+" else "minus"
        return f"{said} UTC {sign} {number(str(int(found['zh'])))}{minutes}"
    return said


def _numeric(found: re.Match[str]) -> str | None:
    a, b, sign = int(found["a"]), int(found["b"]), found["s"]
    if sign == "." and len(found["y"]) != 4:  # noqa: PLR2004 a version otherwise
        return None
    if sign == "-" and len(found["y"]) != 4:  # noqa: PLR2004 a score or a code otherwise
        return None
    month, day = (b, a) if a > _LAST_MONTH or (sign == "." and b <= _LAST_MONTH) else (a, b)
    return _date(month, day, found["y"])


def _month(written: str) -> str:
    return _SHORT_MONTHS.get(written[:4]) or _SHORT_MONTHS[written[:3]]


def _month_day(found: re.Match[str]) -> str | None:
    said = f"{_month(found['month'])} {ordinal(found['d'])}"
    if found["d2"]:
        month = f"{_month(found['month2'])} " if found["month2"] else ""
        said += f" to {month}{ordinal(found['d2'])}"
    return f"{said}, {year(found['y'])}" if found["y"] else said


def _day_month(found: re.Match[str]) -> str | None:
    day = ordinal(found["d"])
    if found["d2"]:
        day += f" to {ordinal(found['d2'])}"
    the = found["the"] or ("the " if not _is_named(found) else "")
    said = f"{the}{day} of {_month(found['month'])}"
    return f"{said} {year(found['y'])}" if found["y"] else said


def _is_named(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - 8) : found.start()]
    return bool(found["of"]) or bool(re.search(r"\b(?:every|each|this|that|next|last)[ ]$", before))


def _month_year(found: re.Match[str]) -> str | None:
    written = found["short"] or found["y"]
    return f"{_month(found['month'])}{found['comma']} {_year(written)}"


def _year_of(found: re.Match[str]) -> str:
    if found["fiscal"]:
        written = found["fiscal"]
        figures = year(written) if is_year(written) else number(written.lstrip("0") or "0")
        said = f"fiscal year {figures}"
        return f"{said} {number(found['fiscal2'].lstrip('0') or '0')}" if found["fiscal2"] else said
    part, written = found["part"], found["y"]
    said = f"{part[0]} {number(part[1])}"
    fiscal = "fiscal year " if found["fy"] else ""
    return f"{said} {fiscal}{year(written) if is_year(written) else pairs(written)}"


def _months(found: re.Match[str]) -> str | None:
    joint = "to" if "-" in found[0] else "or"
    return f"{_month(found['a'])} {joint} {_month(found['b'])}"


def _weekdays(found: re.Match[str]) -> str:
    return f"{_SHORT_DAYS[found['a'][:3]]} to {_SHORT_DAYS[found['b'][:3]]}"


def _dates_to(found: re.Match[str]) -> str | None:
    ends = [_date(int(found[m]), int(found[d]), None) for m, d in (("m", "d"), ("m2", "d2"))]
    return f"{found['from']} {ends[0]} {found['to']} {ends[1]}" if all(ends) else None


def _short_date(found: re.Match[str]) -> str | None:
    month, day = found["m"] or found["m2"] or found["m3"], found["d"] or found["d2"] or found["d3"]
    return _date(int(month), int(day), None)


def _short_range(found: re.Match[str]) -> str | None:
    first, last = (_date(int(found[m]), int(found[d]), None) for m, d in (("m", "d"), ("m2", "d2")))
    fractions = [(found[m], found[d]) for m, d in (("m", "d"), ("m2", "d2"))]
    if all(int(over) < int(under) and int(under) in _PARTS for over, under in fractions):
        return None
    is_rated = found["d"] == found["d2"] and found["d"] in {"5", "10"}
    return f"{first} to {last}" if first and last and not is_rated else None


def _era(found: re.Match[str]) -> str:
    written = (found["y"] or found["y2"]).replace(",", "")
    era = (found["era"] or found["ad"]).replace(".", "")
    said = year(written) if is_year(written) else number(written.lstrip("0") or "0")
    stop = "." if (found["era"] or "").endswith(".") and _ends(found) else ""
    return f"AD {said}" if found["ad"] else f"{said} {era}{stop}"


def _ends(found: re.Match[str]) -> bool:
    return not re.match(r"\s+[a-z]|[,;:)]", found.string[found.end() : found.end() + 3])
