"""Numbers that name one thing and count nothing: `seat 14C`, `Room 204`, `NY 10001`, `port 5432`.

`codes.py` reads what its own letters tell to be a name; here the word before or after tells it.
"""

import re

from nemo_voice_tts.text.en.figures import figure
from nemo_voice_tts.text.en.spelling import (
    alternation,
    cardinal,
    code_number,
    digits,
    letters,
    part,
)
from nemo_voice_tts.text.en.states import STATES
from nemo_voice_tts.text.traced import Traced

_NOUN = (
    r"(?:flight|seat|row|gate|room|suite|apartment|apt|unit|flat|platform|terminal|locker|booth"
    r"|bus|tram|train|line|route|highway|interstate|hwy|exit|junction|form|grade|class|section"
    r"|exhibit|appendix|annex|figure|fig|table|schedule|error|code|status|model|zone|group|block"
    r"|building|hall|lot|track|aisle|bay|dock|door|ward|rule|article|question|item|step|page"
    r"|size|level|channel|studio|boeing|airbus|porsche|peugeot|nokia|ryzen|geforce|radeon|office)"
)
_LETTERED = re.compile(
    rf"\b((?i:{_NOUN}))([ ]#?|: ?#?)(\d{{1,4}}[A-Z]{{1,2}}|\d{{1,4}}[a-h]"
    rf"|[A-Z]{{1,2}}-?\d{{1,4}}[A-Z]?)"
    r"(?![\w%$]|[.,:]\d|-?\d|/)"
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
    r"|rtx|gtx|rx|ryzen|geforce|radeon)s?)([ ]#?)(\d{3,5})"
    r"((?:(?:,? (?:and|or|to|through) |, )\d{3,5})*)"
    r"(?![\w%]|[.,/:-]\d| (?:people|men|women|miles)\b)"
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
_BOOKS = {
    "Gen": "Genesis", "Exod": "Exodus", "Ex": "Exodus", "Lev": "Leviticus", "Num": "Numbers",
    "Deut": "Deuteronomy", "Josh": "Joshua", "Judg": "Judges", "Sam": "Samuel", "Kgs": "Kings",
    "Chron": "Chronicles", "Chr": "Chronicles", "Neh": "Nehemiah", "Ps": "Psalm", "Pss": "Psalms",
    "Prov": "Proverbs", "Eccl": "Ecclesiastes", "Isa": "Isaiah", "Jer": "Jeremiah",
    "Lam": "Lamentations", "Ezek": "Ezekiel", "Dan": "Daniel", "Hos": "Hosea", "Mic": "Micah",
    "Hab": "Habakkuk", "Zech": "Zechariah", "Mal": "Malachi", "Matt": "Matthew", "Mt": "Matthew",
    "Mk": "Mark", "Lk": "Luke", "Jn": "John", "Rom": "Romans", "Cor": "Corinthians",
    "Gal": "Galatians", "Eph": "Ephesians", "Phil": "Philippians", "Col": "Colossians",
    "Thess": "Thessalonians", "Tim": "Timothy", "Heb": "Hebrews", "Jas": "James", "Pet": "Peter",
    "Rev": "Revelation",
}  # fmt: skip
_BOOK = re.compile(
    rf"\b({'|'.join(sorted(_BOOKS, key=len, reverse=True))})\b(?:\.?(?= \d{{1,3}}:\d)"
    r"|(?:(?<=\b[1-3] Cor)|(?<=\b[1-3] Sam)|(?<=\b[12] Tim)|(?<=\b[12] Pet)|(?<=\b[12] Kgs)"
    r"|(?<=\b[12] Chr)|(?<=Thess)|(?<=Chron)|(?<=Deut)|(?<=Ezek)|(?<=Matt)|(?<=Prov)|(?<=Rom)"
    r"|(?<=Isa)|(?<=Heb)|(?<=Gal)|(?<=Eph)|(?<=Lev)|(?<=Ps))\.(?= \d))"
)
"""A short name of a book of verses, which a person may have as well, unless a verse follows."""
_VERSE = re.compile(
    rf"\b({alternation('books of verses')}) (\d{{1,3}}):(\d{{1,3}})"
    r"(?:-(?:(\d{1,3}):)?(\d{1,3}))?(?![\w:]|[.-]\d| ?[ap]\.?m)"
)


_TYRE = re.compile(r"(?<![\w./])(\d{3})/(\d{2}) ?(Z?R) ?(\d{2})(?!\w)")
_PROCESSOR = re.compile(r"\b([iI][3579])[- ](\d{2})(\d{2,3})([A-Z]{0,2}\d?)(?!\w)")
_PARAMETERS = re.compile(
    r"(?<![\w.,$£€])(\d{1,4}(?:\.\d{1,2})?)([BMT])(?=[ -](?:param(?:eter)?|model|LLM|language|chat"
    r"|instruct|base|checkpoint|network|variant|token|weight|version)s?\b)"
)
"""Sizes of models: `a 7B model`."""
_LARGE = re.compile(r"(?<=\b[Tt]he )(\d{2,3})(B)(?!\w)|(?<=\b[Aa] )(\d{2,3})(B)(?!\w)")
_SIZES = {"B": "billion", "M": "million", "T": "trillion"}
_CUP = re.compile(r"(?<![\w.,])(\d{2})([A-K]{1,3})(?= (?:bras?|cups?|bust)\b)")
_MINNESOTAN = re.compile(
    r"(?<![\w.,$£€-])3M(?='s\b| (?:[Cc]ompany|Co\b|Corp|Inc|tapes?|products?|stock|shares?|masks?"
    r"|respirators?|makes?|made|sells?|said|says|is|was|has|will|announced|reported|employs?)\b)"
    r"|(?<=\bat )3M(?=[.,;!?]|$)|(?<=\bby )3M(?!\w)"
)
"""The company; `3M` is three million otherwise."""


def designations(text: Traced) -> Traced:
    """Returns the text with the numbers of flights, rooms, forms, houses and postcodes in words."""
    if not any(map(str.isdigit, text.text)):
        return text
    text = text.sub(
        _FLIGHT, lambda found: f"{found[1]}{_lettered(found[2])} {code_number(found[3])}"
    )
    text = text.sub(_AIRLINE, lambda found: f"{letters(found[1])} {code_number(found[2])}")
    text = text.sub(_IBAN, lambda found: ", ".join(map(letters, found[0].split(" "))))
    text = text.sub(
        _SEATS, lambda found: f"{found[1]} {code_number(found[3])} {found[4]} to {found[5]}"
    )
    text = text.sub(_ZIP, lambda found: f"{found[1]}{_groups(found[2])}")
    text = text.sub(_POSTCODE, _postcode).sub(_HOUSE, _house)
    text = text.sub(_CARD, lambda found: f"{found[1]}{digits(found[2])}")
    text = text.sub(_SHORT_CODE, lambda found: f"{found[1]}{digits(found[2])}")
    text = text.sub(_BOOK, lambda found: _BOOKS[found[1]]).sub(_MINNESOTAN, "three M")
    text = text.sub(_TYRE, _tyre).sub(_PROCESSOR, _processor)
    text = text.sub(_PARAMETERS, _size).sub(_LARGE, _size)
    text = text.sub(_CUP, lambda found: f"{code_number(found[1])} {letters(found[2])}")
    text = text.sub(_NAMED_SECTION, _named_section).sub(_VERSE, _verse)
    for pattern in (_LETTERED, _BELONGING, _PHONE):
        text = text.sub(pattern, _code_of)
    return text.sub(_NUMBERED, _numbers_of)


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
    width, height, kind, rim = found.groups()
    return f"{code_number(width)}, {code_number(height)}, {letters(kind)} {code_number(rim)}"


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


def _verse(found: re.Match[str]) -> str:
    book, *numbers = found.groups()
    chapter, first, next_chapter, last = (cardinal(int(one)) if one else "" for one in numbers)
    said = f"{book} {chapter} {first}"
    return " ".join(filter(None, [said, "to", next_chapter, last])) if last else said


def _code_of(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2].replace('#', '')}{_lettered(found[3])}"


def _numbers_of(found: re.Match[str]) -> str:
    noun, blank, first, others = found.groups()
    if noun.endswith("s") or noun.isupper():
        others = re.sub(r"\d+", lambda one: code_number(one[0]), others)
    said = part(noun) if noun.isupper() else noun
    return f"{said}{blank.replace('#', '')}{code_number(first)}{others}"
