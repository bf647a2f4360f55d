"""Plain text: where each block stands in the source, and the pause after it."""

import pytest

from nemo_voice_tts.text.structure.blocks import (
    HEADING_PAUSE_S,
    ITEM_PAUSE_S,
    LINE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
)
from nemo_voice_tts.text.structure.plain import plain_blocks
from nemo_voice_tts.text.traced import Traced


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("One.\n\nTwo.", [("One.", "One.", PARAGRAPH_PAUSE_S), ("Two.", "Two.", 0.0)]),
        ("  One.  ", [("One.", "One.", 0.0)]),
        ("A line that\nis wrapped", [("A line that is wrapped", "A line that\nis wrapped", 0.0)]),
        (
            "Weather\nIt is fine today",
            [("Weather", "Weather", LINE_PAUSE_S), ("It is fine today", "It is fine today", 0.0)],
        ),
        # The next word had no room, or the line is in the middle of its sentence.
        ("I saw\nParis", [("I saw Paris", "I saw\nParis", 0.0)]),
        (
            "I went to\nParis and other places",
            [("I went to Paris and other places", "I went to\nParis and other places", 0.0)],
        ),
        (
            "Buy:\n- milk\n• [x] eggs\n\nGo",
            [
                ("Buy:", "Buy:", ITEM_PAUSE_S),
                ("milk", "milk", ITEM_PAUSE_S),
                ("eggs", "eggs", PARAGRAPH_PAUSE_S),
                ("Go", "Go", 0.0),
            ],
        ),
        (
            "1. milk\n   and more\n(2) eggs",
            [
                ("1. milk and more", "1. milk\n   and more", ITEM_PAUSE_S),
                ("(2) eggs", "(2) eggs", 0.0),
            ],
        ),
        (
            "Red is\nOne rose\nBlue\nSo it is",
            [
                ("Red is One rose", "Red is\nOne rose", LINE_PAUSE_S),
                ("Blue", "Blue", LINE_PAUSE_S),
                ("So it is", "So it is", 0.0),
            ],
        ),
        ("an inter-\nnational word", [("an inter-national word", "an inter-\nnational word", 0.0)]),
        ("- 5 degrees", [("-5 degrees", "- 5 degrees", 0.0)]),
        ("- $5", [("-$5", "- $5", 0.0)]),
        (
            "- 5 a\n\n- 6 b",
            [("5 a", "5 a", PARAGRAPH_PAUSE_S), ("6 b", "6 b", 0.0)],
        ),
        ("Title\n=====\nText", [("Title", "Title", HEADING_PAUSE_S), ("Text", "Text", 0.0)]),
        ("One\n\n-----\n\nTwo", [("One", "One", HEADING_PAUSE_S), ("Two", "Two", 0.0)]),
    ],
)
def test_blocks_of_plain_text(text: str, blocks: list[tuple[str, str, float]]) -> None:
    made = plain_blocks(Traced.of(text))
    assert [(one.text.text, text[slice(*one.text.span)], one.pause_s) for one in made] == blocks
