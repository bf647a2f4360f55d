"""Which names of voices and languages a request may give, whatever its wire format.

A model of this service speaks with one voice; the routes check the names of their requests here.
"""

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.languages import language_of

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


def check_language(tag: str, spoken: Language = ENGLISH) -> None:
    """Accepts a tag of the voice's language, such as `en`, `en-US` or `en_GB` of English.

    Raises:
        InvalidRequest: It is another language.
    """
    if language_of(tag) is not spoken:
        message = f"The voice speaks {spoken.name} ({spoken.tag}) alone."
        raise InvalidRequest(message, param="language")
