"""Which characters of a text a voice says, and in which script a text is written.

`reading.py` calls it before any other step.
"""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from nemo_voice_tts.text.decorations import without_decorations
from nemo_voice_tts.text.insets import PLACEHOLDERS
from nemo_voice_tts.text.joined_sentences import with_blanks_between_sentences
from nemo_voice_tts.text.numerals import plain_numerals
from nemo_voice_tts.text.symbol_names import carries_meaning
from nemo_voice_tts.text.traced import Traced

_PLAIN = {
    **dict(zip("‘’‚´`“”„«»‐‑−⁄", "'''''\"\"\"\"\"---/", strict=True)),
    "…": "...",
    "。": ". ",
    "、": ", ",
    "ß": "ss",
    "ł": "l",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
}
"""Characters and how plain typography writes them."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_UNUSUAL = re.compile(rf"[^\n\x20-\x7e{PLACEHOLDERS}]")
_MAY_COMPOSE = re.compile(r".?[^\x00-\x7f]+", re.DOTALL)
_EN_DASH = re.compile("\N{EN DASH}")
_SIGNED_RANGE = re.compile(r"(?<![\w)\]%.,-])(-\d{1,9}(?:\.\d{1,9})?)--(?=\d)")
_RANGE = re.compile(r"(?<=\d)--(?=\d)")
"""From one number to another, as typesetters' markup has it; behind a minus sign, to another."""
_DASH = re.compile(r"\s*(?:[—―]+|(?<=\S)--+|--+(?![a-z]))\s*|\s+\N{EN DASH}\s+")
_RULE = re.compile(r"([=*#_~+<>^\\/-])\1{2,}")
_REPEATED = re.compile(r"((?:[^\w\s]\s*){3})(?:[^\w\s]\s*){5,}")
_BLANKS = re.compile(r"\s+")
_MARKED = re.compile(
    r"(?<![\w*])\*\*(?=[^\s*])([^*]{1,300})(?<=\S)\*\*|\*\*(?=[^\s*])([^*]{1,300})(?<=\S)\*\*(?![\w*])"
    r"|(?<![\w=])==(?=[^\s=])([^=\n]{1,300})(?<=\S)==(?![\w=])"
    r"|(?<![\w|])\|\|(?=[^\s|])([^|\n]{1,300})(?<=\S)\|\|(?![\w|])"
)
"""Marks that Markdown does not know, or not there: `**Note:**this`, `==this==`, `||this||`."""
_RAISED = re.compile(r"(?<=[\w)])\^([\w+-]{1,6})\^(?![\w^])")
"""A power as Pandoc marks it: `x^2^`."""
_SHOWN_TAG = re.compile(r"(?:(?<![\w<=])<|</)([A-Za-z][A-Za-z0-9-]*)[ ]?/?>(?![=>])")
"""A tag that the text speaks of: `the <b> tag`."""
_STARS = re.compile(r"(?<![\w*])\*\*(?=\S)|(?<=[^\s*])\*\*(?![\w*])")
_SIMPLE_WORD = "[A-Za-z0-9]+(?:'[a-z]+)?"
_SIMPLE = re.compile(rf"(?:{_SIMPLE_WORD}[,;:.?!]? )*{_SIMPLE_WORD}[.?!]?")
_LONE_GREEK = re.compile(r"(?<![\u0370-\u03ff])[\u0370-\u03ff\u2126\u00b5](?![\u0370-\u03ff])")
"""A letter of a formula or a unit, not of a Greek word."""
_SAID = re.compile(f"[A-Za-z0-9{PLACEHOLDERS}]")

_KEPT_SCRIPTS = frozenset({"LATIN", "GREEK", "MICRO"})
_REPLACED = {
    **dict.fromkeys(("Mn", "Cf"), ""),
    **dict.fromkeys(("Cc", "Co", "Cs", "Cn", "Sk", "Zs"), " "),
    **dict.fromkeys(("Zl", "Zp"), "\n\n"),
}
"""What characters of these categories become."""
_LANGUAGES = {
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
}


def is_simple(text: str) -> bool:
    """Returns whether a text is one line of words and stops: no markup, and nothing to clean."""
    return _SIMPLE.fullmatch(text) is not None


def cleaned(text: Traced, *, letters: str = "", rises: str = "up", falls: str = "down") -> Traced:
    """Returns the text in plain typography, without what no voice says.

    Emoji, control characters and letters of other scripts go; accents, currency and mathematical
    signs stay.

    Args:
        text: A block of a text.
        letters: Those that stay, which plain typography would write in another way.
        rises: What an arrow upwards before an amount is called.
        falls: What one downwards is.
    """
    text = without_decorations(plain_numerals(text, rises=rises, falls=falls))
    if not text.text.isascii():
        text = _composed(text).sub(
            _NOT_ASCII, lambda found: None if found[0] in letters else _PLAIN.get(found[0])
        )
    text = text.sub(
        _UNUSUAL, lambda found: None if found[0] in letters else _cleaned_character(found[0])
    )
    # Blanks become one before dashes are searched: the pattern would try each of thousands.
    text = text.sub(_RULE, " ").sub(_BLANKS, " ")
    if "--" in text.text:
        text = text.sub(_SIGNED_RANGE, lambda found: f"{found[1]} - -").sub(_RANGE, "-")
    text = text.sub(_DASH, ", ").sub(_EN_DASH, "-")
    text = text.sub(_REPEATED, lambda found: f"{found[1]} ")
    if "**" in text.text or "==" in text.text or "||" in text.text:
        text = text.sub(_MARKED, _inner).sub(_STARS, "")
    text = text.sub(_RAISED, lambda found: f"^{found[1]}").sub(
        _SHOWN_TAG, lambda found: f" {found[1]} "
    )
    text = with_blanks_between_sentences(text)
    return text.sub(_BLANKS, " ").strip()


def _inner(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)


def _composed(text: Traced) -> Traced:
    if unicodedata.is_normalized("NFC", text.text):
        return text
    return text.sub(_MAY_COMPOSE, lambda found: unicodedata.normalize("NFC", found[0]))


def is_said(text: str) -> bool:
    """Returns whether the text holds a letter, digit or pronunciation that a voice says."""
    return _SAID.search(unicodedata.normalize("NFD", text)) is not None


def foreign_script(text: str) -> str | None:
    """Returns the name of the script that most letters are in, or None for Latin."""
    counts = Counter(map(_script, filter(str.isalpha, _LONE_GREEK.sub(" ", text))))
    latin = counts.pop("LATIN", 0)
    if counts.total() <= latin:
        return None
    # Japanese mixes its own scripts with Chinese characters.
    kana = next((script for script in ("HIRAGANA", "KATAKANA") if script in counts), None)
    commonest = kana or counts.most_common(1)[0][0]
    return _LANGUAGES.get(commonest, commonest.title())


@lru_cache(maxsize=4096)
def _cleaned_character(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() or character == "\n" else " "
    if character.isdecimal():
        return str(unicodedata.digit(character))
    plain = unicodedata.normalize("NFKC", character)
    if character.isalpha():
        return _cleaned_letter(character, plain)
    category = unicodedata.category(character)
    if category == "So" and not carries_meaning(character):
        return " "
    is_full_width = category.startswith("P") and plain.isascii() and plain.isprintable()
    return _REPLACED.get(category, plain if is_full_width else character)


def _cleaned_letter(letter: str, plain: str) -> str:
    if plain.isascii():
        return plain  # full-width, ligature or mathematical: a Latin letter in disguise
    return letter if _script(letter) in _KEPT_SCRIPTS else " "


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    if unicodedata.normalize("NFKC", letter).isascii():
        return "LATIN"
    return unicodedata.name(letter, "UNKNOWN").split(" ")[0]
