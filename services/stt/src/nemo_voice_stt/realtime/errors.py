"""What a client of a live session did wrong."""

from nemo_voice_serving.errors import InvalidRequest


class BufferTooSmall(InvalidRequest):
    """A commit of less audio than a word needs, in OpenAI's words."""

    code = "input_audio_buffer_commit_empty"


class FormatChanged(InvalidRequest):
    """The format of the audio cannot change in the middle of an item."""

    code = "format_changed"
