"""Which names of voices and languages are answered, whatever the wire format: pure.

A model of this service speaks with one voice. The routes check here what their clients ask for.
"""

import re

from nemo_voice_serving.errors import InvalidRequest

LANGUAGE = "en-US"
_ENGLISH = re.compile(r"en([-_].*)?", re.IGNORECASE)
DEFAULT_VOICE = "default"
OPENAI_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "fable",
    "marin",
    "nova",
    "onyx",
    "sage",
    "shimmer",
    "verse",
)
"""OpenAI's own, which its clients send without asking what there is: all mean the one voice."""


def check_voice(name: str, *, model: str) -> None:
    """Returns if the model's voice answers to the name.

    Raises:
        InvalidRequest: It does not; the message lists the names that it has.
    """
    if name not in {DEFAULT_VOICE, model, *OPENAI_VOICES}:
        own = ", ".join(dict.fromkeys((DEFAULT_VOICE, model)))
        named = ", ".join(OPENAI_VOICES)
        message = f"The model has one voice. It answers to {own} and to OpenAI's names: {named}."
        raise InvalidRequest(message, param="voice")


def check_language(tag: str) -> None:
    """Returns if the voice speaks the language, such as `en`, `en-US` or `en_GB`.

    Raises:
        InvalidRequest: It does not.
    """
    if _ENGLISH.fullmatch(tag) is None:
        raise InvalidRequest(f"The voice speaks {LANGUAGE} alone.", param="language")
