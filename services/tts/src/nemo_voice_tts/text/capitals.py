"""Words in capitals: spelled (`FBI`), said as a word (`UNESCO`) or shouted; for any language.

English has its own step with a lexicon: `en/initialisms.py`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nemo_voice_tts.text.language import Step
from nemo_voice_tts.text.traced import Traced

_UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de"
_LOWER = "a-z\u00df-\u00f6\u00f8-\u00ff"
_CAPITALS = re.compile(
    rf"(?<![\w'&])(?<!\w\.)(?P<word>[{_UPPER}]{{2,}})(?P<end>s)?(?![\w'&])(?!-?\d|\u00a0)"
)
_DOTTED = re.compile(rf"(?<![\w.])(?P<word>(?:[{_UPPER}]\.[ ]?){{2,8}})(?![{_LOWER}])")
_SHOUTED = re.compile(rf"(?<![{_UPPER}])[{_UPPER}]{{2,40}}(?:[ ,.;:!?¡¿'\"-]+[{_UPPER}0-9]+){{2,}}")
_WORD = re.compile(rf"[{_UPPER}{_LOWER}]{{2,}}")
_LONE = re.compile(rf"(?<![\w'])[{_UPPER}](?![\w'])")
_FEWEST_SHOUTED = 2


@dataclass(frozen=True, slots=True)
class Spelling:
    """How one language says words in capitals."""

    is_word: Callable[[str], bool]
    """Returns whether initials are said as a word."""
    known: Mapping[str, str]
    """Words with short forms of capitals and small letters, and what they are said as."""


def capitals(spelling: Spelling) -> Step:
    """Returns the step that leaves of words in capitals either words or single letters."""
    mixed = re.compile(
        rf"(?<![\w.])(?:{'|'.join(sorted(map(re.escape, spelling.known), key=len, reverse=True))})"
        rf"(?![\w])"
    )

    def step(text: Traced) -> Traced:
        text = text.sub(mixed, lambda found: spelling.known[found[0]])
        text = text.sub(_DOTTED, _dotted)
        shouted = _shouted(text.text)

        def said(found: re.Match[str]) -> str:
            word, end = found["word"], found["end"] or ""
            is_shouted = any(start <= found.start() < stop for start, stop in shouted)
            if is_shouted or spelling.is_word(word):
                return word.capitalize() + end
            return " ".join(word) + end

        return text.sub(_CAPITALS, said)

    return step


def named_letters(names: Mapping[str, str]) -> Callable[[str], str]:
    """Returns what puts the names of lone letters into a phrase."""

    def named(found: re.Match[str]) -> str:
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


def _shouted(text: str) -> list[tuple[int, int]]:
    """Returns the stretches that are in capitals for their loudness."""
    words = _WORD.findall(text)
    loud = [word for word in words if word.isupper()]
    if len(loud) >= _FEWEST_SHOUTED and len(loud) == len(words) and max(map(len, loud)) > 4:  # noqa: PLR2004 longer than initials
        return [(0, len(text))]
    return [found.span() for found in _SHOUTED.finditer(text)]
