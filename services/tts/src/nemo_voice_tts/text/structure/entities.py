"""Character references such as `&amp;` and `&#8211;`, as HTML names them."""

import re
from html import unescape
from html.entities import html5

from nemo_voice_tts.text.traced import Traced

ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_ANY_OF_HTML = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]{1,31};?)")


def has_entity(text: str) -> bool:
    """Returns whether the text holds a reference to a character that there is."""
    return any(character_of(found[0]) is not None for found in ENTITY.finditer(text))


def decoded(text: Traced) -> Traced:
    """Returns the text with the characters that its references stand for; `R&D;` stays."""
    if "&" not in text.text:
        return text
    return text.sub(ENTITY, lambda found: character_of(found[0]))


def decoded_as_html(text: Traced) -> Traced:
    """Returns the same by the rules of HTML, where some old names need no semicolon."""
    if "&" not in text.text:
        return text
    return text.sub(_ANY_OF_HTML, lambda found: unescape(found[0]))


def character_of(entity: str) -> str | None:
    """Returns what a reference stands for; None when HTML has none of its name."""
    if entity.startswith("&#") or entity[1:] in html5:
        return unescape(entity)
    return None
