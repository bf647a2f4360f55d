"""Numbers that name one thing and count nothing: `seat 14C`, `Room 204`, `NY 10001`, `port 5432`.

`codes.py` reads what its own letters tell to be a name; here the word before or after tells it.
"""

import re
from collections.abc import Callable

from nemo_voice_tts.text.en.figures import figure
from nemo_voice_tts.text.en.spelling import (
    cardinal,
    code_number,
    digits,
    letters,
    part,
)
from nemo_voice_tts.text.en.states import STATES
from nemo_voice_tts.text.traced import Traced

_Said = Callable[[re.Match[str]], str]
_NOUN = (
    r"(?:flight|seat|row|gate|room|suite|apartment|apt|unit|flat|platform|terminal|locker|booth"
    r"|bus|tram|train|line|route|highway|interstate|hwy|exit|junction|form|grade|class|section"
    r"|exhibit|appendix|annex|figure|fig|table|schedule|error|code|status|model|zone|group|block"
    r"|building|hall|lot|track|aisle|bay|dock|door|ward|rule|article|question|item|step|page"
    r"|size|house|level|channel|studio|boeing|airbus|porsche|peugeot|nokia|ryzen|geforce|radeon|office)"
)
_LETTERED = re.compile(
    rf"\b((?i:{_NOUN})s?)([ ]#?|: ?#?)(\d{{1,4}}[A-Z]{{1,2}}|\d{{1,4}}[a-h]"
    rf"|[A-Z]{{1,2}}-?\d{{1,4}}[A-Z]?)"
    r"((?:(?:,? (?:and|or|to) |, )\d{1,4}[A-Z](?!\w))*)(?![\w%$]|[.,:]\d|-?\d|/)"
)
"""Letters behind or before the number are a part of the name, whatever unit they look like."""
_BELONGING = re.compile(
    r"\b((?i:seat|table|desk|gate|row|locker|berth|stall|flat|apartment|apt|door|slot|id|code))"
    r"( (?:is|was|number) )(\d{1,3}[A-Z]|[A-Z]\d{1,3})(?!\w)"
)
_PHONE = re.compile(
    r"\b(iPhone|iPad|Galaxy|Pixel|Nexus|Redmi|OnePlus|Moto)( )([A-Z]?\d{1,2}[a-z]{1,2})(?!\w)"
)
_NUMBERED = re.compile(
    r"\b((?i:flight|gate|room|suite|apartment|unit|route|highway|interstate|hwy|bus|train|error"
    r"|code|status|http|port|locker|studio|boeing|airbus|porsche|peugeot|nokia|office|form"
    r"|rtx|gtx|rx|ryzen|geforce|radeon)s?)([ ]#?)(\d{3,5}|\d{2}(?=,? (?:and|or|to) \d{3}))"
    r"((?:(?:,? (?:and|or|to|through) |, )\d{3,5})*)"
    r"(?![\w%]|[.,/: -]\d| (?:people|men|women|miles)\b)"
)
_FLIGHT = re.compile(r"\b([Ff]lights?\s+)([A-Z]{2}|[A-Z]\d|\d[A-Z])[ -]?(\d{1,4})\b")
_AIRLINE = re.compile(r"\b(BA|AA|UA|DL|LH|AF|KL|EK|QF|QR|SQ|WN|IB|EI)[ ]?(\d{3,4})\b(?![.,:]\d)")
_PLACES = "|".join(sorted({*STATES, *STATES.values()}, key=len, reverse=True))
_ZIP = re.compile(
    rf"\b((?:{_PLACES}),? )(\d{{5}}(?:-\d{{4}})?)"
    r"(?![\w%]|[.,:]\d|[ ](?:[a-z]{3,}s|people|men|women)\b)"
)
_POSTCODE = re.compile(r"(?<![\w-])([A-Z]{1,2}\d[A-Z\d]?)[ ](\d[A-Z]{2})(?!\w)|"
                       r"(?<![\w-])([A-Z]\d[A-Z])[ ](\d[A-Z]\d)(?!\w)")  # fmt: skip
"""British ones, and Canadian ones."""
_HOUSE = re.compile(
    r"(?<![\w.,$£€#%/:-])(?<!\b[Ii]n )(\d{2,5})([A-Z]?)(?=(?: (?:North|South|East|West|Old|New"
    r"|Upper|Lower))?(?: (?:[A-Z][a-z]+|\d+(?:st|nd|rd|th))){1,2} (?:Street|Avenue|Boulevard|Road"
    r"|Lane|Drive|Court|Place|Square|Terrace|Parkway|Highway|Crescent|Way)\b)"
)
_CARD = re.compile(
    r"\b((?:(?i:card|visa|mastercard|amex|account|number|phone|iban|ssn|passport|id|plate)"
    r" (?:that )?(?:ending|ends?|ended)(?: in| with)?"
    r"|last (?:four|4)(?: digits)?(?: are| is|:)?) )(\d{4})\b(?![.,:%-]?\d)"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d\d(?: [\dA-Z]{4}){3,7}(?: [\dA-Z]{1,4})?(?!\w)")
_SEATS = re.compile(r"(?i:\b(seats?|rows?))( )(\d{1,2})([A-K])-([A-K])(?!\w)")
_SHORT_CODE = re.compile(r"\b([Tt]ext(?:ed|ing)? (?:[\w\"']+ ){1,3}to )(\d{5,6})\b(?![.,]\d)")
_NAMED_SECTION = re.compile(
    r"(?<![\w.,$])(\d{1,4})\(([a-w])\)(?:\((\d{1,2})\))?|"
    r"(?<![\w.,$])(401|403|457)([kb])()(?!\w)"
)
"""Parts of laws: `401(k)`, `501(c)(3)`, `Section 8(a)`."""
_TYRE = re.compile(
    r"(?<![\w./])(P|LT|ST|T)?(\d{3})/(\d{2}) ?(Z?R) ?(\d{2})(C)?"
    r"(?: (\d{2,3}(?:/\d{2,3})?)([J-NP-WYZHV]))?(?!\w)"
)
"""The load and the speed that it bears stand behind its size: `205/55 R16 91V`."""
_FORM = re.compile(
    r"(?<![\w.,$£€/-])(\d{4})-(MISC|NEC|INT|DIV|OID|PATR|SSA|QA|SA|LTC|EZ|SR|NR|ES|PC|[A-CGKQRSTX])"
    r"(?![\w-])"
)
_FORM_NAMES = {"MISC": "misc", "DIV": "div", "INT": "int"}
"""What is said of the letters behind the number of a form for taxes, where they are not spelled."""
_CHORD = re.compile(
    r"(?<![\w/.-])([A-G])b(m|maj|min|dim|sus|aug|add)?([5679]|1[13])(?:(b|#)([59]|1[13]))?(?!\w)"
)
_CHORDS = {"maj": " major", "min": " minor", "m": " minor", "b": "flat", "#": "sharp"}
_PROCESSOR = re.compile(r"\b([iI][3579])[- ](\d{2})(\d{2,3})([A-Z]{0,2}\d?)(?!\w)")
_PARAMETERS = re.compile(
    r"(?<![\w.,$£€])(\d{1,4}(?:\.\d{1,2})?)([BMT])(?=[ -](?:param(?:eter)?|model|LLM|language|chat"
    r"|instruct|base|checkpoint|network|variant|token|weight|version)s?\b)"
)
"""Sizes of models: `a 7B model`."""
_MODEL = re.compile(r"(?<![\w.,-])(?:\d{4}|7[0-8]7)X[A-Z]?(?!\w| (?:faster|slower|more|less))")
"""Of processors and aeroplanes: `7950X`, `777X`."""
_LARGE = re.compile(r"(?<=\b[Tt]he )(\d{2,3})(B)(?!\w)|(?<=\b[Aa] )(\d{2,3})(B)(?!\w)")
_SIZES = {"B": "billion", "M": "million", "T": "trillion"}
_CUP = re.compile(r"(?<![\w.,])(\d{2})([A-K]{1,3})(?= (?:bras?|cups?|bust)\b)")
_COMPANY = re.compile(
    r"(?<![\w.,$£€-])3M(?='s\b| (?:[Cc]ompany|Co\b|Corp|Inc|tapes?|products?|stock|shares?|masks?"
    r"|respirators?|makes?|made|sells?|said|says|is|was|has|will|announced|reported|employs?)\b)"
    r"|(?<=\bat )3M(?=[.,;!?]|$)|(?<=\bby )3M(?!\w)"
)
"""The company; `3M` is three million otherwise."""


_LONG = re.compile(r"(?<![\d$£€./])\d{3}")
_FIVE_DIGITS = re.compile(r"\d{5}")
_JOINED = re.compile(r"\d[A-Za-z(]|[A-Za-z]-?\d|\d/\d\d R|\d-[A-Z]|[Ff]light")
_BEFORE_NAME = re.compile(r"\d[A-Z]? (?:[A-Z]|\d+(?:st|nd|rd|th))")
"""What a text holds that any of the patterns may find: most hold none of them."""


def designations(text: Traced) -> Traced:
    """Returns the text with the numbers of flights, rooms, forms, houses and postcodes in words."""
    source = text.text
    if _LONG.search(source):
        for pattern, said in _OF_DIGITS:
            text = text.sub(pattern, said)
        if _FIVE_DIGITS.search(source):
            text = text.sub(_ZIP, lambda found: f"{found[1]}{_groups(found[2])}")
            text = text.sub(_SHORT_CODE, lambda found: f"{found[1]}{digits(found[2])}")
    if _JOINED.search(source):
        for pattern, said in _WITH_LETTERS:
            text = text.sub(pattern, said)
    text = text.sub(_HOUSE, _house) if _BEFORE_NAME.search(source) else text
    return text.sub(_NUMBERED, _numbers_of) if _LONG.search(source) else text


def _lettered(code: str) -> str:
    """Returns a code of letters and numbers: `14C` is "fourteen C"."""
    pieces = re.findall(r"[A-Za-z]+|\d+", code)
    return " ".join(code_number(one) if one.isdigit() else letters(one) for one in pieces)


def _groups(code: str) -> str:
    return ", ".join(map(digits, code.split("-")))


def _postcode(found: re.Match[str]) -> str:
    return " ".join(letters(half) for half in found.groups() if half)


def _house(found: re.Match[str]) -> str:
    return f"{code_number(found[1])} {found[2]}".rstrip()


def _named_section(found: re.Match[str]) -> str:
    number, letter, part_of = found.groups()[:3] if found[1] else found.groups()[3:]
    said = f"{code_number(number)} {letter.upper()}"
    return f"{said} {code_number(part_of)}" if part_of else said


def _tyre(found: re.Match[str]) -> str:
    vehicle, width, height, kind, rim, van, load, speed = found.groups()
    said = f"{code_number(width)}, {code_number(height)}, {letters(kind)} {code_number(rim)}"
    said = f"{letters(vehicle)} {said}" if vehicle else said
    said = f"{said} {van}" if van else said
    return f"{said}, {' '.join(map(code_number, load.split('/')))} {speed}" if load else said


def _form(found: re.Match[str]) -> str:
    return f"{code_number(found[1])} {_FORM_NAMES.get(found[2]) or letters(found[2])}"


def _chord(found: re.Match[str]) -> str:
    note, kind, size, sign, altered = found.groups()
    kind = _CHORDS.get(kind, f" {kind}") if kind else ""
    said = f"{note} flat{kind} {code_number(size)}"
    return f"{said} {_CHORDS[sign]} {code_number(altered)}" if sign else said


def _processor(found: re.Match[str]) -> str:
    family, head, tail, rest = found.groups()
    is_long = len(head + tail) > len("9700")
    number = f"{cardinal(int(head))} {code_number(tail)}" if is_long else code_number(head + tail)
    return f"{_lettered(family)} {number} {_lettered(rest)}".rstrip()


def _size(found: re.Match[str]) -> str:
    figures, size = found[1], found[2]
    if figures is None:
        figures, size = found[3], found[4]
    return f"{figure(figures)} {_SIZES[size]}"


def _code_of(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2].replace('#', '')}{_lettered(found[3])}"


def _codes_of(found: re.Match[str]) -> str:
    others = re.sub(r"\d+[A-Z]", lambda one: _lettered(one[0]), found[4])
    return f"{_code_of(found)}{others}"


def _numbers_of(found: re.Match[str]) -> str:
    noun, blank, first, others = found.groups()
    if noun.endswith("s") or noun.isupper():
        others = re.sub(r"\d+", lambda one: code_number(one[0]), others)
    said = part(noun) if noun.isupper() else noun
    return f"{said}{blank.replace('#', '')}{code_number(first)}{others}"


_OF_DIGITS: tuple[tuple[re.Pattern[str], _Said], ...] = (
    (_AIRLINE, lambda found: f"{letters(found[1])} {code_number(found[2])}"),
    (_IBAN, lambda found: ", ".join(map(letters, found[0].split(" ")))),
    (_CARD, lambda found: f"{found[1]}{digits(found[2])}"),
)
_WITH_LETTERS: tuple[tuple[re.Pattern[str], _Said], ...] = (
    (_FLIGHT, lambda found: f"{found[1]}{_lettered(found[2])} {code_number(found[3])}"),
    (_SEATS, lambda found: f"{found[1]} {code_number(found[3])} {found[4]} to {found[5]}"),
    (_POSTCODE, _postcode),
    (_COMPANY, lambda _: "three M"),
    (_TYRE, _tyre),
    (_FORM, _form),
    (_CHORD, _chord),
    (_PROCESSOR, _processor),
    (_PARAMETERS, _size),
    (_LARGE, _size),
    (_CUP, lambda found: f"{code_number(found[1])} {letters(found[2])}"),
    (_NAMED_SECTION, _named_section),
    (_LETTERED, _codes_of),
    (_MODEL, lambda found: _lettered(found[0])),
    (_BELONGING, _code_of),
    (_PHONE, _code_of),
)
