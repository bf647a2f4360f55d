"""What is left of a text's numbers and signs in Spanish words."""

import re

from nemo_voice_tts.text.es.figures import fraction, in_text, is_feminine, number, ordinal
from nemo_voice_tts.text.symbol_names import greek_letter, is_punctuation, symbol_name
from nemo_voice_tts.text.traced import Traced

_ORDINAL = re.compile(
    r"(?<![\w.])(?P<n>\d{1,3})(?:\.?(?P<end>[ºªoa])(?!\w)|(?P<letters>er|ro|do|to"
    r"|mo|vo|no|ra|da|ta|ma|va|na)\b)"
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
_LABEL = re.compile(r"(?:#|\b[Nn](?:úm\.|\.?[ºo]\.?))[ ]?(?=\d)")
_BETWEEN = (
    (re.compile(r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(])"), " más "),
    (re.compile(r"(?<=[\w)])[ ]\*[ ](?=[\w(])"), " por "),
    (re.compile(r"(?<=\d)[ ]-[ ](?=\d)"), " menos "),
    (re.compile(r"(?<=\d)[ ]/[ ](?=\d)"), " entre "),
)
_OTHER = re.compile(r"[^\w\s.,;:!?¡¿'\"()-]|_")
_GREEK = re.compile(r"(?<![\u0370-\u03ff])[\u0391-\u03c9\u2126\u00b5](?![\u0370-\u03ff])")
_NAMES = {
    "&": "y", "%": "por ciento", "+": "más", "=": "igual a", "<": "menor que", ">": "mayor que",
    "@": "arroba", "#": "almohadilla", "*": "asterisco", "/": "barra", "\\": "barra invertida",
    "$": "dólar", "€": "euro", "£": "libra", "¥": "yen", "©": "copyright", "®": "registrado",
    "™": "marca registrada", "°": "grados", "§": "sección", "×": "por", "÷": "entre",
    "±": "más menos", "≈": "aproximadamente", "≠": "distinto de", "≤": "menor o igual que",
    "≥": "mayor o igual que", "√": "raíz cuadrada de", "∞": "infinito", "→": "flecha",
    "‰": "por mil", "№": "número", "¢": "centavo", "−": "menos", "✓": "visto", "✔": "visto",
    "✗": "cruz", "★": "estrella", "º": "", "ª": "",
}  # fmt: skip
_NOUN = re.compile(r"\s+([a-záéíóúñü]+)")
_HALF = 2
_POWERS = {"2": " al cuadrado", "3": " al cubo"}


def numbers(text: Traced) -> Traced:
    """Returns the text without a digit."""
    if not re.search(r"\d", text.text):
        return text
    text = text.sub(_LABEL, "número ").sub(_ORDINAL, _ordinal).sub(_FRACTION, _fraction)
    text = text.sub(_POWER, _power).sub(_RATIO, " a ")
    for pattern, words in _BETWEEN:
        text = text.sub(pattern, words)
    return text.sub(_RANGE, _range).sub(_NUMBER, _number)


def symbols(text: Traced) -> Traced:
    """Returns the text without a sign that is neither a letter nor punctuation."""
    return text.sub(_OTHER, _named).sub(_GREEK, lambda found: f" {greek_letter(found[0])} ")


def _ordinal(found: re.Match[str]) -> str:
    end = found["end"] or found["letters"]
    said = ordinal(found["n"], feminine=end in {"ª", "a", "ra", "da", "ta", "ma", "va", "na"})
    return re.sub(r"(primer|tercer)o$", r"\1", said) if end == "er" else said


def _fraction(found: re.Match[str]) -> str:
    over, under = int(found["a"]), int(found["b"])
    said = fraction(over, under)
    whole = found["whole"]
    if not whole:
        return said
    if (over, under) != (1, _HALF):
        return f"{number(whole)} y {said}"
    noun = _NOUN.match(found.string, found.end())
    return f"{number(whole)} y {'media' if noun and is_feminine(noun[1]) else 'medio'}"


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
    is_plain = re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:[.,]\d+)?", figures)
    said = in_text(figures, found.string, found.end()) if is_plain else _points(figures)
    lead = " " if found["lead"] is not None else ""
    minus = "menos " if found["minus"] and not lead else ""
    return f"{lead}{minus}{said}{' ' if found['trail'] is not None else ''}"


def _points(figures: str) -> str:
    marks = {".": " punto ", ",": ", "}
    return "".join(marks.get(part) or number(part) for part in re.split(r"([.,])", figures))


def _named(found: re.Match[str]) -> str | None:
    sign = found[0]
    if sign in _NAMES:
        return f" {_NAMES[sign]} "
    if is_punctuation(sign):
        return None
    return f" {symbol_name(sign)} "
