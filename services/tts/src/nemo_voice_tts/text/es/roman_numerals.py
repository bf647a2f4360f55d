"""Roman numerals in Spanish words: `Felipe VI`, `siglo XXI`, `II Guerra Mundial`."""

import re

from nemo_voice_tts.text.es.figures import is_feminine, number, ordinal
from nemo_voice_tts.text.roman import roman_value
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

_LETTERS = "[IVXLCDM]"
_HEADED = re.compile(
    rf"\b(?P<head>[Ss]iglos?|[Cc]apítulos?|[Tt]omos?|[Vv]olumen|[Vv]olúmenes|[Pp]artes?|[Aa]ctos?|[Ll]ibros?"
    rf"|[Tt]ítulos?|[Aa]nexos?|[Ff]ases?|[Nn]iveles|[Nn]ivel|[Aa]rtículos?|[Ee]scenas?|[Ff]iguras?|[Tt]ipos?"
    rf"|[Gg]rados?|[Cc]lases?|[Rr]ocky|[Vv]ersión|[Zz]ona|[Ss]ección|[Tt]ablas?|Apolo"
    rf"|Cuaderno|[Uu]nidad)[ ]"
    rf"(?P<n>{_LETTERS}{{1,7}})(?:(?P<joint>[ ]?-[ ]?|[ ](?:y|e|o|a|al)[ ])"
    rf"(?P<m>{_LETTERS}{{1,7}}))?(?![\w])"
)
_SETS = WordSets(__package__)
_WOMEN, _MEN = _SETS.alternation("queens"), _SETS.alternation("kings")
_RULER = re.compile(rf"\b(?P<name>(?P<woman>{_WOMEN})|{_MEN})[ ](?P<n>{_LETTERS}{{1,7}})(?![\w])")
_COUNTED_OFF = re.compile(
    rf"(?<![\w.])(?P<n>{_LETTERS}{{1,6}})[ ](?=(?P<noun>Guerra|República|Congreso|Concilio"
    rf"|Reich|Cumbre|Jornadas?"
    r"|Edición|Feria|Festival|Olimpiada|Internacional|Premio|Premios|Simposio|Bienal|Encuentro|Certamen"
    r"|Asamblea|Legislatura|Plan|Gala|Maratón|Carrera|Foro|Semana|Salón|Torneo|Copa|Campeonato|Aniversario"
    r"|Centenario|Convenio|Conde|Duque|Marqués|Duquesa|Marquesa|Condesa|Dinastía)\b)"
)
_UNMISTAKABLE = re.compile(
    r"(?<![\w.&/-])(?P<n>II|III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX|XXI|XXII)(?![\w.&/-]\w|\w)"
)
_YEAR = re.compile(rf"(?<!\w)(?P<n>M{{1,3}}{_LETTERS}{{3,10}})(?!\w)")
_LAST_ORDINAL = 10
"""Rulers after it have cardinals: "Juan Veintitrés"."""


def roman_numerals(text: Traced) -> Traced:
    """Returns the text with its Roman numerals in words."""
    if not re.search(rf"\b{_LETTERS}", text.text):
        return text
    text = text.sub(_RULER, _ruler).sub(_HEADED, _headed).sub(_COUNTED_OFF, _counted_off)
    return text.sub(_UNMISTAKABLE, _plain).sub(_YEAR, _plain)


def _ruler(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    if value is None:
        return None
    if value > _LAST_ORDINAL:
        return f"{found['name']} {number(str(value))}"
    return f"{found['name']} {ordinal(str(value), feminine=found['woman'] is not None)}"


def _headed(found: re.Match[str]) -> str | None:
    values = [roman_value(numeral) for numeral in (found["n"], found["m"]) if numeral]
    if None in values:
        return None
    said = [number(str(value)) for value in values]
    head = found["head"]
    is_act = re.match(r"[Aa]cto", head) is not None
    if is_act:
        said = [ordinal(str(value)) for value in values]
    joint = found["joint"] or ""
    joint = " a " if "-" in joint else joint
    return f"{head} {joint.join(said)}"


def _counted_off(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    if value is None:
        return None
    noun = found["noun"]
    feminine = is_feminine(noun) or noun in {"Cumbre", "Internacional", "Bienal"}
    said = ordinal(str(value), feminine=feminine)
    if noun == "Maratón":
        feminine = False
    if not feminine:
        said = re.sub(r"(primer|tercer)o$", r"\1", said)
    return f"{said} "


def _plain(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    return None if value is None else number(str(value))
