"""Which names of languages a request may give, whatever its wire format."""

import re

from nemo_voice_serving.errors import InvalidRequest

LANGUAGE = "en-US"
_ENGLISH = re.compile(r"en([-_].*)?", re.IGNORECASE)


def check_language(tag: str) -> None:
    """Accepts a tag of the voice's language, such as `en`, `en-US` or `en_GB`.

    Raises:
        InvalidRequest: It is another language.
    """
    if _ENGLISH.fullmatch(tag) is None:
        raise InvalidRequest(f"The voice speaks {LANGUAGE} alone.", param="language")
