"""The hotwords of a request: words and names that the recogniser prefers to similar ones."""

import re
from collections.abc import Iterable, Sequence

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_stt.transcription.port import Abilities

MAX_HOTWORDS = 100
MAX_HOTWORD_CHARS = 80
TRANSDUCER = "Transducers, such as nvidia/parakeet-tdt-0.6b-v3, can."
"""What to take where a model cannot do it."""
_MAX_LISTED_WORDS = 4
"""Of a prompt, longer stretches between commas are prose."""

_SEPARATORS = re.compile(r"[,;\n]")
_SENTENCE = re.compile(r"[.?!](\s|$)")


def hotwords_of(prompt: str | None, keywords: Iterable[str] = ()) -> tuple[str, ...]:
    """Returns the hotwords in order, each once: all keywords, and a prompt's where it is a list.

    OpenAI's prompts are either a text that comes before the audio or a list of names. A recogniser
    without a language model has no use for the first: prose holds no hotwords.

    Raises:
        InvalidRequest: There are too many, one is too long, or one is no text.
    """
    given = _listed("\n".join(keywords))
    for word in given:
        if len(word) > MAX_HOTWORD_CHARS:
            message = f"A keyword has {len(word)} characters; it may have {MAX_HOTWORD_CHARS}."
            raise InvalidRequest(message, param="keywords")
    found = tuple(dict.fromkeys([*given, *_names(prompt or "")]))
    if len(found) > MAX_HOTWORDS:
        message = f"There are {len(found)} phrases; one request may name {MAX_HOTWORDS}."
        raise InvalidRequest(message, param="keywords" if given else "prompt")
    for word in found:
        if any("\ud800" <= character <= "\udfff" for character in word):
            message = "A phrase holds half a character. Send the form in UTF-8."
            raise InvalidRequest(message, param="keywords" if word in given else "prompt")
    return found


def refuse_hotwords(abilities: Abilities, hotwords: Sequence[str], named_in: str) -> None:
    """Refuses hotwords where the model cannot prefer any.

    Args:
        abilities: The model's.
        hotwords: The request's.
        named_in: The field that has them.

    Raises:
        InvalidRequest: There are hotwords that the model would ignore.
    """
    if hotwords and not abilities.hotwords:
        problem = "the model cannot prefer words to others. Leave them out."
        raise InvalidRequest(f"{named_in}: {problem} {TRANSDUCER}", param=named_in)


def _listed(text: str) -> list[str]:
    return [word for part in _SEPARATORS.split(text) if (word := " ".join(part.split()))]


def _names(prompt: str) -> list[str]:
    """Returns a prompt's hotwords; none of a prompt that is prose."""
    listed = _listed(prompt.rpartition(":")[2])
    is_prose = _SENTENCE.search(prompt) or any(
        len(word.split()) > _MAX_LISTED_WORDS or len(word) > MAX_HOTWORD_CHARS for word in listed
    )
    return [] if is_prose else listed
