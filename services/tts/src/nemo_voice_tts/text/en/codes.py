"""Letters with numbers: `GPT-4`, `A380`, `MP3`, `3D`, `AB-1234`, `flight BA 2490`, `Boeing 747`."""

import re

from nemo_voice_tts.text.en.spelling import (
    cardinal,
    code_number,
    component,
    digits,
    is_word,
    known_readings,
    letters,
    part,
    reading_of,
)
from nemo_voice_tts.text.traced import Traced

_NUMBERED_NOUNS = (
    "[Ff]light|[Rr]oute|[Hh]ighway|[Ii]nterstate|[Rr]oom|[Ss]uite|[Aa]partment|Boeing|Airbus|RTX|GTX|RX"
    "|[Ee]rror|[Cc]ode|[Ss]tatus|HTTP|[Bb]us|[Gg]ate|[Tt]rain|Porsche|Peugeot|Studio|Nokia|Ryzen|GeForce|Radeon|Office|Locker"
)
_AFTER_NOUN = re.compile(rf"\b({_NUMBERED_NOUNS})(\s)#?(\d{{3,4}})(?![\w.,%-]?\d|\w)")
_FLIGHT = re.compile(r"\b([Ff]lights?\s+)([A-Z]{2}|[A-Z]\d|\d[A-Z])\s?(\d{2,4})\b")
_AIRLINE = re.compile(r"\b(BA|AA|UA|DL|LH|AF|KL|EK|QF|QR|SQ|WN|IB|EI)\s?(\d{3,4})\b(?![.,:]\d)")
_CODE = re.compile(
    r"(?<![\w.$£€/-])(?=[A-Za-z0-9-]{0,30}\d)(?=[A-Za-z0-9-]{0,30}[A-Za-z])"
    r"([A-Za-z]{1,12}\d{1,7}|\d{1,4}[A-Z]{1,4}|[A-Z]{1,5}\d{1,4}[A-Z]{1,4}\d{0,4}|[A-Za-z]{1,12}-\d{1,6}(?:[A-Z]{1,3}|[a-rt-z])?"
    r"|[A-Za-z0-9]{1,8}(?:-[A-Za-z0-9]{1,8}){1,5}|\d{1,3}[a-z]|[A-Z]{1,3}\d{1,4}[a-z]{2,5}|[A-Z]\d[A-Z] ?\d[A-Z]\d)((?:'s|s)?)(?![\w/]|-\d|\.\d)"
)
_BETWEEN_DIGITS = re.compile(r"([A-Z])(\d)([A-Z])")
_HTTP = re.compile(r"\b([A-Z]{2,5})/(\d(?:\.\d)?)\b")
_SPACED = re.compile(
    r"\b(GPT|RTX|GTX|USB|HTTP|IPv|WPA|SHA|MD|PS|Mk|IP|PCIe|DDR|GDDR|LTE|CUDA|SKU|ID|PR|QA)[ ](\d{1,5})\b(?![.,:]\d|%)"
)
_PIECE = re.compile(r"[A-Za-z]+|\d+")
_ORDINAL_OR_UNIT = re.compile(
    r"\d+(?:st|nd|rd|th|s|km|kg|g|m|cm|mm|mi|ft|in|lb|lbs|oz|ml|l|L|h|hr|hrs|min|sec|ms|us|ns|MB|GB|TB|KB|kB|PB|Mb|Gb|Kb|Mbps|Gbps|Kbps"
    r"|W|kW|MW|GW|V|kV|A|mA|Ah|mAh|Wh|kWh|Hz|kHz|MHz|GHz|K|M|B|T|k|bn|mn|tn|C|F|AM|PM|am|pm|a|p|x|X|mph|kph|px|pt|em|rem|fps|FPS|dB|J|kJ|N|Pa|kPa|psi|mg|mcg|nm|rpm|yd|yds|d|w|y|yr|yrs|wk|mo|c|p|e|nd|BC|AD|BCE|CE|EUR|USD|GBP|GiB|MiB|KiB|TiB|ha|sq|cc|cal|kcal|deg|Nm|hp|HP|DPI|dpi)"
)
_LETTER_AFTER = frozenset("3D 2D 4D 5G 4G 3G 2G 6G 4K 8K 1D".split())
_DATE_LIKE = re.compile(
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|June|July|August|September|October|November|December)-?\d+|Q[1-4]|H[12]|FY\d+|CY\d+",
    re.IGNORECASE,
)
_QUARTERS = re.compile(r"\b(Q[1-4])\s?-\s?(Q[1-4])\b")
_QUARTER = re.compile(r"\b(?:(Q)([1-4])|(H)([12])|(FY)\s?'?(\d\d(?:\d\d)?))\b")
_MOVIE = re.compile(
    r"\b(mid|post|pre|non|anti|ex|sub|pro|under|over|top|first|second|third|early|late)-",
    re.IGNORECASE,
)
_CHEMICAL = re.compile(r"(?:[A-Z][a-z]?\d*){2,}")


def codes(text: Traced) -> Traced:
    """Returns the text with words of letters and digits in words."""
    if not any(map(str.isdigit, text.text)):
        return text
    text = text.sub(_FLIGHT, _flight).sub(_AFTER_NOUN, _after_noun).sub(_AIRLINE, _airline)
    text = text.sub(_QUARTERS, lambda found: f"{found[1]} to {found[2]}").sub(_QUARTER, _quarter)
    text = text.sub(_HTTP, lambda found: f"{part(found[1])} {found[2]}")
    return text.sub(_SPACED, _spaced).sub(_CODE, _code)


def _flight(found: re.Match[str]) -> str:
    return f"{found[1]}{letters(found[2])} {_flight_number(found[3])}"


def _flight_number(number: str) -> str:
    return code_number(number)


def _after_noun(found: re.Match[str]) -> str:
    noun = letters(found[1]) if found[1].isupper() else found[1]
    return f"{noun}{found[2]}{code_number(found[3])}"


def _airline(found: re.Match[str]) -> str:
    return f"{letters(found[1])} {code_number(found[2])}"


def _quarter(found: re.Match[str]) -> str:
    if found[5]:
        return f"F Y {code_number(found[6])}"
    return f"{found[1] or found[3]} {cardinal(int(found[2] or found[4]))}"


def _spaced(found: re.Match[str]) -> str:
    name, number = found.groups()
    return f"{_letters_of(name)} {component(number) if len(number) < 4 else code_number(number)}"  # noqa: PLR2004


def _letters_of(name: str) -> str:
    known = reading_of(name)
    if known is not None:
        return known
    if len(name) > 2 and not name.isupper() and (is_word(name) or name.istitle()):  # noqa: PLR2004
        return name
    if len(name) > 3 and is_word(name):  # noqa: PLR2004
        return name.capitalize()
    return part(name) if len(name) > 3 else letters(name)  # noqa: PLR2004


def _code(found: re.Match[str]) -> str | None:
    written, plural = found.groups()
    whole = reading_of(written + plural)
    if whole is not None:
        return whole
    known = reading_of(written)
    if known is not None:
        return _plural(known) if plural == "s" else known + plural
    if _DATE_LIKE.fullmatch(written) or not any(map(str.isdigit, written)):
        return None
    if written not in _LETTER_AFTER and (
        _ORDINAL_OR_UNIT.fullmatch(written) or _ORDINAL_OR_UNIT.fullmatch(f"{written}{plural}")
    ):
        return None
    if "-" in written:
        said = _hyphened(written)
    elif _is_formula(written):
        return None
    else:
        said = " ".join(_piece(piece, written) for piece in _PIECE.findall(written))
    if said is None:
        return None
    return _plural(said) if plural == "s" else said + plural


def _plural(said: str) -> str:
    """Returns the words of a code that ends in a number or a letter, as several of it."""
    if said[-1].isupper():
        return f"{said}'s"
    if said.endswith("y"):
        return f"{said[:-1]}ies"
    return f"{said}es" if said.endswith("x") else f"{said}s"


def _is_formula(written: str) -> bool:
    elements = {
        "CO2",
        "H2O",
        "CH4",
        "NO2",
        "SO2",
        "N2O",
        "NH3",
        "O2",
        "O3",
        "H2",
        "N2",
        "CO2e",
        "H2SO4",
    }
    return written in elements and written not in known_readings()


def _piece(piece: str, written: str) -> str:
    if not piece.isdigit():
        return _letters_of(piece)
    is_between = written[0].isdigit() is False and written[-1].isalpha()
    if is_between and len(piece) == 1:
        return digits(piece)
    return code_number(piece) if len(piece) <= 4 else digits(piece)  # noqa: PLR2004


def _hyphened(written: str) -> str | None:
    parts = written.split("-")
    if _MOVIE.match(written):
        return None
    if all(one.isdigit() for one in parts[:-1]) and parts[-1].isalpha() and parts[-1].islower():
        return None  # `5-year`: a number before a word
    if parts[0].isdigit() and any(one.islower() and len(one) > 1 for one in parts[1:]):
        return None
    if any(
        len(one) > 3 and one.isalpha() and one.islower() and not is_word(one) for one in parts[1:]
    ):
        return None
    is_stock = (
        parts[0].isupper()
        and all(one.isdigit() for one in parts[1:])
        and (len(parts) > 2 or len(parts[1]) > 3)
    )
    said = []
    for one in parts:
        if one.isdigit():
            said.append(
                digits(one) if is_stock or one[0] == "0" and len(one) > 1 else code_number(one)
            )
        elif one.isalpha():
            said.append(_letters_of(one))
        else:
            said.append(" ".join(_piece(piece, one) for piece in _PIECE.findall(one)))
    return " ".join(said)
