"""What keeps one file, or a whole run, from its outputs.

UnreadableFile    the file of one recording cannot be read; the run goes on
ArchiveRefused    the run cannot begin as asked
SinkFailed        no output can be written any more; the run ends

What else is wrong with one recording is a `VoiceError`, as over HTTP.
"""

import os


class UnreadableFile(Exception):
    """A recording's file is absent, no regular file, or cannot be read: no error of a request."""

    def body(self) -> dict[str, dict[str, str | None]]:
        """Returns what the manifest of failures has of it, as of any `VoiceError`."""
        kind, code = "invalid_request_error", "unreadable_file"
        return {"error": {"message": str(self), "type": kind, "param": None, "code": code}}


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
