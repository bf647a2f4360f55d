"""Titles and streets, with and without dots: `Dr Smith`, `Mulholland Dr`, `St Mary`, `Main St`."""

import re

from nemo_voice_tts.text.en.spelling import (
    after,
    alternation,
    before,
    digits,
    ends_text,
    word_set,
)
from nemo_voice_tts.text.en.states import STATES
from nemo_voice_tts.text.traced import Traced

_NAME = (
    r"(?=\s+(?:(?:[A-Z]\.?\s?){1,3})?(?:[A-Z][a-z]|[A-Z]'|d[eiu]\s|v[ao]n\s|Mc)"
    r"|\s+(?:and|&)\s+(?:Mr|Ms|Dr|Mrs|Prof)\b)"
)
_TITLES = {
    "Mr": "Mister",
    "Mrs": "Missus",
    "Ms": "Ms",
    "Mx": "Mix",
    "Messrs": "Messieurs",
    "Mme": "Madame",
    "Prof": "Professor",
    "Rev": "Reverend",
    "Fr": "Father",
    "Hon": "Honorable",
    "Lt": "Lieutenant",
    "Sgt": "Sergeant",
    "Cpl": "Corporal",
    "Pvt": "Private",
    "Capt": "Captain",
    "Cpt": "Captain",
    "Cmdr": "Commander",
    "Maj": "Major",
    "Col": "Colonel",
    "Gen": "General",
    "Adm": "Admiral",
    "Brig": "Brigadier",
    "Gov": "Governor",
    "Sen": "Senator",
    "Rep": "Representative",
    "Pres": "President",
    "Supt": "Superintendent",
    "Insp": "Inspector",
    "Det": "Detective",
    "Amb": "Ambassador",
    "Atty": "Attorney",
    "Asst": "Assistant",
    "Assoc": "Associate",
    "Dir": "Director",
    "Mgr": "Manager",
    "Sec": "Secretary",
    "Secy": "Secretary",
    "Treas": "Treasurer",
}
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
        "Sec",
    }
)
_STREETS = {
    "Ave": "Avenue",
    "Av": "Avenue",
    "Blvd": "Boulevard",
    "Rd": "Road",
    "Ln": "Lane",
    "Hwy": "Highway",
    "Pkwy": "Parkway",
    "Ct": "Court",
    "Pl": "Place",
    "Sq": "Square",
    "Cir": "Circle",
    "Ter": "Terrace",
    "Trl": "Trail",
    "Expy": "Expressway",
    "Fwy": "Freeway",
    "Aly": "Alley",
    "Cres": "Crescent",
    "Tpke": "Turnpike",
    "Rte": "Route",
    "Bldg": "Building",
    "Sta": "Station",
}
_BEFORE_NUMBERS = {
    "Apt": "Apartment",
    "Ste": "Suite",
    "Rm": "Room",
    "Fl": "Floor",
    "Bldg": "Building",
    "Hwy": "Highway",
    "Rte": "Route",
    "Rt": "Route",
}
_DIRECTIONS = {
    "N": "North",
    "S": "South",
    "E": "East",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}

_TITLE = re.compile(rf"(?<![\w.'])({'|'.join(_TITLES)})(\.?){_NAME}")
_SAINT_OR_STREET = re.compile(r"(?<![\w.'])(St|Dr)(s?)(\.?)(?!\w|'(?!s\b))")
_STREET = re.compile(rf"(?<=[\w] )({'|'.join(_STREETS)})\b(\.?)")
_NUMBERED = re.compile(
    rf"\b({'|'.join(_BEFORE_NUMBERS)})\b\.?(?= ?#?\d| number \d|\s[A-Z0-9]{{1,3}}\b)"
)
_DIRECTION = re.compile(
    r"(?<=[a-z\d] )(N|S|E|W|NE|NW|SE|SW)\b\.?(?=\s(?:\d{1,3}(?:st|nd|rd|th)|[A-Z][a-z]+)"
    rf"(?:\s[A-Z][a-z]+)?\s(?:{alternation('kinds of streets')})\b)"
)
_DIRECTION_AFTER = re.compile(
    r"(?:(?<=Street )|(?<=Avenue )|(?<=Drive )|(?<=Road ))"
    r"(N|S|E|W|NE|NW|SE|SW)\b(?!\.\w)\.?(?=[,;\s.]|$)"
)
_RIGHT = re.compile(r"\bRt\.? (?=Hon\b)")
_JUNIOR = re.compile(r"(?<=\w)(,?)(\s+)(Jr|Sr|Snr|Jnr|Esq)\b(\.?)")
_SIBLING = re.compile(r"(?:(?<=^)|(?<=, )|(?<=and ))(Sr|Br)\.(?= [A-Z][a-z])")
_SIBLINGS = {"Sr": "Sister", "Br": "Brother"}
_FIRM = re.compile(r"(?<=\w)(,?\s+(?:& )?)(Inc|Corp|Ltd|Co|Bros|Intl|Assn|Mfg)\b(\.?)")
_FIRMS = {
    "Inc": "Incorporated",
    "Corp": "Corporation",
    "Ltd": "Limited",
    "Co": "Company",
    "Bros": "Brothers",
    "Intl": "International",
    "Assn": "Association",
    "Mfg": "Manufacturing",
}
_PEOPLE = {"Jr": "Junior", "Jnr": "Junior", "Sr": "Senior", "Snr": "Senior", "Esq": "Esquire"}
_MOUNT = re.compile(r"\b(Mt|Ft)\b\.?(?=\s[A-Z][a-z])")
_PLACES = {"Mt": "Mount", "Ft": "Fort"}
_SECOND_TITLE = re.compile(
    r"(?<![\w.])(Lt|Maj|Brig|Col|Sgt|Gen)\.?(?=\s(?:Col|Gen|Maj|Cmdr|Colonel|General|Major|Commander|Governor|Gov)\b)"
)

_STATE = re.compile(
    rf"(?<=[a-z.], )({'|'.join(STATES)})\b\.?(?:(\s)(\d{{5}})(?:-(\d{{4}}))?\b)?"
    r"(?=\s*$|[,;.:)!?\n]|\s[a-zA-Z])"
    rf"|(?<=\([DRI]-)({'|'.join(STATES)})(?=\))"
)
_PLACE = re.compile(r"\b(?!Yes\b|No\b|Well\b|So\b|Oh\b|Now\b|And\b)[A-Z][A-Za-z.'-]*, $")
_DEGREES = frozenset({"MD", "MA", "MS", "DC"})
"""States that are also what a doctor, or a name with an initial in its middle, ends with."""
_PERSON = re.compile(
    r"\b(?:Dr|Prof|Doctor|Professor)\.? (?:[A-Z][\w.'-]* ){0,3}[A-Z][\w'-]+, $"
    r"|\b[A-Z][a-z]+ [A-Z]\.? [A-Z][\w'-]+, $"
)
_PARTY = re.compile(r"(?<=\()([DRI])-(?=[A-Z][a-z])")
_LAST_WORD = re.compile(r"([A-Za-z0-9']+)\s+$")
_NEXT = re.compile(r"\s+([A-Za-z]+)")
_NUMBERED_STREET = re.compile(r"\d+(?:st|nd|rd|th)")
_NOT_STREETS = word_set("not streets")
_SAINTS_BEFORE = word_set("before saints")
_OPENERS = word_set("openers")


def titles(text: Traced) -> Traced:
    """Returns the text with titles before names and kinds of streets in full."""
    if not any(sign.isupper() for sign in text.text):
        return text
    text = (
        text.sub(_SIBLING, lambda found: _SIBLINGS[found[1]])
        .sub(_RIGHT, "Right ")
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
    if found[1] and _PLACE.search(before(found, 24)) is None:
        return None
    if found[1] in _DEGREES and not found[3] and _PERSON.search(before(found)):
        return None
    name = STATES[found[1] or found[5]]
    if found[3]:
        name += f", {digits(found[3])}" + (f", {digits(found[4])}" if found[4] else "")
    is_last = found[0].endswith(".") and ends_text(found)
    return f"{name}." if is_last else name


def _title(found: re.Match[str]) -> str | None:
    name, dot = found.groups()
    if not dot and name in _ONLY_WITH_DOT:
        return None
    if name == "Gen" and re.match(r"\s(?:[XYZ]|Alpha)\b", after(found)):
        return "Gen"
    return _TITLES[name]


def _saint_or_street(found: re.Match[str]) -> str | None:
    form, plural, dot = found.groups()
    title, street = {"St": ("Saint", "Street"), "Dr": ("Doctor", "Drive")}[form]
    previous, following = _previous(found), _following(found)
    is_street = _is_street(previous, following, form)
    if plural:
        return None if is_street else f"{title}s"
    if is_street:
        return street + _stop(found, dot)
    is_alone = form == "Dr" and (following or not previous or after(found).startswith("'s"))
    if following[:1].isupper() or is_alone:
        return title
    return None


def _previous(found: re.Match[str]) -> str:
    word = _LAST_WORD.search(before(found))
    return word[1] if word else ""


def _following(found: re.Match[str]) -> str:
    word = _NEXT.match(after(found))
    return word[1] if word else ""


def _is_street(previous: str, following: str, form: str) -> bool:
    if not previous:
        return False
    is_place = previous[0].isupper() or _NUMBERED_STREET.fullmatch(previous) is not None
    if not is_place or previous.lower() in _NOT_STREETS:
        return False
    if form == "St" and previous.lower() in _SAINTS_BEFORE:
        return not following[:1].isupper()
    return True


def _stop(found: re.Match[str], dot: str) -> str:
    """Returns the dot that also ends a sentence."""
    ends_sentence = ends_text(found) or after(found, 1) == "\n" or _following(found) in _OPENERS
    return "." if dot and ends_sentence else ""


def _street(found: re.Match[str]) -> str | None:
    form, dot = found.groups()
    previous = _previous(found)
    is_numbered = _NUMBERED_STREET.fullmatch(previous) is not None
    is_named = previous[:1].isupper() and previous.lower() not in _NOT_STREETS
    return _STREETS[form] + _stop(found, dot) if is_named or is_numbered else None


def _junior(found: re.Match[str]) -> str:
    return f" {_PEOPLE[found[3]]}{_stop(found, found[4])}"


def _firm(found: re.Match[str]) -> str | None:
    joint, form, dot = found.groups()
    if form == "Co" and not dot and "&" not in joint:
        return None
    said = joint.replace(",", "").replace("&", "and")
    return f"{said}{_FIRMS[form]}{_stop(found, dot)}"
