"""German ordinals, in the ending that the words around them want: `am 3. Mai`, `der 2. Weltkrieg`.

A number with a dot is one before a month, before a noun that is counted off, and after a
determiner; else the dot ends a sentence.
"""

import re
from functools import lru_cache

from nemo_voice_tts.text.de.figures import PLAIN
from nemo_voice_tts.text.de.nouns import Gender, gender_of
from nemo_voice_tts.text.traced import Traced
from nemo_voice_tts.text.word_sets import WordSets

MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
    "November", "Dezember",
)  # fmt: skip

_DOTTED = re.compile(r"(?<![\w.,/:-])(?P<n>\d{1,4})\.(?![\d\w])")
_CHAIN = r"(?:[ ]?(?:-|/|,|und|oder|bis|sowie|bzw\.|beziehungsweise)[ ]?\d{1,4}\.){0,8}"
_NEXT = re.compile(rf"{_CHAIN}[ ]?(?P<word>[^\W\d_]+)?(?:[ ](?P<then>[^\W\d_]+))?")
_JOINED = re.compile(r"[ ]?(?:-|/|,|und|oder|bis|sowie|bzw\.|beziehungsweise)[ ]?")
_HYPHEN = re.compile(r"(?<=\d\.)[ ]?-[ ]?(?=\d{1,2}\.(?!\d))")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[ ]$")
_SUPERLATIVE = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,3})\.?[- ]?(?P<word>(?:größt|höchst|best|längst|ältest|jüngst"
    r"|kleinst|meist"
    r"|stärkst|schnellst|wichtigst|reichst|tiefst|teuerst|bevölkerungsreichst|häufigst|beliebtest"
    r"|schlechtest|letzt|schönst|schwerst|neuest)e[nmrs]?)\b"
)
_LIST = re.compile(r"^(?P<n>\d{1,3})[.)](?=[ ])")

_SETS = WordSets(__package__)
_WEAK_E = _SETS["determiners with -e"]
_WEAK_EN = _SETS["determiners with -en"]
_MIXED = frozenset({"ein", "kein", "sein", "ihr", "mein", "dein", "unser", "euer"})
_STRONG = frozenset({"dessen", "deren"})
_DETERMINERS = _WEAK_E | _WEAK_EN | _MIXED | _STRONG
_DATIVE = frozenset({"ab", "nach", "seit", "vor", "von", "mit", "bei", "aus", "zu", "in", "an"})
_ACCUSATIVE = frozenset({"bis", "für", "um", "gegen", "ohne", "durch"})
_COUNTED_OFF = _SETS["counted off"]
_ADJECTIVE = re.compile(r"[a-zäöüß]{3,}(?:e|en|er|es|em)")
_ENDINGS = {Gender.MASCULINE: "er", Gender.FEMININE: "e", Gender.NEUTER: "es"}


def ordinals(text: Traced) -> Traced:
    """Returns the text with its ordinals in words."""
    if "." not in text.text and "größte" not in text.text:
        return text
    text = text.sub(_SUPERLATIVE, lambda found: f"{_stem(int(found['n']))}{found['word']}")
    text = text.sub(_HYPHEN, " bis ")
    last = _Last()
    return text.sub(_DOTTED, last.said).sub(_LIST, lambda found: f"{PLAIN.integer(found['n'])},")


class _Last:
    """The ordinal before, whose ending the next one of a row takes."""

    def __init__(self) -> None:
        self._end = -1
        self._ending = ""

    def said(self, found: re.Match[str]) -> str | None:
        """Returns an ordinal in words; None where the dot ends a sentence."""
        text, start, end = found.string, found.start(), found.end()
        if self._end >= 0 and _JOINED.fullmatch(text[self._end : start]):
            ending: str | None = self._ending
        else:
            ending = _ending_at(text, start, end)
        if ending is None or int(found["n"]) == 0:
            return None
        self._end, self._ending = end, ending
        said = f"{_stem(int(found['n']))}{ending}"
        return said if end < len(text.rstrip()) else f"{said}."


def ordinal(number: int, ending: str = "e") -> str:
    """Returns the ordinal of a number in words, with an ending: "dritter"."""
    return f"{_stem(number)}{ending}"


def _ending_at(text: str, start: int, end: int) -> str | None:
    following = _NEXT.match(text, end)
    word = (following["word"] or "") if following else ""
    noun = word
    if word and not word[0].isupper() and following and _ADJECTIVE.fullmatch(word):
        noun = following["then"] or ""
    before_found = _WORD_BEFORE.search(text[max(0, start - 30) : start])
    before = before_found[1].lower() if before_found else ""
    is_counted_off = word in MONTHS or noun.lower() in _COUNTED_OFF
    is_named = before in _DETERMINERS and not _ends_here(text, end, before)
    if not (is_counted_off or is_named):
        # No sentence begins with a small letter.
        return "e" if word[:1].islower() and text[end : end + 1] == " " else None
    return ending_of(before, gender_of(noun) if noun[:1].isupper() else None)


def _ends_here(text: str, end: int, before: str) -> bool:
    """Returns whether a dot after a number ends the sentence, although a determiner stands before.

    As in `Es sind ihrer 3. Danach …`: words that also stand alone.
    """
    return before in {"die", "alle", "ihrer", "unser", "euer"} and text[end:].strip() == ""


def ending_of(before: str, gender: Gender | None) -> str:
    """Returns the ending of an adjective.

    Args:
        before: The word before it, in small letters.
        gender: That of the noun; None where there is none.
    """
    if before == "der" and gender is Gender.FEMININE:
        return "en"
    if before in _WEAK_E:
        return "e"
    if before in _WEAK_EN:
        return "en"
    gender = gender or Gender.MASCULINE
    if before in _DATIVE:
        return "er" if gender is Gender.FEMININE else "em"
    if before in _ACCUSATIVE:
        return {Gender.MASCULINE: "en"}.get(gender, _ENDINGS[gender])
    return _ENDINGS[gender]


@lru_cache(maxsize=512)
def _stem(number: int) -> str:
    return PLAIN.ordinal(number).removesuffix("e")
