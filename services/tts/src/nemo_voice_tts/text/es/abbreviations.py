"""Spanish short forms: those of `short_forms.tsv`, and the ones that need what stands beside."""

import re

from nemo_voice_tts.text.short_forms import ShortForms
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

_PAGES = re.compile(r"(?<![\w.])(?P<form>pp?)\.[ ]?(?=\d)")
_CENTURY = re.compile(r"(?<![\w.])[sS]\.[ ](?=[IVX]{1,5}\b)")
_CENTURIES = re.compile(r"(?<![\w.])ss\.[ ](?=[IVX]{1,5}\b)")
_DON = re.compile(r"(?<![\w.])D\.[ ](?=[A-ZÁÉÍÓÚÑ][a-záéíóúñ]+\b)")
_SAINT = re.compile(
    r"(?<![\w.])S\.[ ](?=(?:Juan|Pedro|Pablo|José|Francisco|Antonio|Miguel|Luis)\b)"
)
_ROOMS = re.compile(r"(?<![\w.,/])(?P<n>[1-9]|1\d)[ ]hab\.(?!/)")
"""Of a flat: no place has so few inhabitants."""
_THAT = re.compile(r"(?<!letra )(?<!tecla )(?<!variable )\bq(?= [a-záéíóúñ])")
"""As chats write "que"."""
_STREET = re.compile(r"(?<![\w/.])[cC]/[ ]?(?=[A-ZÁÉÍÓÚÑ\d])")
_listed = ShortForms(__package__, WordSets(__package__).alternation("openers"))


def abbreviations(text: Traced) -> Traced:
    """Returns the text with its short forms in full."""
    if "." in text.text or "/" in text.text:
        text = text.sub(_CENTURY, "siglo ").sub(_CENTURIES, "siglos ").sub(_DON, "don ")
        text = text.sub(_SAINT, "San ").sub(_STREET, "calle ").sub(_PAGES, _pages)
        text = text.sub(_ROOMS, _rooms)
    return _listed(text.sub(_THAT, "que") if "q " in text.text else text)


def _rooms(found: re.Match[str]) -> str:
    said = "habitación" if found["n"] == "1" else "habitaciones"
    return f"{found['n']} {said}{'' if found.string[found.end() :].strip() else '.'}"


def _pages(found: re.Match[str]) -> str:
    return "página " if found["form"] == "p" else "páginas "
