"""Spanish words for the texts of SSML's `say-as`."""

import re

from nemo_voice_tts.text.es.dates import MONTHS
from nemo_voice_tts.text.es.figures import PLAIN, counted, fraction, ordinal
from nemo_voice_tts.text.spoken_forms import SpokenForms

SIGNS = {
    ".": "punto", ",": "coma", "-": "guion", "_": "guion bajo", "@": "arroba", "/": "barra",
    "\\": "barra invertida", ":": "dos puntos", ";": "punto y coma", "#": "almohadilla",
    "*": "asterisco", "+": "más", "&": "y", "%": "por ciento", "$": "dólar", "=": "igual",
    "?": "cierra interrogación", "¿": "abre interrogación", "!": "cierra exclamación",
    "¡": "abre exclamación", "'": "apóstrofo", '"': "comillas", "(": "abre paréntesis",
    ")": "cierra paréntesis", "<": "menor que", ">": "mayor que", "~": "virgulilla",
    "|": "barra vertical", "^": "circunflejo", "[": "abre corchete", "]": "cierra corchete",
    "{": "abre llave", "}": "cierra llave", "`": "acento grave", "\N{POUND SIGN}": "libra",
    "\N{EURO SIGN}": "euro",
}  # fmt: skip


def _date(day: str | None, month: str | None, year: str | None) -> str:
    return " de ".join(part for part in (day and str(int(day)), month, year) if part)


def _fraction(above: int, below: int, whole: int | None) -> str:
    part = fraction(above, below)
    return part if whole is None else f"{PLAIN.cardinal(whole)} y {part}"


def _duration(minutes: int | None, seconds: int | None) -> str:
    return " y ".join(
        f"{counted(str(number), unit)} {unit}{'' if number == 1 else 's'}"
        for number, unit in ((minutes, "minuto"), (seconds, "segundo"))
        if number is not None
    )


FORMS = SpokenForms(
    cardinal=PLAIN.cardinal,
    ordinal=lambda number: ordinal(str(number)),
    number=re.compile(r"([-+−]?)(\d{1,3}(?:[. \xa0]\d{3})+|\d+)(?:[.,](\d+))?"),
    ordinal_number=re.compile(r"(\d[\d.]*)\.?(?:[ºªo°a]|er|ro|do|to|mo|vo|no|ra|da|ta|ma|va|na)?"),
    plus="más",
    minus="menos",
    point="coma",
    extension="extensión",
    bleep="pip",
    months=MONTHS,
    date=_date,
    fraction=_fraction,
    duration=_duration,
    signs=SIGNS,
)
