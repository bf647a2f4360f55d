"""Finds the recordings in a folder, or among named files, by the suffixes of audio.

Files behind symbolic links count, folders behind them do not, so that no loop is walked. Hidden
files and folders are left out, as are files that are no regular ones: a pipe would never end.
"""

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from nemo_voice_stt.archive.names import output_name
from nemo_voice_stt.archive.recording import Recording
from nemo_voice_stt.transcription.languages import NAMES, code_of

AUDIO_SUFFIXES = frozenset(
    {
        *(".3gp", ".aac", ".aif", ".aifc", ".aiff", ".amr", ".au", ".avi", ".caf", ".flac"),
        *(".m4a", ".m4b", ".m4v", ".mka", ".mkv", ".mov", ".mp2", ".mp3", ".mp4", ".mpeg"),
        *(".mpg", ".mpga", ".oga", ".ogg", ".ogv", ".opus", ".snd", ".ts", ".wav", ".webm"),
        *(".wma", ".wmv", ".wv"),
    }
)
"""Of the files in a folder, those that are taken for recordings, films among them."""


@dataclass(slots=True)
class Ignored:
    """What a folder holds beside recordings."""

    files: Counter[str] = field(default_factory=Counter)
    """How many files, by suffix; hidden ones and links to folders by those words."""

    @override
    def __str__(self) -> str:
        """Returns them as a message lists them, the most frequent first."""
        listed = ", ".join(f"{count} {kind}" for kind, count in self.files.most_common(5))
        others = sum(self.files.values()) - sum(n for _, n in self.files.most_common(5))
        return f"{listed}, {others} others" if others else listed


def recordings_in(
    folder: Path,
    ignored: Ignored,
    *,
    keep_suffix: bool = False,
    languages_of_folders: bool = False,
) -> Iterator[Recording]:
    """Yields the recordings below a folder, each folder's in the order of their names.

    Args:
        folder: Where to look.
        ignored: Counts what else is there.
        keep_suffix: Whether outputs keep the suffix of their recording: `a.wav.json`.
        languages_of_folders: Whether the nearest folder that is named for a language, such as `de`,
            says what is spoken.

    Raises:
        OSError: The folder itself cannot be listed.
    """
    for entry, relative in _files(folder, ignored):
        yield Recording(
            path=folder / relative,
            name=output_name(relative, keep_suffix=keep_suffix),
            size_bytes=entry.st_size,
            language=_language_of(relative) if languages_of_folders else None,
        )


def recordings_of(files: Sequence[Path], *, keep_suffix: bool = False) -> Iterator[Recording]:
    """Yields the named files, whatever their suffixes; outputs have their names alone."""
    for path in files:
        try:
            size = path.stat().st_size
        except (OSError, ValueError):
            size = 0  # what is wrong with it is found, and told, when it is opened
        yield Recording(path, output_name(path.name, keep_suffix=keep_suffix), size)


def _files(root: Path, ignored: Ignored) -> Iterator[tuple[os.stat_result, str]]:
    pending = [""]
    while pending:
        inside = pending.pop()
        try:
            with os.scandir(root / inside) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError:
            if not inside:
                raise
            ignored.files["unreadable folders"] += 1
            continue
        folders = []
        for entry in entries:
            relative = os.path.join(inside, entry.name)  # noqa: PTH118 names that are no UTF-8 too
            if entry.name.startswith("."):
                ignored.files["hidden"] += 1
            elif entry.is_dir(follow_symlinks=False):
                folders.append(relative)
            elif (found := _regular(entry, ignored)) is not None:
                yield found, relative
        pending += reversed(folders)


def _regular(entry: os.DirEntry[str], ignored: Ignored) -> os.stat_result | None:
    suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 as above
    try:
        facts = entry.stat()
    except OSError:
        ignored.files["broken links"] += 1
        return None
    if stat.S_ISDIR(facts.st_mode):
        ignored.files["links to folders"] += 1
    elif not stat.S_ISREG(facts.st_mode):
        ignored.files["no regular files"] += 1
    elif suffix not in AUDIO_SUFFIXES:
        ignored.files[suffix or "without a suffix"] += 1
    else:
        return facts
    return None


def _language_of(relative: str) -> str | None:
    for folder in reversed(Path(relative).parts[:-1]):
        if code_of(folder) in NAMES:
            return folder
    return None
