"""Dates and years in German: `03.05.2024`, `2024-05-03`, `3. Mai '24`, `1939-1945`, `90er`.

Days keep their number and dot: `ordinals.py` finds the ending that they want.
"""

import re

from nemo_voice_tts.text.de.figures import PLAIN, may_be_year, number, year
from nemo_voice_tts.text.de.ordinals import MONTHS
from nemo_voice_tts.text.traced import Traced

_MONTH = "|".join(MONTHS)
_SHORT = {
    "Jan": 0, "Jän": 0, "Feb": 1, "Febr": 1, "Mär": 2, "Mrz": 2, "Apr": 3, "Jun": 5, "Jul": 6,
    "Aug": 7, "Sep": 8, "Sept": 8, "Okt": 9, "Nov": 10, "Dez": 11,
}  # fmt: skip
_WEEKDAYS = {
    "Mo": "Montag", "Di": "Dienstag", "Mi": "Mittwoch", "Do": "Donnerstag", "Fr": "Freitag",
    "Sa": "Samstag", "So": "Sonntag",
}  # fmt: skip
_ISO = re.compile(
    r"(?<![\w.,/:-])(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:(?:T|[ ](?=\d\d:\d\d))"
    r"(?P<time>\d\d:[0-5]\d(?::[0-5]\d)?)(?:\.\d+)?Z?)?(?![\w]|[-/:]\d)"
)
_NUMERIC = re.compile(
    r"(?<![\w.,/:-])(?P<d>[0-3]?\d)(?:\.[ ]?(?P<m>[01]?\d)\.[ ]?(?P<y>\d{4}|\d\d)"
    r"|(?P<sign>[/-])(?P<m2>[01]?\d)(?P=sign)(?P<y2>\d{4}))(?![\w]|[-/:.,]\d)"
)
_DAY_AND_MONTH = re.compile(r"(?<![\w.,/:-])(?P<d>[0-3]?\d)\.[ ]?(?P<m>[01]?\d)\.(?![\w]|[-/:]?\d)")
_RANGE_OF_DAYS = re.compile(r"(?<=\d\.)[ ]?-[ ]?(?=\d{1,2}\.[ ]?(?:\d|[A-ZJ]))")
_ABBREVIATED = re.compile(
    rf"(?P<before>(?<!\w)\d{{1,2}}\.[ ]?|\b(?:im|Im|bis|seit|Seit|ab|Ab|von|Ende|Anfang|Mitte)[ ]"
    rf"|(?<![\w.-])(?=\w{{3,5}}\.?[ ](?:(?:19|20)\d\d|'\d\d)(?!\w)))"
    rf"(?P<m>{'|'.join(sorted(_SHORT, key=len, reverse=True))})\.?(?![\w])"
)
_WEEKDAY = re.compile(
    r"\b(?P<a>Mo|Di|Mi|Do|Fr|Sa|So)(?P<dot>\.?)(?:(?P<to>[ ]?-[ ]?|[ ]?\+[ ]?|/|[ ]und[ ])"
    r"(?P<b>Mo|Di|Mi|Do|Fr|Sa|So)"
    r"\b\.?|(?=,?[ ](?:den[ ])?\d{1,2}\.|[ ]\d{1,2}(?:[:.]\d\d)?[ ]?(?:-[ ]?\d{1,2}"
    r"(?:[:.]\d\d)?[ ]?)?Uhr))"
)
_SHORT_YEAR = re.compile(
    rf"(?P<before>(?:{_MONTH}|Sommer|Winter|Frühjahr|Herbst)[ ])?'(?P<y>\d\d)(?!\w)"
)
_YEARS = re.compile(
    r"(?<![\w.,/-])(?P<a>[12]\d{3})[ ]?(?P<sign>[-/])[ ]?(?P<b>[12]\d{3}|\d\d)(?![\w,]|[./-]\d)"
)
_DECADE = re.compile(r"(?<![\w.,])(?P<n>[12]\d{3}|\d0)(?:er|iger)(?P<rest>n)?(?!\w)[ -]?")
_YEAR = re.compile(r"(?<![\w.,/:-])(?P<y>[12]\d{3})(?![\w%€$]|[.,/:]\d|[ ]?[€$%£])")
_AFTER_MONTH = re.compile(
    rf"(?:{_MONTH}|Jahre?s?|Jahren|Anno|Sommer|Winter|Herbst|Frühjahr|Jahrgang)[ ]$"
)
_NOUN = re.compile(r"[ ](?P<noun>[^\W\d_]+)")
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:seit|von|ab|um|vor|nach|zwischen|bis|in|anno|und|oder|geboren|gestorben|gegründet|war"
    r"|ende|anfang|mitte|frühjahr|sommer|herbst|winter|wie)|[(,;])[ ]?$",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"(?:Euro|Cent|Dollar|Franken|Pfund|Yen|Menschen|Einwohner\w*|Personen|Leute|Kilometer\w*|Meter\w*"
    r"|Liter|Gramm|Kilo\w*|Tonnen|Stück|Jahre\w*|Tage\w*|Stunden|Minuten|Sekunden|Wochen|Mal|Prozent"
    r"|Seiten|Watt|Teilnehmer\w*|Besucher\w*|Zuschauer\w*|Mitarbeiter\w*|Mitglieder\w*|Euros|Punkte\w*"
    r"|Soldaten|Tote\w*|Schüler\w*|Studenten|Studierende\w*|Kinder\w*|Bücher\w*|Wörter\w*|Fälle\w*"
    r"|Haushalte\w*|Arten|Quadratmeter\w*|Hektar|Kalorien|Fans|Gäste\w*|Schritte\w*|Zeichen|Zeilen)"
)
_DAYS_OF = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PIVOT = 50


def dates(text: Traced) -> Traced:
    """Returns the text with the months and years of its dates in words, and days as `3.`."""
    text = text.sub(_WEEKDAY, _weekday).sub(_ISO, _iso)
    text = text.sub(_RANGE_OF_DAYS, " bis ").sub(_NUMERIC, _numeric)
    text = text.sub(_DAY_AND_MONTH, _day_and_month).sub(_ABBREVIATED, _abbreviated)
    return text.sub(_SHORT_YEAR, _short_year)


def years(text: Traced) -> Traced:
    """Returns the text with its years in words, where they are said otherwise than amounts."""
    return text.sub(_DECADE, _decade).sub(_YEARS, _years).sub(_YEAR, _year)


def _date(day: str, month: str, of_year: str) -> str | None:
    at = int(month) - 1
    if not 0 <= at < len(MONTHS) or not 1 <= int(day) <= _DAYS_OF[at]:
        return None
    said = f"{int(day)}. {MONTHS[at]}"
    return f"{said} {year(_full(of_year))}" if of_year else said


def _full(of_year: str) -> str:
    if len(of_year) > 2:  # noqa: PLR2004 a year without its century
        return of_year
    return f"{'20' if int(of_year) < _PIVOT else '19'}{of_year}"


def _iso(found: re.Match[str]) -> str | None:
    said = _date(found["d"], found["m"], found["y"])
    return f"{said}, {found['time']} Uhr" if said and found["time"] else said


def _numeric(found: re.Match[str]) -> str | None:
    return _date(found["d"], found["m"] or found["m2"], found["y"] or found["y2"])


def _day_and_month(found: re.Match[str]) -> str | None:
    said = _date(found["d"], found["m"], "")
    return said and (f"{said}." if found.end() == len(found.string.rstrip()) else said)


def _abbreviated(found: re.Match[str]) -> str:
    before = found["before"]
    return f"{before}{' ' if before[-1:] == '.' else ''}{MONTHS[_SHORT[found['m']]]}"


def _weekday(found: re.Match[str]) -> str | None:
    first = _WEEKDAYS[found["a"]]
    if not found["b"]:
        return first
    joint = "bis" if "-" in found["to"] else "und"
    return f"{first} {joint} {_WEEKDAYS[found['b']]}"


def _short_year(found: re.Match[str]) -> str:
    return f"{found['before'] or ''}{number(found['y'])}"


def _decade(found: re.Match[str]) -> str:
    figures = found["n"]
    said = year(figures) if may_be_year(figures) else PLAIN.integer(figures)
    blank = " " if found[0][-1] in " -" else ""
    return f"{said}er{found['rest'] or ''}{blank}"


def _years(found: re.Match[str]) -> str | None:
    first, last = found["a"], found["b"]
    is_short = len(last) == 2  # noqa: PLR2004 a year without its century
    if is_short and int(last) != (int(first[2:]) + 1) % 100 and int(last) <= int(first[2:]):
        return None
    said = PLAIN.integer(last) if is_short else year(last)
    joint = " bis " if found["sign"] == "-" or not is_short else " "
    return f"{year(first)}{joint}{said}"


def _year(found: re.Match[str]) -> str | None:
    figures, text, start = found["y"], found.string, found.start()
    if not may_be_year(figures):
        return None
    before = text[max(0, start - 20) : start]
    if _AFTER_MONTH.search(before):
        return year(figures)
    following = _NOUN.match(text, found.end())
    noun = following["noun"] if following else ""
    if noun and _UNITS.fullmatch(noun):
        return None
    is_counted = noun[:1].isupper() and not _YEAR_BEFORE.search(before)
    return None if is_counted else year(figures)
