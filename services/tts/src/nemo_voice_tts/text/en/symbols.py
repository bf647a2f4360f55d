"""Signs and short forms in words: `&`, `#5`, `w/o`, `A+`, `50+`, `C#`; the rest by their names."""

import re

from nemo_voice_tts.text.en.units import per_unit
from nemo_voice_tts.text.symbol_names import greek_letter, is_punctuation, symbol_name
from nemo_voice_tts.text.traced import Traced

_PLUS_MINUS = re.compile(r"(?<!\w)\+[ ]?/[ ]?-[ ]?(?=[\d.$£€])")
_HASH = re.compile(r"(?<![\w#&])#[ ]?(?=\d{1,7}(?![\w-]*[A-Za-z]))|(?<![\w#&])#s[ ](?=\d)")
_KEY = re.compile(
    r"(?<=\b(?:the|hit|tap|use) )[→➜➔➡]|(?<=\b(?:press|click) )[→➜➔➡]"
    r"|[→➜➔➡](?=[ ](?:key|arrow|button)\b)",
    re.IGNORECASE,
)
_RATING = re.compile("★{2,}")
_COUNT = re.compile(r"(?<![\w#&])#(?=[ ]of\b)")
_PER = re.compile(
    r"(?<=\w)/(?P<unit>second|sec|minute|min|hour|hr|day|week|month|year|yr|night|person|user|head"
    r"|serving|capita|mile|request|visit)\b"
)
_APERTURE = re.compile(r"(?<!\w)[fƒ]/(?=\d)")
_AND = re.compile(r"[ ]?(?:&amp;|&)[ ]?")
_PLUS_AFTER = re.compile(r"(?<=[\w)%])\+\+?(?![\w+])")
_PLUS_BEFORE = re.compile(r"(?<![\w+])\+[ ]?(?=[\w.$£€])")
_STARS = re.compile(r"(?<![\w*.])(?P<n>[1-7])[ ]?(?:\*(?![\w*])|[★⭐])")
_NOTE = re.compile(r"(?<=[\w.,;:!?)\"'%])\*{1,3}(?![\w*])|(?<![\w*])\*(?=[A-Za-z])|[†‡]")
_STARRED = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,80})(?<=\S)\*(?![\w*])")
_SECTIONS = re.compile(r"§§[ ]?")
_SHARP = re.compile(
    r"\b(?P<note>[CFAGDEB])(?:#|♯)(?!(?!m(?:aj|in)?\d*(?:b\d)?\b|dim|sus)[A-Za-z_])"
)
"""A note, a chord or a language: `F#m7`, `C#12`."""
_TAG = re.compile(r"(?<![\w#&])#(?=[A-Za-z])")
_AT = re.compile(r"[ ]?@[ ]?")
_WORD_SLASH = re.compile(r"(?<=[^\W\d])[ ]?/[ ]?(?=[^\W\d])")
_JOINS = re.compile(r"(?<=\w)(?:_+|\\)(?=\w)|_+|(?<=\w)-(?=\w)(?<=\d-)")
_MARK_ALONE = re.compile(r"\s*[#*][#*\s]*")
"""Markup that marks nothing."""
_BACKSLASH = re.compile(r"(?<=\s)\\(?=\s)")
_APPROXIMATELY = re.compile(r"(?<![\w~/])~[ ]?(?=[\w$£€.])")
_GREEK = re.compile(r"(?<![\u0370-\u03ff])[\u0391-\u03c9\u2126\u00b5](?![\u0370-\u03ff])")
"""A letter of a formula; a Greek word is left alone."""
_ANY = re.compile(r"[^\w\s.,;:!?'\"()-]|_|\bNo\b|[a-z]\.", re.UNICODE)
_OTHER = re.compile(r"[^\w\s.,;:!?'\"()-]", re.UNICODE)


def number_signs(text: Traced) -> Traced:
    """Returns the text with the sign before a number in words: `#5`, `+/- 3`, `# of users`.

    So are stars in a row, and the arrow of a key.
    """
    if not text.text.isascii():
        text = text.sub(_KEY, " right arrow ").sub(_RATING, _rating)
    if "#" not in text.text and "/" not in text.text:
        return text
    text = text.sub(_PLUS_MINUS, "±")
    return text.sub(_HASH, "number ").sub(_COUNT, "number")


def _rating(found: re.Match[str]) -> str:
    return f" {len(found[0])} stars "


def short_forms(text: Traced) -> Traced:
    """Returns the text with the signs in words that stand between or beside words."""
    if not _ANY.search(text.text):
        return text
    text = text.sub(_PER, lambda found: f" per {per_unit(found['unit'])}").sub(_APERTURE, "f ")
    text = text.sub(_STARS, lambda found: f"{found['n']} star").sub(_SHARP, _sharp)
    text = text.sub(_STARRED, lambda found: found[1]).sub(_SECTIONS, "sections ")
    text = text.sub(_AND, " and ").sub(_NOTE, "")
    return text.sub(_PLUS_AFTER, lambda found: " plus" * len(found[0]))


def _sharp(found: re.Match[str]) -> str:
    is_joined = found.string[found.end() : found.end() + 1].isalnum()
    return f"{found['note']} sharp{' ' * is_joined}"


def symbols(text: Traced) -> Traced:
    """Returns the text without a sign that is neither a letter nor punctuation."""
    if text.text.isascii() and not _OTHER.search(text.text) and "_" not in text.text:
        return text
    if _MARK_ALONE.fullmatch(text.text):
        return text.sub(_OTHER, " ")
    text = (
        text.sub(_BACKSLASH, "backslash")
        .sub(_APPROXIMATELY, "approximately ")
        .sub(_PLUS_BEFORE, "plus ")
    )
    text = text.sub(_TAG, "hash ").sub(_AT, " at ").sub(_WORD_SLASH, " slash ")
    text = text.sub(_JOINS, " ").sub(_GREEK, lambda found: f" {greek_letter(found[0])} ")
    return text.sub(_OTHER, _named)


def _named(found: re.Match[str]) -> str | None:
    if is_punctuation(found[0]):
        return None
    said = symbol_name(found[0])
    return f" {said} " if said else " "
