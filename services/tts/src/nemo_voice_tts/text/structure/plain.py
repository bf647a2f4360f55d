"""Plain text: paragraphs are blocks."""

import re

from nemo_voice_tts.text.structure.blocks import Block
from nemo_voice_tts.text.traced import Traced

PARAGRAPH_PAUSE_S = 0.35
_PARAGRAPH = re.compile(r"\s*\n\s*\n\s*")


def plain_blocks(text: Traced) -> list[Block]:
    """Returns the paragraphs of a text without markup."""
    paragraphs = [part for part in text.split(_PARAGRAPH) if part.text.strip()]
    return [Block(part, pause_s=PARAGRAPH_PAUSE_S) for part in paragraphs]
