"""What is left of a text's numbers in Spanish words."""

import re

from nemo_voice_tts.text.es.figures import (
    FUNCTION_WORDS,
    PLAIN,
    PLAIN_NUMBER,
    fraction,
    in_text,
    is_feminine,
    number,
    ordinal,
)
from nemo_voice_tts.text.traced import Traced

_ORDINAL = re.compile(
    r"(?<![\w.])(?P<n>\d{1,3})(?:\.?(?P<end>[ºªoa])(?!\w)|\.?(?P<letters>er|ro|do|to"
    r"|mo|vo|no|ra|da|ta|ma|va|na)\b(?:\.(?=[ ][a-záéíóúñ]))?)"
)
_FRACTION = re.compile(
    r"(?<![\w.,/])(?:(?P<whole>\d{1,3})[ ])?(?P<a>\d{1,2})/(?P<b>\d{1,3})"
    r"(?![\w/]|[.,]\d)"
)
_RANGE = re.compile(
    r"(?<![\w.,-])(?P<a>\d+(?:[.,]\d+)*)[ ]?-[ ]?(?P<b>\d+(?:[.,]\d+)*)"
    r"(?![\w]|-\d)"
)
_RATIO = re.compile(r"(?<=\d):(?=\d)")
_POWER = re.compile(r"(?<=\w)\^(?P<power>-?\d+)")
_NUMBER = re.compile(
    r"(?P<minus>(?<![\w)])-[ ]?)?(?P<lead>(?<=[^\W\d])-?)?(?P<n>\d+"
    r"(?:[.,]\d+)*)(?P<trail>-?(?=[^\W\d]))?"
)
_LABEL = re.compile(r"(?:#|\b[Nn](?:úm\.|\.?[ºo°]\.?|ro\.))[ ]?(?=\d)")
_UNNUMBERED = re.compile(r"\b(?P<n>[Nn])\.?[º°](?=[ ])")
_IDENTITY = re.compile(r"(?<![\w.,-])(?P<n>\d{8})-?(?P<letter>[A-Z])(?!\w)")
"""A Spanish identity number."""
_SEASON = re.compile(r"(?<![\w/.,])(?P<a>(?:19|20)\d\d)/(?P<b>\d\d)(?![\w/]|[.,]\d)")
_ALWAYS = re.compile(r"(?<![\w/])24/7(?![\w/])")
_TIMES = re.compile(r"(?<![\w.,])(?P<n>\d+)[xX](?!\w)")
_TIMES_BEFORE = re.compile(r"(?<!\w)[xX](?=\d)")
_LIST = re.compile(r"^(?P<n>\d{1,3})[.)-](?=[ ])")
_RESOLUTION = re.compile(r"(?<![\w.,])(?P<n>[2458])K(?!\w)(?![ ][a-záéíóúñ]+s\b)")
_FEAST = re.compile(r"(?<=\b[Ee]l )(?P<n>\d{1,2})-?(?P<month>[MSNEFJOD])(?!\w)")
"""A day known by its month's first letter: "el 8M"."""
_SIZES = re.compile(r"(?<![\w.,])(?P<n>\d+(?:[.,]\d+)?)[ ]?(?P<size>M|MM|k|K)(?!\w)")
_MAGNITUDES = {"M": "millones", "MM": "millones", "k": "mil", "K": "mil"}
_CODE = re.compile(
    r"(?i:\b(?:pin|código(?: postal| de \w+)?|contraseña|clave|otp|c\. ?p\.|cp|referencia"
    r"|expediente|factura"
    r"|matrícula|pedido|cuenta|isbn|localizador|extensión)"
    r"(?: (?:número|n\.º|es|era|de))?:?[ ]?#?)(?P<code>\d{3,}(?:[- ]\d{2,})*)(?![\w%]|[.,]\d"
    r"|[ ](?:euros|pesos"
    r"|dólares|veces|personas|artículos|productos))"
)
_SHORT_YEAR = re.compile(r"(?<!\w)'(?P<n>\d\d)(?!\w)")
_PLURAL = re.compile(r"(?<!\w)(?P<n>\d+)'?s(?!\w)")
_BETWEEN = (
    (re.compile(r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(])"), " más "),
    (re.compile(r"(?<=[\w)])[ ]\*[ ](?=[\w(])"), " por "),
    (re.compile(r"(?<=\d)[ ]-[ ](?=\d)"), " menos "),
    (re.compile(r"(?<=\d)[ ][/÷][ ](?=\d)"), " entre "),
    (re.compile(r"(?<=[\w)])[ ]?=[ ]?(?=[\w(-])"), " igual a "),
    (re.compile(r"(?<=\d)[ ]?\+(?!\w)"), " más"),
)
_NOUN = re.compile(r"\s+([a-záéíóúñü]+)")
_HALF = 2
_POWERS = {"2": " al cuadrado", "3": " al cubo"}


def numbers(text: Traced) -> Traced:
    """Returns the text without a digit."""
    text = text.sub(_UNNUMBERED, lambda found: "Número" if found["n"] == "N" else "número")
    if not re.search(r"\d", text.text):
        return text
    text = text.sub(_CODE, _code).sub(_LIST, lambda found: f"{number(found['n'])},")
    text = text.sub(_SHORT_YEAR, lambda found: number(found["n"])).sub(_PLURAL, _plural)
    text = text.sub(_SEASON, lambda found: f"{number(found['a'])} {number(found['b'])}")
    text = text.sub(_RESOLUTION, lambda found: f"{number(found['n'])} K")
    text = text.sub(_FEAST, lambda found: f"{number(found['n'])} {found['month']}")
    text = text.sub(_ALWAYS, "veinticuatro siete").sub(_SIZES, _sized)
    text = text.sub(_TIMES, lambda found: f"{number(found['n'])} por")
    text = text.sub(_TIMES_BEFORE, "por ")
    text = (
        text.sub(_IDENTITY, _identity)
        .sub(_LABEL, "número ")
        .sub(_ORDINAL, _ordinal)
        .sub(_FRACTION, _fraction)
    )
    text = text.sub(_POWER, _power).sub(_RATIO, " a ")
    for pattern, words in _BETWEEN:
        text = text.sub(pattern, words)
    return text.sub(_RANGE, _range).sub(_NUMBER, _number)


def _ordinal(found: re.Match[str]) -> str:
    end = found["end"] or found["letters"]
    said = ordinal(found["n"], feminine=end in {"ª", "a", "ra", "da", "ta", "ma", "va", "na"})
    noun = _NOUN.match(found.string, found.end()) if end in {"º", "o"} else None
    is_counted = noun and noun[1] not in FUNCTION_WORDS and not is_feminine(noun[1])
    is_short = end == "er" or (is_counted and noun and not noun[1].startswith("izquierd"))
    return re.sub(r"(primer|tercer)o$", r"\1", said) if is_short else said


def _fraction(found: re.Match[str]) -> str:
    over, under = int(found["a"]), int(found["b"])
    said = fraction(over, under)
    whole = found["whole"]
    if not whole and (over, under) == (1, _HALF):
        noun = _NOUN.match(found.string, found.end())
        if noun and noun[1] not in FUNCTION_WORDS:
            return "media" if is_feminine(noun[1]) else "medio"
    if not whole:
        return said
    if (over, under) != (1, _HALF):
        return f"{number(whole)} y {said}"
    noun = _NOUN.match(found.string, found.end())
    if noun and is_feminine(noun[1]):
        return f"{number(whole, feminine=True)} y media"
    return f"{number(whole)} y medio"


def _code(found: re.Match[str]) -> str:
    code = found["code"]
    groups = ", ".join(PLAIN.digits(part) for part in re.split(r"\D", code) if part)
    return found[0][: -len(code)] + groups


def _identity(found: re.Match[str]) -> str:
    return f"{PLAIN.digits(found['n'])}, {found['letter']}"


def _sized(found: re.Match[str]) -> str:
    size = _MAGNITUDES[found["size"]]
    if found["n"] == "1":
        return "un millón" if size == "millones" else size
    return f"{number(found['n'], before_noun=True)} {size}"


def _plural(found: re.Match[str]) -> str:
    return number(found["n"])


def _power(found: re.Match[str]) -> str:
    power = found["power"]
    minus = "menos " if power[0] == "-" else ""
    return _POWERS.get(power) or f" elevado a {minus}{number(power.lstrip('-'))}"


def _range(found: re.Match[str]) -> str | None:
    if any(part.count(".") + part.count(",") > 1 for part in (found["a"], found["b"])):
        return None
    return f"{number(found['a'])} a {in_text(found['b'], found.string, found.end())}"


def _number(found: re.Match[str]) -> str:
    figures = found["n"]
    is_plain = PLAIN_NUMBER.fullmatch(figures)
    said = in_text(figures, found.string, found.end()) if is_plain else _points(figures)
    # Not a plain blank: what stands before is a part of the same name, as in `MP3`.
    lead = "\N{NO-BREAK SPACE}" if found["lead"] is not None else ""
    minus = "menos " if found["minus"] and not lead else ""
    return f"{lead}{minus}{said}{' ' if found['trail'] is not None else ''}"


def _points(figures: str) -> str:
    marks = {".": " punto ", ",": ", "}
    return "".join(marks.get(part) or number(part) for part in re.split(r"([.,])", figures))
