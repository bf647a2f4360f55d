"""Versions, sections and standards: `Version 1.2.3`, `v2.0.1-rc1`, `Python 3.11`, `RFC 9110`."""

import re

from nemo_voice_tts.text.en.spelling import alternation, code_number, component, letters, part
from nemo_voice_tts.text.traced import Traced

_PRODUCTS = alternation("products")
_SECTIONS = (
    "[Vv]ersions?|[Rr]eleases?|[Bb]uild|[Ss]ections?|[Cc]hapters?|[Ff]igures?|[Tt]ables?|[Cc]lauses?|[Pp]aragraphs?"
    "|[Aa]ppendix|[Aa]rticles?|[Ee]xercises?|[Ee]quations?|[Ff]irmware|[Pp]atch|[Uu]pdates?|[Tt]ag|[Ss]tep"
    "|[Rr]equirements?|[Ll]esson|[Uu]nit|[Tt]heorem|[Ll]emma|[Ee]xample"
)
_SUFFIX = (
    r"(?:[-.]?(?:alpha|beta|rc|dev|pre|preview|post|final|lts|snapshot|a|b)[-.]?\d{0,4}"
    r"|\+[\w.]{1,30}|-\d{1,4})?"
)
_END = r"(?!\w|\.\d)"
_WITH_V = re.compile(
    rf"\b(?:([Vv]ersions?|[Rr]eleases?|{_PRODUCTS}) )?"
    rf"(?:v\.?\s?|V\.?\s?(?=\d+\.\d))(\d{{1,6}}(?:\.(?:\d{{1,6}}|x)){{0,4}})({_SUFFIX}){_END}"
)
_AFTER_NAME = re.compile(
    rf"(?<![\w.])((?:{_PRODUCTS}|{_SECTIONS})(?:[ -]|, ?))"
    rf"(\d{{1,6}}(?:\.(?:\d{{1,6}}|x)){{1,4}})({_SUFFIX}){_END}"
)
_ALONE = re.compile(rf"(?<![\w.$£€-])(\d{{1,4}}(?:\.\d{{1,6}}){{2,4}})({_SUFFIX}){_END}")
_SECOND = re.compile(
    r"(?<=point )(\w+(?:-\w+)?)( (?:and|to|or|through|until|vs\.?|versus) |, )"
    rf"(\d{{1,4}}(?:\.\d{{1,5}}){{1,4}})({_SUFFIX})(?!%){_END}"
)
_COMPARED = re.compile(r"(?<=[a-zA-Z])(==|>=|<=|~=|@|\^)v?(\d{1,4}(?:\.\d{1,5}){1,4})\b")
_PINNED = {
    "==": "equals",
    ">=": "at least",
    "<=": "at most",
    "~=": "about",
    "@": "at",
    "^": "caret",
}
_DATE_OR_THOUSANDS = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:\d{4}|\d\d)|\d{4}\.\d\d\.\d\d|\d{1,3}(?:\.\d{3})+"
)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3}){2,4}")
"""A number as much of Europe groups it."""
_STANDARD = re.compile(
    r"\b(RFC|ISO|IEC|IEEE|ISO/IEC|EN|DIN|ANSI|NIST|PEP|BS|CVE|ECMA|GB|ASTM|SP|FIPS)[ -]"
    r"(\d{1,6})(?:([.-])(\d{1,6}))?(?::(\d{4}))?(?!\w|\.\d)"
)


_WIRELESS = re.compile(r"\b802\.(\d{1,2})([a-z]{1,2})\b")


def versions(text: Traced) -> Traced:
    """Returns the text with the numbers of versions, sections and standards in words."""
    if not any(map(str.isdigit, text.text)):
        return text
    text = (
        text.sub(_WIRELESS, _wireless)
        .sub(_COMPARED, _compared)
        .sub(_WITH_V, _with_v)
        .sub(_AFTER_NAME, _after_name)
    )
    return text.sub(_SECOND, _second).sub(_ALONE, _alone).sub(_STANDARD, _standard)


def version_words(numbers: str) -> str:
    """Returns the numbers of a version in words, such as `one point two`."""
    return " point ".join("X" if one == "x" else component(one) for one in numbers.split("."))


def _suffix(suffix: str) -> str:
    said = [_suffix_word(word) for word in re.findall(r"[A-Za-z]+|\d+", suffix)]
    return " ".join(["", *(["plus"] if suffix.startswith("+") else []), *said])


def _suffix_word(word: str) -> str:
    if word.isdigit():
        return component(word)
    return letters(word) if len(word) <= len("pre") else part(word)


def _with_v(found: re.Match[str]) -> str:
    name, numbers, suffix = found.groups()
    is_named = name and name.lower().startswith(("version", "release"))
    before = f"{name} " if name else ""
    word = "" if is_named else "version "
    return f"{before}{word}{version_words(numbers)}{_suffix(suffix)}"


def _after_name(found: re.Match[str]) -> str:
    before, numbers, suffix = found.groups()
    return f"{before.replace('-', ' ')}{version_words(numbers)}{_suffix(suffix)}"


def _second(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{version_words(found[3])}{_suffix(found[4])}"


def _alone(found: re.Match[str]) -> str | None:
    if _DATE_OR_THOUSANDS.fullmatch(found[1]) and not found[2]:
        return None
    return f"{version_words(found[1])}{_suffix(found[2])}"


def _compared(found: re.Match[str]) -> str:
    return f" {_PINNED[found[1]]} {version_words(found[2])}"


def _standard(found: re.Match[str]) -> str:
    body, number, sign, second, year = found.groups()
    name = " ".join(part(one) for one in body.split("/"))
    said = f"{name} {code_number(number)}"
    if second:
        said += f" {'point' if sign == '.' else 'dash'} {code_number(second)}"
    return f"{said}, {code_number(year)}" if year else said


def _wireless(found: re.Match[str]) -> str:
    return f"eight oh two point {component(found[1])} {letters(found[2])}"
