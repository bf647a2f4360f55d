"""The characters of a text that no voice of ours reads: other scripts' letters, private signs.

`reading.py` refuses them where a request is strict, the routes count them.
"""

import re
import unicodedata
from functools import lru_cache

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_NAMED = 10
"""How many characters a message names."""
_DECORATIONS = (
    (0x2190, 0x2BFF),  # arrows, technical signs, boxes, shapes, dingbats
    (0x3000, 0x303F),
    (0x4DC0, 0x4DFF),
    (0x1F000, 0x1FAFF),  # games, emoji
    (0xFFFC, 0xFFFD),
)
"""Where signs decorate a text, which may be silent."""
_READ_SCRIPTS = ("LATIN", "GREEK", "MICRO", "FEMININE", "MASCULINE")


def unread_places(text: str) -> list[int]:
    """Returns where the characters stand that are left out of the speech."""
    if text.isascii():
        return []
    return [found.start() for found in _NOT_ASCII.finditer(text) if not _is_read(found[0])]


def named_places(text: str, places: list[int]) -> str:
    """Returns the characters at some places of a text for a message, such as `U+4F60 at 3`."""
    named = ", ".join(f"U+{ord(text[place]):04X} at {place}" for place in places[:_NAMED])
    more = len(places) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


@lru_cache(maxsize=8192)
def _is_read(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] == "L":
        plain = unicodedata.normalize("NFKC", character)
        return plain.isascii() or unicodedata.name(character, "").startswith(_READ_SCRIPTS)
    if category in {"Co", "Cn", "Cs"}:
        return False
    if category != "So":
        return True
    is_decoration = any(low <= ord(character) <= high for low, high in _DECORATIONS)
    compatible = unicodedata.normalize("NFKC", character)
    return is_decoration or compatible.isascii() or character in "©®°¦№"
