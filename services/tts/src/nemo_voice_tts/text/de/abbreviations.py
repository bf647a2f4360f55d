"""German short forms: those of `short_forms.tsv`, and streets such as `Hauptstr.`."""

import re

from nemo_voice_tts.text.short_forms import ShortForms
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

_OPENERS = WordSets(__package__).alternation("openers")
STARTERS = re.compile(rf"[ ]+[\"'(]?(?:{_OPENERS})\b")
"""What follows the stop of a sentence."""
_STREET = re.compile(
    r"(?<=[a-zäöüß])(?P<short>str|pl|nr)\.(?=[ ,;:)]|$)|(?<=[A-ZÄÖÜa-zäöüß]-)Str\.(?!\w)"
)
_SLASHED = re.compile(r"(?<![\w/])c/o(?!\w)")
_SINGLES = {
    "Std": "Stunde", "Min": "Minute", "Sek": "Sekunde", "Mio": "Million", "Mrd": "Milliarde",
    "Pers": "Person", "Pf": "Pfennig",
}  # fmt: skip
_SINGLE = re.compile(rf"(?<![\w.,:/-])(?P<one>1 )(?P<form>{'|'.join(_SINGLES)})\.(?!\w)")
_ACCORDING = re.compile(r"(?<![\w.])Gem\.(?=[ ](?:§|Art|Abs|[a-zäöü]|Vereinb|Vertrag|Gesetz))")
_listed = ShortForms(__package__, _OPENERS)


def abbreviations(text: Traced) -> Traced:
    """Returns the text with its short forms in full."""
    text = _listed(text.sub(_SINGLE, _single).sub(_ACCORDING, "Gemäß"))
    if "." not in text.text and "/" not in text.text:
        return text
    return text.sub(_STREET, _street).sub(_SLASHED, "bei")


def _single(found: re.Match[str]) -> str:
    rest = found.string[found.end() :]
    stop = "." if not rest.strip() or STARTERS.match(rest) else ""
    return f"{found['one']}{_SINGLES[found['form']]}{stop}"


def _street(found: re.Match[str]) -> str:
    said = {"str": "straße", "pl": "platz", "nr": "nummer"}.get(found["short"] or "", "Straße")
    rest = found.string[found.end() :]
    return f"{said}." if not rest.strip() or STARTERS.match(rest) else said
