"""What is left of a text's numbers in words: years, ordinals, ranges, codes, quantities."""

import re

from nemo_voice_tts.text.en.figures import (
    MAGNITUDES,
    is_year,
    number,
    ordinal,
    pairs,
    year,
)
from nemo_voice_tts.text.en.spelling import alternation, plural_of
from nemo_voice_tts.text.en.years import is_year_here
from nemo_voice_tts.text.spellout import ENGLISH
from nemo_voice_tts.text.traced import Traced

_ORDINALS_TO = re.compile(r"(?<=\d(?:st|nd|rd|th))[ ]?-[ ]?(?=\d+(?:st|nd|rd|th)\b)")
_ORDINAL = re.compile(
    r"(?<![\w.])(?P<n>\d{1,3}(?:,\d{3})+|\d+)[ ]?(?:-)?(?:st|nd|rd|th|ST|ND|RD"
    r"|TH)(?!\w)(?P<hyphen>-(?=[a-z]))?"
)
_CODE = re.compile(
    r"(?i:\b(?:pin|passcode|password|otp|zip(?: code)?|postcode|order|invoice|tracking"
    r"|account|serial|reference|ref|confirmation|"
    r"booking|isbn|(?:verification|access|security|promo|area|country|postal|zip|pin"
    r"|gate|door|secure)? ?codes?|id|extension|routing)"
    r"(?: (?:number|no|code|id))?\.?(?: (?:is|was|of)|:"
    r"|,)?[ ]?#?(?:number )?)(?P<code>\d{3,}(?:-\d+|[ ]\d{3,})*)(?![\w%]|[.,]\d|[ ](?:to"
    r"|units|items|people|euros|dollars)\b)"
)
_EMERGENCY = re.compile(
    r"(?i:\b(?:call(?:ed|ing|s)?|dial(?:ed|ing|s)?|text(?:ed|ing)?"
    r"|phone) (?:the )?)(?P<code>\d{3})(?![\w%]|[.,-]?\d|[ ][a-z]*(?:s|people)\b)"
)
_NAMED = re.compile(
    r"(?P<name>(?i:\b(?:apt|section)[ ])|\b[A-Z]{1,5}[ -]?"
    r"|\b[A-Z][a-z]{0,3}(?=\d))(?P<n>\d{3,4})(?![\d,]|\.\d|-\d|[ ](?:people|miles|men"
    r"|women|points))(?P<after>-?(?=[A-Za-z]))?"
)
_SERIES = re.compile(r"(?<=\b[A-Z]\d)[ ]?-[ ]?(?=[A-Z]\d)")
_SCREEN = re.compile(
    r"(?<![\w.,])(?P<n>144|240|360|480|540|720|1080|1440|2160|4320)"
    r"(?P<kind>[pi])(?P<rate>\d{2,3})?(?!\w)"
)
_HYPHENED = re.compile(
    r"(?<![\w.,])(?P<all>\d+(?:[.,]\d+)*(?:-\d+(?:[.,]\d+)*)+)(?P<after>\+|s(?!\w))?(?![\d]|-[\d])"
)
_OF_CODE = re.compile(r"[A-Za-z]-")
_DOTTED = re.compile(r"(?<![\w.,])\d{1,3}(?:\.\d{3}){2,}(?![\d.])")
_TIGHT_COMMA = re.compile(r"(?<=[a-z]),(?=[a-z])")
_MIXED = re.compile(
    r"(?<![A-Za-z0-9-])(?=[A-Za-z]{0,12}\d{1,12}[A-Za-z]{1,12}\d{1,12}[A-Za-z])[A-Za-z"
    r"0-9]{7,64}(?![A-Za-z0-9])"
)
_MOLECULE = re.compile(
    r"(?:(?:A[glu]|Ba|Br|C[alou]?|F|Fe|H[eg]?|I|K|Li|M[gn]|N[aei]?"
    r"|O|Pb?|Si?|Ti|U|Zn|B|Be)\d{0,2}){2,8}"
)
"""A formula whose numbers are said whole."""
_HEX = re.compile(r"(?<!\w)(?P<mark>0[xX]|#)(?P<code>[0-9a-fA-F]{1,16})(?!\w)")
_LIST = re.compile(r"^(?P<n>\d{1,3})[.)](?=[ ])")
_THOUSANDS = re.compile(
    r"(?<![\w.,])(?P<n>\d+(?:\.\d+)?)(?P<size>k|K(?=\+)"
    rf"|m(?=[ ](?:{alternation('counted in millions')})\b)|M|mn|mln|bn)(?!\w)"
    r"(?![ ](?:run|race|runner|video|resolution|display|monitor|tv|screen)s?\b)"
)
_PLURAL = re.compile(r"(?<!\d)(?P<n>\d+)(?P<end>'?s|ers)(?!\w)")
_KARAT = re.compile(
    r"(?<![\w.,])(?P<n>\d{1,2})[ ]?[kK](?=[ ](?:(?:white|yellow|rose|solid) )?gold\b)"
)
_ROUND = {
    "10": "tens", "100": "hundreds", "1000": "thousands", "10000": "tens of thousands",
    "100000": "hundreds of thousands",
}  # fmt: skip
_SEVERAL_OF = re.compile(r" of\b")
_OWNER = re.compile(r"[A-Z][a-z]+ $")
_DEVICE = re.compile(r"(?:iphone|galaxy|model|mi|nexus) $", re.IGNORECASE)
_FORMULA = re.compile(r"\b(?P<atoms>CO|NO|SO|NH|CH|PO)(?=[ ]?\d(?!\w))")
_PLACE = re.compile(
    r"(?:exit|gate|seat|apt|room|row|suite|unit|section|route|size)\.? $", re.IGNORECASE
)
_NUMBER = re.compile(
    r"(?P<minus>(?<![\w)\]%.,])-[ ]?)?(?P<lead>(?<=[A-Za-z])-?"
    r"|(?<=[A-Za-z]'))?(?P<n>\d+(?:,\d{3})*(?:\.\d+)*|(?:\.\d+)+)(?P<trail>-?(?=[^\W\d_])|(?=[°]))?"
)
_ANY = re.compile(r"\d")
_CLASSIC = re.compile(r"7[0-9]7")
_TOLL_FREE = frozenset({"800", "888", "877", "866", "855", "844", "833", "900"})
_PHONE_PARTS = (3, 4)
_SWITCHES = 3


def numbers(text: Traced) -> Traced:
    """Returns the text without a digit."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_LIST, lambda found: f"{number(found['n'])},")
    text = text.sub(_SERIES, " to ").sub(_FORMULA, lambda found: " ".join(found[0]))
    text = text.sub(_DOTTED, lambda found: number(re.sub(r"\D", "", found[0])))
    text = text.sub(_ORDINALS_TO, " to ").sub(_ORDINAL, _ordinal)
    for pattern in (_CODE, _EMERGENCY):
        text = text.sub(pattern, _digits)
    text = text.sub(_HEX, _hexadecimal).sub(_MIXED, _letter_by_letter)
    text = text.sub(_KARAT, lambda found: f"{number(found['n'])} karat")
    text = (
        text.sub(_HYPHENED, _hyphened)
        .sub(_SCREEN, _screen)
        .sub(_PLURAL, _plural)
        .sub(_NAMED, _named)
        .sub(_THOUSANDS, _thousands)
    )
    return text.sub(_NUMBER, _number).sub(_TIGHT_COMMA, ", ")


def _ordinal(found: re.Match[str]) -> str:
    return ordinal(found["n"]) + (" " if found["hyphen"] else "")


def _digits(found: re.Match[str]) -> str:
    code = found["code"]
    return found[0][: -len(code)] + ", ".join(
        ENGLISH.digits(part) for part in re.split(r"[- ]", code)
    )


def _hexadecimal(found: re.Match[str]) -> str | None:
    code = found["code"]
    if found["mark"] == "#" and (len(code) not in {3, 6, 8} or code.isalpha()):
        return None
    start = "hash" if found["mark"] == "#" else "zero x"
    return f"{start} {_spelled(code)}"


def _letter_by_letter(found: re.Match[str]) -> str | None:
    if _MOLECULE.fullmatch(found[0]):
        return None
    switches = len(re.findall(r"[A-Za-z]\d|\d[A-Za-z]", found[0]))
    return _spelled(found[0]) if switches >= _SWITCHES else None


def _spelled(code: str) -> str:
    return " ".join(ENGLISH.digits(one) if one.isdigit() else one.upper() for one in code)


def _hyphened(found: re.Match[str]) -> str | None:
    parts = found["all"].split("-")
    if found["after"] == "s":
        return plural_of(_range(*parts)) if len(parts) == 2 else None  # noqa: PLR2004 ends
    after = " plus" if found["after"] else ""
    following = found.string[found.end() : found.end() + 1]
    after += " " if following.isalpha() else ""
    before = found.string[max(0, found.start() - 2) : found.start()]
    if len(parts) > 2 or _OF_CODE.match(before):  # noqa: PLR2004 more than a range
        return ", ".join(map(_group, parts)) + after
    low, high = parts
    return _range(low, high) + after


def _group(figures: str) -> str:
    """Returns one of three or more numbers between hyphens: a long one is a part of a code."""
    if is_year(figures):
        return year(figures)
    is_code = len(figures) > 2 and figures.isdigit()  # noqa: PLR2004 as two digits are said anyway
    return ENGLISH.digits(figures) if is_code else _part(figures)


def _range(low: str, high: str) -> str:
    if is_year(low) and is_year(high) and low < high:
        return f"{year(low)} to {year(high)}"
    if is_year(low) and len(high) == 2 and high > low[2:]:  # noqa: PLR2004 a year without century
        return f"{year(low)} to {number(high.lstrip('0'))}"
    if _CLASSIC.fullmatch(low) and high.isdigit():
        return f"{pairs(low)} {pairs(high)}"
    if low == "1" and high in _TOLL_FREE:
        return f"one {pairs(high)}"
    lengths = tuple(map(len, (low, high)))
    is_code = (low[0] == "0" and low[1:2].isdigit()) or (high[0] == "0" and high[1:2].isdigit())
    if is_code or lengths == _PHONE_PARTS:
        return f"{ENGLISH.digits(low)}, {ENGLISH.digits(high)}"
    return f"{_part(low)} to {_part(high)}"


def _part(figures: str) -> str:
    return (
        number(figures)
        if re.fullmatch(r"\d{1,3}(?:,\d{3})*(?:\.\d+)?|\d+(?:\.\d+)?", figures)
        else _points(figures)
    )


def _points(figures: str) -> str:
    """Returns a number with several dots or stray commas part by part."""
    marks = {".": " point ", ",": ", "}
    parts = re.split(r"([.,])", figures)
    return "".join(marks.get(part) or ENGLISH.integer(part) for part in parts if part)


def _named(found: re.Match[str]) -> str | None:
    figures, name = found["n"], found["name"]
    is_model = name.strip(" -").isupper() or name[-1:] not in " -"
    if is_model and len(figures) == 4 and figures[1:3] == "00":  # noqa: PLR2004 "nine thousand one"
        return None
    is_apart = name[-1:] == " " or len(name.strip(" -")) > 2  # noqa: PLR2004 as in `NASA 100`
    if is_model and len(figures) == 3 and is_apart:  # noqa: PLR2004 three digits
        return None
    if figures[0] == "0" or name in {"I ", "A "}:
        return None
    said = pairs(figures)
    after = " " if found["after"] is not None else ""
    return f"{name.rstrip(' -')} {said}{after}"


def _screen(found: re.Match[str]) -> str:
    said = f"{pairs(found['n'])} {found['kind'].upper()}"
    return f"{said} {number(found['rate'])}" if found["rate"] else said


def _thousands(found: re.Match[str]) -> str | None:
    size = MAGNITUDES[found["size"]]
    is_video = size == "thousand" and found["n"] in {"4", "5", "8"}
    is_label = _PLACE.search(found.string[max(0, found.start() - 12) : found.start()])
    is_counted = found.string[found.end() : found.end() + 1] == "+"
    return None if is_label or (is_video and not is_counted) else f"{number(found['n'])} {size}"


def _plural(found: re.Match[str]) -> str:
    before = " " if found.string[found.start() - 1 : found.start()].isalpha() else ""
    figures = found["n"]
    if _DEVICE.search(found.string[max(0, found.start() - 12) : found.start()]):
        return f"{number(figures)} S"
    if found["end"] == "s" and _SEVERAL_OF.match(found.string, found.end()) and figures in _ROUND:
        return _ROUND[figures]
    said = year(figures) if is_year(figures) else pairs(figures)
    if found["end"] == "ers":
        return f"{before}{said}rs" if said.endswith("e") else f"{before}{said}ers"
    is_long = len(figures) > 2  # noqa: PLR2004 digits, whose several have no apostrophe
    before_it = found.string[max(0, found.start() - 12) : found.start()]
    is_owner = found["end"] == "'s" and (is_long or _OWNER.search(before_it))
    return f"{before}{said}'s" if is_owner else f"{before}{plural_of(said)}"


def _number(found: re.Match[str]) -> str:
    figures = found["n"]
    lead = " " if found["lead"] is not None else ""
    trail = " " if found["trail"] is not None else ""
    if figures.count(".") > 1:
        said = _points(figures)
    elif is_year_here(found.string, found.start("n"), found.end("n")):
        said = year(figures) if is_year(figures) else pairs(figures)
    else:
        said = number(figures)
    minus = "minus " if found["minus"] and not lead else ""
    return f"{lead}{minus}{said}{trail}"
