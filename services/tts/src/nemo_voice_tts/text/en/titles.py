"""Titles and streets, with and without dots: `Dr Smith`, `Mulholland Dr`, `St Mary`, `Main St`."""

import re

from nemo_voice_tts.text.en.spelling import word_set
from nemo_voice_tts.text.en.states import STATES
from nemo_voice_tts.text.traced import Traced

_NAME = r"(?=\s+(?:(?:[A-Z]\.?\s?){1,3})?(?:[A-Z][a-z]|[A-Z]'|d[eiu]\s|v[ao]n\s|Mc)|\s+(?:and|&)\s+(?:Mr|Ms|Dr|Mrs|Prof)\b)"
_TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Ms", "Mx": "Mix", "Messrs": "Messieurs", "Mme": "Madame", "Prof": "Professor",
    "Rev": "Reverend", "Fr": "Father", "Hon": "Honorable", "Lt": "Lieutenant", "Sgt": "Sergeant",
    "Cpl": "Corporal", "Pvt": "Private", "Capt": "Captain", "Cpt": "Captain", "Cmdr": "Commander",
    "Maj": "Major", "Col": "Colonel", "Gen": "General", "Adm": "Admiral", "Brig": "Brigadier",
    "Gov": "Governor", "Sen": "Senator", "Rep": "Representative", "Pres": "President",
    "Supt": "Superintendent", "Insp": "Inspector", "Det": "Detective", "Amb": "Ambassador", "Atty": "Attorney",
    "Asst": "Assistant", "Assoc": "Associate", "Dir": "Director", "Mgr": "Manager", "Secy": "Secretary", "Treas": "Treasurer",
}  # fmt: skip
_ONLY_WITH_DOT = frozenset(
    {
        "Fr",
        "Rep",
        "Det",
        "Dir",
        "Pres",
        "Treas",
        "Mgr",
        "Amb",
        "Insp",
        "Adm",
        "Hon",
        "Assoc",
        "Asst",
    }
)
_ALWAYS = frozenset({"Mr", "Mrs", "Ms", "Mx"})
_STREETS = {
    "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane", "Hwy": "Highway",
    "Pkwy": "Parkway", "Ct": "Court", "Pl": "Place", "Sq": "Square", "Cir": "Circle", "Ter": "Terrace",
    "Trl": "Trail", "Expy": "Expressway", "Fwy": "Freeway", "Aly": "Alley", "Cres": "Crescent", "Tpke": "Turnpike",
    "Rte": "Route", "Bldg": "Building",
}  # fmt: skip
_BEFORE_NUMBERS = {
    "Apt": "Apartment", "Ste": "Suite", "Rm": "Room", "Fl": "Floor", "Bldg": "Building",
    "Hwy": "Highway", "Rte": "Route", "Rt": "Route",
}  # fmt: skip
_DIRECTIONS = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest",
    "SE": "Southeast", "SW": "Southwest",
}  # fmt: skip
_STREET_WORD = r"(?:St|Dr|Street|Drive|Ave|Avenue|Av|Blvd|Boulevard|Rd|Road|Ln|Lane|Hwy|Highway|Pkwy|Ct|Court|Pl|Place|Sq|Way|Ter)"

_TITLE = re.compile(rf"(?<![\w.'])({'|'.join(_TITLES)})(\.?){_NAME}")
_SAINT_OR_STREET = re.compile(r"(?<![\w.'])(St|Dr)(s?)(\.?)(?![\w'])")
_STREET = re.compile(rf"(?<=[\w] )({'|'.join(_STREETS)})\b(\.?)")
_NUMBERED = re.compile(rf"\b({'|'.join(_BEFORE_NUMBERS)})\b\.?(?= ?#?\d|\s[A-Z0-9]{{1,3}}\b)")
_DIRECTION = re.compile(
    rf"(?<=\d )(N|S|E|W|NE|NW|SE|SW)\b\.?(?=\s(?:\d{{1,3}}(?:st|nd|rd|th)|[A-Z][a-z]+)(?:\s[A-Z][a-z]+)?\s{_STREET_WORD}\b)"
)
_DIRECTION_AFTER = re.compile(
    r"(?:(?<=Street )|(?<=Avenue )|(?<=Drive )|(?<=Road ))(N|S|E|W|NE|NW|SE|SW)\b(?!\.\w)\.?(?=[,;\s.]|$)"
)
_RIGHT = re.compile(r"\bRt\.? (?=Hon\b)")
_JUNIOR = re.compile(r"(?<=\w)(,?)(\s+)(Jr|Sr|Snr|Jnr|Esq)\b(\.?)")
_FIRM = re.compile(r"(?<=\w)(,?\s+(?:& )?)(Inc|Corp|Ltd|Co|Bros|Intl|Assn|Mfg)\b(\.?)")
_FIRMS = {
    "Inc": "Incorporated", "Corp": "Corporation", "Ltd": "Limited", "Co": "Company",
    "Bros": "Brothers", "Intl": "International", "Assn": "Association", "Mfg": "Manufacturing",
}  # fmt: skip
_PEOPLE = {"Jr": "Junior", "Jnr": "Junior", "Sr": "Senior", "Snr": "Senior", "Esq": "Esquire"}
_MOUNT = re.compile(r"\b(Mt|Ft)\b\.?(?=\s[A-Z][a-z])")
_PLACES = {"Mt": "Mount", "Ft": "Fort"}
_SECOND_TITLE = re.compile(
    r"(?<![\w.])(Lt|Maj|Brig|Col|Sgt|Gen)\.?(?=\s(?:Col|Gen|Maj|Cmdr|Colonel|General|Major|Commander|Governor|Gov)\b)"
)

_STATE = re.compile(
    rf"(?<=[a-z.], )({'|'.join(STATES)})\b\.?(?=\s\d{{5}}\b|\s*$|[,;.:)!?\n]|\s[a-z])"
    rf"|(?<=\([DRI]-)({'|'.join(STATES)})(?=\))"
)
_PLACE = re.compile(r"\b(?!Yes\b|No\b|Well\b|So\b|Oh\b|Now\b|And\b)[A-Z][A-Za-z.'-]*, $")
_PARTY = re.compile(r"(?<=\()([DRI])-(?=[A-Z][a-z])")
_LAST_WORD = re.compile(r"([A-Za-z0-9']+)\s+$")
_NEXT = re.compile(r"(\s+)([A-Za-z]+)|(\s*)($|[,;:!?)\"'\n])")
_NOT_STREETS = word_set("not streets")
_SAINTS_BEFORE = word_set("before saints")
_OPENERS = word_set("openers")


def titles(text: Traced) -> Traced:
    """Returns the text with titles before names and kinds of streets in full."""
    if not any(sign.isupper() for sign in text.text):
        return text
    text = (
        text.sub(_RIGHT, "Right ")
        .sub(_SECOND_TITLE, lambda found: _TITLES[found[1]])
        .sub(_TITLE, _title)
    )
    text = text.sub(_NUMBERED, lambda found: _BEFORE_NUMBERS[found[1]])
    text = text.sub(_DIRECTION, lambda found: _DIRECTIONS[found[1]])
    text = text.sub(_SAINT_OR_STREET, _saint_or_street).sub(_STREET, _street)
    text = text.sub(_DIRECTION_AFTER, lambda found: _DIRECTIONS[found[1]])
    text = text.sub(_STATE, _state).sub(_PARTY, lambda found: f"{found[1]}, ")
    text = text.sub(_MOUNT, lambda found: _PLACES[found[1]])
    return text.sub(_JUNIOR, _junior).sub(_FIRM, _firm)


def _state(found: re.Match[str]) -> str | None:
    before = found.string[max(0, found.start() - 24) : found.start()]
    if found[1] and _PLACE.search(before) is None:
        return None
    name = STATES[found[1] or found[2]]
    is_last = found[0].endswith(".") and not found.string[found.end() :].strip()
    return f"{name}." if is_last else name


def _title(found: re.Match[str]) -> str | None:
    name, dot = found.groups()
    if not dot and name in _ONLY_WITH_DOT:
        return None
    if name == "Gen" and re.match(r"\s(?:[XYZ]|Alpha)\b", found.string[found.end() :]):
        return "Gen"
    return _TITLES[name]


def _saint_or_street(found: re.Match[str]) -> str | None:
    form, plural, dot = found.groups()
    names = {"St": ("Saint", "Street"), "Dr": ("Doctor", "Drive")}[form]
    before = _LAST_WORD.search(found.string, max(0, found.start() - 40), found.start())
    after = _NEXT.match(found.string, found.end())
    following = after[2] if after and after[2] else ""
    previous = before[1] if before else ""
    is_street = _is_street(previous, following, form)
    if plural:
        return f"{names[is_street]}s" if not is_street else None
    is_named = following[:1].isupper()
    if not is_street and not is_named:
        return f"{names[0]}" if form == "Dr" and (following or not previous) else None
    return names[is_street] + (_stop(found, dot, following) if is_street else "")


def _is_street(previous: str, following: str, form: str) -> bool:
    if not previous:
        return False
    is_place = previous[0].isupper() or bool(re.fullmatch(r"\d+(?:st|nd|rd|th)", previous))
    if not is_place or previous.lower() in _NOT_STREETS:
        return False
    if form == "St" and previous.lower() in _SAINTS_BEFORE:
        return not following[:1].isupper()
    return True


def _stop(found: re.Match[str], dot: str, following: str) -> str:
    """Returns the dot that also ends a sentence."""
    if not dot:
        return ""
    rest = found.string[found.end() :]
    if not rest.strip(" \"')"):
        return "."
    is_next = rest[:1].isspace() and following[:1].isupper() and following in _OPENERS
    return "." if is_next or rest[:1] == "\n" else ""


def _street(found: re.Match[str]) -> str | None:
    form, dot = found.groups()
    before = _LAST_WORD.search(found.string, max(0, found.start() - 40), found.start())
    if before is None:
        return None
    is_named = before[1][0].isupper() or re.fullmatch(r"\d+(?:st|nd|rd|th)", before[1])
    is_plain = (
        form in {"Ct", "Pl", "Sq", "Av", "Ter", "Cir", "Bldg", "Rte"} and before[1][0].islower()
    )
    if not is_named or is_plain or before[1].lower() in _NOT_STREETS:
        return None
    after = _NEXT.match(found.string, found.end())
    return _STREETS[form] + _stop(found, dot, after[2] if after and after[2] else "")


def _junior(found: re.Match[str]) -> str:
    after = _NEXT.match(found.string, found.end())
    return f" {_PEOPLE[found[3]]}{_stop(found, found[4], after[2] if after and after[2] else '')}"


def _firm(found: re.Match[str]) -> str | None:
    before, form, dot = found.groups()
    if form == "Co" and not dot and "&" not in before:
        return None
    after = _NEXT.match(found.string, found.end())
    said = before.replace(",", "").replace("&", "and")
    return f"{said}{_FIRMS[form]}{_stop(found, dot, after[2] if after and after[2] else '')}"
