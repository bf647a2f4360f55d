"""A block: a stretch of a text that is read on its own, such as a paragraph, heading or list item.

The readers of this package make them, `reading.py` reads them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from nemo_voice_tts.text.traced import Traced

PARAGRAPH_PAUSE_S = 0.35
HEADING_PAUSE_S = 0.5
RULE_PAUSE_S = 0.7
"""Where a line is drawn across the page."""
ITEM_PAUSE_S = 0.15
"""After an item of a list and a row of a table."""
LINE_PAUSE_S = 0.1
"""Where the author broke a line."""

_NOT_BLANK = re.compile(r"\S")


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
    lead_s: float = 0.0
    """Silence before it: only the first block of a text has any."""
    voice: str | None = None
    """The voice that its author names for it; absent: the request's."""
    is_pause_exact: bool = False
    """Whether its author asked for the silence after it, which then is kept at the text's end."""


@dataclass(slots=True)
class _Pause:
    of_structure_s: float = 0.0
    asked_for_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Delivery:
    pace: float = 1.0
    voice: str | None = None


class BlockBuilder:
    """Puts blocks together from the pieces of text that a reader comes across."""

    def __init__(self) -> None:
        self._lead_s = 0.0
        self._blocks: list[tuple[Traced, _Delivery, _Pause]] = []
        self._pieces: list[Traced] = []
        self._delivery = _Delivery()

    @property
    def is_open(self) -> bool:
        """Whether the block in work holds anything yet."""
        return any(_NOT_BLANK.search(piece.text) for piece in self._pieces)

    @property
    def written(self) -> str:
        """The last piece of the block in work."""
        return self._pieces[-1].text if self._pieces else ""

    def add(self, piece: Traced) -> None:
        """Adds to the block in work."""
        self._pieces.append(piece)

    def end(self, pause_s: float = 0.0) -> None:
        """Ends the block in work: what follows does not run on.

        Args:
            pause_s: Silence that its end asks for; of several ends at one place the longest counts.
        """
        if self.is_open:
            text = Traced.joined(self._pieces).strip()
            self._blocks.append((text, self._delivery, _Pause(pause_s)))
        elif self._blocks:
            pause = self._blocks[-1][2]
            pause.of_structure_s = max(pause.of_structure_s, pause_s)
        self._pieces = []

    def silence(self, seconds: float) -> None:
        """Ends the block in work with a silence of so many seconds; several of them add up."""
        self.end()
        if self._blocks:
            self._blocks[-1][2].asked_for_s += seconds
        else:
            self._lead_s += seconds

    def set_delivery(self, pace: float, voice: str | None) -> None:
        """Sets how what follows is spoken.

        Args:
            pace: Speaking rate, relative to the request's.
            voice: The voice that speaks; None is the request's.
        """
        delivery = _Delivery(pace, voice)
        if delivery != self._delivery:
            self.end()
            self._delivery = delivery

    def blocks(self) -> list[Block]:
        """Returns the blocks; the last has no silence after it but one that was asked for."""
        self.end()
        if self._blocks:
            self._blocks[-1][2].of_structure_s = 0.0
        return [
            Block(
                text,
                # An author who asks for a pause means that one, not one more.
                pause.asked_for_s or pause.of_structure_s,
                delivery.pace,
                voice=delivery.voice,
                lead_s=0.0 if place else self._lead_s,
                is_pause_exact=pause.asked_for_s > 0,
            )
            for place, (text, delivery, pause) in enumerate(self._blocks)
        ]
