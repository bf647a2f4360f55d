"""Abbreviations of words: `No. 5`, `Fig. 3`, `e.g.`, `vs.`, `w/o`, `and/or`, `Q&A`."""

import re
from functools import partial

from nemo_voice_tts.text.en.spelling import (
    after,
    alternation,
    before,
    ends_text,
    is_word,
    letters,
    word_set,
)
from nemo_voice_tts.text.en.units import per_unit, unit_name
from nemo_voice_tts.text.traced import Traced

_NUMBER = r"(?=\s?[#(]?\d|\s(?!I\b)[IVXLC]+\b)"
_BLANK = r"(?=[\s,;:)\"']|$)"
_DAY = (
    r"(?=,|\s(?:\d|at |and |to |through |night|morning|afternoon|evening)"
    rf"|\s(?:{alternation('months')})\b)"
)

_MONTHS = (
    "January", "February", "March", "April", "August", "September", "October", "November",
    "December",
)  # fmt: skip
"""Those that are shortened; their steps with a day or year are in `dates.py`."""
_DAY_OR_END = rf"(?:{_DAY}|(?=[?!;:)]|$))"

_FORMS: tuple[tuple[str, str, str], ...] = (
    # written, read as, what must follow
    (r"[Nn]os\.", "numbers", _NUMBER),
    (r"[Nn]o\.", "number", _NUMBER),
    (r"No", "number", r"(?=\s\d)(?!\s\d+(?:,\d{3})*\s[a-z])"),
    (r"[Ff]igs\.", "figures", _NUMBER),
    (r"[Ff]ig\.?", "figure", _NUMBER),
    (r"[Vv]ols\.", "volumes", _NUMBER),
    (r"[Vv]ol\.?", "volume", _NUMBER),
    (r"[Cc]h\.", "chapter", _NUMBER),
    (r"[Cc]hap\.", "chapter", _NUMBER),
    (r"[Ss]ec\.", "section", _NUMBER),
    (r"[Aa]rt\.", "article", _NUMBER),
    (r"[Ss]ect\.", "section", _NUMBER),
    (r"[Aa]pp\.", "appendix", r"(?=\s(?:[A-Z]\b|\d))"),
    (r"b\.", "born", r"(?=\s?(?:c\. ?)?\d{4})"),
    (r"d\.", "died", r"(?=\s?(?:c\. ?)?\d{4})"),
    (r"TL;DR", "T L D R", ""),
    (r"Ctrl", "Control", r"(?=\W|$)"),
    (r"Cmd", "Command", r"(?=\W|$)"),
    (r"(?<=\d )pcs\.?", "pieces", _BLANK),
    (r"[Ee]q\.", "equation", _NUMBER),
    (r"[Ee]d\.", "edited", r"(?=\sby\b)"),
    (r"[Tt]rans\.", "translated", r"(?=\sby\b)"),
    (r"[Ee]d\.", "edition", r"(?=[,;)]|$)"),
    (r"[Ee]ds\.", "editors", r"(?=[,;)]|$)"),
    (r"[Oo]p\.", "opus", _NUMBER),
    (r"[Ee]p\.", "episode", _NUMBER),
    (r"[Pp]t\.", "part", _NUMBER),
    (r"pp\.", "pages", r"(?=\s?#?\d|\s[ivxlIVXLC]+\b)"),
    (r"(?<=\d )ea\b\.?", "each", _BLANK),
    (r"[Rr]ev\.", "revision", r"(?=\s?\d)(?!\s?\d+:\d)"),
    (r"[Pp]p?g?\.", "page", r"(?=\s?#?\d|\s(?!I\b)[ivxlIVXLC]+\b)"),
    (r"[Vv]er\.", "version", _NUMBER),
    (r"[Tt]el\.", "telephone", r"(?=:|\s?\d|\s?\+)"),
    *((rf"{month[:3]}\.", month, r"(?=\s[a-z]|, [a-z])") for month in _MONTHS),
    (r"Sept\.", "September", r"(?=\s[a-z]|, [a-z])"),
    (r"Mon\.", "Monday", _DAY_OR_END),
    (r"Tues?\.", "Tuesday", _DAY_OR_END),
    (r"Wed\.", "Wednesday", _DAY_OR_END),
    (r"Thu(?:rs?)?\.", "Thursday", _DAY_OR_END),
    (r"Fri\.", "Friday", _DAY_OR_END),
    (r"Sat\.", "Saturday", _DAY),
    (r"Sun\.", "Sunday", _DAY),
    (r"[Ii]\.e\.,?", "that is,", _BLANK),
    (r"[Ee]\.g\.,?", "for example,", _BLANK),
    (r"(?<=\s)ie,?", "that is,", r"(?=\s[a-z])"),
    (r"(?<=[\s(])eg,?", "for example,", r"(?=\s[a-z])"),
    (r"viz\.", "namely", _BLANK),
    (r"cf\.", "compare", _BLANK),
    (r"et al\.", "and others", r"(?=\s[a-z(]|[,;:)])"),
    (r"et al", "and others", r"(?=\.|\s|[,;:)]|$)"),
    (r"[Aa]pprox\.", "approximately", _BLANK),
    (r"[Ee]st\.", "established", r"(?=\s(?:in )?\d{4})"),
    (r"[Ee]st\.", "estimated", r"(?=\s)"),
    (r"[Dd]ept\.?", "department", _BLANK),
    (r"[Gg]ovt\.?", "government", _BLANK),
    (r"[Mm]gmt\.?", "management", _BLANK),
    (r"[Aa]cct\.?", "account", _BLANK),
    (r"[Aa]ddr\.", "address", _BLANK),
    (r"[Aa]ppt\.?", "appointment", _BLANK),
    (r"[Aa]vg\.?", "average", _BLANK),
    (r"[Aa]ttn\.?", "attention", r"(?=:|\s)"),
    (r"[Bb]ldg\.?", "building", _BLANK),
    (r"[Uu]niv\.", "university", _BLANK),
    (r"[Ii]ncl\.", "including", r"(?=\s)"),
    (r"[Ee]xcl\.", "excluding", r"(?=\s)"),
    (r"[Mm]ax\.", "maximum", r"(?=\s[a-z\d])"),
    (r"(?<!\d )[Mm]in\.", "minimum", r"(?=\s[a-z\d])"),
    (r"[Mm]isc\.", "miscellaneous", _BLANK),
    (r"[Tt]emp\.", "temperature", r"(?=\s(?:of|is|was|\d))"),
    (r"[Qq]trs?\.", "quarter", r"(?=[\s,;:!)]|$)"),
    (r"[Oo]rig\.", "original", r"(?=\s[a-z])"),
    (r"[Ee]xp\.", "expiration", r"(?=\sdate)"),
    (r"[Aa]sst\.", "assistant", r"(?=\s[a-z])"),
    (r"(?<=[a-z] )mgr\.?", "manager", r"(?=[\s,;:!)]|$)"),
    (r"Bros\.", "brothers", r"(?=\s[a-z])"),
    (r"Mass\. Ave\b\.?", "Massachusetts Avenue", r"(?=[\s,;:!)]|$)"),
    (r"[Pp]ct\.?", "percent", r"(?=[\s,;:!)]|$)"),
    (r"[Pp]ls", "please", _BLANK),
    (r"[Tt]hx", "thanks", r"(?=[\s,;:.!)]|$)"),
    (r"[Qq]ty\.?", "quantity", r"(?=:|\s)"),
    (r"[Rr]ef\.", "reference", r"(?=\s?[\d:])"),
    (r"(?<!\d )[Tt]sp\.", "teaspoon", r"(?=\s[a-z])"),
    (r"(?<!\d )[Tt]bsp\.", "tablespoon", r"(?=\s[a-z])"),
    (r"[Cc]a\.", "circa", r"(?=\s\d)"),
    (r"(?<!\w\.)c\.", "circa", r"(?=\s?\d{3,4}\b)"),
    (r"[Vv]s\.?", "versus", _BLANK),
    (r"(?<=[A-Za-z] )v\.", "versus", r"(?=\s[A-Z])"),
    (r"[Ii]nt'l", "international", _BLANK),
    (r"[Nn]at'l", "national", _BLANK),
    (r"P\.?S\.", "P S,", r"(?=\s)"),
    (r"R\.?I\.?P\.", "R I P", r"(?=\s)"),
    (r"a\.k\.a\.|a/k/a|aka", "also known as", _BLANK),
    (r"P\.?O\.? Box", "P O Box", r"(?=\s)"),
)
"""Abbreviations and what must follow them."""

_BEFORE_NUMBERS = {
    "Reg": "regulation", "Regs": "regulations", "Mag": "magnitude", "Para": "paragraph",
    "Paras": "paragraphs", "Cl": "clause", "Thm": "theorem", "Prop": "proposition",
    "Def": "definition", "Tab": "table", "Mod": "module", "Lvl": "level", "Lv": "level",
    "Bk": "book", "Ser": "series", "Sch": "schedule", "Iss": "issue", "Eqs": "equations",
    "Secs": "sections", "Arts": "articles", "Chs": "chapters", "Ex": "example", "Dir": "directive",
}  # fmt: skip
_NUMBERED = re.compile(
    rf"(?<![\w.'-])({'|'.join(_BEFORE_NUMBERS)}|regs?|mag|paras?|cl|eqs|secs|arts|chs)"
    r"\.(?=\s?[(#]?\d)"
)

_DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_ANY_DAY = (
    r"(?=,|\s(?:\d|at |and |to |through |night|morning|afternoon|evening)"
    rf"|\s(?:{alternation('months')})\b)"
)
_DAY_RANGE = re.compile(rf"\b{_ANY_DAY}\.?\s?-\s?{_ANY_DAY}\b(?:\.(?=\s*\S))?")
_CELLS = {
    "Max": "maximum", "Min": "minimum", "Qty": "quantity", "No": "number", "Temp": "temperature",
    "Desc": "description", "Amt": "amount", "Vol": "volume", "Est": "estimate", "Tel": "telephone",
    "Ref": "reference", "Addr": "address", "Dept": "department", "Approx": "approximate",
}  # fmt: skip
_CELL = re.compile(
    rf"(?:^|(?<=, ))({'|'.join(_CELLS)})\.(?=, [A-Z])|(?<=, )({'|'.join(_CELLS)})\.(?=,|$)"
)
"""Headings of a table's columns, which are read between commas."""
_ETC = re.compile(r",?\s*\b(?:etc|&c)\b(\.?)(?=(\s+[A-Z]|\s*$|\s*[\"')\]]+\s*$)?)")
_SLASHED = {
    "d/d": "day over day", "w/w": "week over week", "m/m": "month over month",
    "q/q": "quarter over quarter", "y/y": "year over year",
    "w/o": "without", "w/": "with", "b/c": "because", "c/o": "care of", "n/a": "not applicable",
    "N/A": "not applicable", "and/or": "and or", "s/he": "she or he", "i/o": "I O", "I/O": "I O",
    "A/C": "A C", "a/c": "A C", "HTTP/S": "H T T P S", "w/out": "without",
}  # fmt: skip
_SLASH = re.compile(
    r"(?<![\w/.@:-])([A-Za-z]{1,20}(?:/[A-Za-z]{1,20}){1,4}|w/)"
    r"(?![\w/.-]*[/@])(?![\w.-]*\w\.\w)"
)
_CAPITALS_NUMBER = re.compile(r"\b([A-Z]{2,5})/(\d(?:\.\d)?)\b")
_ALTERNATIVES = word_set("alternatives")
_UNITS = word_set("units after a slash")
_LETTER_AND = re.compile(r"(?<![\w&])([A-Z]{1,4})&([A-Z]{1,4})((?:'s|s)?)(?![\w&])")
_NAME_AND = re.compile(r"(?<=\w)(\s?)&(\s?)(?=[A-Za-z])")
_ROCK = re.compile(r"(?<=\w)\s?['`]n['`]?\s?(?=\w)|(?<=\w)\s?'?n'\s(?=\w)|(?<=\s)n(?=\sroll\b)")
_HE_SHE = re.compile(r"\b(they|he|she)/(them|him|her)(?:/(theirs?|his|hers?))?\b", re.IGNORECASE)
_COUNTED = re.compile(r"[\d%][ ]?$")
_GRADE = re.compile(r"\b([A-F])([+-])(?=[\s.,;:!?)\"']|$)")
_BLOOD = re.compile(r"(?<!\w)(?<!grade )(?<!grades )(AB?|B|O)([+-])(?=[\s.,;:!?)]|$)")
_RHESUS = {"+": "positive", "-": "negative"}
_PER = re.compile(r"(?<=\bper )[A-Za-z]{1,4}\b")
_BEFORE_GRADE = re.compile(
    r"\b(?:an?|grade|grades|got|with|of|from|to|rated|rating|score|her|his|my|straight|average"
    r"|overall|and|or)[:\s]+$|[A-F][+-], $",
    re.IGNORECASE,
)

_COMPILED = tuple(
    (re.compile(rf"(?<![\w.'-])(?:{form}){after}"), said) for form, said, after in _FORMS
)
_ANY_FORM = re.compile(rf"(?<![\w.'-])(?:{'|'.join(form for form, _, _ in _FORMS)})")
_MARKS = re.compile(
    r"[.'/&+;-]|\b(?:No|[Ff]ig|[Vv]ol|ie|eg|[Dd]ept|[Vv]s|aka|[Gg]ovt|[Mm]gmt|[Aa]cct|[Aa]ppt|[Aa]vg"
    r"|[Aa]ttn|[Bb]ldg|[Qq]ty|et al|etc|n roll|per [A-Za-z]{1,4})\b"
)


def abbreviations(text: Traced) -> Traced:
    """Returns the text with abbreviated words in full."""
    if _MARKS.search(text.text) is None:
        return text
    if "-" in text.text:
        text = text.sub(_DAY_RANGE, lambda found: f"{_DAYS[found[1]]} to {_DAYS[found[2]]}")
    text = text.sub(_CELL, lambda found: _CELLS[found[1] or found[2]])
    text = _forms(text).sub(_ETC, _et_cetera)
    if "&" in text.text:
        text = text.sub(_LETTER_AND, _letters_and).sub(_NAME_AND, " and ")
    if "/" in text.text:
        text = text.sub(_CAPITALS_NUMBER, lambda found: f"{letters(found[1])} {found[2]}")
        text = text.sub(_HE_SHE, _pronouns).sub(_SLASH, _slash)
    if "n" in text.text and ("'" in text.text or "roll" in text.text):
        text = text.sub(_ROCK, " and ")
    if "blood" in text.text.lower():
        text = text.sub(_BLOOD, lambda found: f"{found[1]} {_RHESUS[found[2]]}")
    return text.sub(_PER, _per).sub(_GRADE, _grade)


def _forms(text: Traced) -> Traced:
    text = text.sub(_NUMBERED, lambda found: _cased(_BEFORE_NUMBERS[found[1].title()], found))
    if _ANY_FORM.search(text.text):
        for form, said in _COMPILED:
            text = text.sub(form, partial(_cased, said))
    return text


def _cased(said: str, found: re.Match[str]) -> str:
    is_first = found.start() == 0 and found[0][0].isupper()
    said = f"{said[0].upper()}{said[1:]}" if is_first or said[0].isupper() else said
    follows = after(found, 2).lstrip()[:1]
    if said.endswith(",") and follows and follows in ",;:()":
        return said[:-1]
    # The dot of an abbreviation that ends a text ends the sentence as well.
    return f"{said}." if found[0].endswith(".") and ends_text(found) else said


def _et_cetera(found: re.Match[str]) -> str:
    comma = "," if found[0].lstrip().startswith(",") else ""
    blank = " " if found[0][:1] in {",", " "} else ""
    return f"{comma}{blank}et cetera{'.' if found[1] and found[2] is not None else ''}"


def _letters_and(found: re.Match[str]) -> str:
    end = "'s" if found[3] else ""
    return f"{letters(found[1])} and {letters(found[2])}{end}"


def _pronouns(found: re.Match[str]) -> str:
    return " ".join(one for one in found.groups() if one)


def _slash(found: re.Match[str]) -> str | None:
    written = found[1]
    is_counted = _COUNTED.search(before(found, 2)) is not None
    known = _SLASHED.get(written) or _SLASHED.get(written.lower())
    if known is not None:
        return known
    names = written.split("/")
    rate = None if written.isupper() else unit_name(written, is_one=False)
    if rate and (is_counted or names[-1].lower() in _UNITS):
        return None if is_counted else rate  # `measures.py` reads it with its number
    if names[0].lower() != "either" and any(name.lower() in _UNITS for name in names[1:]):
        is_rate = is_counted and len(written) > len("km/h") and is_word(names[0])
        return " per ".join([names[0], *map(per_unit, names[1:])]) if is_rate else None
    if all(len(name) == 1 and name.islower() for name in names):
        return None
    return _joint(names).join(names)


def _joint(names: list[str]) -> str:
    if names[0].lower() != "either" and all(name.lower() in _ALTERNATIVES for name in names):
        return " or "
    are_initials = all(name.isupper() and len(name) > 1 for name in names)
    are_names = any(name[0].isupper() and not is_word(name) for name in names)
    return " " if are_initials or are_names or names[0].lower() == "either" else " slash "


def _per(found: re.Match[str]) -> str | None:
    return None if is_word(found[0]) and found[0] not in _UNITS else per_unit(found[0])


def _grade(found: re.Match[str]) -> str | None:
    is_grade = _BEFORE_GRADE.search(before(found, 12))
    if found[2] == "+" and (is_grade or found.start() == 0):
        return f"{found[1]} plus"
    return f"{found[1]} minus" if is_grade else None
