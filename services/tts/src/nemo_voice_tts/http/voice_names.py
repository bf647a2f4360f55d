"""Which names of voices and languages a request may give, whatever its wire format.

A model of this service speaks with one voice; the routes check the names of their requests here.
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
"""OpenAI's own, which its clients send whatever the server: all mean the one voice."""


def check_voice(name: str, *, model: str) -> None:
    """Accepts a name of the model's voice.

    Raises:
        InvalidRequest: It is another name; the message lists those of the voice.
    """
    if name not in {DEFAULT_VOICE, model, *OPENAI_VOICES}:
        own = ", ".join(dict.fromkeys((DEFAULT_VOICE, model)))
        named = ", ".join(OPENAI_VOICES)
        message = f"The model has one voice. It answers to {own} and to OpenAI's names: {named}."
        raise InvalidRequest(message, param="voice")


def check_language(tag: str) -> None:
    """Accepts a tag of the voice's language, such as `en`, `en-US` or `en_GB`.

    Raises:
        InvalidRequest: It is another language.
    """
    if _ENGLISH.fullmatch(tag) is None:
        raise InvalidRequest(f"The voice speaks {LANGUAGE} alone.", param="language")
