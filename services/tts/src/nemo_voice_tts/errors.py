"""The errors that text to speech adds to those of every service."""

from nemo_voice_serving.errors import InvalidRequest


class TextTooLong(InvalidRequest):
    """The text holds more characters than one request may."""

    code = "text_too_long"


class UnknownVoice(InvalidRequest):
    """There is no such voice, or none is the default one; the message lists them."""

    code = "unknown_voice"


class UnreadableCharacters(InvalidRequest):
    """A strict request's text holds characters that would be left out of the speech."""

    code = "unreadable_characters"


class UnspeakableText(InvalidRequest):
    """The text holds nothing that the voice can say."""

    code = "unspeakable_text"


class UnknownPhoneme(InvalidRequest):
    """A pronunciation in the text holds a sound that the voice does not have."""

    code = "unknown_phoneme"


class InvalidPronunciations(InvalidRequest):
    """A list of pronunciations cannot be used; the message says which entry, and what to do."""

    code = "invalid_pronunciations"


class InvalidMarkup(InvalidRequest):
    """The text is SSML that is broken, or asks for what no voice does; the message says where."""

    code = "invalid_ssml"
