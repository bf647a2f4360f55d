"""German words for the texts of SSML's `say-as`."""

import re

from nemo_voice_tts.text.de.figures import PLAIN, year
from nemo_voice_tts.text.de.numbers import fraction
from nemo_voice_tts.text.de.ordinals import MONTHS
from nemo_voice_tts.text.spoken_forms import SpokenForms

SIGNS = {
    ".": "Punkt", ",": "Komma", "-": "Strich", "_": "Unterstrich", "@": "at", "/": "Schrägstrich",
    "\\": "umgekehrter Schrägstrich", ":": "Doppelpunkt", ";": "Semikolon", "#": "Raute",
    "*": "Stern", "+": "plus", "&": "und", "%": "Prozent", "$": "Dollar", "=": "gleich",
    "?": "Fragezeichen", "!": "Ausrufezeichen", "'": "Apostroph", '"': "Anführungszeichen",
    "(": "Klammer auf", ")": "Klammer zu", "<": "kleiner als", ">": "größer als", "~": "Tilde",
    "|": "senkrechter Strich", "^": "Zirkumflex", "[": "eckige Klammer auf",
    "]": "eckige Klammer zu", "{": "geschweifte Klammer auf", "}": "geschweifte Klammer zu",
    "`": "Gravis", "\N{POUND SIGN}": "Pfund", "\N{EURO SIGN}": "Euro",
}  # fmt: skip


def _date(day: str | None, month: str | None, of_year: str | None) -> str:
    said_year = year(of_year) if of_year and int(of_year) else of_year
    return " ".join(part for part in (day and f"{int(day)}.", month, said_year) if part)


def _fraction(above: int, below: int, whole: int | None) -> str:
    part = fraction(above, below)
    return part if whole is None else f"{PLAIN.cardinal(whole)} {part}"


def _duration(minutes: int | None, seconds: int | None) -> str:
    return " ".join(
        f"{'eine' if number == 1 else PLAIN.cardinal(number)} {unit}{'' if number == 1 else 'n'}"
        for number, unit in ((minutes, "Minute"), (seconds, "Sekunde"))
        if number is not None
    )


FORMS = SpokenForms(
    cardinal=PLAIN.cardinal,
    ordinal=PLAIN.ordinal,
    number=re.compile(r"([-+−]?)(\d{1,3}(?:[. \xa0]\d{3})+|\d+)(?:,(\d+))?"),
    ordinal_number=re.compile(r"(\d[\d.]*)(?:te[rsmn]?|ste[rsmn]?)?"),
    plus="plus",
    minus="minus",
    point="Komma",
    extension="Durchwahl",
    bleep="piep",
    months=MONTHS,
    date=_date,
    fraction=_fraction,
    duration=_duration,
    signs=SIGNS,
)
