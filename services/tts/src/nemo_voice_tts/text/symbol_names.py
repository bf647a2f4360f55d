"""What signs are called: the names that people use, and Unicode's for the others.

`cleaning.py` asks which signs carry a meaning, the last step of each language for their names.
"""

import re
import unicodedata
from functools import lru_cache

_ENGLISH = {
    "&": "and", "%": "percent", "+": "plus", "=": "equals", "<": "less than", ">": "greater than",
    "@": "at", "#": "hash", "*": "asterisk", "/": "slash", "^": "caret",
    "$": "dollar", "£": "pound", "€": "euro", "¥": "yen", "¢": "cent", "₹": "rupee", "₿": "bitcoin",
    "₩": "won", "₽": "ruble", "©": "copyright", "®": "registered", "™": "trademark",
    "°": "degrees", "§": "section", "¶": "paragraph", "№": "number", "×": "times",
    "÷": "divided by", "±": "plus or minus", "∓": "minus or plus", "≈": "approximately",
    "≅": "approximately", "≠": "not equal to", "≡": "equivalent to", "≤": "less than or equal to",
    "≥": "greater than or equal to", "⩽": "less than or equal to", "⩾": "greater than or equal to",
    "≪": "much less than", "≫": "much greater than", "√": "square root of", "∛": "cube root of",
    "∜": "fourth root of", "∞": "infinity", "∑": "sum", "∏": "product", "∫": "integral",
    "∬": "double integral", "∭": "triple integral", "∂": "partial", "∇": "nabla", "∆": "delta",
    "∈": "in", "∉": "not in", "∋": "contains", "⊂": "is a subset of", "⊆": "is a subset of",
    "⊃": "is a superset of", "⊇": "is a superset of", "∪": "union", "∩": "intersection",
    "∀": "for all", "∃": "there exists", "∄": "there does not exist", "∅": "empty set",
    "∠": "angle", "⊥": "is perpendicular to", "∥": "is parallel to", "∝": "is proportional to",
    "¬": "not", "∧": "and", "∨": "or", "⊕": "plus", "⊗": "times", "∴": "therefore",
    "∵": "because", "∘": "of", "⋅": "times", "∙": "times", "−": "minus", "‰": "per mille",
    "‱": "basis points", "→": "right arrow", "←": "left arrow", "↑": "up arrow",
    "↓": "down arrow", "↔": "left right arrow", "⇒": "implies", "⇔": "if and only if",
    "⟹": "implies", "⟺": "if and only if", "➜": "right arrow", "➔": "right arrow",
    "➡": "right arrow", "✓": "check", "✔": "check", "☑": "check", "✅": "check", "✗": "cross",
    "✘": "cross", "❌": "cross", "☒": "cross", "♯": "sharp", "♭": "flat", "♮": "natural",
    "℗": "copyright", "℠": "service mark", "★": "star", "⭐": "star", "↦": "maps to",
    "′": "prime", "″": "double prime", "Å": "angstrom",
}  # fmt: skip
_SILENT = frozenset("|{}[]`~_^\\†‡•·‣※‧∎□◦∗¦¯´¨¸˘˙˚˝˛ˆˇ☐⁂⁕❧")
"""Signs that structure or decorate a text."""
_KEPT = frozenset(character for character in _ENGLISH if unicodedata.category(character) == "So")
_DROPPED_WORDS = re.compile(
    r"\b(?:sign|symbol|operator|element|n-ary|mathematical|white|black|heavy|with .*|over .*)\b"
)
_DIRECTIONS = (
    ("rightwards", "right"),
    ("leftwards", "left"),
    ("upwards", "up"),
    ("downwards", "down"),
)
_NOT_LETTERS = re.compile(r"[^a-z ]+")
_SPOKEN = frozenset({"Sc", "Sm", "Nd", "Nl", "No"})


def carries_meaning(symbol: str) -> bool:
    """Returns whether a sign of Unicode's category So is said; the others decorate a text."""
    return symbol in _KEPT


def is_punctuation(symbol: str) -> bool:
    """Returns whether a voice pauses for a sign, or passes it over, instead of saying it."""
    is_known = symbol in _ENGLISH or symbol in _SILENT
    return unicodedata.category(symbol)[0] not in "SN" and not is_known


def greek_letter(letter: str) -> str:
    """Returns the name of a Greek letter: of `π`, "pi"."""
    plain = unicodedata.normalize("NFKC", letter)
    return unicodedata.name(plain, "").rsplit(" ", 1)[-1].lower().replace("lamda", "lambda")


@lru_cache(maxsize=4096)
def symbol_name(symbol: str) -> str:
    """Returns what a sign is called in English, nothing for one that is silent."""
    if symbol in _ENGLISH:
        return _ENGLISH[symbol]
    if symbol in _SILENT or unicodedata.category(symbol) not in _SPOKEN:
        return ""
    name = unicodedata.name(symbol, "").lower()
    short = _NOT_LETTERS.sub(" ", _DROPPED_WORDS.sub(" ", name))
    for long, plain in _DIRECTIONS:
        short = short.replace(long, plain)
    return " ".join((short.strip() or _NOT_LETTERS.sub(" ", name)).split())
