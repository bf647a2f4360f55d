"""What is left of a text's numbers in German words: ranges, fractions, codes, quantities."""

import re

from nemo_voice_tts.text.de.figures import PLAIN, article, in_text, may_be_year, number, year
from nemo_voice_tts.text.de.nouns import Gender, gender_of
from nemo_voice_tts.text.de.ordinals import ordinal
from nemo_voice_tts.text.traced import Traced

_FRACTION = re.compile(
    r"(?<![\w.,/])(?:(?P<whole>\d{1,3})[ ])?(?P<a>\d{1,2})/(?P<b>\d{1,4})(?![\w/]|[.,]\d)"
)
_RANGE = re.compile(
    r"(?<![\w.,-])(?P<a>\d+(?:[.,]\d+)*)[ ]?-[ ]?(?P<b>\d+(?:[.,]\d+)*)(?![\w]|-\d|[.,]\d)"
)
_SCORE = re.compile(r"(?<![\w.,:])(?P<a>\d{1,3}):(?P<b>\d{1,3})(?![\w:]|[.,]\d)")
_POWER = re.compile(r"(?<=\w)\^(?P<power>-?\d+)")
_NUMBER = re.compile(
    r"(?P<minus>(?<![\w)])-[ ]?)?(?P<lead>(?<=[^\W\d])-?)?(?P<n>\d+(?:[.,]\d+)*)"
    r"(?P<trail>-?(?=[^\W\d]))?"
)
_LABEL = re.compile(r"#[ ]?(?=\d)")
_TIMES = re.compile(
    r"(?<![\w.,])(?:(?P<low>\d+)-)?(?P<n>\d+(?:,\d+)?)(?:-?mal|x)(?P<end>ig|ige[nrsm]?)?\b"
)
_SUFFIXED = re.compile(
    r"(?<![\w.,])(?P<n>\d+)-?(?P<end>(?:fach|jährig|stündig|minütig|tägig|monatig|wöchig|stellig|köpfig"
    r"|prozentig|stöckig|teilig|seitig|malig|türig|gradig|zeilig|spurig|sprachig|geschossig|bändig)"
    r"[a-zäöü]*|er)\b"
)
_CODE = re.compile(
    r"(?i:\b(?:pin|code|passwort|otp|plz|postleitzahl|bestellnummer|rechnungsnummer|kontonummer"
    r"|kundennummer|sendungsnummer|vorwahl|notruf|buchungscode|zimmernummer|rufnummer|ausweisnummer"
    r"|referenz(?:nummer)?|artikelnummer|seriennummer|isbn|iban)"
    r"(?:[ ]?(?:ist|lautet|war|nr\.|nummer))?:?[ ]?#?)"
    r"(?P<code>\d{3,}(?:(?:[- ]|[ ](?:oder|und|bzw\.)[ ])\d{2,}){0,12})"
    r"(?![\w%]|[.,]\d)"
)
_POSTCODE = re.compile(
    r"(?:(?<=\d, )|(?<=\d[a-z], )|(?<=\bD, )|(?<=\bA, )|(?<=\bCH, ))(?P<code>\d{4,5})(?="
    r"[ ][A-ZÄÖÜ])"
)
_COUNTRY = re.compile(r"\b(D|A|CH)-(?=\d{4,5}[ ][A-ZÄÖÜ])")
_GROUP = re.compile(r"\d+")
_GAP = re.compile(r"(?<=\d)[- ](?=\d)")
_ALWAYS = re.compile(r"(?<![\w/])24/7(?![\w/])")
_BETWEEN = (
    (re.compile(r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(])"), " plus "),
    (re.compile(r"(?<=[\w)])[ ]?[*×·⋅][ ]?(?=\d)"), " mal "),
    (re.compile(r"(?<=\d)[ ][-−][ ](?=\d)"), " minus "),
    (re.compile(r"(?<=\d)[ ][/÷:][ ](?=\d)"), " geteilt durch "),
    (re.compile(r"(?<=[\w)])[ ]?=[ ]?(?=[\w(-])"), " gleich "),
    (re.compile(r"(?<=\d)[ ]?\+(?!\w)"), " plus"),
)
_NOUN = re.compile(r"[ ]([A-ZÄÖÜ][a-zäöüß]+)")
_SLASH = re.compile(r"(?<=\d)/(?=\d)")
_PRESSURE = re.compile(r"(?<![\w.,/])(?P<a>[12]\d\d)/(?P<b>\d{2,3})(?![\w/])")
_POWERS = {"2": " hoch zwei", "3": " hoch drei"}


def numbers(text: Traced) -> Traced:
    """Returns the text without a digit."""
    if not re.search(r"\d", text.text):
        return text
    text = text.sub(_ALWAYS, "vierundzwanzig sieben").sub(_COUNTRY, lambda found: f"{found[1]}, ")
    text = text.sub(_POSTCODE, lambda found: PLAIN.digits(found["code"]))
    text = text.sub(_LABEL, "Nummer ").sub(_TIMES, _times).sub(_SUFFIXED, _suffixed)
    for pattern, words in _BETWEEN:
        text = text.sub(pattern, words)
    if "druck" in text.text:
        text = text.sub(_PRESSURE, lambda found: f"{number(found['a'])} zu {number(found['b'])}")
    text = (
        text.sub(_FRACTION, _fraction)
        .sub(_SLASH, " Schrägstrich ")
        .sub(_POWER, _power)
        .sub(_SCORE, _score)
    )
    return text.sub(_RANGE, _range).sub(_NUMBER, _number)


def codes(text: Traced) -> Traced:
    """Returns the text with the numbers that are said digit by digit for what is before them."""
    return text.sub(_CODE, _code)


def fraction(above: int, below: int) -> str:
    """Returns a fraction in words: "drei Viertel"."""
    if below == 2:  # noqa: PLR2004 a half
        return "ein halb" if above == 1 else f"{PLAIN.cardinal(above)} Halbe"
    if below <= 1:
        return f"{PLAIN.cardinal(above)} durch {PLAIN.cardinal(below)}"
    name = ordinal(below, "").removesuffix("t") + "tel"
    if below % 100 == 0:
        name = name.removeprefix("ein")
    count = "ein" if above == 1 else PLAIN.cardinal(above)
    return f"{count} {name[0].upper()}{name[1:]}"


def _fraction(found: re.Match[str]) -> str:
    whole, above, below = found["whole"], int(found["a"]), int(found["b"])
    if (above, below) == (1, 2):
        if whole:
            return "eineinhalb" if whole == "1" else f"{number(whole)}einhalb"
        return _half(found)
    is_named = 1 < below <= 20 or below in {100, 1000}  # noqa: PLR2004 larger ones are read as signs
    said = (
        fraction(above, below) if is_named else f"{number(found['a'])} durch {number(found['b'])}"
    )
    return f"{number(whole)} {said}" if whole else said


def _half(found: re.Match[str]) -> str:
    noun = _NOUN.match(found.string, found.end())
    if noun is None:
        return "ein halb"
    gender = gender_of(noun[1])
    before = found.string[max(0, found.start() - 30) : found.start()]
    said = article(gender, before)
    endings = {"eine": "e", "einer": "en", "einem": "en", "einen": "en"}
    ending = endings.get(said) or ("er" if gender is Gender.MASCULINE else "es")
    return f"{said} halb{ending}"


def _code(found: re.Match[str]) -> str:
    code = found["code"]
    said = _GROUP.sub(lambda group: PLAIN.digits(group[0]), _GAP.sub(", ", code))
    return found[0][: -len(code)] + said


def _times(found: re.Match[str]) -> str:
    low = f"{_stem(found['low'])} bis " if found["low"] else ""
    return f"{low}{_stem(found['n'])}mal{found['end'] or ''}"


def _suffixed(found: re.Match[str]) -> str:
    figures = found["n"]
    said = year(figures) if found["end"] == "er" and may_be_year(figures) else _stem(figures)
    return f"{said}{found['end']}"


def _stem(figures: str) -> str:
    if figures == "1":
        return "ein"
    said = number(figures)
    return said.replace(" ", "") if figures.isdigit() else said


def _score(found: re.Match[str]) -> str:
    return f"{number(found['a'])} zu {number(found['b'])}"


def _power(found: re.Match[str]) -> str:
    power = found["power"]
    minus = "minus " if power[0] == "-" else ""
    return _POWERS.get(power) or f" hoch {minus}{number(power.lstrip('-'))}"


def _range(found: re.Match[str]) -> str | None:
    if any(part.count(".") + part.count(",") > 1 for part in (found["a"], found["b"])):
        return None
    start = found.start("b")
    return f"{number(found['a'])} bis {in_text(found['b'], found.string, start, found.end())}"


def _number(found: re.Match[str]) -> str:
    figures = found["n"]
    is_plain = re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?", figures)
    if is_plain:
        said = in_text(figures, found.string, found.start("n"), found.end("n"))
    else:
        said = _points(figures)
    lead = " " if found["lead"] is not None else ""
    minus = "minus " if found["minus"] and not lead else ""
    return f"{lead}{minus}{said}{' ' if found['trail'] is not None else ''}"


def _points(figures: str) -> str:
    marks = {".": " Punkt ", ",": ", "}
    return "".join(marks.get(part) or PLAIN.integer(part) for part in re.split(r"([.,])", figures))
