"""What a client of text in pieces did wrong."""

from nemo_voice_serving.errors import InvalidRequest


class TooMuchText(InvalidRequest):
    """More text waits to be spoken than a session may hold."""

    code = "too_much_text"


class TextEnded(InvalidRequest):
    """Text came after the end of the text."""

    code = "text_ended"
