"""Figures in Spanish words: the numbers that every other step of this folder shares."""

import re

from nemo_voice_tts.text.spellout import Spellout


def _spellout(cardinal: str, gender: str) -> Spellout:
    rules = {"cardinal": cardinal, "ordinal": f"spellout-ordinal-{gender}"}
    return Spellout("es", rules=rules, joins_thousands=False)


PLAIN = _spellout("spellout-numbering", "masculine")
"""Numbers that count nothing: "uno", "veintiuno"."""
_MASCULINE = _spellout("spellout-cardinal-masculine", "masculine")
_FEMININE = _spellout("spellout-cardinal-feminine", "feminine")

START = r"(?<![\w.,])(?<!\d[-/:])"
NUMBER = r"(?:(?>\d{1,3}(?:\.\d{3})++(?!\d)|\d++)(?:[.,]\d++)?+)"
"""A number without its sign, with a decimal comma, or the point of Mexico."""
END = r"(?!\d)(?![.,/:]\d)"

_FUNCTION_WORDS = frozenset(
    {
        "a", "al", "con", "de", "del", "desde", "e", "el", "en", "entre", "es", "fue", "hasta",
        "la", "las", "lo", "los", "menos", "más", "ni", "o", "para", "pero", "por", "que",
        "se", "según", "si", "sin", "son", "u", "y", "ya",
    }
)  # fmt: skip
_FEMININE_NOUN = re.compile(
    r"(?:[a-záéíóúñ]*(?:as?|ción|ciones|dad|dades|tud|sión|siones)|veces"
    r"|mujeres|noches|tardes|calles|partes|leyes|flores)"
)
_MASCULINE_NOUNS = frozenset(
    {
        "clima", "día", "días", "idioma", "idiomas", "mapa", "mapas", "planeta", "planetas",
        "problema", "problemas", "programa", "programas", "sistema", "sistemas", "tema", "temas",
    }
)  # fmt: skip
_NEXT = re.compile(r"\s+([a-záéíóúñü]+)", re.IGNORECASE)
_LONG_DECIMALS = 2
_PART_NAMES = {2: "medio", 3: "tercio", 4: "cuarto"}
_LAST_NAMED_PART = 10


def number(figures: str, *, feminine: bool = False, before_noun: bool = False) -> str:
    """Returns a number without sign in words: `1.234,5` is "mil doscientos … coma cinco".

    Args:
        figures: The number.
        feminine: Whether a feminine noun is counted.
        before_noun: Whether a noun follows, so that "uno" is "un".
    """
    whole, decimals = _parts(figures)
    if decimals:
        is_long = len(decimals) > _LONG_DECIMALS or decimals[0] == "0"
        tail = PLAIN.digits(decimals) if is_long else PLAIN.cardinal(int(decimals))
        return f"{PLAIN.integer(whole)} coma {tail}"
    spellout = _FEMININE if feminine else _MASCULINE if before_noun else PLAIN
    return spellout.integer(whole)


def counted(figures: str, noun: str) -> str:
    """Returns a number in words before a noun, in its gender."""
    return number(figures, feminine=is_feminine(noun), before_noun=True)


def in_text(figures: str, text: str, end: int) -> str:
    """Returns a number in words as the word that follows in a text wants it.

    Args:
        figures: The number.
        text: The text.
        end: Where the number ends in it.
    """
    found = _NEXT.match(text, end)
    word = found[1].lower() if found else ""
    if not word or word in _FUNCTION_WORDS:
        return number(figures)
    return counted(figures, word)


def is_feminine(noun: str) -> bool:
    """Returns whether a noun is probably feminine, from its ending."""
    first = noun.split(" ", maxsplit=1)[0].lower()
    return first not in _MASCULINE_NOUNS and bool(_FEMININE_NOUN.fullmatch(first))


def is_one(figures: str) -> bool:
    """Returns whether what is counted stands in the singular."""
    return figures == "1"


def ordinal(figures: str, *, feminine: bool = False) -> str:
    """Returns the ordinal of a number in words."""
    return (_FEMININE if feminine else _MASCULINE).ordinal(int(figures.replace(".", "")))


def fraction(over: int, under: int) -> str:
    """Returns a fraction in words: "tres cuartos"."""
    if under in _PART_NAMES:
        part = _PART_NAMES[under]
    elif 0 < under <= _LAST_NAMED_PART:
        part = ordinal(str(under))
    else:
        return f"{number(str(over))} partido por {number(str(under))}"
    return f"un {part}" if over == 1 else f"{number(str(over))} {part}s"


def _parts(figures: str) -> tuple[str, str]:
    """Returns the digits before and after the decimal sign."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+", figures):
        return figures.replace(".", ""), ""
    if "," in figures:
        whole, _, decimals = figures.partition(",")
        return whole.replace(".", ""), decimals
    whole, _, decimals = figures.rpartition(".")
    return (whole.replace(".", ""), decimals) if whole else (decimals, "")
