"""One recording of an archive, as a folder, a manifest or the command line names it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nemo_voice_serving.errors import VoiceError


@dataclass(frozen=True, slots=True)
class Recording:
    """A file, or a part of one, and where its outputs go."""

    path: Path
    name: str
    """Where its outputs go, from the sink's root and without the suffix of the format."""
    size_bytes: int = 0
    """Of the file; 0 where nobody looked."""
    start_s: float | None = None
    """Where the part begins; None for the whole file."""
    length_s: float | None = None
    """How long the part is; None for all that follows."""
    stated_s: float | None = None
    """How long it is, as a manifest says; None where nothing does."""
    language: str | None = None
    """What is spoken, where this recording has a language of its own."""
    translate_to: str | None = None
    """The language to write, where this recording has one of its own."""
    keywords: tuple[str, ...] = ()
    """Words to prefer, beside those of all recordings."""
    row: Mapping[str, Any] | None = None
    """Its line of the manifest."""

    @property
    def suffix(self) -> str:
        """The suffix of its file, in small letters."""
        return self.path.suffix.lower()

    def place(self) -> dict[str, Any]:
        """Returns what names it in a manifest."""
        place: dict[str, Any] = {"audio_filepath": str(self.path)}
        if self.start_s is not None:
            place["offset"] = self.start_s
            if self.length_s is not None:
                place["duration"] = self.length_s
        return place


@dataclass(frozen=True, slots=True)
class Refused:
    """A line of a manifest that names no recording."""

    place: Mapping[str, Any]
    error: VoiceError


Found = Recording | Refused
Source = Callable[[], Iterator[Found]]
"""Finds the recordings anew at each call, in the same order; reads no more than it has yielded."""
