"""What a client expects to be said, as a list of phrases to be preferred: pure."""

import re
from collections.abc import Iterable

from nemo_voice_serving.errors import InvalidRequest

MAX_PHRASES = 100
MAX_PHRASE_CHARS = 80
_MAX_LISTED_WORDS = 4
"""Of a prompt, longer stretches between commas are prose."""

_SEPARATORS = re.compile(r"[,;\n]")
_SENTENCE = re.compile(r"[.?!](\s|$)")


def phrases_of(prompt: str | None, keywords: Iterable[str] = ()) -> tuple[str, ...]:
    """Returns the phrases in order, each once: all keywords, and a prompt's where it is a list.

    OpenAI's prompts are either a text that comes before the audio or a list of names. A recogniser
    without a language model has no use for the first: prose is no phrase.

    Raises:
        InvalidRequest: There are too many, one is too long, or one is no text.
    """
    given = _listed("\n".join(keywords))
    for phrase in given:
        if len(phrase) > MAX_PHRASE_CHARS:
            message = f"A keyword has {len(phrase)} characters; it may have {MAX_PHRASE_CHARS}."
            raise InvalidRequest(message, param="keywords")
    found = tuple(dict.fromkeys([*given, *_names(prompt or "")]))
    if len(found) > MAX_PHRASES:
        message = f"There are {len(found)} phrases; one request may name {MAX_PHRASES}."
        raise InvalidRequest(message, param="keywords" if given else "prompt")
    for phrase in found:
        if any("\ud800" <= character <= "\udfff" for character in phrase):
            message = "A phrase holds half a character. Send the form in UTF-8."
            raise InvalidRequest(message, param="keywords" if phrase in given else "prompt")
    return found


def _listed(text: str) -> list[str]:
    return [phrase for part in _SEPARATORS.split(text) if (phrase := " ".join(part.split()))]


def _names(prompt: str) -> list[str]:
    """Returns a prompt's phrases; none of a prompt that is prose."""
    listed = _listed(prompt.rpartition(":")[2])
    is_prose = _SENTENCE.search(prompt) or any(
        len(phrase.split()) > _MAX_LISTED_WORDS or len(phrase) > MAX_PHRASE_CHARS
        for phrase in listed
    )
    return [] if is_prose else listed
