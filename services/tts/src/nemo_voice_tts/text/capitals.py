"""Words in capitals: spelled (`FBI`), said as a word (`UNESCO`) or shouted; for any language.

English has its own step with a lexicon: `en/initialisms.py`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from nemo_voice_tts.text.language import Step
from nemo_voice_tts.text.traced import Traced

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_LOWER = "a-z\u00df-\u00f6\u00f8-\u00ff"
_CAPITALS = re.compile(
    rf"(?<![\w'&])(?<!\w\.)(?P<word>[{_UPPER}]{{2,}})(?P<end>s)?(?![\w'&])(?!-?\d|\u00a0)"
)
_DOTTED = re.compile(rf"(?<![\w.])(?P<word>(?:[{_UPPER}]\.[ ]?){{2,8}})(?![{_LOWER}])")
_SHOUTED = re.compile(
    rf"(?<![{_UPPER}])[{_UPPER}]{{2,40}}(?:[ ,.;:!?¡¿'\"-]{{1,4}}[{_UPPER}0-9]{{1,40}}){{2,}}"
)
_WORD = re.compile(rf"[{_UPPER}{_LOWER}]{{2,}}")
_LONE = re.compile(rf"(?<![\w'])[{_UPPER}](?![\w'])")
_PART = re.compile(rf"[{_UPPER}]+")
_ONE = re.compile(rf"(?<![\w'])(?P<word>[{_UPPER}])(?![\w'])")
_VOWEL = re.compile("[AEIOUÄÖÜÁÉÍÓÚY]")
_FEWEST_SHOUTED = 2
_LONGEST_INITIALS = 4


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one language says words in capitals."""

    is_word: Callable[[str], bool]
    """Returns whether initials are said as a word."""
    known: Mapping[str, str]
    """Words with short forms of capitals and small letters, and what they are said as."""
    small: AbstractSet[str]
    """Articles and the like, in small letters: among them short words are no initials."""
    initials: AbstractSet[str] = frozenset()
    """Initials that are spelled in a headline too, although they could be said as a word."""

    def is_loud(self, words: Sequence[str]) -> bool:
        """Returns whether words in capitals are in them for their loudness: no list of initials."""
        return any(len(word) > _LONGEST_INITIALS or word.lower() in self.small for word in words)

    def is_said_in_headline(self, word: str) -> bool:
        """Returns whether a word of a stretch in capitals is said as one."""
        return word not in self.initials and _VOWEL.search(word) is not None


def capitals(spelling: Spelling) -> Step:
    """Returns the step that leaves of words in capitals either words or single letters."""
    mixed = re.compile(
        rf"(?<![\w.])(?:{'|'.join(sorted(map(re.escape, spelling.known), key=len, reverse=True))})"
        rf"(?![\w])"
    )

    def step(text: Traced) -> Traced:
        text = text.sub(mixed, lambda found: spelling.known[found[0]])
        text = text.sub(_DOTTED, _dotted)
        shouted = _shouted(text.text, spelling)

        def said(found: re.Match[str]) -> str:
            word, end = found["word"], found["end"] or ""
            is_shouted = any(start <= found.start() < stop for start, stop in shouted)
            if spelling.is_word(word) or (is_shouted and spelling.is_said_in_headline(word)):
                return word.capitalize() + end
            return " ".join(word) + end

        def lone(found: re.Match[str]) -> str | None:
            is_shouted = any(start <= found.start() < stop for start, stop in shouted)
            small = found["word"].lower()
            return small if is_shouted and small in spelling.small else None

        if shouted:  # where letters keep their places: before words are spelled
            text = text.sub(_ONE, lone)
        return text.sub(_CAPITALS, said)

    return step


def named_letters(
    names: Mapping[str, str], words: re.Pattern[str] | None = None
) -> Callable[[str], str]:
    """Returns what puts the names of lone letters into a phrase.

    Args:
        names: What each is called.
        words: Finds the lone letters that are words: Spanish `Y` where a sentence begins.
    """

    def named(found: re.Match[str]) -> str:
        if words is not None and words.match(found.string, found.start()):
            return found[0].lower()
        return names.get(found[0], found[0].lower())

    def spelled(phrase: str) -> str:
        phrase = _CAPITALS.sub(lambda found: " ".join(found["word"]) + (found["end"] or ""), phrase)
        return _LONE.sub(named, phrase)

    return spelled


def _dotted(found: re.Match[str]) -> str:
    letters = re.findall(rf"[{_UPPER}]", found["word"])
    rest = found.string[found.end() :]
    is_last = not rest.strip() and found["word"].rstrip().endswith(".")
    blank = " " if found["word"].endswith(" ") else ""
    return f"{' '.join(letters)}{'.' if is_last else ''}{blank}"


def _shouted(text: str, spelling: Spelling) -> list[tuple[int, int]]:
    """Returns the stretches that are in capitals for their loudness."""
    words = _WORD.findall(text)
    loud = [word for word in words if word.isupper()]
    if len(loud) >= _FEWEST_SHOUTED and len(loud) == len(words) and spelling.is_loud(loud):
        return [(0, len(text))]
    stretches = _SHOUTED.finditer(text)
    return [found.span() for found in stretches if spelling.is_loud(_PART.findall(found[0]))]
