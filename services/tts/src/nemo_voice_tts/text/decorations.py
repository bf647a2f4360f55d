"""Ticks, stars and arrows: said where they mean something, silent where they decorate a line.

`cleaning.py` calls it, which drops the other emoji.
"""

import re

from nemo_voice_tts.text.traced import Traced

_STAR = r"[★⭐]\uFE0F?"
_MARK = re.compile("[✔☑✅✘❌☒★⭐→➜➔⇒➡]")
_LEADING_ARROW = re.compile(
    r"(?:^[ ]*[→➜➔⇒➡]\uFE0F?[ ]+(?=[\"'(]?[A-Z0-9$£€])"
    r"|(?<=[.!?:;\n])[ ]*[→➜➔⇒➡]\uFE0F?[ ]+(?=[\w\"'($£€]))"
)
"""An arrow before what follows from the sentence before it, or before an item."""
_DECORATION = re.compile(r"[✔☑✅✘❌☒★⭐]\uFE0F?")
_ALONE = re.compile(rf"\s*{_DECORATION.pattern}\s*")
_RATING_OR_DECORATION = re.compile(
    rf"(?P<rating>(?<![★⭐☆\d])(?:{_STAR}){{1,10}}(?:[☆✩]\uFE0F?)+"
    rf"|(?<=[\w:] )(?:{_STAR}){{2,5}}(?=\s*(?:$|[.,;:()])))"
    rf"|{_DECORATION.pattern}"
)
_STARS = re.compile("[★⭐]")
_SPOKEN_OF = re.compile(
    r"\b(?:an?|the|this|that|each|every|with|el|la|un|una|con) $", re.IGNORECASE
)
_MEANS = re.compile(r"\s?(?:=|means\b|stands\b|is\b|marks\b|significa\b)")
_CELL_BEGINS = re.compile(r"(?:^|[,:(|])\s*$")
_CELL_ENDS = re.compile(r"\s*(?:$|[,;)|.])")
_AMOUNT = re.compile(r"\d ?$")
_REACH = 12
"""How many characters around a mark are looked at."""


def without_decorations(text: Traced) -> Traced:
    """Returns the text without ticks, crosses, stars and arrows that only decorate it.

    The first three stay alone in a cell of a table, after a number and where the text speaks of
    them; stars in a row are one `★` for each.
    """
    if _MARK.search(text.text) is None:
        return text
    text = text.sub(_LEADING_ARROW, " ")
    if _ALONE.fullmatch(text.text):
        return text.sub(_DECORATION, " ")
    return text.sub(_RATING_OR_DECORATION, _kept)


def _kept(found: re.Match[str]) -> str | None:
    if found["rating"]:
        count = len(_STARS.findall(found[0]))
        return "1★" if count == 1 else "★" * count
    return None if _is_said(found) else " "


def _is_said(found: re.Match[str]) -> bool:
    source, start, end = found.string, found.start(), found.end()
    before, after = source[max(0, start - _REACH) : start], source[end : end + _REACH]
    if _SPOKEN_OF.search(before) or _MEANS.match(after) or _AMOUNT.search(before):
        return True
    begins = _CELL_BEGINS.search(before) is not None and (start <= _REACH or before.strip() != "")
    return begins and _CELL_ENDS.match(after) is not None
