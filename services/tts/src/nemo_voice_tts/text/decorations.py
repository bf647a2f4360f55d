"""Ticks, crosses and stars: said where they are the answer, silent where they decorate a line.

`cleaning.py` calls it, which drops the other emoji.
"""

import re

from nemo_voice_tts.text.traced import Traced

_MARK = re.compile("[✔☑✅✘❌☒★⭐]")
_RATING = re.compile(
    r"(?<![★⭐☆\d])(?P<stars>(?:[★⭐]\uFE0F?){1,10})(?:[☆✩]\uFE0F?)+"
    r"|(?<=[\w:] )(?P<row>(?:[★⭐]\uFE0F?){2,5})(?=\s*(?:$|[.,;:()]))"
)
_COUNTED = re.compile(r"[★⭐]")
_DECORATION = re.compile(r"[✔☑✅✘❌☒★⭐]\uFE0F?")
_SPOKEN_OF = re.compile(r"\b(?:a|an|the|this|that|each|every|with) $", re.IGNORECASE)
_MEANS = re.compile(r"\s?(?:=|means\b|stands\b|is\b|marks\b)")
_CELL_BEGINS = re.compile(r"(?:^|[,:(|])\s*$")
_CELL_ENDS = re.compile(r"\s*(?:$|[,;)|.])")
_AMOUNT = re.compile(r"\d ?$")
_REACH = 12
"""How many characters around a mark are looked at."""


def without_decorations(text: Traced) -> Traced:
    """Returns the text without ticks, crosses and stars that only decorate it.

    They stay alone in a cell of a table, after a number and where the text speaks of them; stars
    in a row are counted.
    """
    if _MARK.search(text.text) is None:
        return text
    return text.sub(_RATING, _rating).sub(_DECORATION, _kept)


def _rating(found: re.Match[str]) -> str:
    count = len(_COUNTED.findall(found[0]))
    return f"{count} star{'s' if count > 1 else ''}"


def _kept(found: re.Match[str]) -> str | None:
    source, start, end = found.string, found.start(), found.end()
    before, after = source[max(0, start - _REACH) : start], source[end : end + _REACH]
    if _SPOKEN_OF.search(before) or _MEANS.match(after) or _AMOUNT.search(before):
        return None
    is_whole = not source[:start].strip() and not source[end:].strip()
    begins = _CELL_BEGINS.search(before) is not None and (start <= _REACH or before.strip() != "")
    return None if begins and _CELL_ENDS.match(after) and not is_whole else " "
