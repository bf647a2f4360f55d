"""A block: a stretch of a text that is read on its own, such as a paragraph, heading or list item.

The readers of this package make them, `reading.py` reads them.
"""

from dataclasses import dataclass
from enum import StrEnum

from nemo_voice_tts.text.traced import Traced


class TextFormat(StrEnum):
    """How a text is written."""

    AUTO = "auto"
    """Found out from the text."""
    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"
    SSML = "ssml"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text without markup."""

    text: Traced
    pause_s: float = 0.0
    """Silence after it, beyond the short one that a voice leaves after each phrase."""
    pace: float = 1.0
    """Speaking rate, relative to the request's: 2.0 is twice as fast."""
