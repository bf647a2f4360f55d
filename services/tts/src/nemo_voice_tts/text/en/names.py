"""The steps for names, for texts that may hold one: most sentences of a conversation hold none."""

import re

from nemo_voice_tts.text.en.abbreviations import abbreviations
from nemo_voice_tts.text.en.addresses import addresses
from nemo_voice_tts.text.en.codes import codes
from nemo_voice_tts.text.en.designations import designations
from nemo_voice_tts.text.en.initialisms import initialisms
from nemo_voice_tts.text.en.paths import paths
from nemo_voice_tts.text.en.roman_numerals import roman_numerals
from nemo_voice_tts.text.en.spelling import word_set
from nemo_voice_tts.text.en.telephones import telephones
from nemo_voice_tts.text.en.titles import titles
from nemo_voice_tts.text.en.verses import verses
from nemo_voice_tts.text.en.versions import versions
from nemo_voice_tts.text.traced import Traced

_STEPS = (
    # Each sees what the earlier ones left: an address may hold what looks like a version.
    addresses,
    paths,
    telephones,
    titles,
    abbreviations,
    versions,
    roman_numerals,
    # Numbers that count nothing, before the steps to which `14C` is a temperature.
    verses,
    designations,
    codes,
)
_MARKS = re.compile(
    r"[^\sA-Za-z.,;:!?'\"()-]|[A-Z]{2}|[a-z][A-Z]|\w\.\w|(?:^|[^\w.])\.\w|[a-z]\.\s+[a-z]|\w\.[,;]|\(\)"
    r"|[A-Z][a-z]+ I\b|-[A-Z]|[A-Za-z]'[A-Z]|(?:^|\s)-"
    r"|\b[A-F]-\s|\([ivx]|(?m:^)\s*(?:[IVX]+|[ivx]+)\."
)
"""What stands in a name, but for words that are abbreviated."""
_WORD = re.compile(r"(?<!['a-z])[a-z]+")


def names(text: Traced) -> Traced:
    """Returns the text with addresses, versions, titles and other names in words."""
    if _may_hold_names(text.text):
        for step in _STEPS:
            text = step(text)
    return text


def initials(text: Traced) -> Traced:
    """Returns the text with its initials as letters: the last of the names that are read."""
    return initialisms(text) if _may_hold_names(text.text) else text


def _may_hold_names(text: str) -> bool:
    if _MARKS.search(text) is not None:
        return True
    return not word_set("abbreviated words").isdisjoint(_WORD.findall(text.lower()))
