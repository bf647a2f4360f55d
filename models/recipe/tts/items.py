"""The voice's training data on disk: `data.py` writes it, training reads it."""

import json
from dataclasses import dataclass
from pathlib import Path

from recipe.files import recipe_folder

MEL_BINS = 80

HELD_OUT = 64
"""Items at the end of the data that are never trained on."""

MELS, AUDIO = "mels.f16", "audio.s16"


@dataclass(frozen=True)
class Letters:
    """A word's letters in place of its phonemes: `tokens[start:end]` of its item."""

    start: int
    end: int
    tokens: list[int]
    durations: list[int]
    pitch_hz: list[float]


@dataclass(frozen=True)
class Item:
    """One utterance; its frames are number `first_frame` and following of the two files."""

    text: str
    tokens: list[int]
    durations: list[int]
    pitch_hz: list[float]
    words: list[Letters]
    first_frame: int
    frames: int


def data_folder() -> Path:
    """Returns the folder of the voice's data, inside the development cache."""
    return recipe_folder() / "tts"


def read_items(folder: Path) -> list[Item]:
    """Returns the items that `main` wrote."""
    items = []
    with (folder / "items.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            words = [Letters(**word) for word in fields.pop("words")]
            items.append(Item(words=words, **fields))
    return items
