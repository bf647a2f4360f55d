"""Roman numerals in German words: `Ludwig XIV.`, `Kapitel IV`, `II. Weltkrieg`."""

import re

from nemo_voice_tts.text.de.figures import PLAIN
from nemo_voice_tts.text.de.ordinals import ordinal
from nemo_voice_tts.text.roman import roman_value
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

_LETTERS = "[IVXLCDM]"
_SETS = WordSets(__package__)
_WOMEN, _MEN = _SETS.alternation("queens"), _SETS.alternation("kings")
_RULER = re.compile(
    rf"\b(?P<name>(?:(?:{_MEN})(?P<s>s)?[ ])?(?:(?P<woman>{_WOMEN})|{_MEN})s?)[ ]"
    rf"(?P<n>{_LETTERS}{{1,6}})"
    r"(?P<dot>\.?)(?!\w)"
)
_HEADED = re.compile(
    rf"\b(?P<head>Kapitel|Teil|Band|Akt|Abschnitt|Artikel|Buch|Stufe|Phase|Typ|Klasse|Szene|Anhang|Nummer"
    rf"|Absatz|Gruppe|Liga|Weltkrieg|Tafel|Ebene|Folge|Grad|Hartz|Apollo|Rocky|Version)[ ]"
    rf"(?P<n>{_LETTERS}{{1,6}})"
    r"(?![\w])"
)
_OFF = re.compile(rf"(?<![\w.])(?P<n>{_LETTERS}{{1,6}})\.(?=[ ](?P<noun>[A-ZÄÖÜ][a-zäöüß]+))")
_NOUNS = _SETS["after a numeral"]
_UNMISTAKABLE = re.compile(
    r"(?<![\w.&/-])(?P<n>II|III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX)(?![\w.&/-])"
)
_YEAR = re.compile(rf"(?<![\w])(?P<n>M{{1,3}}{_LETTERS}{{3,10}})(?![\w])")
_DATIVE = re.compile(
    r"\b(?:von|mit|bei|nach|seit|unter|zu|aus|vor|gegenüber|zwischen|neben|vom|zum|und)[ ]"
    r"(?:(?:König|Königin|Kaiser|Kaiserin|Papst|Zar|Zarin|Herzog|Fürst|Prinz|Kurfürst)[ ])?$",
    re.IGNORECASE,
)
_ACCUSATIVE = re.compile(
    r"\b(?:für|gegen|durch|ohne|um|auf)[ ](?:(?:König|Kaiser|Papst|Zar)[ ])?$", re.IGNORECASE
)
_LONG_ENOUGH = 4


def roman_numerals(text: Traced) -> Traced:
    """Returns the text with its Roman numerals in words, or as an ordinal in figures: `2.`."""
    if not re.search(rf"\b{_LETTERS}", text.text):
        return text
    text = text.sub(_RULER, _ruler).sub(_HEADED, _headed).sub(_OFF, _counted_off)
    return text.sub(_UNMISTAKABLE, _plain).sub(_YEAR, _year)


def _ruler(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    if value is None:
        return None
    name, before = found["name"], found.string[max(0, found.start() - 40) : found.start()]
    is_woman = found["woman"] is not None
    is_owner = name.endswith("s") and name.rpartition(" ")[2] not in _ENDING_IN_S
    if is_owner:
        article, ending = ("der", "en") if is_woman else ("des", "en")
    elif _DATIVE.search(before):
        article, ending = ("der", "en") if is_woman else ("dem", "en")
    elif _ACCUSATIVE.search(before) and not is_woman:
        article, ending = "den", "en"
    else:
        article, ending = ("die", "e") if is_woman else ("der", "e")
    said = ordinal(value, ending)
    rest = found.string[found.end() :]
    stop = "." if found["dot"] and not rest.strip() else ""
    return f"{name} {article} {said[0].upper()}{said[1:]}{stop}"


_ENDING_IN_S = _SETS["kings in s"]


def _headed(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    return None if value is None else f"{found['head']} {PLAIN.cardinal(value)}"


def _counted_off(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    return None if value is None or found["noun"] not in _NOUNS else f"{value}."


def _plain(found: re.Match[str]) -> str:
    return PLAIN.cardinal(roman_value(found["n"]) or 0)


def _year(found: re.Match[str]) -> str | None:
    value = roman_value(found["n"])
    return None if value is None or len(found["n"]) < _LONG_ENOUGH else PLAIN.year(value)
