"""Ticks, stars and arrows: said where they mean something, silent where they decorate a line.

`cleaning.py` calls it, which drops the other emoji.
"""

import re

from nemo_voice_tts.text.traced import Traced

_MARK = re.compile("[✔☑✅✘❌☒★⭐→➜➔⇒➡]")
_LEADING_ARROW = re.compile(
    r"(?:^|(?<=[.!?:;,\n]))[ ]*[→➜➔⇒➡]\uFE0F?[ ]+(?=[\w\"'($£€])(?!(?:to|and|or|is|key|arrow)\b)"
)
"""An arrow before what follows from the sentence before it, or before an item."""
_KEY = re.compile(
    r"(?<=\b(?:the|hit|tap|use) )[→➜➔➡]\uFE0F?|(?<=\b(?:press|click) )[→➜➔➡]\uFE0F?"
    r"|[→➜➔➡]\uFE0F?(?=[ ](?:key|arrow|button)\b)",
    re.IGNORECASE,
)
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
    """Returns the text without ticks, crosses, stars and arrows that only decorate it.

    The first three stay alone in a cell of a table, after a number and where the text speaks of
    them; stars in a row are counted.
    """
    if _MARK.search(text.text) is None:
        return text
    text = text.sub(_LEADING_ARROW, " ").sub(_KEY, " right arrow ")
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
