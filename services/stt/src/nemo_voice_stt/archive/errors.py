"""What keeps one file, or a whole run, from its outputs.

VoiceError
└── InvalidRequest
    └── UnreadableFile    the file of one recording cannot be opened; the run goes on
ArchiveRefused            the run cannot begin as asked
SinkFailed                no output can be written any more; the run ends
"""

import os

from nemo_voice_serving.errors import InvalidRequest


class UnreadableFile(InvalidRequest):
    """A recording's file is absent, no file, or not allowed to be read."""

    code = "unreadable_file"


class ArchiveRefused(Exception):
    """Nothing was transcribed: the message says what contradicts what, and what to do."""


class SinkFailed(Exception):
    """The folder of the outputs takes no more; what is in it is whole."""


def reason_of(error: OSError) -> str:
    """Returns the system's reason, without the path: `No space left on device`."""
    return error.strerror or type(error).__name__


def shown(path: str | os.PathLike[str]) -> str:
    """Returns a path for a message of one line: other characters than printable ones escaped."""
    text = os.fspath(path)
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode()
        for one in text
    )
