"""Whether a number of four digits is a year where it stands, or a quantity."""

import re

_FIRST, _LAST, _MIDDLE_AGES = 1100, 2099, 1000
_SURE = re.compile(
    r"\b(?:year|years|since|circa|anno|during|early|late|mid|born|in about|copyright"
    r"|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|spring|summer|autumn|fall|winter|class of"
    r"|elections?|olympics|easter|christmas)[ ,-]{0,2}$",
    re.IGNORECASE,
)
_PLURAL = re.compile(
    r"[ -](?:[a-z]+(?:ed|ing|al|ous|ic|ive|ful|new|old|other|more|different|small"
    r"|large|square|extra|million|local)[ ])?(?!(?:was|is|has|its|this|as|us|does|plus"
    r"|perhaps|always|thus|sees|saw|marks|brings"
    r"|means|shows|seems|remains|marked|census|campus|status|crisis|bus|gas|news"
    r"|series|olympics|elections|games)\b)"
    r"(?:[a-z]+(?:[^su'\W]s)|people|men|women|children|feet|mice|sheep|staff|teeth"
    r"|more|calorie|word|page|other|square|volt|watt|million|billion|thousand"
    r"|acres|of them)\b"
)
_REACH = 28


def is_year_here(text: str, start: int, end: int) -> bool:
    """Returns whether the number from `start` to `end` of the text is said as a year."""
    figures = text[start:end]
    if len(figures) != 4 or not figures.isdecimal() or figures[0] == "0":  # noqa: PLR2004 digits
        return False
    value = int(figures)
    before, following = text[max(0, start - _REACH) : start], text[end : end + _REACH]
    if not _FIRST <= value <= _LAST:
        is_old = _MIDDLE_AGES <= value < _FIRST
        return (
            is_old
            and bool(_SURE.search(before) or re.search(r"\b[Ii]n $", before))
            and not _PLURAL.match(following)
        )
    is_counting = _PLURAL.match(following) and not before.endswith(("-", "/"))
    return bool(_SURE.search(before)) or not is_counting
