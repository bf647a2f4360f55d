"""German short forms: those of `short_forms.tsv`, and streets such as `Hauptstr.`."""

import re

from nemo_voice_tts.text.short_forms import ShortForms
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

_OPENERS = WordSets(__package__).alternation("openers")
_STARTERS = re.compile(rf"[ ]+[\"'(]?(?:{_OPENERS})\b")
_STREET = re.compile(
    r"(?<=[a-zäöüß])(?P<short>str|pl)\.(?=[ ,;:)]|$)|(?<=[A-ZÄÖÜa-zäöüß]-)Str\.(?!\w)"
)
_SLASHED = re.compile(r"(?<![\w/])c/o(?!\w)")
_listed = ShortForms(__package__, _OPENERS)


def abbreviations(text: Traced) -> Traced:
    """Returns the text with its short forms in full."""
    text = _listed(text)
    if "." not in text.text and "/" not in text.text:
        return text
    return text.sub(_STREET, _street).sub(_SLASHED, "bei")


def _street(found: re.Match[str]) -> str:
    said = {"str": "straße", "pl": "platz"}.get(found["short"] or "", "Straße")
    rest = found.string[found.end() :]
    return f"{said}." if not rest.strip() or _STARTERS.match(rest) else said
