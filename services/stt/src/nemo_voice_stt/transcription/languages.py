"""The language that a request names, and whether the model understands it."""

from collections.abc import Sequence

from nemo_voice_serving.errors import InvalidRequest

NAMES = {
    "bg": "bulgarian", "hr": "croatian", "cs": "czech", "da": "danish", "nl": "dutch",
    "en": "english", "et": "estonian", "fi": "finnish", "fr": "french", "de": "german",
    "el": "greek", "hu": "hungarian", "it": "italian", "lv": "latvian", "lt": "lithuanian",
    "mt": "maltese", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sk": "slovak", "sl": "slovenian", "es": "spanish", "sv": "swedish", "uk": "ukrainian",
}  # fmt: skip
"""Of the languages that NVIDIA's open transducers understand, by their ISO 639-1 codes."""

_CODES = {name: code for code, name in NAMES.items()}
_ANY = frozenset({"", "auto", "multi"})
UNKNOWN = "unknown"
"""The language of a transcript where the model has several and the request names none."""


def language_of(wanted: str | None, others: Sequence[str], spoken: Sequence[str]) -> str:
    """Returns the English name of the language that is transcribed, as OpenAI writes it.

    Args:
        wanted: The field `language`: `en`, `en-US` or `english`; absent or `auto` for any.
        others: The field `languages`: those that may be spoken.
        spoken: The codes of those that the model understands.

    Raises:
        InvalidRequest: The model understands none of the languages in the request.
    """
    wanted_code = code_of(wanted)
    if wanted_code is not None and wanted_code not in spoken:
        raise _foreign(str(wanted), "language", spoken)
    possible = [code for other in others if (code := code_of(other)) is not None]
    common = [code for code in possible if code in spoken]
    if possible and not common:
        raise _foreign(", ".join(others), "languages", spoken)
    candidates = [wanted_code] if wanted_code else common or list(spoken)
    return NAMES.get(candidates[0], candidates[0]) if len(candidates) == 1 else UNKNOWN


def code_of(language: str | None) -> str | None:
    """Returns the ISO 639-1 code of a language in any usual spelling; None for no language."""
    name = (language or "").strip().lower()
    if name in _ANY:
        return None
    return _CODES.get(name, name.replace("_", "-").partition("-")[0])


def _foreign(wanted: str, param: str, spoken: Sequence[str]) -> InvalidRequest:
    known = ", ".join(f"{NAMES.get(code, code).capitalize()} ({code})" for code in spoken)
    message = f"{param}: the model does not understand {wanted!r}. It understands {known}."
    return InvalidRequest(message, param=param)
