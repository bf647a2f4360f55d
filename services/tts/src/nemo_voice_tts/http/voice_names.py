"""Which names of languages a request may give, whatever its wire format."""

from nemo_voice_serving.errors import InvalidRequest
from nemo_voice_tts.text.en import ENGLISH
from nemo_voice_tts.text.language import Language
from nemo_voice_tts.text.languages import language_of


def check_language(tag: str, spoken: Language = ENGLISH) -> None:
    """Accepts a tag of the voice's language, such as `en`, `en-US` or `en_GB` of English.

    Raises:
        InvalidRequest: It is another language.
    """
    if language_of(tag) is not spoken:
        message = f"The voice speaks {spoken.name} ({spoken.tag}) alone."
        raise InvalidRequest(message, param="language")
