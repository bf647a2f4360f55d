"""Two numbers that belong together in words: `16:9`, `24/7`, `8/10`, `3/4`, `4 x 6`, `10x`."""

import re

from nemo_voice_tts.text.en.figures import NUMBER, figure, fraction, number, pairs, year
from nemo_voice_tts.text.en.spelling import plural_of
from nemo_voice_tts.text.en.units import per_unit
from nemo_voice_tts.text.traced import Traced

_FIRST = r"(?<![\w.,:/-])"
_RATIO = re.compile(
    rf"{_FIRST}(?P<a>{NUMBER})(?P<blank>[ ]?):(?P=blank)(?P<b>{NUMBER})(?::(?P<c>\d+))?"
    rf"(?![\w:]|[.,/-]?\d)"
)
_ROUND = re.compile(r"(?<![\w.,:/])(?P<a>\d{1,3})(?:[/-]|[ ]/[ ])(?P<b>\d{1,3})(?![\w%]|[.,/:-]\d)")
_SLASH = re.compile(
    rf"{_FIRST}(?P<a>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?P<blank>[ ]?)/(?P=blank)"
    rf"(?P<b>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.0)?)(?P<th>rds?|ths?|nds?|sts?)?(?P<star>\*)?(?![\w]|[.,/:]\d)"
)
_MIXED = re.compile(
    r"(?<![\w.,:/])(?P<all>\d{1,4}[ -]\d{1,2}/\d{1,3})(?:rds?|ths?|nds?)?(?![\w/]|[.,:]\d)"
)
_SIDE = r"(?:[ ]?(?:mm|cm|m|km|(?:in|ft)(?:\.(?=[ ]?[xX×]))?|px)(?![a-wyz])|[\"'](?!\w))?"
_SIZE = re.compile(
    rf"(?<![\w.,:/])(?P<a>{NUMBER})(?P<unit>{_SIDE}|'|\")"
    rf"(?P<rest>(?:[ ]?[xX×][ ]?{NUMBER}{_SIDE}){{1,5}})(?P<several>s)?(?!\w)"
)
_PICTURE = re.compile(r"\d{3,4}[xX×]\d{3,4}")
_BY = re.compile(r"[ ]?[xX×][ ]?")
_FACTOR = re.compile(
    rf"(?<![\w.,:/=+*^])(?<![=+*/-] )(?P<low>{NUMBER})(?:[ ]?-[ ]?(?P<high>{NUMBER}))?"
    rf"(?P<plus>\+)?(?:[ ](?=[x×X](?:[ ](?:as|faster|slower|more|less|larger|bigger"
    rf"|better|higher)\b|[,.;)]|$)))?[x×X](?P<plus2>\+)?"
    rf"(?P<per>/(?:day|d|week|wk|month|mo|year|yr|hour|hr)\b)?(?![\w=×]|[ ]?[-+\d(=^*/])"
)
_RATED = re.compile(
    r"\b(?:score[ds]?|rat(?:ed|ing|es?)|stars?|got|give[ns]?|gave|solid|out|review"
    r"|overall|grade|quality|taste|pain)\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[ ](?:split|mix|blend|ratio|chance|vote|partnership)")
_METER = re.compile(r"[ -](?:time|rhythm|signature)\b")
_BEATS = frozenset({"2", "4", "8", "16"})
_ODDS = re.compile(r"\b(?:odds|bets?|favou?rites?|bookmakers?|bookies)\b", re.IGNORECASE)
_PRESSURE = re.compile(r"\b(?:blood|pressure|bp|systolic|mmhg)\b", re.IGNORECASE)
_SIDES_MEET = re.compile(r"[xX×][ ]?[\d.]")
_FRACTIONS = re.compile(
    r"(?<![\w.,:/-])(?P<low>\d{1,2}/\d{1,3})[ ]?-[ ]?(?P<high>\d{1,2}/\d{1,3})(?![\w/]|[.,:-]\d)"
)
_ANY = re.compile(r"\d[ ]?[:/xX×]|\d[-+]\d|\d\+[xX]|\d[ '\"a-z]{0,4}[xX×]")
_IDIOMS = {
    (24, 7): "twenty four seven", (9, 11): "nine eleven", (7, 11): "seven eleven",
    (20, 20): "twenty twenty", (24, 365): "twenty four three sixty five",
}  # fmt: skip
_UNDERSTOOD = (10, 4)
_TOPS, _RATINGS, _LARGEST_PART = {10, 20, 100, 1000}, {5, 10, 20, 100, 1000}, 9999
_NAME = re.compile(r"\b[A-Z][A-Za-z]+ $")
_LARGEST_PIECE, _REACH = 6, 16
_WHOLE, _SYSTOLIC, _DIASTOLIC = 100, range(70, 251), range(40, 141)


def ratios(text: Traced) -> Traced:
    """Returns the text with its ratios, fractions, sizes and factors in words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_FRACTIONS, _fractions).sub(_MIXED, lambda found: figure(found["all"]))
    text = text.sub(_ROUND, _round).sub(_SLASH, _slash).sub(_RATIO, _ratio)
    return text.sub(_FACTOR, _factor)


def sizes(text: Traced) -> Traced:
    """Returns the text with its sizes of two and more sides in words: `4 x 6 in`, `1920x1080`."""
    return text.sub(_SIZE, _size) if _SIDES_MEET.search(text.text) else text


def _fractions(found: re.Match[str]) -> str | None:
    """Returns a range of fractions: `1/2-3/4`."""
    ends = (found["low"], found["high"])
    is_part = all(int(over) < int(under) for over, under in (end.split("/") for end in ends))
    return " to ".join(map(figure, ends)) if is_part else None


def _round(found: re.Match[str]) -> str | None:
    """Returns an idiom, or two shares of a hundred: `24/7`, `50-50`, `80/20`."""
    a, b = int(found["a"]), int(found["b"])
    is_slash = "/" in found[0]
    if not is_slash and (a, b) == _UNDERSTOOD:
        return "ten four"
    if is_slash and (a, b) in _IDIOMS:
        return _IDIOMS[a, b]
    is_split = is_slash or a == b or _SPLIT.match(found.string, found.end())
    if a + b == _WHOLE and a >= b and is_split and b not in {0, 1}:
        return f"{number(found['a'])} {number(found['b'])}"
    return None


def _slash(found: re.Match[str]) -> str | None:
    low, high = found["a"], found["b"]
    if _is_season(low, high):
        return f"{year(low)} {number(high) if high[0] != '0' else 'oh ' + number(high[1:])}"
    over, under = float(low.replace(",", "")), int(float(high.replace(",", "")))
    if found["th"]:
        return fraction(int(over), under) if over.is_integer() else None
    if high in _BEATS and over > 1 and _METER.match(found.string, found.end()):
        return f"{number(low)} {number(high)}"
    if _ODDS.search(found.string, max(0, found.start() - 30), found.end() + 20):
        return f"{number(low)} to {number(high)}"
    joint = _joint(found, over, under)
    if joint is None:
        return fraction(int(over), under)
    is_hundred = joint == "out of" and high == "100"
    return f"{number(low)} {joint} {'a hundred' if is_hundred else number(high)}"


def _joint(found: re.Match[str], over: float, under: int) -> str | None:
    """Returns what is said for the slash between two numbers, or None in a fraction."""
    around = found.string[max(0, found.start() - 30) : found.end() + 12]
    has_pressures = over in _SYSTOLIC and under in _DIASTOLIC
    if max(over, under) > _LARGEST_PART or (
        has_pressures and (over > under or _PRESSURE.search(around))
    ):
        return "over"
    may_be_rated = 1 != over < under and under in _RATINGS
    is_rated = may_be_rated and (under in _TOPS or _RATED.search(around))
    if is_rated or over == under or not over.is_integer():
        return "out of"
    before = found.string[max(0, found.start() - _REACH) : found.start()]
    if under == over + 1 > _LARGEST_PIECE and _NAME.search(before):
        return "slash"  # as in `Windows 10/11`
    if over > 2 * under:
        return "slash" if under > 1 else "over"
    return None


def _is_season(low: str, high: str) -> bool:
    """Returns whether two years stand there, the second without its century: `2019/20`."""
    is_year = len(low) == 4 and low[:2] in {"18", "19", "20"}  # noqa: PLR2004 a year's digits
    return is_year and len(high) == 2 and int(high) == (int(low) + 1) % 100  # noqa: PLR2004 likewise


def _ratio(found: re.Match[str]) -> str | None:
    parts = [found["a"], found["b"], *([found["c"]] if found["c"] else [])]
    if any(part[0] == "." for part in parts):
        return None
    return " to ".join(map(number, parts))


def _size(found: re.Match[str]) -> str | None:
    following = found.string[found.end() : found.end() + 3]
    before = found.string[max(0, found.start() - 2) : found.start()]
    is_formula = re.match(r"[ ]?[=^!]", following) or re.search(r"[=+*/^] ?$", before)
    is_hexadecimal = found["a"] == "0" and found["rest"][0] == "x"
    if is_formula or is_hexadecimal:
        return None
    if _PICTURE.fullmatch(found[0]):
        return " by ".join(map(pairs, _BY.split(found[0])))
    sides = [found["a"] + found["unit"], *_BY.split(found["rest"])[1:]]
    said = " by ".join(_side(side.strip()) for side in sides)
    return plural_of(said) if found["several"] else said


def _side(side: str) -> str:
    figures = re.match(NUMBER, side)
    assert figures is not None  # noqa: S101 the pattern begins every side with a number
    unit = side[figures.end() :].strip()
    return f"{number(figures[0])} {_SIDES.get(unit.rstrip('.'), unit)}".strip()


_SIDES = {
    "mm": "millimeters", "cm": "centimeters", "m": "meters", "km": "kilometers",
    "in": "inches", "ft": "feet", "px": "pixels", '"': "inches", "'": "feet",
}  # fmt: skip


def _factor(found: re.Match[str]) -> str | None:
    low, high = found["low"], found["high"]
    said = f"{number(low)} to {number(high)}" if high else number(low)
    plus = " plus" if found["plus"] or found["plus2"] else ""
    per = f" per {per_unit(found['per'][1:])}" if found["per"] else ""
    return f"{said}{plus} {'time' if low == '1' and not high else 'times'}{per}"
