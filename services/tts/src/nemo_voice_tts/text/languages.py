"""The languages that texts are read in, and the one that a voice speaks."""

from collections.abc import Sequence

from nemo_voice_serving.model_kinds.errors import UnsupportedModel
from nemo_voice_tts.text.de import GERMAN
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.es import SPANISH
from nemo_voice_tts.text.language import Language

LANGUAGES = {language.code: language for language in (ENGLISH, GERMAN, SPANISH)}
"""By their codes."""


def language_of(tag: str) -> Language | None:
    """Returns the language of a tag such as `es`, `es-MX` or `es_ES`; None for one not read."""
    return LANGUAGES.get(tag.replace("_", "-").partition("-")[0].lower())


def voice_language(spoken: Sequence[str], named: str | None = None) -> Language:
    """Returns the language in which a voice's texts are read.

    Args:
        spoken: The languages that its checkpoint says it speaks; the first is its own.
        named: The one of the settings, for a checkpoint that says none, or several.

    Raises:
        UnsupportedModel: Nothing says it, or there is no reading of it, or the two differ.
    """
    codes = [tag.replace("_", "-").partition("-")[0].lower() for tag in spoken]
    if named is not None and codes and (language := language_of(named)):
        if language.code in codes:
            return language
        problem = f"It speaks {', '.join(codes)}, and NEMO_VOICE_LANGUAGE says {named}."
        raise UnsupportedModel(problem, "Leave the setting away, or name another voice.")
    wanted = [named] if named is not None else codes
    if not wanted:
        problem = "It is a voice whose configuration does not say which language it speaks."
        raise UnsupportedModel(
            problem, f"Set NEMO_VOICE_LANGUAGE to one of {', '.join(LANGUAGES)}."
        )
    language = next(filter(None, map(language_of, wanted)), None)
    if language is None:
        problem = f"It speaks {', '.join(wanted)}, and texts are read in {_names()} only."
        raise UnsupportedModel(problem, "Name a voice of one of these languages.")
    return language


def _names() -> str:
    *names, last = (language.name for language in LANGUAGES.values())
    return f"{', '.join(names)} and {last}"
