"""Telephone numbers, digit by digit, with a short stop between their groups."""

import re

import phonenumbers

from nemo_voice_tts.text.en.spelling import after, before, cardinal, digits
from nemo_voice_tts.text.traced import Traced

_EXTENSION = r"(?:,?\s*(?:ext\.?|extension|x)\s?(\d{1,6})\b)?"
_PREFIX = r"(?:(?:[Tt]el|[Pp]h|[Ff]ax|[Mm]ob|[Cc]ell)(?:\.:?|:)\s*)?"
_INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?<!\d{{4}} )({_PREFIX})(\+|00(?=[1-9]\d ))"
    rf"(\d{{1,3}}(?:[ .-]?(?:\(\d{{1,5}}\)|\d{{1,12}})){{1,7}}){_EXTENSION}(?!\w|[./-]\d)"
)
_AMERICAN = re.compile(
    rf"(?<![\w+$£€.-])({_PREFIX})(1[ .-])?(\(\d{{3}}\)\s?|\d{{3}}[ .-])"
    rf"(\d{{3}})([ .-])(\d{{4}}){_EXTENSION}(?!\w|[.,/-]\d)"
)
_LOCAL = re.compile(rf"(?<![\w+$£€.,/-])({_PREFIX})(\d{{3}})-(\d{{4}}){_EXTENSION}(?!\w|[.,/-]\d)")
_NATIONAL = re.compile(
    rf"(?<![\w+$£€.,/-])(?<!\d{{4}} )({_PREFIX})"
    r"(\(0\d{1,5}\)(?:[ -]?\d{2,8}){1,4}|0\d{2,5}(?:[ -]\d{2,8}){1,4})"
    rf"{_EXTENSION}(?!\w|[./-]\d)"
)
_LETTERED = re.compile(
    r"(?<![\w+.-])(\+?1[ .-])?\(?(8(?:00|33|44|55|66|77|88)|900)\)?[ .-]"
    r"((?=[\dA-Z-]{0,10}[A-Z]{3})[\dA-Z]+(?:-[\dA-Z]+){0,3})\b"
)
_EMERGENCY = re.compile(
    r"(?<![\w$.,-])(911|999|112|988|411|311|211|811|511|101|111|000)(?=$|[.,;:!?)\"'\s])"
)
_CALLED = re.compile(
    r"\b(?:call(?:ed|ing|s)?|dial(?:ed|ing|s|led|ling)?|phon(?:e|ed|ing)|ring|rang"
    r"|text(?:ed|ing)?|contact(?:ed)?|reach|the)(?: the)? (?:on |at )?$",
    re.IGNORECASE,
)
_AMONG_OTHERS = re.compile(r"\b(?:call|dial|ring|phone)\s(?:\d{3},? )+(?:or|and) $", re.IGNORECASE)
_NEAR = re.compile(
    r"\b(?:call|dial|hotline|lifeline|helpline|emergency)\b[^.!?]{0,30}$", re.IGNORECASE
)
_ONLY_NUMBERED = re.compile(r"(?:call|operator|dispatch|emergenc|(?:hot|help|life)?line|service)")
_SHORT_CODE = re.compile(r"(?<=\bto )(\d{4,6})\b(?![\w.,-]*\d)")
_TEXTED = re.compile(r"\btext(?:ing)? (?:\S{1,20} ){0,2}$", re.IGNORECASE)
_EXTENSION_ALONE = re.compile(r"\b([Ee]xt\.?|[Ee]xtension) ?(\d{2,6})\b")
_GROUP = re.compile(r"\d+")
_UNDIVIDED = re.compile(r"(?<![\w+$£€.,/#-])([2-9]\d{2})([2-9]\d{2})(\d{4})(?![\w%]|[.,/-]\d)")
_NUMBER_OF = re.compile(
    r"\b(?:cell|mobile|phone|telephone|tel|fax|call|dial|text|ring|contact|whatsapp|reach)(?:'s)?"
    r"[:.]?(?:\s(?:number|no\.?|is|was|at|me|us|him|her|them|on|to|the|office|now)\b:?){0,4}\s*$",
    re.IGNORECASE,
)
_FEWEST_DIGITS = 7


def telephones(text: Traced) -> Traced:
    """Returns the text with the telephone numbers in words."""
    count = sum(map(str.isdigit, text.text))
    if count >= 3:  # noqa: PLR2004 the shortest of all
        text = text.sub(_EMERGENCY, _emergency).sub(_LETTERED, _lettered)
    if count >= _FEWEST_DIGITS:
        text = text.sub(_INTERNATIONAL, _international).sub(_AMERICAN, _american)
        text = text.sub(_UNDIVIDED, _undivided)
        text = text.sub(_NATIONAL, _national).sub(_LOCAL, _local)
    if count >= len("1234"):
        text = text.sub(_SHORT_CODE, _short_code)
    return text.sub(_EXTENSION_ALONE, lambda found: f"extension {digits(found[2])}")


def _said(prefix: str, groups: list[str], extension: str | None) -> str:
    said = ", ".join(map(_group, groups))
    end = f", extension {digits(extension)}" if extension else ""
    return f"{_kind(prefix)}{said}{end}"


def _kind(prefix: str) -> str:
    names = {"t": "telephone", "p": "phone", "f": "fax", "m": "mobile", "c": "cell"}
    return f"{names[prefix[0].lower()]}: " if prefix else ""


def _group(number: str) -> str:
    is_toll_free = len(number) == 3 and number[0] in "89" and number[1:] == "00"  # noqa: PLR2004 as it says
    return cardinal(int(number)) if is_toll_free else digits(number)


def _international(found: re.Match[str]) -> str | None:
    prefix, sign, number, extension = found.groups()
    groups = _GROUP.findall(number)
    try:
        parsed = phonenumbers.parse("+" + "".join(groups), None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    if len(groups) <= 2:  # noqa: PLR2004 written without blanks
        form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
        groups = _GROUP.findall(phonenumbers.format_number(parsed, form))
    plus = "plus " if sign == "+" else "zero zero "
    return _kind(prefix) + plus + _said("", groups, extension)


def _american(found: re.Match[str]) -> str | None:
    prefix, country, area, exchange, sign, line, extension = found.groups()
    if "(" not in area and area[-1] != sign:
        return None
    if sign == " " and not (country or prefix or "(" in area):
        preceding = before(found, 30).lower()
        if not re.search(r"call|phone|tel|number|dial|fax|text|contact|at |on |: ?$", preceding):
            return None
    groups = [*([country[0]] if country else []), *_GROUP.findall(area), exchange, line]
    return _said(prefix, groups, extension)


def _undivided(found: re.Match[str]) -> str | None:
    is_called = _NUMBER_OF.search(before(found, 45)) is not None
    return _said("", list(found.groups()), None) if is_called else None


def _national(found: re.Match[str]) -> str | None:
    prefix, number, extension = found.groups()
    groups = _GROUP.findall(number)
    count = sum(map(len, groups))
    is_date = re.fullmatch(r"0\d-\d\d-\d{2,4}|0\d{3}-\d\d-\d\d", number)
    is_free = groups[0] in {"0800", "0808", "0300", "0345"} and count > 7  # noqa: PLR2004 as it says
    if not (9 <= count <= 12 or is_free) or is_date:  # noqa: PLR2004 lengths of national numbers
        return None
    return _said(prefix, groups, extension)


def _local(found: re.Match[str]) -> str:
    prefix, exchange, line, extension = found.groups()
    return _said(prefix, [exchange, line], extension)


def _lettered(found: re.Match[str]) -> str:
    country, area, name = found.groups()
    groups = ["one"] if country else []
    if country and country.startswith("+"):
        groups = ["plus one"]
    words = [
        digits(one) if one.isdigit() else one.lower() if one.isalpha() else _mixed(one)
        for one in name.split("-")
    ]
    return ", ".join([*groups, _group(area), *words])


def _mixed(name: str) -> str:
    return " ".join(
        digits(one) if one.isdigit() else one.lower() for one in re.findall(r"\d+|[A-Z]+", name)
    )


def _short_code(found: re.Match[str]) -> str | None:
    is_texted = _TEXTED.search(before(found).removesuffix("to ")) is not None
    return digits(found[1]) if is_texted else None


def _emergency(found: re.Match[str]) -> str | None:
    preceding = before(found, 24)
    called = _CALLED.search(preceding)
    is_known = found[1] in {"911", "999", "988", "411"}
    is_near = is_known and _NEAR.search(before(found)) is not None
    if (
        is_near
        or _AMONG_OTHERS.search(preceding)
        or (called and called[0].lower().strip() != "the")
    ):
        return digits(found[1])
    is_named = _ONLY_NUMBERED.match(after(found).lstrip()) is not None
    return digits(found[1]) if is_named and found[1] in {"911", "999", "988"} else None
